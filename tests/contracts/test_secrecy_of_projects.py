"""Three projects at once, every sealed type, and the supervisors' own stream: what one node holds.

The same days are lived with many bids, with one, and with none; with a withdrawal, with a
prequalification, and with supervisors who look. To the byte, a node has as much each time, and
neither an id nor a guess is found in it. What one section opens leaves the others as they were.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from api.client.sealing import SealingDesk
from ledger.core.canonical import Value, decode
from ledger.core.identifiers import Height, MemberId, RecordId
from ledger.core.record import Record
from ledger.core.sealed import Sealed, commitment_digest
from ledger.sealed_files import OFF_LEDGER_TYPES
from ledger.store.leveldb import LevelDBStore
from tests.contracts.sealing import DEADLINE, SEALED_ROLES, SealedTown
from tests.contracts.test_secrecy import dice, needles, shape
from tests.contracts.town import CATALOGUE, HOUR, SECOND, SECTION
from tests.vectors.small_network import signer

FIRMS = ("mason", "roofer", "glazier", "plumber", "joiner")
"""All enrolled alike, whether they bid or not."""
BANKS = {"bank": ("bank",), "guarantor": ("guarantor",), "deposits": ("deposit_system",)}
ROLES = {**SEALED_ROLES, **BANKS, **dict.fromkeys(FIRMS, ("bidder",))}
SECOND_SECTION, PREQUALIFIED = "LZ-2026-002/01", "LZ-2026-003/01"
TICKS = 5
STREAMS = {"centre": 12, "supervisor": 2}
"""Who commits, and how many at each tick."""
WITHDRAWN = "tender.bid_withdrawn"
SECURITIES: tuple[tuple[tuple[str, str], tuple[str, str, dict[str, Value]]], ...] = (
    (
        ("deposits", "tender.deposit_account_allocated"),
        ("bank", "tender.deposit_paid", {"basic_account": True}),
    ),
    (
        ("guarantor", "tender.guarantee_issued"),
        ("centre", "tender.guarantee_verified", {"outcome": "genuine"}),
    ),
)
SEALED_TYPES = {kind.key for kind in CATALOGUE.types.values() if kind.is_sealed}
BUSY = {SECTION: FIRMS[:3], SECOND_SECTION: FIRMS[3:4], PREQUALIFIED: FIRMS[:2]}
LONELY = {SECTION: (), SECOND_SECTION: FIRMS[:1], PREQUALIFIED: ()}
NOBODY: dict[str, tuple[str, ...]] = {SECTION: (), SECOND_SECTION: (), PREQUALIFIED: ()}


@dataclass(frozen=True)
class Kept:
    """One sealed record, as its author and the committing system keep it."""

    by: str
    record: Record
    sealed: Sealed
    commitment: RecordId


class City(SealedTown):
    """A town with three announced sections, of which one is for whom the tenderer chose."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.disk = LevelDBStore(folder)
        super().__init__(self.disk, roles=ROLES)
        self.signers |= {name: signer(f"member {name}") for name in ROLES}
        self.draw = dice(seed)
        self.stream: list[bytes] = []
        self.kept: list[Kept] = []
        self.announced(DEADLINE, SECOND_SECTION)
        self.accepted_project(PREQUALIFIED.partition("/")[0])
        self.say("builder", "tender.document_filed", PREQUALIFIED, kind="prequalification")
        fields: dict[str, Value] = {"kind": "prequalification", "bid_deadline_ms": DEADLINE}
        self.say("builder", "tender.announcement", PREQUALIFIED, fields=fields)

    def written(
        self, by: str, type_key: str, about: str, *follows: Record, **fields: Value
    ) -> Record:
        """A record under a nonce that nobody can guess."""
        refs = [("follows", each.record_id) for each in follows]
        # No two have a document in common: its digest is the same wherever it comes to light.
        files = {"file": self.draw(16)} if CATALOGUE.types[type_key].evidence_min else {}
        made = self.record(by, type_key, about, refs=refs, files=files, fields=fields)
        return replace(made, nonce=self.draw(16))

    def bids(self, section: str, firms: Sequence[str]) -> Iterator[Record]:
        """All that is sealed about one section before its opening; the last firm withdraws."""
        if section == PREQUALIFIED and firms:
            chosen: dict[str, Value] = {"method": "all_qualified", "qualified": tuple(firms)}
            yield self.written("builder", "tender.prequalified", section, **chosen)
        for number, firm in enumerate(firms):
            obtained = self.written(firm, "tender.documents_obtained", section)
            (by, key), (then_by, then, more) = SECURITIES[number % 2]
            ground = self.written(by, key, section, obtained, bidder=firm)
            proof = self.written(then_by, then, section, ground, bidder=firm, **more)
            bid = self.written(
                firm, "tender.bid_submitted", section, obtained, proof,
                security="guarantee" if number % 2 else "deposit",
            )  # fmt: skip
            yield from (obtained, ground, proof, bid)
            yield self.written("centre", "tender.bid_receipt", section, bid)
            if firm == firms[-1] and len(firms) > 1:
                yield self.written(firm, WITHDRAWN, section, bid, kind="withdrawn")

    def looks(self) -> Iterator[Record]:
        """A supervisor looks, a clue comes in, and somebody logs in."""
        yield self.written("supervisor", "ledger.evidence_accessed", SECTION, purpose="核查")
        clue: dict[str, Value] = {"receipt": self.draw(32), "anonymous": True}
        yield self.written("supervisor", "tender.clue_filed", SECTION, **clue)
        yield self.written("mason", "tender.logged_in", "mason")

    def live(self, records: Sequence[Record]) -> None:
        """Both streams run, and `records` are handed in on the way."""
        network = self.genesis.network_id
        desks = {
            name: SealingDesk(self.signers[name], network, MemberId(name), places, HOUR)
            for name, places in STREAMS.items()
        }
        for tick in range(TICKS):
            for record in records[tick::TICKS]:
                by = "supervisor" if record.type in OFF_LEDGER_TYPES else "centre"
                desks[by].hand_in(replace(self.seal(record), salt=self.draw(32)))
            self.now_ms += 10 * SECOND
            for name, desk in desks.items():
                made = desk.tick(self.now_ms, self.draw)
                assert self.commit(made.bundle) is not None
                self.stream.append(made.bundle.encode())
                by_id = {record.record_id: record for record in records}
                for place, sealed in made.placed:
                    self.kept.append(Kept(name, by_id[sealed.record_id], sealed, place))
        assert len(self.kept) == len(records)

    def holds(self) -> tuple[list[bytes], list[bytes]]:
        """Blocks as they travel and rows of the database; then the files that the rows lie in."""
        blocks = self.chain.blocks
        held = [
            part
            for height in range(1, self.chain.head.height + 1)
            for part in (blocks.payload(Height(height)), *blocks.block_bytes(Height(height)))
        ]
        held += [part for row in self.disk.scan(b"", b"\xff") for part in row]
        self.disk.close()
        return held, [path.read_bytes() for path in self.folder.iterdir() if path.is_file()]

    def digest(self, kept: Kept, salt: bytes | None = None) -> bytes:
        """C of a sealed record, or what it were under another salt."""
        sealed = kept.sealed if salt is None else replace(kept.sealed, salt=salt)
        return commitment_digest(self.genesis.network_id, MemberId(kept.by), sealed)

    def guesses(self, kept: Kept) -> list[bytes]:
        """What someone looks for who knows everything of a sealed record but its salt."""
        record, sealed = kept.record, kept.sealed
        words = [record.issuer.encode(), record.subject.encode(), record.nonce, record.record_id]
        words += [sealed.record, sealed.header, sealed.signature]
        salts = [bytes(32), b"\xff" * 32, *(hashlib.sha256(word).digest() for word in words)]
        return [self.digest(kept, salt) for salt in salts]


