"""Which of its TLS certificates a node shows: the one that the committee pins.

While a key is renewed there are two of each, and a crash may leave them half moved; a certificate
and a key belong together if the one holds the other's public half, wherever they lie.
"""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from cli.signers.standing import NEXT_FOLDER
from consensus.tls import TlsFiles, key_digest, public_digest, read_certificate
from ledger.core.committee import Committee
from ledger.core.identifiers import Digest, NodeId

KEY_FILE: Final = "key.pem"
CERTIFICATE_FILE: Final = "certificate.pem"
PEERS_FOLDER: Final = "peers"


def own_files(folder: Path, committees: tuple[Committee, ...], own: NodeId) -> tuple[Path, Path]:
    """The certificate and the key to show; the ones of the folder where nobody pins any.

    Args:
        folder: of the node's TLS files.
        committees: whose pins count, the first before the later ones.
        own: the node.

    Raises:
        StoreError: `tls.file`.
    """
    folders = [each for each in (folder, folder / NEXT_FOLDER) if each.is_dir()]
    for committee in committees:
        if own not in committee:
            continue
        pin = committee.node(own).tls_key_digest
        for certificate in (each / CERTIFICATE_FILE for each in folders):
            if certificate.exists() and key_digest(read_certificate(certificate)) == pin:
                for key in (each / KEY_FILE for each in folders):
                    if key.exists() and key_of(key) == pin:
                        return certificate, key
    return folder / CERTIFICATE_FILE, folder / KEY_FILE


def tls_files(folder: Path, shown: tuple[Path, Path]) -> TlsFiles:
    """What is shown, and the certificates of peers that lie in the folder."""
    peers = sorted((folder / PEERS_FOLDER).glob("*.pem"))
    return TlsFiles(*shown, tuple(peers))


def key_of(key: Path) -> Digest:
    """Digest of the public half of a private key in PEM; of nothing where it cannot be read."""
    try:
        return public_digest(load_pem_private_key(key.read_bytes(), None).public_key())
    except (OSError, ValueError, TypeError):
        return Digest(bytes(32))
