"""Judges an offered snapshot by the genesis alone: nothing in it is its donor's word.

The links lead to the committees that certified both headers; the second header states the root of
the state after the first; the edge folds to the first header's log root. Whatever none of these
covers is not taken. Pure; raises and never returns a bool. Spec: ``docs/spec/snapshot.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.codes import Code
from ledger.core.block import Header, Snapshot, decode_header_of_block
from ledger.core.certificate import CommitCertificate, decode_certificate
from ledger.core.epoch_link import EpochLink
from ledger.core.epochs import Epochs
from ledger.core.genesis import Genesis
from ledger.core.identifiers import DIGEST_BYTES, Digest
from ledger.core.merkle import Frontier, node_hash
from ledger.core.snapshot_offer import SnapshotOffer, edge_starts, hashes_in
from ledger.epoch_links import follow_links, opened_links
from ledger.errors import FormatError, VerificationError


@dataclass(frozen=True, slots=True)
class ProvenSnapshot:
    """A snapshot that a quorum certified, and what goes on from it."""

    snapshot: Snapshot
    header: Header
    """Of the block after which the state was this."""
    certificate: CommitCertificate
    frontier: Frontier
    """Of the log after that block."""
    edge: tuple[bytes, ...]
    """Its last complete nodes by level, from multiples of `EDGE_NODES` on."""
    links: tuple[EpochLink, ...]
    """To every epoch that had begun by then."""
    epochs: Epochs
    """That these links lead to."""


def prove_snapshot(offer: SnapshotOffer, genesis: Genesis) -> ProvenSnapshot:
    """Require that a quorum certified what is offered.

    Raises:
        FormatError: a part is not what the spec says.
        VerificationError: `snapshot.offer`, `receipt.epoch_link`, `certificate.*`.
    """
    founding = Epochs((genesis.committee,))
    opened = opened_links(offer.links, genesis.parameters)
    epochs = follow_links(opened, genesis.network_id, founding)
    header, certificate = _certified(offer.header, offer.certificate, epochs, genesis)
    stating, _ = _certified(offer.stating_header, offer.stating_certificate, epochs, genesis)
    snapshot = stating.snapshot
    if snapshot is None or snapshot.height != header.height or header.height >= stating.height:
        raise _unproven("stated")
    links = tuple(each.link for each in opened if each.header.log_size <= header.log_size)
    begun = Epochs(epochs.committees[: len(links) + 1], epochs.ended_at[: len(links)])
    peaks = edge_peaks(header.log_size, offer.edge)
    frontier = _frontier(header.log_size, peaks)
    if frontier.root() != header.log_root:
        raise _unproven("log")
    return ProvenSnapshot(snapshot, header, certificate, frontier, offer.edge, links, begun)


def _certified(
    header_bytes: bytes, certificate_bytes: bytes, epochs: Epochs, genesis: Genesis
) -> tuple[Header, CommitCertificate]:
    """A header that q nodes of the committee of its epoch certified, in one slot."""
    header = decode_header_of_block(header_bytes)
    certificate = decode_certificate(certificate_bytes)
    slot, network_id = certificate.slot, genesis.network_id
    said = (slot.network_id, slot.epoch, slot.height, certificate.header_hash)
    if said != (network_id, header.epoch, header.height, header.hash()):
        raise _unproven("certificate")
    # Who certifies a block follows from where it stands: an epoch ends with the log of its last.
    committee = epochs.at_size(header.log_size)
    if header.network_id != network_id or committee.epoch != header.epoch:
        raise _unproven("epoch")
    certificate.verify(network_id, committee)
    return header, certificate


def edge_peaks(size: int, edge: Sequence[bytes]) -> list[Digest]:
    """The peaks of a log, the largest first, from an edge in which every node is bound to one.

    Args:
        size: leaves of the log.
        edge: by level, the last complete nodes from where `edge_starts` says.

    Raises:
        VerificationError: `snapshot.offer`.
    """
    places = edge_starts(size)
    lengths = [count * DIGEST_BYTES for _, count in places]
    if [len(each) for each in edge] != lengths:
        raise _unproven("edge")
    peaks: list[Digest] = []
    for level, (start, count) in enumerate(places):
        nodes = hashes_in(edge[level])
        if count % 2:
            peaks.append(Digest(nodes[-1]))
        pairs = [node_hash(*nodes[at : at + 2]) for at in range(0, count - 1, 2)]
        if not pairs:
            continue
        above = start // 2 - places[level + 1][0]
        if list(hashes_in(edge[level + 1])[above : above + len(pairs)]) != pairs:
            raise _unproven("edge")
    return peaks[::-1]


def _frontier(size: int, peaks: list[Digest]) -> Frontier:
    try:
        return Frontier(size, tuple(peaks))
    except FormatError as problem:
        raise _unproven("edge") from problem


def _unproven(what: str) -> VerificationError:
    return VerificationError(Code.SNAPSHOT_OFFER, what=what)
