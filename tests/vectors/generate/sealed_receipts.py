"""Receipts of records that came out of a seal: what holds, and the ways to fail the checks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ledger.core.bundle import decode_header, sign_bundle
from ledger.core.hashing import Tag
from ledger.core.identifiers import LogIndex, MemberId, Subject
from ledger.core.receipt import Receipt
from ledger.core.receipt_parts import SealedPart
from ledger.core.record import Record, Ref
from ledger.core.sealed import Sealed, seal
from ledger.core.signing import key_id, sign_tagged
from ledger.core.status import Interval, KeyRow, key_row_key
from tests.bits import flipped
from tests.vectors.generate.receipts import bent, digest_of, fails, holds, item_but
from tests.vectors.generate.sealed import (
    AUTHOR,
    NETWORK,
    SYSTEM,
    commitment_record,
    opening_record,
    sealed_record,
)
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import (
    HOUR,
    START_MS,
    SmallNetwork,
    document,
    nonce,
    seed,
    signer,
    small_record,
)

STRANGER = MemberId("notary")


@dataclass(frozen=True)
class World:
    """A network in whose second block a record comes out of a commitment of the first."""

    network: SmallNetwork
    commitment: Record
    opening: Record

    def receipt(self) -> Receipt:
        """Of the record inside."""
        return self.network.inner_receipt(self.opening, self.commitment)


def world(
    sealed: Sealed | None = None,
    by: MemberId = SYSTEM,
    writes: Mapping[bytes, bytes] | None = None,
    **parts: Any,
) -> World:
    """One bid, committed and opened; `parts` replaces parts of the opening, `writes` slow rows."""
    held = sealed or sealed_record("bid")
    network = SmallNetwork()
    commitment = commitment_record("commitment", held)
    opening = replace(opening_record("opening", held, commitment, by), **parts)
    network.commit([network.bundle([commitment, small_record("cover")])])
    network.commit([network.bundle([opening], by)], (), writes)
    network.commit([network.bundle([small_record("last")])])
    return World(network, commitment, opening)


def vectors() -> dict[str, Cases]:
    """`receipt/sealed_accepted.json` and `receipt/sealed_refused.json`."""
    return {
        "receipt/sealed_accepted.json": _accepted(),
        "receipt/sealed_refused.json": _refused(),
    }


def _accepted() -> Cases:
    here, own = world(), world(by=AUTHOR)
    held = (digest_of("bid"),)
    return [
        _came_out("opened by the sealing system", here),
        _came_out("opened by its author", own),
        _came_out("opening with a subject and a document", world(
            subject=Subject("GS-2026-bid/1"), evidence=(document("opening"),))),
        _came_out("the author's key revoked after the commitment", world(writes=_revoked(2))),
        {**_came_out("with its document", here), "documents": _documents(held)},
    ]  # fmt: skip


def _documents(held: Any) -> Any:
    return [
        {"sha256": each.sha256.hex(), "size_bytes": each.size_bytes, "sm3": None} for each in held
    ]


def _came_out(name: str, here: World) -> Case:
    """What is told of a record that was sealed: place and time are its commitment's."""
    receipt, committed = here.receipt(), here.network.receipt(here.commitment)
    outside, effective = holds(name, here.network, receipt), holds(name, here.network, committed)
    places = {each: effective[each] for each in ("height", "index", "committed_at_ms")}
    opened = {each: outside[each] for each in places}
    return {**outside, **places, "opened": opened}


def _revoked(until_index: int) -> dict[bytes, bytes]:
    """The author's key, in force up to an index."""
    key = signer(f"member {AUTHOR}").public_key
    row = KeyRow(Interval(None, None, LogIndex(until_index), START_MS), AUTHOR, key)
    return {b"status/" + key_row_key(AUTHOR, key_id(key)): row.encode()}


def _since(from_index: int) -> dict[bytes, bytes]:
    """The author's key, in force behind an index."""
    key = signer(f"member {AUTHOR}").public_key
    row = KeyRow(Interval(LogIndex(from_index), START_MS), AUTHOR, key)
    return {b"status/" + key_row_key(AUTHOR, key_id(key)): row.encode()}


def _refused() -> Cases:
    return [*_fail_before(), *_fail_commitment(), *_fail_author()]


