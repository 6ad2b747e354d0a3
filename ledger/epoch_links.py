"""Leads from the committees that a reader trusts to later ones, link by link.

A link holds where the old committee certified a block, and the log of that block holds the change
record as one of its own entries: a record enters only where the rules accept it, so it stands for
the approvals of a quorum. Pure; raises and never returns a bool. Spec: ``docs/spec/committee.md``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.block import Header, decode_header_of_block
from ledger.core.certificate import CommitCertificate, decode_certificate
from ledger.core.committee import Committee
from ledger.core.committee_change import change_from
from ledger.core.entry import Entry, decode_entry
from ledger.core.epoch_link import EpochLink
from ledger.core.epochs import Epochs
from ledger.core.epochs_file import EpochsFile
from ledger.core.identifiers import Epoch, NetworkId
from ledger.core.limits import Parameters
from ledger.core.record import Record, decode_record
from ledger.errors import FormatError, VerificationError
from ledger.trust import TrustRoot


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A link with every part decoded; nothing is trusted yet."""

    link: EpochLink
    record: Record
    entry: Entry
    header: Header
    certificate: CommitCertificate


def opened_links(links: Sequence[EpochLink], limits: Parameters) -> tuple[OpenedLink, ...]:
    """Decode every part of every link.

    Raises:
        FormatError: what the decoder of that part says.
    """
    return tuple(
        OpenedLink(
            link,
            decode_record(link.record, limits),
            decode_entry(link.entry),
            decode_header_of_block(link.header),
            decode_certificate(link.certificate),
        )
        for link in links
    )


def led(trust: TrustRoot, links: Sequence[EpochLink]) -> TrustRoot:
    """The trust root with the epochs to which links lead from those that it knows.

    Raises:
        FormatError: what the decoder of a part says.
        VerificationError: as `follow_links`.
    """
    opened = opened_links(links, trust.genesis.parameters)
    return replace(trust, epochs=follow_links(opened, trust.network_id, trust.epochs))


def led_by_file(trust: TrustRoot, file: EpochsFile) -> TrustRoot:
    """The trust root with the epochs to which the links in a file lead; as `led`.

    Raises:
        FormatError: what the decoder of a part says.
        VerificationError: `receipt.network` for a file of another network; as `follow_links`.
    """
    if file.network_id != trust.network_id:
        found, expected = file.network_id.hex()[:16], trust.network_id.hex()[:16]
        raise VerificationError(Code.RECEIPT_NETWORK, found=found, expected=expected)
    return led(trust, file.links)


def follow_links(links: Sequence[OpenedLink], network_id: NetworkId, known: Epochs) -> Epochs:
    """The epochs that are known, and those to which `links` lead from them.

    Links into epochs that are known already must say the same.

    Raises:
        VerificationError: `receipt.epoch_link` with the epoch that the link leads to and what does
            not hold, or why the certificate, the path or the committee does not, as its cause.
    """
    epochs, before = known, None
    for link in links:
        epoch = Epoch(link.header.epoch + 1)
        if before is not None and epoch != before + 1:
            raise _broken(epoch, "order")
        epochs = _followed(link, epoch, network_id, epochs)
        before = epoch
    return epochs


def _followed(link: OpenedLink, epoch: Epoch, network_id: NetworkId, epochs: Epochs) -> Epochs:
    header = link.header
    signers = epochs.get(header.epoch)
    if signers is None:
        raise _broken(epoch, "gap")
    _check_closing(link, epoch, network_id, signers)
    committee = _committee(link, epoch)
    held = epochs.get(epoch)
    if held is None:
        if epochs.ended_at and header.log_size <= epochs.ended_at[-1]:
            raise _broken(epoch, "order")
        return epochs.then(committee, header.log_size)
    ended_at = epochs.ended_at[header.epoch - epochs.committees[0].epoch]
    if (held, ended_at) != (committee, header.log_size):
        raise _broken(epoch, "another")
    return epochs


def _check_closing(
    link: OpenedLink, epoch: Epoch, network_id: NetworkId, signers: Committee
) -> None:
    """The old committee certified the closing block, and the change is an entry of it."""
    header, slot, entry = link.header, link.certificate.slot, link.entry
    certified = (slot.height, link.certificate.header_hash)
    if header.network_id != network_id or certified != (header.height, header.hash()):
        raise _broken(epoch, "certificate")
    _require(epoch, "certificate", lambda: link.certificate.verify(network_id, signers))
    if (entry.height, entry.record_id) != (header.height, link.record.record_id):
        raise _broken(epoch, "entry")
    leaf = merkle.leaf_hash(link.link.entry)
    where = (link.link.index, header.log_size, link.link.path, header.log_root)
    _require(epoch, "path", lambda: merkle.verify_inclusion(leaf, *where))


def _committee(link: OpenedLink, epoch: Epoch) -> Committee:
    try:
        committee = change_from(link.record)
    except (FormatError, VerificationError) as problem:
        raise _broken(epoch, "committee") from problem
    if committee is None or committee.epoch != epoch:
        raise _broken(epoch, "record")
    return committee


def _require(epoch: Epoch, what: str, check: Callable[[], None]) -> None:
    try:
        check()
    except VerificationError as problem:
        raise _broken(epoch, what) from problem


def _broken(epoch: Epoch, what: str) -> VerificationError:
    return VerificationError(Code.RECEIPT_EPOCH_LINK, epoch=epoch, what=what)
