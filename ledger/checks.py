"""The numbered checks of a receipt, one function each, in the order of ``docs/spec/receipt.md``.

A check returns the facts that it established, for display, or raises; it never returns a bool. The
number of the check is put on the error by `ledger.verify`. Nothing here reads a clock or a file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ledger.acknowledgement_checks import check_acknowledgements
from ledger.codes import Code
from ledger.core import merkle
from ledger.core.batch import DocumentDigest
from ledger.core.block import Header, header_from_leaf
from ledger.core.bundle import (
    BundleHeader,
    bundle_id,
    decode_header,
    record_leaf_hash,
    verify_header,
)
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.derived import recomputed_nonce
from ledger.core.entry import Entry, decode_entry
from ledger.core.epochs import Epochs
from ledger.core.identifiers import NETWORK_MEMBER
from ledger.core.note import Note, parse_note
from ledger.core.policy import Policy
from ledger.core.receipt import Receipt
from ledger.core.record import Record, decode_record, record_id
from ledger.core.status import KeyRow, key_row
from ledger.epoch_links import OpenedLink, follow_links, opened_links
from ledger.errors import DetailValue, FormatError, VerificationError
from ledger.heads import Cosigned, check_cosigned
from ledger.key_checks import check_key_row
from ledger.outside import OutsideWord, Witnessed, check_outside, outside_words
from ledger.sealed_checks import Unsealed, check_author, check_commitment, unsealed_from
from ledger.time_stamps import Stamped, StampWord, TimeTrust, check_stamps, stamp_words
from ledger.trust import TrustRoot

Facts: TypeAlias = Mapping[str, DetailValue]


@dataclass(frozen=True, slots=True)
class Brought:
    """Who brought the record: everything that a derived record lacks."""

    header: BundleHeader
    row: KeyRow
    """The status row of the signing key, as the receipt claims it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A receipt with every part decoded; nothing is trusted yet."""

    receipt: Receipt
    record: Record
    entry: Entry
    head: Header
    """From the head's last leaf, and size and root of the checkpoint."""
    note: Note
    checkpoint: Checkpoint
    brought: Brought | None
    """None for derived records."""
    logged: Record
    """The record that the entry stands for: `record` itself, or the opening that let it out."""
    outside: tuple[OutsideWord, ...] = ()
    """Later heads that bodies outside the committee cosigned."""
    stamped: tuple[StampWord, ...] = ()
    """Later heads that time stamping authorities stamped."""
    unsealed: Unsealed | None = None
    """None for a record that has an entry of its own."""
    links: tuple[OpenedLink, ...] = ()
    """From the genesis's committee to that of the head's epoch."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who vouches for a receipt's head."""

    cosigned: tuple[Cosigned, ...]
    """One item for each committee node that cosigned, in the note's order."""
    needed: int
    """q of the committee."""
    witnesses: tuple[Witnessed, ...] | None
    """Who outside the committee, in the policy's order; None where no policy asked."""
    stamps: tuple[Stamped, ...] | None
    """Which authorities stamped; None where the reader says of none that its word counts."""

    @property
    def facts(self) -> Facts:
        """For display."""
        found = {"found": len(self.cosigned), "needed": self.needed}
        if self.witnesses is not None:
            found["outside"] = len(self.witnesses)
        if self.stamps is not None:
            found["stamps"] = len(self.stamps)
        return found


def opened(receipt: Receipt, trust: TrustRoot) -> Opened:
    """Check 1: every part decodes strictly, in a known version, within the network's limits.

    Raises:
        FormatError: what the decoder of that part says; `receipt.bundle` where only one of
            bundle and key is there, `receipt.cosignatures` and `receipt.timestamps` where later
            heads do not ascend.
    """
    note = parse_note(receipt.checkpoint.encode())
    checkpoint = parse_checkpoint(note.text)
    bundle, key = receipt.bundle, receipt.key
    if (bundle is None) != (key is None):
        raise FormatError(Code.RECEIPT_BUNDLE, what="key" if key is None else "bundle")
    brought = None
    if bundle is not None and key is not None:
        brought = Brought(decode_header(bundle.header), key_row(key.row))
    record = decode_record(receipt.record, trust.genesis.parameters)
    unsealed = unsealed_from(receipt, trust.genesis.parameters)
    return Opened(
        receipt=receipt,
        record=record,
        entry=decode_entry(receipt.entry),
        head=header_from_leaf(receipt.last_leaf, checkpoint.size, checkpoint.root),
        note=note,
        checkpoint=checkpoint,
        brought=brought,
        logged=record if unsealed is None else unsealed.opening,
        outside=outside_words(receipt.cosignatures),
        stamped=stamp_words(receipt.timestamps),
        unsealed=unsealed,
        links=opened_links(receipt.epochs, trust.genesis.parameters),
    )


def check_network(case: Opened, trust: TrustRoot) -> Facts:
    """Check 2: network id and origin are the trust root's."""
    expected = trust.network_id.hex()
    for found in (case.receipt.network_id, case.head.network_id):
        if found != trust.network_id:
            raise VerificationError(Code.RECEIPT_NETWORK, found=found.hex(), expected=expected)
    if case.checkpoint.origin != trust.origin:
        raise VerificationError(
            Code.RECEIPT_ORIGIN, found=case.checkpoint.origin, expected=trust.origin
        )
    return {"name": trust.genesis.name, "network": expected}


def check_record_id(case: Opened) -> Facts:
    """Check 3: the log's entry names the record, or the opening whose bytes hold the record."""
    logged_id = record_id(case.receipt.logged)
    if logged_id != case.entry.record_id:
        raise VerificationError(Code.RECEIPT_RECORD_ID, expected=case.entry.record_id.hex())
    if case.unsealed is not None and case.unsealed.sealed.record != case.receipt.record:
        expected = case.unsealed.sealed.record_id.hex()
        raise VerificationError(Code.RECEIPT_RECORD_ID, expected=expected)
    return {"record": case.receipt.record_id.hex()}


