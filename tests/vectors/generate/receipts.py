"""Receipts: what holds, and for each numbered check the ways to fail it and no check before it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ledger.core.acknowledgement import Acknowledgement
from ledger.core.batch import DocumentDigest
from ledger.core.bundle import decode_header, sign_bundle
from ledger.core.canonical import Value, decode, encode
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.derived import derived_nonce, derived_record
from ledger.core.entry import Entry, decode_entry
from ledger.core.hashing import Tag, sha256
from ledger.core.identifiers import (
    NETWORK_MEMBER,
    Digest,
    Epoch,
    Height,
    LogIndex,
    MemberId,
    NetworkId,
    NodeId,
)
from ledger.core.note import Note, parse_note
from ledger.core.receipt import Receipt
from ledger.core.receipt_parts import BundlePart, KeyPart
from ledger.core.record import Record, Ref
from ledger.core.signing import key_id, sign_tagged
from ledger.core.status import Interval, KeyRow, key_row_key
from ledger.core.strict_json import base64
from tests.bits import flipped
from tests.vectors.generate.spelling import Case, Cases, told
from tests.vectors.small_network import (
    HOUR,
    NAMES,
    START_MS,
    SmallNetwork,
    document,
    document_bytes,
    nonce,
    seed,
    signer,
    small_record,
)

FOUR = "four departments"
ONE = "one, for development"
OTHER = "another network"


@dataclass(frozen=True)
class World:
    """A network with three blocks, and records to tell about."""

    network: SmallNetwork
    first: Record
    second: Record
    alert: Record
    other: Record
    """By the notary, in block 2."""


def world(members: tuple[str, ...] = tuple(NAMES), **header: Any) -> World:
    """The network of the vectors; `header` falsifies fields of the last block's header."""
    network = SmallNetwork(members)
    first, second = small_record("first"), small_record("second")
    other = small_record("other", members[-1])
    network.commit([network.bundle([first, second, small_record("third")])])
    alert = derived_record(
        "ledger.alert_raised",
        first.subject,
        START_MS + 2_000,
        "alert.al05",
        1,
        (Ref("alert", first.record_id),),
        {"alert": "AL05", "severity": "warning"},
    )
    network.commit([network.bundle([other], members[-1])], [alert])
    network.commit([network.bundle([small_record("last")])], **header)
    return World(network, first, second, alert, other)


def vectors() -> dict[str, Cases]:
    """`trusts.json`, `accepted.json`, `refused.json` and `refused_files.json`."""
    here, alone = world(), world(("centre",))
    return {
        "receipt/trusts.json": [
            {"name": FOUR, "trust": json.loads(here.network.trust.encode())},
            {"name": ONE, "trust": json.loads(alone.network.trust.encode())},
        ],
        "receipt/accepted.json": _accepted(here, alone),
        "receipt/refused.json": _refused(here),
        "receipt/refused_files.json": _refused_files(here.network.receipt(here.first)),
    }


def _accepted(here: World, alone: World) -> Cases:
    network = here.network
    bundle = network.placed[0].bundle
    if bundle is None:
        raise SystemExit("the first record came in a bundle")
    acknowledged = replace(
        network.receipt(here.first),
        acknowledgements=tuple(network.acknowledgement(bundle, each) for each in tuple(NAMES)[:2]),
    )
    held, hashed = (digest_of("first"),), Hashed()
    return [
        holds("first record of a bundle", network, network.receipt(here.first)),
        holds("second record of a bundle", network, network.receipt(here.second)),
        holds("with its document", network, network.receipt(here.first), held),
        holds("by another member", network, network.receipt(here.other)),
        holds("derived by a rule", network, network.receipt(here.alert)),
        holds("exactly q cosignatures", network, network.receipt(here.first, tuple(NAMES)[1:])),
        holds("with acknowledgements of two nodes", network, acknowledged),
        holds("an SM3 that only the record has", hashed.network, hashed.receipt, (hashed.plain,)),
        holds("the right SM3", hashed.network, hashed.receipt, (hashed.right,)),
        holds("cosigned at the last second that a line can say", network, _cosigned_last(here)),
        holds("a committee of one", alone.network, alone.network.receipt(alone.first), (), ONE),
    ]


class Hashed:
    """A record whose document has an SM3, and what a reader may compute of it."""

    def __init__(self) -> None:
        self.plain = digest_of("hashed")
        sm3 = Digest(seed("sm3"))
        self.right, self.other = (
            replace(self.plain, sm3=each) for each in (sm3, Digest(sm3[::-1]))
        )
        record = small_record("hashed", evidence=(replace(document("hashed"), sm3=sm3),))
        self.network = SmallNetwork()
        self.network.commit([self.network.bundle([record])])
        self.receipt = self.network.receipt(record)


def _cosigned_last(here: World) -> Receipt:
    """All clocks of the committee at the end of what 63 bits of seconds can say."""
    network, good = here.network, here.network.receipt(here.first)
    checkpoint = Checkpoint(network.trust.origin, len(network.leaves), network.root())
    lines = tuple(
        cosign(signer(f"node {member}"), cosigner_name(checkpoint.origin, NodeId(f"node-{member}")),
               checkpoint, (1 << 63) - 1)
        for member in NAMES
    )  # fmt: skip
    return replace(good, checkpoint=Note(checkpoint.text(), lines).format().decode())


