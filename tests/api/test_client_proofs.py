"""What either client gathers and proves beyond a receipt: witnessed, as a PDF, a member's key."""

from collections.abc import Iterator

import httpx
import pytest
from nacl.public import PrivateKey

from api.client import Client, ClientError, Pending
from ledger.certificate_pdfs import decode_certificate_pdf, verify_certificate
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.record import Record
from tests.api.awaited import Opening
from tests.api.one_node import OneNode, canonical
from tests.vectors.small_network import seed

UNKNOWN = RecordId(bytes(32))


@pytest.fixture
def sdk(node: OneNode, client: httpx.Client, opens: Opening) -> Iterator[Client]:
    assert client.base_url.host == "127.0.0.1"
    with opens([node.url], node.trust) as opened:
        yield opened


def said(node: OneNode, client: httpx.Client, record: Record | None = None) -> RecordId:
    record = record or node.record()
    assert canonical(client, node.bundle(record), wait=20).status_code == 201
    return record.record_id


def test_a_receipt_is_waited_for_and_one_without_a_stamp_is_named(
    node: OneNode, client: httpx.Client, sdk: Client
) -> None:
    record_id = said(node, client)
    assert sdk.witnessed_receipt(record_id, None, 10).record_id == record_id
    with pytest.raises(Pending) as pending:
        sdk.witnessed_receipt(record_id, None, stamped=True)
    assert pending.value.code is Code.RECEIPT_UNSTAMPED
    with pytest.raises(ClientError) as unknown:
        sdk.witnessed_receipt(UNKNOWN, None, 10)
    assert unknown.value.code is Code.RECORD_UNKNOWN


def test_a_certificate_is_verified_before_it_is_handed_out_and_told_how_it_stands(
    node: OneNode, client: httpx.Client, sdk: Client
) -> None:
    record_id = said(node, client)
    fetched = sdk.fetched_certificate(record_id)
    certificate = decode_certificate_pdf(fetched.data)
    assert verify_certificate(certificate, node.trust) == fetched.verdict
    assert (fetched.verdict.record_id, fetched.number) == (record_id, certificate.pdf.number)
    assert sdk.standing_now(record_id) == "valid"
    for ask in (sdk.fetched_certificate, sdk.standing_now):
        with pytest.raises(ClientError) as unknown:
            ask(UNKNOWN)
        assert unknown.value.code is Code.RECORD_UNKNOWN


def test_the_certificate_of_another_record_is_refused(
    node: OneNode, client: httpx.Client, opens: Opening
) -> None:
    one, other = said(node, client), said(node, client)
    data = client.get(f"/v1/records/{other.hex()}/certificate.pdf").content
    lying = httpx.MockTransport(lambda _: httpx.Response(200, content=data))
    with opens(["http://node"], node.trust, lying) as sdk, pytest.raises(ClientError) as refused:
        sdk.fetched_certificate(one)
    assert refused.value.code is Code.API_ANSWER


def test_the_newest_key_of_a_member_is_the_one_to_write_to(
    node: OneNode, client: httpx.Client, sdk: Client
) -> None:
    bound, member = ("supervisor", "ledger.encryption_key_bound", "supervisor"), "supervisor"
    with pytest.raises(ClientError) as none:
        sdk.encryption_key_of(MemberId("bidder"))
    assert none.value.code is Code.DEPOSIT_NO_KEY
    for name in ("one", "two"):
        key = bytes(PrivateKey(seed(name)).public_key)
        said(node, client, node.record(*bound, encryption_key=key))
        found = sdk.encryption_key_of(MemberId(member))
        assert (found.member_id, found.encryption_key) == (member, key)