@pytest.fixture
def lived(tmp_path: Path) -> Callable[..., City]:
    """A city that has lived through a plan, with or without supervisors who look."""

    def live(plan: dict[str, tuple[str, ...]], *, looking: bool) -> City:
        number = sum(1 for _ in tmp_path.iterdir())
        city = City(tmp_path / str(number), number)
        records = [one for section, firms in plan.items() for one in city.bids(section, firms)]
        city.live([*records, *(city.looks() if looking else ())])
        return city

    return live


def found(needle: bytes, pieces: Sequence[bytes]) -> bool:
    return any(needle in piece for piece in pieces)


def test_many_bids_weigh_as_much_as_none_and_nobody_learns_whether_supervisors_looked(
    lived: Callable[..., City],
) -> None:
    weights, shapes = [], []
    for plan, looking in ((BUSY, True), (LONELY, False), (NOBODY, True), (NOBODY, False)):
        city = lived(plan, looking=looking)
        held, files = city.holds()
        weights.append(sorted(map(len, held)))
        shapes.append([_shapes(bundle) for bundle in city.stream])
        if plan is BUSY:
            assert {each.record.type for each in city.kept} == SEALED_TYPES
        everything = [*city.stream, *held, *files]
        for each in city.kept:
            secrets = [*needles(each.sealed), *city.guesses(each)]
            assert not [one for one in secrets if found(one, everything)], each.record
            # They would be found if they were there: the commitment is.
            assert found(city.digest(each), held)
        for word in (*FIRMS, *BANKS, *plan, "tender.", "ledger."):
            assert not found(word.encode(), city.stream), word
        counts = {firm: sum(piece.count(firm.encode()) for piece in held) for firm in FIRMS}
        assert len(set(counts.values())) == 1 and counts["mason"] > 0, counts
    assert weights[1:] == weights[:-1]
    assert shapes[1:] == shapes[:-1]