def digest_of(name: str) -> DocumentDigest:
    """What a reader computes from the document of that name."""
    data = document_bytes(name)
    return DocumentDigest(sha256(data), len(data))


def holds(
    name: str,
    network: SmallNetwork,
    receipt: Receipt,
    documents: tuple[DocumentDigest, ...] = (),
    trust: str = FOUR,
) -> Case:
    """A receipt that holds, with facts of its verdict."""
    entry = decode_entry(receipt.entry)
    note = parse_note(receipt.checkpoint.encode())
    times = sorted(
        int.from_bytes(line.signature[:8]) for line in note.signatures if len(line.signature) == 72
    )
    return {
        "name": name,
        "trust": trust,
        "receipt": json.loads(receipt.encode()),
        "documents": [_document(each) for each in documents],
        "record_id": receipt.record_id.hex(),
        "height": entry.height,
        "index": receipt.index,
        "committed_at_ms": entry.block_time_ms,
        "existed_by_ms": told(times[network.genesis.committee.f] * 1000),
        "cosigners": len(times),
    }


def _document(each: DocumentDigest) -> Case:
    return {
        "sha256": each.sha256.hex(),
        "size_bytes": each.size_bytes,
        "sm3": None if each.sm3 is None else each.sm3.hex(),
    }


def fails(
    step: int,
    code: str,
    name: str,
    receipt: Receipt,
    documents: tuple[DocumentDigest, ...] = (),
) -> Case:
    """A receipt that fails at `step`, and at none before it."""
    return {
        "name": name,
        "trust": FOUR,
        "step": step,
        "code": code,
        "receipt": json.loads(receipt.encode()),
        "documents": [_document(each) for each in documents],
    }


def bent(path: tuple[Digest, ...]) -> tuple[Digest, ...]:
    """A path whose first hash differs in one bit."""
    return (Digest(flipped(path[0])), *path[1:])


def item_but(data: bytes, place: int, value: Value) -> bytes:
    """The canonical array `data` with one item replaced."""
    items = decode(data, len(data))
    if not isinstance(items, tuple):
        raise SystemExit("not an array")
    return encode((*items[:place], value, *items[place + 1 :]))


def _refused(here: World) -> Cases:
    network = here.network
    good = network.receipt(here.first)
    return [
        *_fail_decode(here, good),
        *_fail_network(here, good),
        *_fail_record_id(here, good),
        *_fail_bundle(here, good),
        *_fail_key(here, good),
        *_fail_log(here, good),
        *_fail_committee(),
        *_fail_quorum(here, good),
        *_fail_document(good),
    ]


def _fail_decode(here: World, good: Receipt) -> Cases:
    note, header = good.checkpoint, _part(good).header
    return [
        fails(1, "format.truncated", "record truncated", replace(good, record=good.record[:-1])),
        fails(1, "format.trailing", "record extended", replace(good, record=good.record + b"\0")),
        fails(
            1,
            "format.version",
            "record of version 2",
            replace(good, record=item_but(good.record, 1, 2)),
        ),
        fails(1, "format.truncated", "entry truncated", replace(good, entry=good.entry[:-1])),
        fails(
            1,
            "format.version",
            "entry of version 2",
            replace(good, entry=item_but(good.entry, 1, 2)),
        ),
        fails(
            1,
            "format.shape",
            "entry dated beyond 53 bits",
            replace(good, entry=item_but(good.entry, 3, (1 << 53) + 1)),
        ),
        fails(
            1,
            "format.shape",
            "entry in place of the block leaf",
            replace(good, last_leaf=good.entry),
        ),
        fails(
            1,
            "format.truncated",
            "half a block leaf in place of the entry",
            replace(good, entry=here.network.leaves[3][:128]),
        ),
        fails(
            1,
            "note.invalid",
            "checkpoint without signatures",
            replace(good, checkpoint=note.split("\n\n")[0] + "\n"),
        ),
        fails(
            1,
            "note.invalid",
            "checkpoint with windows line ends",
            replace(good, checkpoint=note.replace("\n", "\r\n")),
        ),
        fails(
            1,
            "note.invalid",
            "checkpoint with an extension line",
            replace(good, checkpoint=note.replace("\n\n", "\nextension\n\n")),
        ),
        fails(
            1,
            "note.invalid",
            "one signature line twice",
            replace(good, checkpoint=note + note.splitlines()[-1] + "\n"),
        ),
        fails(1, "receipt.bundle", "bundle without key", replace(good, key=None)),
        fails(1, "receipt.bundle", "key without bundle", replace(good, bundle=None)),
        fails(
            1,
            "format.trailing",
            "bundle header extended",
            _with_bundle(good, header=_part(good).header + b"\0"),
        ),
        *(
            fails(1, "format.shape", name, _with_bundle(good, header=item_but(header, at, value)))
            for name, at, value in (
                ("bundle header that counts nothing", 7, 0),
                ("bundle header that counts above 2^31", 7, (1 << 31) + 1),
                ("bundle header created beyond 53 bits", 5, (1 << 53) + 1),
            )
        ),
        fails(1, "format.truncated", "key row truncated", _with_key(good, row=_key(good).row[:-1])),
        fails(
            1,
            "format.shape",
            "key row of a member with a newline",
            _with_key(good, row=_key(good).row.replace(b"centre", b"centr\n")),
        ),
        *_fail_rows(good),
        fails(
            1,
            "note.invalid",
            "checkpoint of more than 16 KiB in fewer characters",
            replace(good, checkpoint=note.replace("\n", "兰" * 8_192 + "\n", 1)),
        ),
    ]


