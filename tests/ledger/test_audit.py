"""An audit of a sound store finds nothing; one flipped byte anywhere is named."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from ledger.audit import Progress, audit
from ledger.audit_finding import Finding
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.block import Header
from ledger.core.certificate import CommitCertificate
from ledger.core.checkpoint import cosign, parse_checkpoint, sign_log
from ledger.core.derived import derived_record
from ledger.core.effects import BlockEffects
from ledger.core.identifiers import Digest, Height, MemberId, Subject
from ledger.core.note import Kind, NoteKey, parse_note
from ledger.core.payload import encode_payload
from ledger.core.record import Ref
from ledger.errors import Rejected, VerificationError
from ledger.store.api import Reader, Store, Write
from ledger.store.keys import Table, number
from ledger.store.memory import MemoryStore
from ledger.store.rows import LastSigned
from tests.bits import flipped
from tests.ledger.small_chain import (
    GENESIS,
    NODES,
    ROWS,
    SmallChain,
    certify,
    cosignature_lines,
    make_bundle,
)
from tests.stamping.maker import Maker
from tests.vectors.generate.sealed import commitment_record, opening_record, sealed_record
from tests.vectors.small_network import START_MS, signer, small_genesis, small_record

SNAPSHOTS = {Table.SNAPSHOT, Table.CHUNK, Table.BEFORE, Table.LINK}
"""Only where the genesis has an interval; `tests/contracts/test_snapshots.py` damages them."""
TABLES = [table for table in Table if table not in SNAPSHOTS]


class Replay:
    """Judges again by what each block did when it was made, over a second chain."""

    def __init__(self, made: Mapping[Height, BlockEffects]) -> None:
        self._made = made
        self._store = MemoryStore()
        self._chain = Chain(self._store, GENESIS, ROWS)

    @property
    def reader(self) -> Reader:
        return self._store

    def check(self, header: Header, payload: bytes) -> Rejected | None:
        effects = self._made[header.height]
        if effects.header != header or encode_payload(effects.bundles) != payload:
            return Rejected(Code.BLOCK_INVALID, {"what": "replay"})
        return None

    def commit(self, header: Header, payload: bytes, certificate: CommitCertificate) -> None:
        self._chain.append(self._made[header.height], certificate)


class Sound:
    """A store with a row in every table, and what its blocks did."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        small = SmallChain(self.store)
        first = small_record("first")
        alert = derived_record(
            "ledger.alert_raised",
            Subject("P-1"),
            START_MS + 2000,
            "alert.al05",
            1,
            [Ref("alert", first.record_id)],
            {"alert": "AL05"},
        )
        bid = sealed_record("bid")
        commitment = commitment_record("commitment", bid)
        opening = opening_record("opening", bid, commitment)
        made = [
            small.commit([make_bundle([first, small_record("second")])], writes={b"a": b"1"}),
            small.commit(
                [make_bundle([first, small_record("third")])],
                [alert],
                {b"a": None, b"b": b"2", b"status/x": b"\x01"},
            ),
            small.commit([make_bundle([small_record(f"r{i}") for i in range(70)])]),
            small.commit(derived=[replace(alert, subject=Subject("P-2"))], writes={b"c": b""}),
            small.commit([make_bundle([commitment, opening])]),
        ]
        self.made = {each.header.height: each for each in made}
        small.cosign(2)
        small.cosign(4)
        self._hear_of_another_log(small, made[2].header)
        self._note_log_line(Height(2))
        keep_witness_line(small.chain, Height(4))
        head = small.chain.stamps.checkpoint(Height(2))
        small.chain.stamps.keep("time", Height(2), Maker("time").stamp(head.text()))
        header = made[-1].header
        small.chain.keep_last_signed(LastSigned(header.log_size, header.log_root, 7))

    def _hear_of_another_log(self, small: SmallChain, header: Header) -> None:
        """One node of the committee signs a head that this log never had."""
        fork = replace(header, log_root=Digest(bytes(32)))
        ((node, line),) = cosignature_lines(fork, NODES[:1])
        with pytest.raises(VerificationError):
            small.chain.heads.add(node, fork.log_size, fork.log_root, line, small.chain.head.height)

    def _note_log_line(self, height: Height) -> None:
        """What an observer has beside a head that a node showed it."""
        checkpoint = parse_checkpoint(
            parse_note(self.store.get(Table.COSIGNED.key(number(height))) or b"").text
        )
        line = sign_log(signer("log centre"), GENESIS.origin, checkpoint).line()
        self.store.write([(Table.LOG_LINE.key(number(height)), line.encode())])

    def findings(self, store: Store | None = None, *, judged: bool = True) -> list[Finding]:
        judge = Replay(self.made) if judged else None
        events = audit(store or self.store, GENESIS, ROWS, judge)
        return [event for event in events if isinstance(event, Finding)]

    def changed(self, *writes: Write) -> Store:
        """A copy of the store in which `writes` happened behind the chain's back."""
        copy = MemoryStore()
        copy.write(self.store.scan(b"", b"\xff"))
        copy.write(writes)
        return copy


def keep_witness_line(chain: Chain, height: Height) -> None:
    """What a node has of a body outside the committee that cosigned a head."""
    witness = NoteKey("court.example/w1", Kind.COSIGNATURE, signer("court").public_key)
    line = cosign(signer("court"), witness.name, chain.outside.checkpoint(height), 7)
    chain.outside.keep(witness, height, line)


@pytest.fixture(scope="module")
def sound() -> Sound:
    return Sound()


