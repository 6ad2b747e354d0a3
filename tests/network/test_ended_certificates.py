"""Real processes whose TLS certificates ended years ago: votes go on, and everybody is told.

The keys are those that the genesis pins; only the dates around them are others.
"""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from tests.network.operators import ran
from tests.network.real_network import MEMBERS, RealNetwork


def ended(key_file: Path, name: str) -> bytes:
    """A certificate of the key that was good for the year 2019."""
    key = load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .issuer_name(subject)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2019, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2020, 1, 1, tzinfo=UTC))
        .sign(key, None)
        .public_bytes(Encoding.PEM)
    )


@pytest.mark.network
@pytest.mark.slow
def test_ended_certificates_stop_no_vote_and_are_said(tmp_path: Path) -> None:
    network = RealNetwork(tmp_path)
    for node in network.nodes:
        certificate = ended(node.folder / "tls" / "key.pem", node.node_id)
        (node.folder / "tls" / "certificate.pem").write_bytes(certificate)
        for other in network.nodes:
            if other is not node:
                (other.folder / "tls" / "peers" / f"{node.node_id}.pem").write_bytes(certificate)
    try:
        network.start()
        paper = tmp_path / "paper.txt"
        paper.write_text("in 2026", encoding="utf-8")
        ran(network, "centre", "anchor", paper)
        for node in network.nodes:
            told = httpx.get(f"{node.api}/v1/diagnose", trust_env=False).json()
            said = {(each["code"], each["facts"]["node"]) for each in told["findings"]}
            others = set(MEMBERS) - {node.node_id}
            assert said >= {
                ("diagnose.certificate_own", node.node_id),
                *(("diagnose.certificate_peer", other) for other in others),
            }
        page = network.run("centre", "diagnose").out
        assert "2020-01-01" in page and "network rotate FOLDER --key tls" in page.replace("\n", "")
    finally:
        network.stop()