def _fail_rows(good: Receipt) -> Cases:
    """Rows that are none, whatever tree they stand in."""
    key, row = signer("member centre").public_key, _key(good).row
    ever = (None, None, None, None)
    rows: dict[str, Value] = {
        "key row of two items": (ever, "centre"),
        "key row with a key of 31 bytes": (ever, "centre", key[:31]),
        "key row with an interval of three": (ever[:3], "centre", key),
        "key row whose interval begins at a text": (("0", None, None, None), "centre", key),
        "key row whose interval begins below 0": ((-1, None, None, None), "centre", key),
        "key row whose interval ends beyond 53 bits": (
            (None, None, None, (1 << 53) + 1),
            "centre",
            key,
        ),
    }
    if encode((ever, "centre", key)) != row:
        raise SystemExit("the rows are made like the true one")
    return [
        fails(1, "format.shape", name, _with_key(good, row=encode(value)))
        for name, value in rows.items()
    ]


def _part(receipt: Receipt) -> BundlePart:
    if receipt.bundle is None:
        raise SystemExit("a receipt of a member's record")
    return receipt.bundle


def _key(receipt: Receipt) -> KeyPart:
    if receipt.key is None:
        raise SystemExit("a receipt of a member's record")
    return receipt.key


def _with_bundle(receipt: Receipt, **changes: Any) -> Receipt:
    return replace(receipt, bundle=replace(_part(receipt), **changes))


def _with_key(receipt: Receipt, **changes: Any) -> Receipt:
    return replace(receipt, key=replace(_key(receipt), **changes))


def _fail_network(here: World, good: Receipt) -> Cases:
    foreign = world(("centre", "supervisor", "registry"))
    elsewhere = NetworkId(seed("another network"))
    lying = world(network_id=elsewhere)
    return [
        fails(
            2,
            "receipt.network",
            "a true receipt of another network",
            foreign.network.receipt(foreign.first),
        ),
        fails(2, "receipt.network", "relabelled", replace(good, network_id=elsewhere)),
        fails(
            2,
            "receipt.network",
            "block leaf of another network",
            lying.network.receipt(lying.first),
        ),
        fails(
            2,
            "receipt.origin",
            "checkpoint of another origin",
            replace(good, checkpoint=here.network.note(origin="other.example/0123456789abcdef")),
        ),
    ]


def _fail_record_id(here: World, good: Receipt) -> Cases:
    title = replace(here.first, fields={**here.first.fields, "budget_fen": 1})
    return [
        fails(3, "receipt.record_id", "an amount changed", replace(good, record=title.encode())),
        fails(
            3,
            "receipt.record_id",
            "last byte of the nonce flipped",
            replace(good, record=flipped(good.record)),
        ),
        fails(
            3,
            "receipt.record_id",
            "another record's bytes",
            replace(good, record=here.second.encode()),
        ),
        fails(
            3,
            "receipt.record_id",
            "another record's entry",
            replace(good, entry=here.network.leaves[1]),
        ),
    ]


def _entry_for(good: Receipt, record: Record) -> bytes:
    """The entry of `good`, as if it named another record."""
    return replace(decode_entry(good.entry), record_id=record.record_id).leaf()


