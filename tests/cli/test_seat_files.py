"""What operators hand each other when a node joins is read strictly: it ends in settings."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from cli.seats.files import Invitation, InvitedPeer, decode_invitation
from ledger.core.identifiers import Epoch, NodeId
from ledger.errors import FormatError
from tests.consensus.tls_folder import make_identity


@pytest.fixture
def invitation(tmp_path: Path) -> Invitation:
    pem = make_identity(tmp_path, "centre").certificate.read_text()
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    return Invitation(b"{}", Epoch(0), {NodeId("centre"): InvitedPeer("10.0.0.7:9000", der)})


def bent(invitation: Invitation, name: str, value: str) -> bytes:
    told: dict[str, Any] = json.loads(invitation.encode())
    told["peers"][0][name] = value
    return json.dumps(told).encode()


@pytest.mark.parametrize("address", ["10.0.0.7:9000", "[fd00::7]:9000", "node-a.example:9000"])
def test_an_invitation_says_where_nodes_listen(invitation: Invitation, address: str) -> None:
    found = decode_invitation(bent(invitation, "address", address))
    assert found.peers[NodeId("centre")].address == address


@pytest.mark.parametrize(
    "address",
    [
        '10.0.0.7:1"\n[node]\nshow_all = true\nx = "h:9',
        "10.0.0.7",
        "10.0.0.7:0",
        "a b:9000",
        ":9000",
    ],
)
def test_an_address_writes_nothing_else_into_the_settings(
    invitation: Invitation, address: str
) -> None:
    with pytest.raises(FormatError):
        decode_invitation(bent(invitation, "address", address))


def test_a_certificate_that_is_none_is_refused_before_any_key_is_made(
    invitation: Invitation,
) -> None:
    with pytest.raises(FormatError):
        decode_invitation(bent(invitation, "certificate", base64.b64encode(b"none").decode()))