def test_what_one_section_opens_leaves_the_others_as_they_were(
    lived: Callable[..., City],
) -> None:
    """The bids of one section come out; one that was withdrawn there, and all others, do not."""
    city = lived(BUSY, looking=True)
    quitter = BUSY[SECTION][-1]
    stays = {WITHDRAWN, "tender.bid_submitted", "tender.bid_receipt"}
    opened = [
        each
        for each in city.kept
        if each.record.subject == SECTION
        and each.record.type not in OFF_LEDGER_TYPES
        and not (each.record.type in stays and _bidder(city, each) == quitter)
    ]
    bids = [each for each in opened if each.record.type == "tender.bid_submitted"]
    assert len(bids) == len(BUSY[SECTION]) - 1
    city.seal_set(*(each.commitment for each in bids))
    city.start()
    for each in sorted(opened, key=lambda one: _place(city, one)):
        city.open(each.sealed, each.commitment)
    held, files = city.holds()
    for each in city.kept:
        shown = [one for one in needles(each.sealed) if found(one, [*held, *files])]
        assert bool(shown) == (each in opened), each.record
    assert len(opened) < len(city.kept) - len(opened)


def _bidder(city: City, kept: Kept) -> str:
    """Whose bid a bid, its receipt or its withdrawal is about."""
    if kept.record.type != "tender.bid_receipt":
        return kept.record.issuer
    (ref,) = kept.record.refs
    by_id = {each.record.record_id: each.record for each in city.kept}
    return by_id[ref.record_id].issuer


def _place(city: City, kept: Kept) -> int:
    stored = city.chain.blocks.record(kept.commitment)
    assert stored is not None
    return stored.place.index


def _shapes(bundle: bytes) -> list[object]:
    """What is left of a tick's records when every random byte is taken out."""
    _, _, _, _, records = decode(bundle, 1 << 20)  # type: ignore[misc]
    assert isinstance(records, tuple)
    return [shape(decode(each, 1 << 20)) for each in records if isinstance(each, bytes)]