def _fail_bundle(here: World, good: Receipt) -> Cases:
    network, part = here.network, _part(good)
    notary = replace(here.first, issuer=MemberId("notary"))
    foreign = sign_bundle(
        signer("member centre"),
        NetworkId(seed("another network")),
        MemberId("centre"),
        [good.record],
        START_MS,
        START_MS + HOUR,
        nonce("bundle"),
    )
    alert, cited = network.receipt(here.alert), here.first.record_id
    later = replace(here.alert, fields={**here.alert.fields, "rule_version": 2})
    elsewhere = replace(here.alert, refs=(Ref("alert", here.second.record_id),))
    loose = replace(here.alert, nonce=nonce("guess"))

    bare = replace(here.alert, fields={"alert": "AL05"}, nonce=derived_nonce("", 0, [cited]))

    def derived(name: str, record: Record) -> Case:
        data = record.encode()
        changed = replace(alert, record=data, entry=_entry_for(alert, record))
        return fails(4, "receipt.nonce", name, changed)

    return [
        fails(
            4,
            "bundle.network",
            "bundle for another network",
            replace(good, bundle=BundlePart(foreign.header_bytes, foreign.signature, 0, ())),
        ),
        fails(
            4,
            "bundle.issuer",
            "another member's bundle",
            replace(good, record=notary.encode(), entry=_entry_for(good, notary)),
        ),
        fails(
            4,
            "bundle.signature",
            "signature flipped",
            _with_bundle(good, signature=flipped(part.signature, 0)),
        ),
        fails(
            4,
            "bundle.signature",
            "signature of another header",
            _with_bundle(good, header=item_but(part.header, 6, START_MS + HOUR + 1)),
        ),
        fails(
            4,
            "bundle.signature",
            "row of another key",
            _with_key(
                good,
                row=KeyRow(
                    Interval(None, None), MemberId("centre"), signer("mallory").public_key
                ).encode(),
            ),
        ),
        fails(4, "proof.inclusion", "path in the bundle bent", _with_bundle(good, path=bent(part.path))),
        fails(4, "proof.inclusion", "path in the bundle too short", _with_bundle(good, path=part.path[:-1])),
        fails(
            4,
            "proof.inclusion",
            "path in the bundle too long",
            _with_bundle(good, path=(*part.path, Digest(bytes(32)))),
        ),
        fails(4, "proof.inclusion", "place of another record", _with_bundle(good, index=1)),
        fails(4, "proof.inclusion", "place beyond the bundle", _with_bundle(good, index=3)),
        fails(
            4,
            "receipt.bundle",
            "member's record without a bundle",
            replace(good, bundle=None, key=None),
        ),
        fails(
            4,
            "receipt.bundle",
            "derived record with a bundle",
            replace(alert, bundle=good.bundle, key=good.key),
        ),
        derived("derived record of another rule version", later),
        derived("derived record that cites another record", elsewhere),
        derived("derived record with a chosen nonce", loose),
        derived("derived record that names no rule", bare),
        fails(4, "receipt.bundle", "member's record as if a rule had concluded it", _concluded()),
        fails(4, "receipt.bundle", "derived record in a true bundle", _bundled_conclusion()),
        fails(4, "bundle.issuer", "a true bundle that holds another member's record",
              _in_bundle_of("centre")),
        fails(4, "bundle.signature", "header that names another key than the one that signed",
              _named_otherwise()),
    ]  # fmt: skip


CONCLUDED: dict[str, Value] = {"rule": "alert.al05", "rule_version": 1}


def _concluded() -> Receipt:
    """A member's record without a bundle, whose nonce follows as if the network had spoken."""
    network = SmallNetwork()
    record = small_record("first", fields=CONCLUDED, nonce=derived_nonce("alert.al05", 1, []))
    network.commit([], [record])
    return network.receipt(record)


def _bundled_conclusion() -> Receipt:
    """The network's record in a bundle that somebody signed as the network."""
    network, key = SmallNetwork(), signer("member centre").public_key
    record = small_record(
        "first", NETWORK_MEMBER, fields=CONCLUDED, nonce=derived_nonce("alert.al05", 1, [])
    )
    row = KeyRow(Interval(None, None), NETWORK_MEMBER, key)
    name = b"status/" + key_row_key(NETWORK_MEMBER, key_id(key))
    bundle = network.bundle([record], NETWORK_MEMBER, "member centre")
    network.commit([bundle], writes={name: row.encode()})
    return network.receipt(record)


def _in_bundle_of(member: str) -> Receipt:
    """The notary's record, in another member's bundle, as a committee might have let it in."""
    network, record = SmallNetwork(), small_record("other", "notary")
    network.commit([network.bundle([record], member)])
    return network.receipt(record)


def _named_otherwise() -> Receipt:
    """The right key signed, and stands in the right row, under the id of another."""
    network, record, one = SmallNetwork(), small_record("first"), signer("member centre")
    other = key_id(signer("member notary").public_key)
    header = replace(network.bundle([record]).header, key_id=other).encode()
    signature = sign_tagged(one, Tag.BUNDLE, header)
    made = replace(network.bundle([record]), header=decode_header(header), header_bytes=header,
                   signature=signature)  # fmt: skip
    row = KeyRow(Interval(None, None), MemberId("centre"), one.public_key)
    network.commit(
        [made], writes={b"status/" + key_row_key(MemberId("centre"), other): row.encode()}
    )
    return network.receipt(record)


def _fail_key(here: World, good: Receipt) -> Cases:
    notary = KeyRow(Interval(None, None), MemberId("notary"), signer("member centre").public_key)
    forever = KeyRow(
        Interval(LogIndex(0), START_MS), MemberId("centre"), signer("member centre").public_key
    )
    return [
        fails(5, "receipt.key_row", "row of another member", _with_key(good, row=notary.encode())),
        fails(
            5, "proof.inclusion", "row with another interval", _with_key(good, row=forever.encode())
        ),
        fails(5, "proof.inclusion", "key that was never enrolled", _stolen(here, good)),
        fails(5, "proof.inclusion", "path of the key row bent", _with_key(good, path=bent(_key(good).path))),
        fails(
            5,
            "proof.inclusion",
            "place of another row",
            _with_key(good, index=_key(good).index ^ 1),
        ),
        fails(
            5,
            "receipt.key_not_in_force",
            "key in force only after the entry",
            _with_interval(Interval(LogIndex(0), START_MS)),
        ),
        fails(
            5,
            "receipt.key_not_in_force",
            "key revoked before the entry",
            _with_interval(Interval(None, None, LogIndex(0), START_MS)),
        ),
        fails(5, "receipt.key_row", "row of another member in the issuer's place",
              _with_interval(Interval(None, None), "notary")),
        fails(5, "receipt.key_not_in_force", "key in force from the entry on",
              _with_interval(Interval(LogIndex(FIRST_PLACE), START_MS))),
    ]  # fmt: skip


