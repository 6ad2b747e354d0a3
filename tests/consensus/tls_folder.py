"""Makes TLS identities for tests: keys, certificates and a committee that pins them."""

from dataclasses import dataclass
from pathlib import Path

from consensus.tls import TlsFiles, new_certificate
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.identifiers import Digest, Epoch, MemberId, NodeId
from ledger.core.signing import Ed25519Signer


@dataclass(frozen=True, slots=True)
class Identity:
    """One node's keys on disk and in memory."""

    node_id: NodeId
    signer: Ed25519Signer
    key: Path
    certificate: Path
    pin: Digest


def make_identity(folder: Path, name: str, *, now_ms: int = 0) -> Identity:
    """A fresh node; its certificate expired unless `now_ms` says otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    key, certificate, pin = new_certificate(NodeId(name), now_ms)
    (folder / f"{name}.key").write_bytes(key)
    (folder / f"{name}.pem").write_bytes(certificate)
    seed = pin  # Any 32 bytes that differ from node to node.
    return Identity(
        NodeId(name), Ed25519Signer(seed), folder / f"{name}.key", folder / f"{name}.pem", pin
    )


def committee_of(identities: list[Identity]) -> Committee:
    """The committee of these nodes in this order, one member each."""
    nodes = tuple(
        CommitteeNode(
            each.node_id,
            MemberId(f"member-{each.node_id}"),
            each.signer.public_key,
            Ed25519Signer(bytes(reversed(each.pin))).public_key,
            each.pin,
        )
        for each in identities
    )
    return Committee(Epoch(0), nodes)


def files_of(own: Identity, everyone: list[Identity]) -> TlsFiles:
    """What `own` needs to talk to the others."""
    peers = tuple(each.certificate for each in everyone if each.node_id != own.node_id)
    return TlsFiles(own.certificate, own.key, peers)