def check_bundle(case: Opened, trust: TrustRoot) -> Facts:
    """Check 4: the issuer's signed bundle holds what is logged; or it is the network's own."""
    record, part, brought = case.logged, case.receipt.bundle, case.brought
    if (record.issuer == NETWORK_MEMBER) != (part is None or brought is None):
        raise VerificationError(Code.RECEIPT_BUNDLE, what=record.issuer)
    if part is None or brought is None:
        if record.nonce != recomputed_nonce(record):
            raise VerificationError(Code.RECEIPT_NONCE)
        return {"issuer": record.issuer, "rule": str(record.fields.get("rule", ""))}
    header = brought.header
    if header.network_id != trust.network_id:
        raise VerificationError(Code.BUNDLE_NETWORK, network=header.network_id.hex())
    if header.issuer != record.issuer:
        raise VerificationError(Code.BUNDLE_ISSUER, found=record.issuer, issuer=header.issuer)
    verify_header(header, part.header, part.signature, brought.row.public_key)
    leaf = record_leaf_hash(record.record_id)
    merkle.verify_inclusion(leaf, part.index, header.count, part.path, header.records_root)
    return {"issuer": header.issuer, "key": header.key_id.hex(), "count": header.count}


def check_key(case: Opened) -> Facts | None:
    """Check 5: the key's status row is under the head, is the issuer's, and was in force.

    Returns:
        None for derived records, which no key signs.
    """
    part, brought = case.receipt.key, case.brought
    if part is None or brought is None:
        return None
    check_key_row(part, brought.row, brought.header, case.head, case.receipt.index)
    return {"issuer": brought.header.issuer, "index": case.receipt.index}


def check_log(case: Opened) -> Facts:
    """Check 6: the entry and the block leaf stand in the log under the checkpoint's root."""
    receipt, entry, checkpoint = case.receipt, case.entry, case.checkpoint
    bundle = None if receipt.bundle is None else bundle_id(receipt.bundle.header)
    rebuilt = Entry(entry.height, entry.block_time_ms, bundle, case.logged.record_id)
    if rebuilt.leaf() != receipt.entry:
        raise VerificationError(Code.RECEIPT_ENTRY, what="bundle id")
    last = checkpoint.size - 1
    merkle.verify_inclusion(
        merkle.leaf_hash(receipt.entry),
        receipt.index,
        checkpoint.size,
        receipt.path,
        checkpoint.root,
    )
    merkle.verify_inclusion(
        merkle.leaf_hash(receipt.last_leaf),
        last,
        checkpoint.size,
        receipt.last_path,
        checkpoint.root,
    )
    if entry.height > case.head.height:
        raise VerificationError(Code.RECEIPT_LAST_LEAF, what="height")
    return {"index": receipt.index, "size": checkpoint.size, "height": entry.height}


def check_committee(case: Opened, trust: TrustRoot) -> Epochs:
    """Check 7: the committee of the head's epoch is the genesis's, or linked to it one by one.

    Returns:
        The epochs that are known then; that of the head is the one that its size falls into.

    Raises:
        VerificationError: `receipt.epoch_link`; `receipt.epoch` where the links lead to another
            epoch than that of the head.
    """
    epochs = follow_links(case.links, trust.network_id, trust.epochs)
    reached = epochs.at_size(case.checkpoint.size).epoch
    linked = case.links[-1].header.epoch + 1 if case.links else reached
    if not case.head.epoch == reached == linked:
        raise VerificationError(Code.RECEIPT_EPOCH, found=case.head.epoch, expected=linked)
    return epochs


def check_quorum(
    case: Opened,
    trust: TrustRoot,
    epochs: Epochs,
    policy: Policy | None,
    times: TimeTrust | None,
) -> Vouched:
    """Check 8: q distinct committee keys cosigned this text, and whatever else is said holds.

    That is: acknowledgements, later heads that bodies outside the committee cosigned or stamped,
    and what the reader demands of these.
    """
    committee = epochs.at_size(case.checkpoint.size)
    held = check_cosigned(case.note, trust.origin, committee)
    check_acknowledgements(case.receipt, epochs, case.head.epoch)
    witnesses = check_outside(case.note, case.checkpoint, case.outside, epochs, policy)
    stamps = check_stamps(case.checkpoint, case.stamped, times)
    return Vouched(held, committee.q, witnesses, stamps)


def check_sealed(case: Opened, trust: TrustRoot) -> Facts | None:
    """Check 9: what came out of a seal was committed by its author before it was opened.

    Returns:
        None for a record that has an entry of its own.
    """
    unsealed = case.unsealed
    if unsealed is None:
        return None
    check_commitment(unsealed, trust.network_id, case.receipt, case.checkpoint)
    check_author(unsealed, trust.network_id, case.record, case.head)
    return {
        "author": unsealed.author.issuer,
        "index": unsealed.part.index,
        "height": unsealed.entry.height,
    }


def check_documents(record: Record, documents: Sequence[DocumentDigest]) -> Facts | None:
    """Check 10: each document that the reader holds is named in the record's evidence.

    Returns:
        None where the reader holds no document.
    """
    for document in documents:
        if not any(
            each.sha256 == document.sha256
            and each.size_bytes == document.size_bytes
            and (None in (each.sm3, document.sm3) or each.sm3 == document.sm3)
            for each in record.evidence
        ):
            raise VerificationError(Code.RECEIPT_DOCUMENT, sha256=document.sha256.hex())
    return {"count": len(documents)} if documents else None