def _stolen(here: World, good: Receipt) -> Receipt:
    """Signed by a stranger's key under the issuer's name."""
    bundle = here.network.bundle([here.first], key="mallory")
    row = KeyRow(Interval(None, None), MemberId("centre"), signer("mallory").public_key)
    return replace(
        _with_key(good, row=row.encode()),
        bundle=BundlePart(bundle.header_bytes, bundle.signature, 0, ()),
        entry=replace(decode_entry(good.entry), bundle_id=bundle.bundle_id).leaf(),
    )


FIRST_PLACE = 0
"""Of the first record in its log."""


def _with_interval(interval: Interval, member: str = "centre") -> Receipt:
    """A receipt of a network whose blocks were certified although the key was not in force."""
    network, record = SmallNetwork(), small_record("first")
    network.commit([network.bundle([record])])
    key = signer("member centre").public_key
    row = KeyRow(interval, MemberId(member), key)
    name = b"status/" + key_row_key(MemberId("centre"), key_id(key))
    network.commit([network.bundle([small_record("last")])], writes={name: row.encode()})
    return network.receipt(record)


def _fail_log(here: World, good: Receipt) -> Cases:
    network = here.network
    entry = decode_entry(good.entry)
    early = network.leaves[3]
    higher = world(height=Height(1)).network
    return [
        fails(
            6,
            "receipt.entry",
            "entry of another bundle",
            replace(good, entry=_bundled(entry, seed("bundle"))),
        ),
        fails(
            6,
            "receipt.entry",
            "entry without its bundle",
            replace(good, entry=replace(entry, bundle_id=None).leaf()),
        ),
        fails(
            6,
            "proof.inclusion",
            "entry of another height",
            replace(good, entry=replace(entry, height=Height(2)).leaf()),
        ),
        fails(
            6,
            "proof.inclusion",
            "entry of another time",
            replace(good, entry=replace(entry, block_time_ms=START_MS).leaf()),
        ),
        fails(6, "proof.inclusion", "another index", replace(good, index=LogIndex(1))),
        fails(6, "proof.inclusion", "index beyond the log", replace(good, index=LogIndex(8))),
        fails(6, "proof.inclusion", "path in the log bent", replace(good, path=bent(good.path))),
        fails(6, "proof.inclusion", "path in the log too short", replace(good, path=good.path[:-1])),
        fails(
            6, "proof.inclusion", "last path bent", replace(good, last_path=bent(good.last_path))
        ),
        fails(
            6,
            "proof.inclusion",
            "an earlier block leaf",
            replace(good, last_leaf=early, last_path=network.path(3)),
        ),
        fails(
            6,
            "proof.inclusion",
            "block leaf of another proposer",
            replace(good, last_leaf=item_but(good.last_leaf, 6, "node-notary")),
        ),
        fails(
            6,
            "receipt.last_leaf",
            "entry above the head",
            higher.receipt(small_record("other", "notary")),
        ),
        fails(6, "receipt.entry", "logged as of another bundle", _logged_as(seed("bundle"))),
        fails(6, "receipt.entry", "logged as of no bundle", _logged_as(None)),
        fails(6, "receipt.entry", "derived record logged as of a bundle",
              _derived_as(seed("bundle"))),
        fails(6, "proof.inclusion", "checkpoint of an empty log", _of_nothing(good)),
    ]  # fmt: skip


def _logged_as(bundle: bytes | None) -> Receipt:
    """A log in whose true tree the record's entry names another bundle, or none."""
    network, record = SmallNetwork(), small_record("first")
    network.commit([network.bundle([record])])
    network.leaves[0] = _bundled(decode_entry(network.leaves[0]), bundle)
    network.commit([network.bundle([small_record("last")])])
    return network.receipt(record)


def _derived_as(bundle: bytes) -> Receipt:
    """The same of a record that a rule concluded."""
    network, record = SmallNetwork(), small_record("first")
    alert = derived_record("ledger.alert_raised", record.subject, START_MS, "alert.al05", 1,
                           (Ref("alert", record.record_id),), {"alert": "AL05"})  # fmt: skip
    network.commit([network.bundle([record])], [alert])
    network.leaves[1] = _bundled(decode_entry(network.leaves[1]), bundle)
    network.commit([network.bundle([small_record("last")])])
    return network.receipt(alert)


