"""Check 9: a record that came out of a seal was committed, by its author, where it takes effect.

That the log's entry names the opening, and that the opening carries the record, are checks 3, 4 and
6; here its commitment, its author's bundle and key. Spec: ``docs/spec/receipt.md``.
"""

from dataclasses import dataclass

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.block import Header
from ledger.core.bundle import BundleHeader, check_covers, decode_header, verify_header
from ledger.core.checkpoint import Checkpoint
from ledger.core.entry import Entry, decode_entry
from ledger.core.identifiers import NetworkId
from ledger.core.limits import Parameters
from ledger.core.receipt import Receipt
from ledger.core.receipt_parts import SealedPart
from ledger.core.record import Record, decode_record, record_id
from ledger.core.sealed import Sealed, commitment_digest, digest_in, opens, sealed_of
from ledger.core.status import KeyRow, key_row
from ledger.errors import VerificationError
from ledger.key_checks import check_key_row


@dataclass(frozen=True, slots=True)
class Unsealed:
    """The sealed part of a receipt, decoded; nothing is trusted yet."""

    part: SealedPart
    opening: Record
    sealed: Sealed
    """What the opening carries."""
    author: BundleHeader
    """Header of the inner bundle."""
    commitment: Record
    entry: Entry
    """Of the commitment."""
    row: KeyRow
    """The status row of the author's key, as the receipt claims it."""


def unsealed_from(receipt: Receipt, parameters: Parameters) -> Unsealed | None:
    """The sealed part of a receipt; None where there is none.

    Raises:
        FormatError: what the decoder of a part says, or `sealed.opening`.
    """
    part = receipt.sealed
    if part is None:
        return None
    opening = decode_record(part.opening, parameters)
    sealed = sealed_of(opening)
    return Unsealed(
        part=part,
        opening=opening,
        sealed=sealed,
        author=decode_header(sealed.header),
        commitment=decode_record(part.commitment, parameters),
        entry=decode_entry(part.entry),
        row=key_row(part.key.row),
    )


def check_commitment(
    case: Unsealed, network_id: NetworkId, receipt: Receipt, checkpoint: Checkpoint
) -> None:
    """The commitment is in the log before the opening, is what it opens, and recomputes.

    Args:
        case: the sealed part.
        network_id: of the trust root.
        receipt: whose entry is the opening's.
        checkpoint: the head of both.

    Raises:
        FormatError: `sealed.opening`.
        VerificationError: `receipt.sealed`, `sealed.commitment`, `proof.inclusion`.
    """
    part, committed = case.part, record_id(case.part.commitment)
    if opens(case.opening) != committed or case.entry.record_id != committed:
        raise VerificationError(Code.RECEIPT_SEALED, what="commitment")
    digest = commitment_digest(network_id, case.commitment.issuer, case.sealed)
    if digest_in(case.commitment) != digest:
        raise VerificationError(Code.SEALED_COMMITMENT, expected=digest.hex())
    if part.index >= receipt.index:
        raise VerificationError(Code.RECEIPT_SEALED, what="index")
    if case.opening.issuer not in {case.commitment.issuer, case.author.issuer}:
        raise VerificationError(Code.RECEIPT_SEALED, what="issuer")
    leaf = merkle.leaf_hash(part.entry)
    merkle.verify_inclusion(leaf, part.index, checkpoint.size, part.path, checkpoint.root)


def check_author(case: Unsealed, network_id: NetworkId, record: Record, head: Header) -> None:
    """The author's bundle holds the record, under a key in force where it was committed.

    Args:
        case: the sealed part.
        network_id: of the trust root.
        record: the inner record.
        head: whose `status_root` holds the author's key.

    Raises:
        VerificationError: `bundle.*`, or as `check_key_row`.
    """
    author, sealed = case.author, case.sealed
    if author.network_id != network_id:
        raise VerificationError(Code.BUNDLE_NETWORK, network=author.network_id.hex())
    if author.issuer != record.issuer:
        raise VerificationError(Code.BUNDLE_ISSUER, found=record.issuer, issuer=author.issuer)
    check_covers(author, sealed.signature, (sealed.record_id,))
    verify_header(author, sealed.header, sealed.signature, case.row.public_key)
    check_key_row(case.part.key, case.row, author, head, case.part.index)