def _part(receipt: Receipt, **changes: Any) -> Receipt:
    if receipt.sealed is None:
        raise SystemExit("a receipt of a record that was sealed")
    return replace(receipt, sealed=replace(receipt.sealed, **changes))


def _sealed(receipt: Receipt) -> SealedPart:
    if receipt.sealed is None:
        raise SystemExit("a receipt of a record that was sealed")
    return receipt.sealed


def _fail_before() -> Cases:
    """A sealed part changes what checks 1, 3, 4 and 6 look at."""
    here = world()
    good = here.receipt()
    part = _sealed(good)
    other = world(sealed_record("another bid"))
    return [
        fails(1, "format.truncated", "opening truncated", _part(good, opening=part.opening[:-1])),
        fails(1, "sealed.too_large", "opening of an inner record above 12 KiB",
              _part(good, opening=_carrying(here, record=bytes((12 << 10) + 1)))),
        fails(1, "sealed.opening", "opening of an inner header above 512 bytes",
              _part(good, opening=_carrying(here, header=bytes(513)))),
        fails(1, "sealed.opening", "opening of a signature of 63 bytes",
              _part(good, opening=_carrying(here, signature=bytes(63)))),
        fails(1, "format.shape", "opening of a salt of 31 bytes",
              _part(good, opening=_carrying(here, salt=bytes(31)))),
        fails(1, "sealed.opening", "opening with a fifth field",
              _part(good, opening=_carrying(here, note=b""))),
        fails(1, "format.version", "inner header of version 3", _part(good, opening=_carrying(
            here, header=item_but(sealed_record("bid").header, 1, 3)))),
        fails(1, "sealed.opening", "no opening", _part(good, opening=part.commitment)),
        fails(1, "format.trailing", "commitment extended",
              _part(good, commitment=part.commitment + b"\0")),
        fails(1, "format.version", "commitment's entry of version 2",
              _part(good, entry=item_but(part.entry, 1, 2))),
        fails(1, "format.truncated", "author's key row truncated",
              _part(good, key=replace(part.key, row=part.key.row[:-1]))),
        fails(3, "receipt.record_id", "another record than the opening carries",
              replace(good, record=sealed_record("another bid").record)),
        fails(3, "receipt.record_id", "another opening than the entry names",
              _part(good, opening=_sealed(other.receipt()).opening)),
        fails(3, "receipt.record_id", "without its sealed part", replace(good, sealed=None)),
    ]  # fmt: skip


def _carrying(here: World, **fields: Any) -> bytes:
    """The opening, with other fields."""
    return replace(here.opening, fields={**here.opening.fields, **fields}).encode()


def _fail_commitment() -> Cases:
    here = world()
    good = here.receipt()
    part = _sealed(good)
    cover = here.network.receipt(small_record("cover"))
    bid = sealed_record("bid")
    twice = (Ref("opens", here.commitment.record_id), Ref("opens", here.commitment.record_id))
    copied = commitment_record("copied", bid, STRANGER)
    network = SmallNetwork()
    network.commit([network.bundle([copied], STRANGER)])
    stolen = replace(
        opening_record("stolen", bid, copied),
        fields={**bid.fields(), "salt": seed("another salt")},
    )
    network.commit([network.bundle([stolen])])
    late = SmallNetwork()
    commitment = commitment_record("commitment", bid)
    opening = opening_record("opening", bid, commitment)
    late.commit([late.bundle([opening])])
    late.commit([late.bundle([commitment])])
    return [
        fails(9, "receipt.sealed", "another commitment than the opening names",
              _part(good, commitment=cover.record, entry=cover.entry,
                    index=cover.index, path=cover.path)),
        fails(9, "receipt.sealed", "entry of another record",
              _part(good, entry=cover.entry, index=cover.index, path=cover.path)),
        fails(9, "sealed.opening", "two commitments named", world(refs=twice).receipt()),
        fails(9, "sealed.commitment", "another salt than was committed",
              network.inner_receipt(stolen, copied)),
        fails(9, "sealed.opening", "opens by another relation", world(
            refs=(Ref("follows", here.commitment.record_id),)).receipt()),
        fails(9, "sealed.opening", "opens on another ledger", world(
            refs=(Ref("opens", here.commitment.record_id, NETWORK),)).receipt()),
        fails(9, "sealed.commitment", "commitment of another type", _typed("sealed.cover")),
        fails(9, "sealed.commitment", "committed as for another network", _typed(
            network_id=type(NETWORK)(seed("another network")))),
        fails(9, "receipt.sealed", "committed after it was opened",
              late.inner_receipt(opening, commitment)),
        fails(9, "receipt.sealed", "opened by a stranger", world(by=STRANGER).receipt()),
        fails(9, "proof.inclusion", "path of the commitment's entry bent",
              _part(good, path=bent(part.path))),
        fails(9, "proof.inclusion", "index of the commitment moved",
              _part(good, index=LogIndex(part.index + 1))),
    ]  # fmt: skip