def _of_nothing(good: Receipt) -> Receipt:
    """A checkpoint that says size 0; nobody cosigns such a one, but check 8 comes later."""
    note = parse_note(good.checkpoint.encode())
    origin, _, root, _ = note.text.split("\n")
    empty = Note(f"{origin}\n0\n{root}\n", note.signatures)
    return replace(good, checkpoint=empty.format().decode())


def _bundled(entry: Entry, bundle: bytes | None) -> bytes:
    return encode(("entry", 1, entry.height, entry.block_time_ms, bundle, entry.record_id))


def _fail_committee() -> Cases:
    later = world(epoch=Epoch(1))
    return [fails(7, "receipt.epoch", "head of epoch 1", later.network.receipt(later.first))]


def _fail_quorum(here: World, good: Receipt) -> Cases:
    network, names = here.network, tuple(NAMES)
    note = parse_note(good.checkpoint.encode())
    other = world(time_ms=START_MS + 9_000).network
    moved = Note(note.text, parse_note(other.note().encode()).signatures)
    forged = replace(note.signatures[1], signature=flipped(note.signatures[1].signature, 20))
    later = note.signatures[1].signature[:7] + b"\x00" + note.signatures[1].signature[8:]
    retimed = replace(note.signatures[1], signature=later)
    pool = network.placed[0].bundle
    if pool is None:
        raise SystemExit("the first record came in a bundle")
    word = network.acknowledgement(pool, "centre")

    def noted(changed: Note) -> Receipt:
        return replace(good, checkpoint=changed.format().decode())

    late = replace(note.signatures[1], signature=b"\x80" + note.signatures[1].signature[1:])
    beyond = replace(note, signatures=(note.signatures[0], late, *note.signatures[2:]))
    borrowed = replace(note.signatures[2], signature=note.signatures[1].signature)
    twice = replace(note, signatures=(*note.signatures[:2], borrowed, *note.signatures[3:]))

    def said(each: Acknowledgement) -> Receipt:
        return replace(good, acknowledgements=(each,))

    return [
        fails(
            8, "receipt.quorum", "one cosignature too few", network.receipt(here.first, names[:2])
        ),
        fails(8, "note.unknown_key", "the log's signature alone", network.receipt(here.first, ())),
        fails(
            8,
            "note.signature",
            "cosignature flipped",
            noted(replace(note, signatures=(note.signatures[0], forged, *note.signatures[2:]))),
        ),
        fails(
            8,
            "note.signature",
            "cosignature with another time",
            noted(replace(note, signatures=(note.signatures[0], retimed, *note.signatures[2:]))),
        ),
        fails(8, "note.signature", "cosignature dated beyond 63 bits", noted(beyond)),
        fails(8, "note.signature", "one node's cosignature under another's name", noted(twice)),
        fails(8, "note.signature", "cosignatures of another head", noted(moved)),
        fails(
            8,
            "note.unknown_key",
            "strangers' cosignatures",
            replace(good, checkpoint=_strangers(network)),
        ),
        fails(
            8,
            "receipt.acknowledgement",
            "acknowledgement flipped",
            said(replace(word, signature=flipped(word.signature))),
        ),
        fails(
            8,
            "receipt.acknowledgement",
            "acknowledgement at another time",
            said(replace(word, received_at_ms=START_MS)),
        ),
        fails(
            8,
            "receipt.acknowledgement",
            "acknowledgement by a stranger",
            said(replace(word, node_id=NodeId("node-zeal"))),
        ),
        fails(
            8,
            "receipt.acknowledgement",
            "acknowledgement of another bundle",
            said(network.acknowledgement(network.bundle([here.other]), "centre")),
        ),
        fails(
            8,
            "receipt.acknowledgement",
            "acknowledgement of a derived record",
            replace(network.receipt(here.alert), acknowledgements=(word,)),
        ),
    ]


def _strangers(network: SmallNetwork) -> str:
    """The true head, cosigned by keys that are not the committee's."""
    checkpoint = Checkpoint(network.trust.origin, len(network.leaves), network.root())
    lines = tuple(
        cosign(
            signer(f"stranger {member}"),
            cosigner_name(checkpoint.origin, NodeId(f"node-{member}")),
            checkpoint,
            START_MS // 1000,
        )
        for member in NAMES
    )
    return Note(checkpoint.text(), lines).format().decode()


def _fail_document(good: Receipt) -> Cases:
    held, hashed = digest_of("first"), Hashed()
    return [
        fails(
            10,
            "receipt.document",
            "one byte of the document changed",
            good,
            (replace(held, sha256=sha256(flipped(document_bytes("first")))),),
        ),
        fails(
            10,
            "receipt.document",
            "another size",
            good,
            (replace(held, size_bytes=held.size_bytes + 1),),
        ),
        fails(
            10,
            "receipt.document",
            "right document and a wrong one",
            good,
            (held, digest_of("second")),
        ),
        fails(10, "receipt.document", "another SM3", hashed.receipt, (hashed.other,)),
    ]


