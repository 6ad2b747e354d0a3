"""Sealed records: digests of commitments, the openings that carry them, and the author's file."""

import json
from dataclasses import replace
from typing import Any

from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId, NetworkId, Subject
from ledger.core.record import Record, Ref
from ledger.core.sealed import (
    COMMITMENT_TYPE,
    INNER_RECORD_BYTES_MAX,
    OPENING_TYPE,
    Sealed,
    commitment_digest,
    seal,
)
from ledger.core.sealed_file import SealedFile
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import (
    HOUR,
    START_MS,
    SmallNetwork,
    document_bytes,
    nonce,
    seed,
    signer,
    small_genesis,
    small_record,
)

NETWORK = small_genesis().network_id
SYSTEM = MemberId("centre")
"""Commits and opens."""
AUTHOR = MemberId("registry")


def vectors() -> dict[str, Cases]:
    """`sealed/digests.json`, `sealed/refused_openings.json` and `sealed/files.json`."""
    return {
        "sealed/digests.json": _digests(),
        "sealed/refused_openings.json": _refused_openings(),
        "sealed/files.json": _files(),
    }


def sealed_record(
    name: str, author: MemberId = AUTHOR, network_id: NetworkId = NETWORK, **parts: Any
) -> Sealed:
    """What `author` sealed under that name."""
    return seal(
        signer(f"member {author}"),
        network_id,
        author,
        small_record(name, **{"issuer": author, **parts}).encode(),
        START_MS,
        START_MS + HOUR,
        seed(f"salt {name}"),
        nonce("bundle"),
    )


def commitment_record(
    name: str, sealed: Sealed, by: MemberId = SYSTEM, network_id: NetworkId = NETWORK
) -> Record:
    """The commitment to `sealed`."""
    return small_record(
        name,
        by,
        type=COMMITMENT_TYPE,
        subject=Subject(""),
        evidence=(),
        fields={"commitment": commitment_digest(network_id, by, sealed)},
    )


def opening_record(name: str, sealed: Sealed, commitment: Record, by: MemberId = SYSTEM) -> Record:
    """The opening of `commitment`."""
    return small_record(
        name,
        by,
        type=OPENING_TYPE,
        subject=Subject(""),
        evidence=(),
        fields=sealed.fields(),
        refs=(Ref("opens", commitment.record_id),),
    )


def _digests() -> Cases:
    """Each part of the commitment moves the digest."""
    sealed = sealed_record("bid")
    other = sealed_record("another bid")

    def case(name: str, held: Sealed, by: MemberId = SYSTEM) -> Case:
        return {
            "name": name,
            "network_id": NETWORK.hex(),
            "committed_by": by,
            "header": held.header.hex(),
            "signature": held.signature.hex(),
            "record": held.record.hex(),
            "salt": held.salt.hex(),
            "digest": commitment_digest(NETWORK, by, held).hex(),
        }

    return [
        case("a bid", sealed),
        case("the same under another issuer", sealed, MemberId("notary")),
        case("the same under another salt", replace(sealed, salt=seed("else"))),
        case("another signature", replace(sealed, signature=other.signature)),
        case("another bid", other),
    ]


def _refused_openings() -> Cases:
    sealed = sealed_record("bid")
    commitment = commitment_record("commitment", sealed)
    good = opening_record("opening", sealed, commitment)

    def case(name: str, record: Record, code: str = "sealed.opening") -> Case:
        return {"name": name, "data": record.encode().hex(), "code": code}

    def fields(**parts: Any) -> Record:
        return replace(good, fields={**good.fields, **parts})

    missing = {name: value for name, value in good.fields.items() if name != "salt"}
    ref = good.refs[0]
    long = bytes(INNER_RECORD_BYTES_MAX + 1)
    return [
        case("a record of another type", replace(good, type="tender.announcement")),
        case("no salt", replace(good, fields=missing)),
        case("one field more", fields(note=b"")),
        case("salt as text", fields(salt="salt")),
        case("salt of 16 bytes", fields(salt=nonce("short")), "format.shape"),
        case("signature of 63 bytes", fields(signature=bytes(63))),
        case("header of 513 bytes", fields(header=bytes(513))),
        case("inner record above 12 KiB", fields(record=long), "sealed.too_large"),
        case("no commitment named", replace(good, refs=())),
        case("two commitments named", replace(good, refs=(ref, ref))),
        case("named by another relation", replace(good, refs=(replace(ref, relation="follows"),))),
        case("a commitment of another network", replace(good, refs=(replace(ref, network_id=NETWORK),))),
    ]  # fmt: skip


