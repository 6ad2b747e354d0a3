"""Whom a node lets in and dials: the committee, who joins it next, and who has just left it.

Pins come from the ledger alone; where a node listens, and the certificate that its key travels in,
come from the settings, and for nodes that joined later from the proposal that a quorum approved.
Spec: ``docs/spec/committee.md``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from cli.settings import Address, Settings, address
from consensus import tcp
from consensus.tls import digest_of, read_certificate
from contracts.committee_rows import Approved, approved_for, approved_in
from ledger.chain import Chain
from ledger.core.committee import CommitteeNode
from ledger.core.committee_change import step_between
from ledger.core.identifiers import Digest, NodeId


def acquaintances(chain: Chain, settings: Settings, peers_folder: Path) -> dict[NodeId, tcp.Known]:
    """Every node that may be connected with this one at the present head."""
    found: dict[NodeId, set[Digest]] = {}
    for node in _nodes(chain):
        found.setdefault(node.node_id, set()).add(node.tls_key_digest)
    told: dict[NodeId, list[bytes]] = {}
    where: dict[NodeId, Address] = {}
    for row in sorted(_approvals(chain), key=lambda each: each.committee.epoch):
        _hear(chain, row, told, where)
    for peer, at in settings.peers.items():
        certificate = peers_folder / f"{peer}.pem"
        where[peer] = at
        if certificate.exists():
            der = read_certificate(certificate).public_bytes(Encoding.DER)
            told.setdefault(peer, []).append(der)
            if settings.node_id not in chain.committee:
                # A node that is not in step yet cannot know who has joined: its operator says it.
                found.setdefault(peer, set()).add(digest_of(der))
    return {
        peer: tcp.Known(frozenset(pins), _at(where, peer), tuple(told.get(peer, ())))
        for peer, pins in found.items()
        if peer != settings.node_id
    }


def _nodes(chain: Chain) -> Iterator[CommitteeNode]:
    """Of the present committee, of the one before it, and of those approved for the next epoch."""
    committees = chain.epochs.committees[-2:]
    for committee in (*committees, *(row.committee for row in _approved_next(chain))):
        yield from committee.nodes


def _approved_next(chain: Chain) -> tuple[Approved, ...]:
    return approved_for(chain.state, chain.committee.epoch + 1)


def _approvals(chain: Chain) -> Iterator[Approved]:
    """Every approval that became a committee, and those for the next epoch."""
    for row in approved_in(chain.state):
        held = chain.epochs.get(row.committee.epoch)
        if held is None or held == row.committee:
            yield row


def _hear(
    chain: Chain, row: Approved, told: dict[NodeId, list[bytes]], where: dict[NodeId, Address]
) -> None:
    """What a proposal says of the node that enters by it."""
    before = chain.epochs.get(row.committee.epoch - 1)
    entered = None if before is None else step_between(before, row.committee).entered
    if entered is None:
        return
    if row.certificate:
        told.setdefault(entered.node_id, []).append(row.certificate)
    if row.address:
        try:
            where[entered.node_id] = address(row.address)
        except ValueError:
            return


def _at(where: Mapping[NodeId, Address], peer: NodeId) -> tcp.Address | None:
    at = where.get(peer)
    return None if at is None else tcp.Address(at.host, at.port)