def _refused_files(good: Receipt) -> Cases:
    """Files that are refused before anything in them is judged."""
    text = good.encode().decode()
    value: dict[str, Any] = json.loads(text)

    def but(change: Callable[[dict[str, Any]], Any]) -> str:
        changed: dict[str, Any] = json.loads(text)
        change(changed)
        return json.dumps(changed)

    record = value["record"]
    cases: list[tuple[str, str, str]] = [
        ("empty", "", "format.json"),
        ("truncated", text[: len(text) // 2], "format.json"),
        ("two values", text + text, "format.json"),
        ("byte order mark", "\ufeff" + text, "format.json"),
        ("an array", f"[{text}]", "format.shape"),
        ("nested 10,000 deep", "[" * 10_000 + "]" * 10_000, "format.too_deep"),
        ("nested 33 deep", "[" * 33 + "]" * 33, "format.too_deep"),
        ("20,000 empty arrays", "[" + "[]," * 20_000 + "[]]", "format.too_large"),
        ("an unknown name", but(lambda v: v.update(extra=1)), "format.shape"),
        ("an unknown name in the entry", but(lambda v: v["entry"].update(extra=1)), "format.shape"),
        ("a missing name", but(lambda v: v.pop("cosignatures")), "format.shape"),
        (
            "a name twice",
            text.replace('"version": 1,', '"version": 1, "version": 1,'),
            "format.duplicate",
        ),
        (
            "a name twice, once with an escape",
            text.replace('"version": 1,', '"version": 1, "\\u0076ersion": 1,'),
            "format.duplicate",
        ),
        (
            "half a surrogate pair in a name",
            text.replace('"version": 1,', '"version": 1, "\\udcff": 1,'),
            "format.not_allowed",
        ),
        (
            "index with an exponent",
            text.replace('"index": 0,', '"index": 0e0,', 1),
            "format.not_allowed",
        ),
        (
            "index with a leading zero",
            text.replace('"index": 0,', '"index": 00,', 1),
            "format.json",
        ),
        ("index of 2^64", but(lambda v: v["entry"].update(index=1 << 64)), "format.shape"),
        (
            "an escape that is none",
            text.replace('"version": 1,', '"version": 1, "\\x61": 1,'),
            "format.json",
        ),
        (
            "a tab in a text",
            text.replace('"bidwitness.receipt"', '"bidwitness.receipt\t"'),
            "format.json",
        ),
        ("a comma behind the last", text.rstrip().removesuffix("}") + ",}", "format.json"),
        ("another format", but(lambda v: v.update(format="bidwitness.openings")), "format.shape"),
        ("version 2", but(lambda v: v.update(version=2)), "format.version"),
        ("version as text", but(lambda v: v.update(version="1")), "format.shape"),
        (
            "version as float",
            text.replace('"version": 1,', '"version": 1.0,'),
            "format.not_allowed",
        ),
        ("version is true", but(lambda v: v.update(version=True)), "format.shape"),
        ("not a number", text.replace('"version": 1,', '"version": NaN,'), "format.not_allowed"),
        (
            "network id in capitals",
            but(lambda v: v.update(network_id=v["network_id"].upper())),
            "format.shape",
        ),
        (
            "network id of 31 bytes",
            but(lambda v: v.update(network_id=v["network_id"][2:])),
            "format.shape",
        ),
        (
            "record without padding",
            but(lambda v: v.update(record=record.rstrip("=") + "A")),
            "format.shape",
        ),
        (
            "record with a newline",
            but(lambda v: v.update(record=record[:76] + "\n" + record[76:])),
            "format.shape",
        ),
        ("record in url-safe base64", but(lambda v: v.update(record="-_-_")), "format.shape"),
        ("record with loose trailing bits", but(lambda v: v.update(record="QUJ=")), "format.shape"),
        ("record is nil", but(lambda v: v.update(record=None)), "format.shape"),
        ("negative index", but(lambda v: v["entry"].update(index=-1)), "format.shape"),
        ("index beyond 63 bits", but(lambda v: v["entry"].update(index=1 << 63)), "format.shape"),
        (
            "index of 5,000 digits",
            text.replace('"index": 0,', '"index": ' + "9" * 5_000 + ",", 1),
            "format.shape",
        ),
        (
            "index of minus zero",
            text.replace('"index": 0,', '"index": -0,', 1),
            "format.not_allowed",
        ),
        ("path of 64", but(lambda v: v["entry"].update(path=["00" * 32] * 64)), "format.shape"),
        (
            "path hash of 31 bytes",
            but(lambda v: v["entry"].update(path=["00" * 31])),
            "format.shape",
        ),
        (
            "signature of 63 bytes",
            but(lambda v: v["bundle"].update(signature="00" * 63)),
            "format.shape",
        ),
        (
            "checkpoint with a surrogate",
            but(lambda v: v.update(checkpoint="\ud800")),
            "format.not_allowed",
        ),
        ("a sealed part without its parts", but(lambda v: v.update(sealed={})), "format.shape"),
        ("a sealed part that is a list", but(lambda v: v.update(sealed=[])), "format.shape"),
        ("an epoch link without its parts", but(lambda v: v.update(epochs=[{}])), "format.shape"),
        ("257 epoch links", but(lambda v: v.update(epochs=[{}] * 257)), "format.shape"),
        (
            "an outside cosignature that is text",
            but(lambda v: v.update(cosignatures=["x"])),
            "format.shape",
        ),
        (
            "an outside cosignature without its path",
            but(lambda v: v.update(cosignatures=[{"checkpoint": v["checkpoint"]}])),
            "format.shape",
        ),
        (
            "9 outside heads",
            but(lambda v: v.update(cosignatures=[{"checkpoint": "", "path": []}] * 9)),
            "format.shape",
        ),
        ("a time stamp that is text", but(lambda v: v.update(timestamps=["x"])), "format.shape"),
        ("time stamps are nil", but(lambda v: v.update(timestamps=None)), "format.shape"),
        (
            "a time stamp without its token",
            but(lambda v: v.update(timestamps=[{"checkpoint": "x", "path": []}])),
            "format.shape",
        ),
        (
            "9 time stamps",
            but(lambda v: v.update(timestamps=[{"checkpoint": "", "path": [], "token": ""}] * 9)),
            "format.shape",
        ),
        ("epochs are nil", but(lambda v: v.update(epochs=None)), "format.shape"),
        (
            "33 acknowledgements",
            but(lambda v: v.update(acknowledgements=[_word(1)] * 33)),
            "format.shape",
        ),
        (
            "acknowledgement without a node",
            but(lambda v: v.update(acknowledgements=[{}])),
            "format.shape",
        ),
    ]
    cases += _large_parts(but)
    return [{"name": name, "text": text, "step": 0, "code": code} for name, text, code in cases]


def _large_parts(
    but: Callable[[Callable[[dict[str, Any]], Any]], str],
) -> list[tuple[str, str, str]]:
    """A part above its size, which is refused before anything decodes it."""

    def octets(size: int) -> str:
        return base64(bytes(size))

    def sealed(opening: int, record: int, leaf: int, row: int) -> str:
        commitment = {"record": octets(record), "leaf": octets(leaf), "index": 0, "path": []}
        key = {"row": octets(row), "index": 0, "path": []}
        part = {"opening": octets(opening), "commitment": commitment, "key": key}
        return but(lambda v: v.update(sealed=part))

    large = 256 << 10
    texts = {
        "record above 256 KiB": but(lambda v: v.update(record=octets(large + 1))),
        "entry of 129 bytes": but(lambda v: v["entry"].update(leaf=octets(129))),
        "block leaf of 1,025 bytes": but(lambda v: v["head"].update(leaf=octets(1025))),
        "bundle header of 513 bytes": but(lambda v: v["bundle"].update(header=octets(513))),
        "key row above 16 KiB": but(lambda v: v["key"].update(row=octets(16_385))),
        "checkpoint of 16,385 characters": but(lambda v: v.update(checkpoint="x" * 16_385)),
        "outside head of 16,385 characters": but(
            lambda v: v.update(cosignatures=[{"checkpoint": "x" * 16_385, "path": []}])
        ),
        "an unknown name in the head": but(lambda v: v["head"].update(extra=1)),
        "an unknown name in the bundle": but(lambda v: v["bundle"].update(extra=1)),
        "an unknown name in the key": but(lambda v: v["key"].update(extra=1)),
        "an unknown name in an acknowledgement": but(
            lambda v: v.update(acknowledgements=[_word(1) | {"extra": 1}])
        ),
        "an unknown name in an outside head": but(
            lambda v: v.update(cosignatures=[{"checkpoint": "x", "path": [], "extra": 1}])
        ),
        "an unknown name in a sealed part": sealed(1, 1, 1, 1).replace(
            '"opening":', '"extra": 1, "opening":'
        ),
        "an unknown name in a sealed commitment": sealed(1, 1, 1, 1).replace(
            '"commitment": {', '"commitment": {"extra": 1, '
        ),
        "opening above 256 KiB": sealed(large + 1, 1, 1, 1),
        "commitment's entry of 129 bytes": sealed(1, 1, 129, 1),
        "author's key row above 16 KiB": sealed(1, 1, 1, 16_385),
        "outside path of 64": but(
            lambda v: v.update(cosignatures=[{"checkpoint": "x", "path": ["00" * 32] * 64}])
        ),
        "stamped head of 513 characters": but(
            lambda v: v.update(timestamps=[{"checkpoint": "x" * 513, "path": [], "token": ""}])
        ),
        "time stamp above 16 KiB": but(
            lambda v: v.update(
                timestamps=[{"checkpoint": "x", "path": [], "token": octets(16_385)}]
            )
        ),
        "an unknown name in a time stamp": but(
            lambda v: v.update(
                timestamps=[{"checkpoint": "x", "path": [], "token": "", "extra": 1}]
            )
        ),
        "acknowledged beyond 53 bits": but(lambda v: v.update(acknowledgements=[_word(1 << 54)])),
    }
    return [(name, text, "format.shape") for name, text in texts.items()]


def _word(received_at_ms: int) -> Case:
    """An acknowledgement that is spelled as one."""
    return {
        "node_id": "node-centre",
        "bundle": "00" * 32,
        "received_at_ms": received_at_ms,
        "signature": "00" * 64,
    }
