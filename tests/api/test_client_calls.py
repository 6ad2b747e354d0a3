"""What programs do with either client beyond one bundle: write, anchor much, query, and listen."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.client import Author, Client, ClientError, Pending, document
from api.client.lines import LINE_BYTES_MAX, EventReader, Lines
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.core.openings import decode_openings
from ledger.core.record import decode_record
from ledger.disclosures import verify_batch_proof, verify_openings
from ledger.errors import LedgerError, VerificationError
from ledger.files import digest_document
from ledger.verify import verify_receipt
from tests.api.awaited import Opening
from tests.api.one_node import OneNode
from tests.vectors.small_network import signer


@pytest.fixture
def sdk(node: OneNode, client: httpx.Client, opens: Opening) -> Iterator[Client]:
    with opens([node.url], node.trust) as opened:
        yield opened


@pytest.fixture(scope="module")
def centre(node: OneNode) -> Author:
    return Author("centre", signer("member centre"), node.trust.network_id)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for number in range(5):
        (tmp_path / f"{number}.pdf").write_text(f"{tmp_path} {number}")
    return sorted(tmp_path.iterdir())


def test_a_record_is_written_submitted_and_disclosed(
    node: OneNode, sdk: Client, centre: Author, files: list[Path]
) -> None:
    private = {"holder": "张三", "note": "见原件"}
    written = centre.record("evidence.deposited", "P", documents=files[:1], private=private)
    assert written.record.fields == {"function_point": "25.1"}
    (receipt,) = sdk.submit(centre.bundle(written))
    verified = verify_receipt(receipt, node.trust, [digest_document(files[0])])
    assert verified.record == written.record
    opened = decode_openings(written.openings_file())
    verify_openings(opened, verified.record)
    assert {each.name: each.value for each in opened.openings} == private


def test_what_must_stay_secret_is_sealed_and_never_signed_into_the_open(
    node: OneNode, centre: Author
) -> None:
    bid = centre.record("tender.bid_submitted", "P/1")
    with pytest.raises(LedgerError) as refused:
        centre.bundle(bid)
    assert refused.value.code is Code.SEALED_ONLY
    sealed = centre.seal(bid, "bidding", 86_400_000)
    assert decode_record(sealed.sealed.record) == bid.record
    with pytest.raises(LedgerError):
        Author("no member!", centre.signer, centre.network_id)


def test_many_documents_are_anchored_by_one_record_and_proved_one_by_one(
    node: OneNode, sdk: Client, centre: Author, files: list[Path]
) -> None:
    named = [digest_document(each) for each in files]
    anchored = sdk.anchor_many(centre, named, "P", fields={"source_system": "档案系统"})
    assert len(anchored) == len(list(anchored)) == 5
    for proof, each in zip(anchored, named, strict=True):
        record = verify_batch_proof(proof, node.trust, [each]).record
        assert record.fields["function_point"] == "25.1"
        assert record.fields["source_system"] == "档案系统"
    with pytest.raises(VerificationError):
        verify_batch_proof(anchored.proof(0), node.trust, named[1:2])


def test_more_records_than_fit_into_a_bundle_come_back_in_order(
    node: OneNode, sdk: Client, centre: Author, monkeypatch: pytest.MonkeyPatch, files: list[Path]
) -> None:
    monkeypatch.setattr("api.client.calls.anchoring.RECORDS_PER_BUNDLE", 2)
    written = [centre.record("evidence.deposited", "P", documents=[each]) for each in files]
    receipts = list(sdk.submit_many(centre, iter(written)))
    assert [each.record_id for each in receipts] == [each.record.record_id for each in written]
    assert len({each.bundle and each.bundle.header for each in receipts}) == 3
    again = list(sdk.submit_many(centre, written[:1]))
    assert again == receipts[:1], "one record has one entry, in whatever bundle it comes again"


def test_a_query_gives_every_record_with_its_verified_receipt_and_goes_on_from_a_cursor(
    node: OneNode, sdk: Client, opens: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.client.calls.querying.PAGE", 2)
    about = f"asked by {opens.__name__}"
    records = [node.record(subject=about) for _ in range(5)]
    sdk.submit(node.bundle(*records))
    ids = [each.record_id for each in records]
    found = list(sdk.records(subject=about, receipts=True))
    assert [each.record_id for each in found] == ids
    assert [each.receipt and each.receipt.record_id for each in found] == ids
    assert found[0].told["record"]["subject"] == about
    left = sdk.records(found[2].cursor, subject=about)
    assert [each.record_id for each in left] == ids[3:]
    assert list(sdk.records(subject=about, type="no.such")) == []
    assert about in list(sdk.projects_of("centre"))
    with pytest.raises(ClientError) as refused:
        list(sdk.records(found[2].cursor, subject="another"))
    assert refused.value.code is Code.API_CURSOR


def test_receipts_of_a_bundle_come_line_by_line(node: OneNode, sdk: Client) -> None:
    bundle = node.bundle(*[node.record() for _ in range(30)])
    receipts = sdk.submit(bundle)
    assert tuple(sdk.bundle_receipts(bundle.record_ids[7])) == receipts
    with pytest.raises(ClientError) as refused:
        list(sdk.bundle_receipts(RecordId(bytes(32))))
    assert refused.value.code is Code.RECORD_UNKNOWN


def test_receipts_that_are_cut_off_or_mixed_are_no_bundle(
    node: OneNode, sdk: Client, opens: Opening
) -> None:
    one, two = (sdk.submit(node.bundle(node.record(), node.record())) for _ in range(2))
    lines = [json.dumps(each.value()).encode() + b"\n" for each in (*one, *two)]
    for told, code in (
        (lines[0] + lines[2], Code.API_ANSWER),
        (lines[0] + lines[0], Code.API_ANSWER),
        (lines[1], Code.API_ANSWER),
        (lines[0] + lines[1][:-2], Code.API_ANSWER),
        (lines[0].replace(b'"index": ', b'"index": 1'), None),
    ):
        answer = httpx.MockTransport(lambda _, told=told: httpx.Response(200, content=told))
        with opens(["http://node"], node.trust, answer) as lied:
            with pytest.raises(LedgerError) as refused:
                list(lied.bundle_receipts(one[0].record_id))
            assert code is None or refused.value.code is code
    pending = httpx.Response(202, json={"code": "receipt.pending", "facts": {"height": 7}})
    answer = httpx.MockTransport(lambda _: pending)
    with opens(["http://node"], node.trust, answer) as sdk, pytest.raises(Pending) as waits:
        list(sdk.bundle_receipts(one[0].record_id))
    assert waits.value.detail["height"] == 7


def test_what_is_new_is_heard_while_it_happens_and_gone_on_with_later(
    node: OneNode, sdk: Client, opens: Opening
) -> None:
    about = f"heard by {opens.__name__}"
    (first,) = sdk.submit(node.bundle(node.record(subject=about)))
    heard = sdk.events(kinds="records", since=0, subject=about, wait_s=60)
    event = next(heard)
    assert event.kind == "record" and event.record_id == first.record_id
    second, third = sdk.submit(node.bundle(node.record(subject=about), node.record(subject=about)))
    assert [each.record_id for each in islice(heard, 2)] == [second.record_id, third.record_id]
    later = sdk.events(kinds="records", subject=about, behind=event.place, wait_s=60)
    resumed = next(later)
    assert resumed.record_id == second.record_id
    assert sdk.receipt(resumed.record_id, wait_s=20) == second


def stream(*events: tuple[int, str], cut: bytes = b"") -> bytes:
    """The bytes of an event stream that is cut off."""
    told = [
        f'event: record\nid: {place}\ndata: {{"record_id":"{name}"}}\n\n' for place, name in events
    ]
    return b"retry: 1\n\n" + "".join(told).encode() + cut


def test_a_listener_goes_on_at_the_next_node_where_one_is_cut_off_or_lies(
    node: OneNode, opens: Opening
) -> None:
    names = [f"{number:064x}" for number in range(6)]
    told = [
        stream((2, names[2]), (3, names[3]), cut=b'event: record\nid: 4\ndata: {"rec'),
        stream((4, names[4]), (1, names[1])),
        stream((4, names[4])),
        b"event: record\nid: 5\ndata: nothing\n\n",
        b"\xff\n",
        stream((5, names[5])),
    ]
    asked: list[tuple[str, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.host, request.headers.get("last-event-id")))
        return httpx.Response(200, content=told[len(asked) - 1])

    nodes = ["http://one", "http://two", "http://three"]
    with opens(nodes, node.trust, httpx.MockTransport(answer)) as sdk:
        events = list(islice(sdk.events(wait_s=60), 4))
    assert [each.place for each in events] == [2, 3, 4, 5]
    assert [place for _, place in asked] == [None, "3", "4", "4", "4", "4"]
    hosts = [host for host, _ in asked]
    assert hosts == ["one", "one", "two", "three", "one", "two"], "who lies is asked last"


def test_a_listener_is_told_where_nobody_is_there_and_of_what_is_refused(
    node: OneNode, opens: Opening
) -> None:
    with opens(["http://127.0.0.1:1"], node.trust) as sdk, pytest.raises(ClientError) as refused:
        list(sdk.events(patience_s=0))
    assert refused.value.code is Code.NODE_UNREACHABLE
    with opens(["http://127.0.0.1:1"], node.trust) as sdk:
        assert list(sdk.events(wait_s=0.2)) == []
    body: dict[str, Any] = {"code": "api.parameter", "facts": {"what": "kinds"}}
    line = httpx.MockTransport(lambda _: httpx.Response(400, json=body))
    with opens(["http://one"], node.trust, line) as sdk, pytest.raises(ClientError) as refused:
        list(sdk.events(kinds="x"))
    assert refused.value.code is Code.API_PARAMETER


def test_events_are_read_however_their_bytes_are_cut() -> None:
    text = b": hello\r\nretry: 20\nid: 7\n\nevent: alert\ndata: a\ndata:b\nid: x\nid: 8\n\n"
    for size in (1, 2, 7, len(text)):
        lines, reader = Lines("node"), EventReader()
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        sent = [reader.line(line) for part in parts for line in lines.feed(part)]
        place, event = [each for each in sent if each is not None]
        assert (place.kind, place.data, place.place, place.retry_ms) == ("", "", "7", 20)
        assert (event.kind, event.data, event.place) == ("alert", "a\nb", "8")
        assert lines.is_whole
    with pytest.raises(ClientError):
        list(Lines("node").feed(bytes(LINE_BYTES_MAX + 1)))


def test_a_document_is_named_by_its_file(files: list[Path]) -> None:
    named = document(files[0])
    assert (named.label, named.media_type) == ("0.pdf", "application/pdf")
    assert named.sha256 == digest_document(files[0]).sha256
    assert document(files[0], "公告" * 100, "text/plain").media_type == "text/plain"
    assert len(document(files[0], "公告" * 100).label.encode()) <= 200