def _typed(type_: str = "", **parts: Any) -> Receipt:
    """A commitment that is wrong in one thing, and the opening that names it."""
    bid, network = sealed_record("bid"), SmallNetwork()
    right = commitment_record("commitment", bid, **parts)
    commitment = replace(right, type=type_ or right.type)
    opening = opening_record("opening", bid, commitment)
    network.commit([network.bundle([commitment])])
    network.commit([network.bundle([opening])])
    return network.inner_receipt(opening, commitment)


def _signed_otherwise(name: str, row: KeyRow, key: bytes | None = None) -> Receipt:
    """An inner header that names the key of `name`, signed by the author; `row` stands there."""
    bid = sealed_record("bid")
    named = key_id(key or signer(f"member {name}").public_key)
    header = replace(decode_header(bid.header), key_id=named).encode()
    signature = sign_tagged(signer(f"member {AUTHOR}"), Tag.BUNDLE, header)
    writes = {b"status/" + key_row_key(AUTHOR, named): row.encode()}
    return world(replace(bid, header=header, signature=signature), writes=writes).receipt()


def _fail_author() -> Cases:
    good = world().receipt()
    key = _sealed(good).key
    bid = sealed_record("bid")
    other = sealed_record("another bid")
    mine = small_record("bid", AUTHOR).encode()

    def signed(name: str, network: Any = NETWORK, author: MemberId = AUTHOR) -> Sealed:
        salt = seed("salt bid")
        return seal(
            signer(name), network, author, mine, START_MS, START_MS + HOUR, salt, nonce("bundle")
        )

    header = _sealed(good).key
    key_of_author = signer(f"member {AUTHOR}")
    ever = KeyRow(Interval(None, None), AUTHOR, key_of_author.public_key)
    both = sign_bundle(key_of_author, NETWORK, AUTHOR, [mine, other.record],
                       START_MS, START_MS + HOUR, nonce("bundle"))  # fmt: skip
    two = Sealed(both.header_bytes, both.signature, mine, seed("salt bid"))
    stranger = signed(f"member {STRANGER}", author=STRANGER)
    elsewhere = signed(f"member {AUTHOR}", type(NETWORK)(seed("another network")))
    return [
        fails(9, "bundle.network", "inner bundle of another network",
              world(elsewhere).receipt()),
        fails(9, "bundle.issuer", "inner bundle of another member", world(stranger).receipt()),
        fails(9, "bundle.records_root", "inner bundle of another record",
              world(replace(bid, header=other.header)).receipt()),
        fails(9, "bundle.records_root", "true inner bundle of another record",
              world(replace(other, record=bid.record)).receipt()),
        fails(9, "bundle.records_root", "true inner bundle of two records", world(two).receipt()),
        fails(9, "bundle.signature", "inner header that names another key than the one that signed",
              _signed_otherwise(STRANGER, ever)),
        fails(9, "receipt.key_row", "row of another member in the author's place",
              _signed_otherwise(AUTHOR, replace(ever, member_id=STRANGER))),
        fails(9, "receipt.key_not_in_force", "the author's key in force from the commitment on",
              world(writes=_since(0)).receipt()),
        fails(9, "bundle.signature", "inner signature bent",
              world(replace(bid, signature=flipped(bid.signature, 0))).receipt()),
        fails(9, "proof.inclusion", "path of the author's key row bent",
              _part(good, key=replace(key, path=bent(header.path)))),
        fails(9, "receipt.key_not_in_force", "the author's key revoked before the commitment",
              world(writes=_revoked(0)).receipt()),
    ]  # fmt: skip
