"""Where the nodes of the committee in force listen, and the certificates of their TLS keys.

A node's folder knows those with which it began. Of the others the ledger says it: the proposal by
which a node came, or renewed its key, where a change cites it. A certificate counts only if the
committee pins its key. Spec: ``docs/spec/committee.md``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from api.client import Client
from api.client.calls.telling import SUBJECTS
from api.client.turning import counted
from cli.compose.own_tls import PEERS_FOLDER, own_files
from cli.seats.files import InvitedPeer
from cli.settings import Settings, address
from consensus.tls import digest_of, read_certificate
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.committee_change import CHANGE_TYPE, PROPOSED_TYPE
from ledger.core.identifiers import NodeId


def whereabouts(
    settings: Settings, client: Client, committee: Committee
) -> dict[NodeId, InvitedPeer]:
    """Every node of a committee that can be found; what an invitation tells is believed by nobody.

    Args:
        settings: of the node in whose folder is looked.
        client: asks nodes for what the ledger says.
        committee: in force.

    Raises:
        LedgerError: `tls.file`, `node.unreachable`.
    """
    found = {}
    for node in committee.nodes:
        for each in (*_in_folder(settings, committee, node), *_on_ledger(client, settings, node)):
            if _pinned(each.certificate, node):
                found[node.node_id] = each
                break
    return found


def _in_folder(
    settings: Settings, committee: Committee, node: CommitteeNode
) -> Iterator[InvitedPeer]:
    if node.node_id == settings.node_id:
        certificate, _ = own_files(settings.tls_folder, (committee,), node.node_id)
        yield InvitedPeer(str(settings.consensus_listen), _der(certificate))
        return
    certificate = settings.tls_folder / PEERS_FOLDER / f"{node.node_id}.pem"
    if node.node_id in settings.peers and certificate.exists():
        yield InvitedPeer(str(settings.peers[node.node_id]), _der(certificate))


def _on_ledger(client: Client, settings: Settings, node: CommitteeNode) -> Iterator[InvitedPeer]:
    """What the proposals say that were made changes, the newest first."""
    listed = counted(client.subject(node.member_id), SUBJECTS)
    told = [each for each in listed if each.get("record")]
    cited = {
        ref["record_id"]
        for each in told
        if each["record"]["type"] == CHANGE_TYPE
        for ref in each["record"]["refs"]
    }
    for each in reversed(told):
        if each["record_id"] in cited and each["record"]["type"] == PROPOSED_TYPE:
            yield from _said(each["record"]["fields"], settings, node)


def _said(fields: Any, settings: Settings, node: CommitteeNode) -> Iterator[InvitedPeer]:
    """A node says what it likes: what is none is passed over."""
    known = settings.peers.get(node.node_id)
    try:
        certificate = bytes.fromhex(fields["tls_certificate"]["hex"])
        where = str(fields.get("address") or known or "")
        yield InvitedPeer(str(address(where)), certificate)
    except (KeyError, TypeError, ValueError):
        return


def _pinned(certificate: bytes, node: CommitteeNode) -> bool:
    try:
        return digest_of(certificate) == node.tls_key_digest
    except ValueError:
        return False


def _der(path: Path) -> bytes:
    return read_certificate(path).public_bytes(Encoding.DER)
