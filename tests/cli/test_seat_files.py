"""What operators hand each other when a node joins is read strictly: it ends in settings."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.failures import CommandError
from cli.seats.files import Invitation, InvitedPeer, decode_invitation
from cli.seats.records import Proposal, require_approved
from ledger.core.identifiers import Epoch, NodeId, RecordId
from ledger.errors import FormatError
from ledger.words import sentence
from tests.consensus.tls_folder import make_identity
from tests.vectors.small_network import SmallNetwork


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


def test_a_change_that_too_few_approved_says_how_many_have_and_what_to_run() -> None:
    present = SmallNetwork().trust.committee
    wanted = replace(present, epoch=Epoch(present.epoch + 1))
    proposal = Proposal(RecordId(bytes([7]) * 32), "centre", "centre", wanted)
    enough = {f"member-{each}": RecordId(bytes(32)) for each in range(present.q - 1)}
    require_approved(proposal, enough, present)
    with pytest.raises(CommandError) as few:
        require_approved(proposal, dict([*enough.items()][:-1]), present)
    # One on a former committee is left to the rules, which say that.
    require_approved(replace(proposal, committee=present), {}, present)
    told = sentence(few.value.code, few.value.detail, "en")
    assert f"{present.q - 1} organisations have approved" in told
    assert f"{present.q} are needed" in told
    assert told.endswith(f"bidwitness network approve {'07' * 32}")