def _files() -> Cases:
    """The author's file against the commitment's receipt."""
    sealed, other = sealed_record("bid"), sealed_record("another bid")
    commitment = commitment_record("commitment", sealed)
    plain = small_record("plain")
    network = SmallNetwork()
    elsewhere = NetworkId(seed("another network"))
    abroad, theirs = _odd(network_id=elsewhere), _odd(author=MemberId("notary"))
    loose = replace(sealed, header=other.header)
    garbled = replace(sealed, record=sealed.record[:-1])
    odd = {
        "abroad": commitment_record("abroad", abroad),
        "as for abroad": commitment_record("as for abroad", sealed, network_id=elsewhere),
        "theirs": commitment_record("theirs", theirs),
        "loose": commitment_record("loose", loose),
        "garbled": commitment_record("garbled", garbled),
        "of another type": replace(commitment_record("typed", sealed), type="sealed.cover"),
    }
    within = sealed_record(
        "within", type=COMMITMENT_TYPE, subject=Subject(""), evidence=(), fields=commitment.fields
    )
    around = commitment_record("around", within)
    opening = opening_record("opening within", within, around)
    network.commit([network.bundle([commitment, plain, around, *odd.values()])])
    network.commit([network.bundle([opening])])
    file = SealedFile(NETWORK, SYSTEM, sealed, network.receipt(commitment))

    looked = sealed_record("visit", SYSTEM, type="ledger.evidence_accessed", evidence=())
    visit = commitment_record("visit", looked)
    network.commit([network.bundle([visit])])
    apart = SealedFile(NETWORK, SYSTEM, looked, network.receipt(visit))

    def case(
        name: str,
        held: SealedFile,
        code: str = "",
        step: int = 11,
        document: str = "",
        standing: str = "sealed",
    ) -> Case:
        data = document_bytes(document)
        return {
            "name": name,
            "trust": json.loads(network.trust.encode()),
            "file": json.loads(held.encode()),
            "documents": [[sha256(data).hex(), len(data)]] if document else [],
            "step": step if code else None,
            "code": code or None,
            "standing": None if code else standing,
        }

    def holding(name: str, held: Sealed = sealed) -> SealedFile:
        return replace(file, sealed=held, receipt=network.receipt(odd[name]))

    wrong = "sealed.commitment"
    inside = replace(file, committed_by=AUTHOR, receipt=network.inner_receipt(opening, around))
    return [
        case("a bid and its commitment", file),
        case("a record that is never opened on the ledger", apart, standing="off_ledger"),
        case("with the document under seal", file, document="bid"),
        case("another document", file, "receipt.document", 10, "first"),
        case("another bid and another document", replace(file, sealed=other), wrong, 11, "first"),
        case("another document, and no record under seal", holding("garbled", garbled),
             "format.truncated", 11, "first"),
        case("commitment that came out of a seal", inside, "receipt.opened", 9),
        case("receipt of another network", replace(
            file, receipt=replace(network.receipt(commitment), network_id=elsewhere)),
            "receipt.network", 2),
        case("file for another network", replace(holding("as for abroad"), network_id=elsewhere),
             "bundle.network"),
        case("inner bundle for another network", holding("abroad", abroad), "bundle.network"),
        case("inner bundle of another member", holding("theirs", theirs), "bundle.issuer"),
        case("inner bundle of another record", holding("loose", loose), "bundle.records_root"),
        case("commitment of another type", holding("of another type"), wrong),
        case("another bid", replace(file, sealed=other), wrong),
        case("another salt", replace(file, sealed=replace(sealed, salt=seed("else"))), wrong),
        case("another system named", replace(file, committed_by=MemberId("notary")), wrong),
        case("receipt of no commitment", replace(file, receipt=network.receipt(plain)), wrong),
    ]  # fmt: skip


def _odd(network_id: NetworkId = NETWORK, author: MemberId = AUTHOR) -> Sealed:
    """The bid in an inner bundle of another network, or of a member that is not its issuer."""
    return seal(
        signer(f"member {author}"),
        network_id,
        author,
        small_record("bid", AUTHOR).encode(),
        START_MS,
        START_MS + HOUR,
        seed("salt bid"),
        nonce("bundle"),
    )