def flips(value: bytes) -> Iterator[bytes]:
    """`value` with one bit flipped: near the start, in the middle and at the end."""
    for place in sorted({0, len(value) // 2, len(value) - 1}):
        yield value[:place] + bytes([value[place] ^ 0x01]) + value[place + 1 :]


def test_a_sound_store_gives_progress_and_no_finding(sound: Sound) -> None:
    events = list(audit(sound.store, GENESIS, ROWS, Replay(sound.made)))
    assert [(e.height, e.blocks_count) for e in events if isinstance(e, Progress)] == [
        (height, 5) for height in (1, 2, 3, 4, 5)
    ]
    assert sound.findings() == []
    assert sound.findings(judged=False) == []


def test_the_sound_store_has_rows_in_every_table(sound: Sound) -> None:
    for table in TABLES:
        assert next(sound.store.scan(*table.range()), None) is not None, table


@pytest.mark.parametrize("table", TABLES)
def test_one_flipped_bit_in_any_row_is_found(sound: Sound, table: Table) -> None:
    rows = list(sound.store.scan(*table.range()))
    for key, value in rows[:3] + rows[-3:]:
        wrong = list(flips(value)) if value else [b"\x00"]
        if table is Table.LAST_SIGNED:
            wrong.pop()  # When this node signed is its own word: nothing else in the store tells.
        for value_told in wrong:
            findings = sound.findings(sound.changed((key, value_told)))
            assert findings, (table, key, value_told)
            for finding in findings:
                assert finding.sentence("zh")
                assert "?" not in finding.sentence("en"), finding


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_row_is_found(sound: Sound, table: Table) -> None:
    if table in {
        Table.COSIGNED,
        Table.LAST_SIGNED,
        Table.LOG_LINE,
        Table.OUTSIDE,
        Table.STAMP,
        Table.STRANGE,
    }:
        return
    rows = list(sound.store.scan(*table.range()))
    for key, _ in rows[:3] + rows[-3:]:
        assert sound.findings(sound.changed((key, None))), (table, key)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_no_block_accounts_for_is_found(sound: Sound, table: Table) -> None:
    key, value = list(sound.store.scan(*table.range()))[-1]
    stray = key[:-1] + bytes([key[-1] ^ 0x40]) if len(key) > 1 else key + b"\x07"
    assert sound.findings(sound.changed((stray, value))), (table, stray)


def test_findings_name_the_block_and_the_record(sound: Sound) -> None:
    record = small_record("third").record_id
    key = Table.RECORD.key(record)
    value = sound.store.get(key) or b""
    (finding, *_) = sound.findings(sound.changed((key, flipped(value))))
    assert finding.code is Code.AUDIT_RECORD
    assert finding.height == 2
    assert record.hex() in finding.sentence("zh")
    key = Table.BLOCK.key(number(3))
    value = sound.store.get(key) or b""
    (finding, *_) = sound.findings(sound.changed((key, flipped(value))))
    assert (finding.code, finding.height) == (Code.SIGNATURE_INVALID, 3)


def test_an_unreadable_block_does_not_hide_what_is_wrong_above_it(sound: Sound) -> None:
    bundle = next(sound.store.scan(*Table.BUNDLE.range(number(1))))[0]
    time = Table.TIME.key(number(sound.made[Height(3)].header.time_ms))
    findings = sound.findings(sound.changed((bundle, None), (time, number(9))))
    assert {finding.height for finding in findings} == {1, 3}


def test_a_verdict_that_differs_is_a_finding(sound: Sound) -> None:
    made = dict(sound.made)
    made[Height(2)] = replace(made[Height(2)], bundles=made[Height(1)].bundles)
    findings = [
        e for e in audit(sound.store, GENESIS, ROWS, Replay(made)) if isinstance(e, Finding)
    ]
    assert [(each.code, each.height) for each in findings] == [(Code.AUDIT_JUDGED, 2)]


def test_the_store_of_another_network_is_not_taken_for_ours(sound: Sound) -> None:
    other = small_genesis(("centre",))
    codes = {each.code for each in audit(sound.store, other, {}, None) if isinstance(each, Finding)}
    assert {Code.AUDIT_LINK, Code.AUDIT_ROW} <= codes


def test_a_stolen_issuer_or_a_made_up_derived_record_is_found() -> None:
    small = SmallChain(MemoryStore())
    forged = replace(small_record("forged"), issuer=MemberId("network"))
    small.commit(derived=[forged])
    small.commit([make_bundle([small_record("x", "centre"), forged])])
    events = audit(small.store, GENESIS, ROWS, None)
    wrong = [e for e in events if isinstance(e, Finding)]
    assert [(each.code, each.height, each.detail["what"]) for each in wrong] == [
        (Code.AUDIT_RECORD, 1, "receipt.nonce")
    ]


def test_an_empty_chain_is_sound() -> None:
    small = SmallChain(MemoryStore())
    assert list(audit(small.store, GENESIS, ROWS, Replay({}))) == []


def test_a_certificate_without_a_quorum_is_found() -> None:
    small = SmallChain(MemoryStore())
    effects = small.effects([make_bundle([small_record("a")])])
    certificate = certify(effects.header)
    small.chain.append(effects, replace(certificate, votes=certificate.votes[:2]))
    (finding,) = (e for e in audit(small.store, GENESIS, ROWS, None) if isinstance(e, Finding))
    assert (finding.code, finding.height) == (Code.CERTIFICATE_QUORUM, 1)
