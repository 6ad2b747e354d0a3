"""A supervisor reads what is not public: recorded first, and proved only where it must be."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.client import Client, ClientError
from cli.desk import Desk
from cli.supervising import Visit, read_apart
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.openings import Openings
from ledger.core.receipt import decode_receipt
from ledger.core.record import decode_record
from ledger.core.sealed_file import decode_sealed_file
from ledger.errors import FormatError, LedgerError
from ledger.verify import verify_receipt
from tests.api.one_node import OneNode
from tests.api.rights_story import MEMBERS
from tests.api.small_tender import SECTION, Tender, play
from tests.vectors.small_network import signer

WHY = Visit("专项检查", SECTION)


@pytest.fixture(scope="module")
def tender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tender]:
    node = OneNode(tmp_path_factory.mktemp("read"), roles=MEMBERS, operator="host")
    with node.up() as client:
        yield play(client, node)


def desk_of(tender: Tender, member: str, url: str = "") -> Desk:
    node = tender.node
    client = Client([url or node.url], node.trust)
    return Desk(MemberId(member), node.trust, signer(f"member {member}"), client)


def visited(sealed: Path) -> tuple[RecordId, ...]:
    """The records that a visit under seal names."""
    said = decode_record(decode_sealed_file(sealed.read_bytes()).sealed.record)
    assert said.type == "ledger.evidence_accessed"
    records = said.fields["records"]
    assert isinstance(records, tuple)
    return tuple(RecordId(each) for each in records if isinstance(each, bytes))


def test_a_supervisor_takes_away_the_receipt_of_what_is_not_public(
    tender: Tender, tmp_path: Path
) -> None:
    hidden = tender.complaint.record_id
    with desk_of(tender, "chief") as desk:
        sealed, kept = read_apart(desk, [hidden], WHY, tmp_path, tmp_path)
    assert visited(sealed) == (hidden,)
    held = verify_receipt(decode_receipt(kept[0].read_bytes()), tender.node.trust)
    assert held.record_id == hidden


def test_whoever_is_refused_was_recorded_before(tender: Tender, tmp_path: Path) -> None:
    hidden = tender.complaint.record_id
    with desk_of(tender, "tianshui") as desk, pytest.raises(ClientError) as refused:
        read_apart(desk, [hidden], WHY, tmp_path, tmp_path / "out")
    assert refused.value.code is Code.API_NOT_PUBLIC
    (sealed,) = tmp_path.glob("visit-*")
    assert visited(sealed) == (hidden,)
    assert not (tmp_path / "out").exists()


def test_a_visit_that_cannot_be_recorded_asks_nothing(tender: Tender, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.write_text("no folder")
    # Nobody listens there: had it asked, it would say so.
    mute = desk_of(tender, "chief", "http://127.0.0.1:1")
    with mute as desk, pytest.raises(LedgerError) as refused:
        read_apart(desk, [tender.complaint.record_id], WHY, inbox, tmp_path)
    assert refused.value.code is not Code.NODE_UNREACHABLE


def test_a_section_is_read_whole(tender: Tender, tmp_path: Path) -> None:
    with desk_of(tender, "chief") as desk, desk_of(tender, "water") as other:
        _, kept = read_apart(desk, [], WHY, tmp_path, tmp_path / "all", whole=True)
        _, fewer = read_apart(other, [], WHY, tmp_path, tmp_path / "fewer", whole=True)
    names = {path.name for path in kept}
    assert f"{tender.complaint.record_id.hex()}.receipt.json" in names
    assert {path.name for path in fewer} < names


def test_what_is_public_is_read_as_the_public(tender: Tender, tmp_path: Path) -> None:
    """A token tells the operator who reads: it is shown for what must be, and for nothing else."""
    with desk_of(tender, "chief") as desk:
        read_apart(desk, [tender.document.record_id], WHY, tmp_path, tmp_path)
        before = desk.client.nodes.request("GET", "/healthz").request
        read_apart(desk, [tender.complaint.record_id], WHY, tmp_path, tmp_path)
        after = desk.client.nodes.request("GET", "/healthz").request
    assert "authorization" not in before.headers
    assert after.headers["authorization"].startswith("Bearer eyJ")


def test_a_token_is_not_shown_on_a_plain_line(tender: Tender) -> None:
    client = Client(["http://10.0.0.7:8080"], tender.node.trust)
    client.read_as(MemberId("chief"), signer("member chief"))
    with client, pytest.raises(ClientError) as refused:
        client.record(tender.complaint.record_id)
    assert refused.value.code is Code.IDENTITY_PLAIN


def test_no_client_shows_a_token_on_a_plain_line(tender: Tender) -> None:
    """Deposits and questions about addresses prove who asks like everything else."""
    question = Openings(tender.complaint.record_id, ())
    with Client(["http://10.0.0.7:8080"], tender.node.trust) as client:
        chief = MemberId("chief"), signer("member chief")
        for ask in (
            lambda: list(client.deposits(*chief)),
            lambda: client.deposit("0" * 64, *chief),
            lambda: client.look_up(*chief, question),
        ):
            with pytest.raises(ClientError) as refused:
                ask()
            assert refused.value.code is Code.IDENTITY_PLAIN


def test_whoever_proves_itself_is_served_by_the_next_node_too(tender: Tender) -> None:
    """Which node it is must be asked before a token is made: one that is away is passed over."""
    client = Client(["http://127.0.0.1:9", tender.node.url], tender.node.trust)
    client.read_as(MemberId("chief"), signer("member chief"))
    with client:
        assert client.record(tender.complaint.record_id)["record"]["subject"] == SECTION


def test_one_node_of_a_desk_is_believed_by_the_desks_certificates(tender: Tender) -> None:
    with desk_of(tender, "chief") as desk:
        desk.certificate_file = Path("/nowhere.pem")
        with pytest.raises(FormatError) as refused:
            desk.at(tender.node.url)
    assert refused.value.code is Code.TLS_FILE
