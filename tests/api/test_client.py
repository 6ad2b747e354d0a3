"""Both clients of the SDK against a real node, and against nodes that are down or lying."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import httpx
import pytest

from api.client import Client, ClientError, Nodes, Pending
from api.errors import problem
from ledger import LedgerError, VerificationError
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.core.receipt import decode_receipt
from ledger.words import sentence
from tests.api.awaited import Opening
from tests.api.one_node import OneNode, canonical

DEAD = "http://127.0.0.1:1"
Answering = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def sdk(node: OneNode, client: httpx.Client, opens: Opening) -> Iterator[Client]:
    """The SDK as a user has it; its first node is down."""
    with opens([DEAD, node.url], node.trust) as opened:
        yield opened


def test_a_bundle_comes_back_as_verified_receipts(node: OneNode, sdk: Client) -> None:
    bundle = node.bundle(*[node.record() for _ in range(150)])
    came: list[int] = []
    receipts = sdk.submit(bundle, taken=came.append)
    assert [each.record_id for each in receipts] == list(bundle.record_ids)
    assert sum(came) > 150 * 1000
    assert sdk.submit(bundle) == receipts


def test_what_was_submitted_can_be_asked_for(node: OneNode, sdk: Client, opens: Opening) -> None:
    asked_for = f"asked for by {opens.__name__}"
    record = node.record(subject=asked_for)
    (receipt,) = sdk.submit(node.bundle(record))
    assert sdk.receipt(record.record_id) == receipt
    assert sdk.knows(record.record_id) and not sdk.knows(RecordId(bytes(32)))
    assert sdk.record(record.record_id)["record"]["subject"] == asked_for
    (hit,) = sdk.search(asked_for)["hits"]
    assert hit["kind"] == "subject"
    assert [each["record_id"] for each in sdk.subject(asked_for)] == [record.record_id.hex()]
    assert list(sdk.alerts(code="AL39")) == []
    assert sdk.network()["n"] == 1


def test_long_lists_come_whole(
    node: OneNode, sdk: Client, opens: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.client.calls.telling.PAGE", 10)
    many = f"many by {opens.__name__}"
    records = [node.record(subject=many) for _ in range(21)]
    sdk.submit(node.bundle(*records))
    found = [each["record_id"] for each in sdk.subject(many)]
    assert found == [each.record_id.hex() for each in records]


def test_a_refusal_has_the_nodes_code_and_facts(node: OneNode, sdk: Client) -> None:
    with pytest.raises(ClientError) as refused:
        sdk.submit(node.bundle(node.record(type_key="no.such_type", files={})))
    assert refused.value.code is Code.RECORD_TYPE
    assert "no.such_type" in refused.value.detail.values()
    with pytest.raises(ClientError) as unknown:
        sdk.receipt(RecordId(bytes(32)))
    assert unknown.value.code is Code.RECORD_UNKNOWN


def test_a_refused_bundle_names_each_record_at_fault(node: OneNode, sdk: Client) -> None:
    records = [node.record(), node.record(type_key="no.such_type", files={}), node.record()]
    amending = node.record(refs=[("amends", RecordId(bytes(32)))])
    with pytest.raises(ClientError) as refused:
        sdk.submit(node.bundle(*records, amending))
    first, second = refused.value.faults
    assert (first.index, first.record_id) == (1, records[1].record_id)
    assert first.code == refused.value.code == Code.RECORD_TYPE
    assert "no.such_type" in first.zh and "no.such_type" in first.en
    assert first.facts["type"] == "no.such_type"
    assert (second.index, second.record_id) == (3, amending.record_id)
    shown = str(refused.value)
    assert refused.value.sentence("en") in shown and f"[3] {second.code}" in shown
    assert "no.such_type" in refused.value.sentence("zh")


def test_where_no_node_answers_every_one_is_named(opens: Opening, node: OneNode) -> None:
    with opens([DEAD, DEAD + "/other"], node.trust) as sdk, pytest.raises(ClientError) as failed:
        sdk.network()
    assert failed.value.code is Code.NODE_UNREACHABLE
    assert "/other" in str(failed.value.detail["url"])
    with pytest.raises(ClientError):
        Nodes([])


def test_one_address_in_place_of_a_list_is_not_asked_letter_by_letter(node: OneNode) -> None:
    with pytest.raises(TypeError, match="list of addresses"):
        Client(node.url, node.trust)


# Nodes that are in trouble or lie are spoken for by a transport of ours.


Telling = Callable[..., Client]


@pytest.fixture
def told(node: OneNode, opens: Opening) -> Telling:
    """Opens a client of one node for each function."""
    return partial(client_of, opens, node)


def client_of(opens: Opening, node: OneNode, *answering: Answering) -> Client:
    hosts = [f"http://node-{number}" for number in range(len(answering))]

    def answer(request: httpx.Request) -> httpx.Response:
        return answering[int(request.url.host.removeprefix("node-"))](request)

    return opens(hosts, node.trust, httpx.MockTransport(answer))


def given(answer: httpx.Response, _: httpx.Request) -> httpx.Response:
    return answer


def without_quorum(_: httpx.Request) -> httpx.Response:
    answer = problem(Code.API_NO_QUORUM, {"found": 1, "needed": 3})
    return httpx.Response(answer.status_code, content=bytes(answer.body))


def refusing(code: Code, request: httpx.Request) -> httpx.Response:
    answer = problem(code, {"asked": request.url.host})
    return httpx.Response(answer.status_code, content=bytes(answer.body))


def through(client: httpx.Client) -> Answering:
    """Hands requests to the real node."""

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        found = client.request(
            request.method,
            request.url.raw_path.decode(),
            content=request.content,
            headers={
                name: request.headers[name]
                for name in ("content-type", "accept")
                if name in request.headers
            },
        )
        return httpx.Response(
            found.status_code, content=found.content, headers={"content-type": "x"}
        )

    return answer


def test_a_node_without_quorum_is_passed_over(
    told: Telling, node: OneNode, client: httpx.Client
) -> None:
    with told(without_quorum, through(client)) as sdk:
        assert len(sdk.submit(node.bundle(node.record()))) == 1


BEHIND = (Code.BUNDLE_KEY, Code.RECORD_MUST_FOLLOW, Code.RECORD_REF_UNKNOWN)


@pytest.mark.parametrize("code", BEHIND)
def test_what_only_a_node_that_is_behind_refuses_another_one_takes(
    told: Telling, node: OneNode, client: httpx.Client, code: Code
) -> None:
    """The key was enrolled, or the cited record committed, a moment ago."""
    with told(partial(refusing, code), through(client)) as sdk:
        assert len(sdk.submit(node.bundle(node.record()))) == 1


def test_what_every_node_refuses_is_raised_at_once(told: Telling, node: OneNode) -> None:
    """The first one's words, although another cannot answer and there is time to wait."""
    asked: list[str] = []

    def refuses(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return refusing(Code.RECORD_REF_UNKNOWN, request)

    with told(refuses, without_quorum, refuses) as sdk, pytest.raises(ClientError) as refused:
        sdk.submit(node.bundle(node.record()))
    assert refused.value.code is Code.RECORD_REF_UNKNOWN
    assert refused.value.detail["asked"] == "node-0" and asked == ["node-0", "node-2"]


def test_what_breaks_the_rules_is_asked_of_no_other_node(told: Telling, node: OneNode) -> None:
    other = partial(refusing, Code.RECORD_SUBJECT)
    with (
        told(partial(refusing, Code.RECORD_TYPE), other) as sdk,
        pytest.raises(ClientError) as refused,
    ):
        sdk.submit(node.bundle(node.record()))
    assert refused.value.code is Code.RECORD_TYPE


def test_a_gateway_in_front_of_a_dead_node_is_passed_over(
    told: Telling, node: OneNode, client: httpx.Client
) -> None:
    gateway = lambda _: httpx.Response(502, content=b"<html>Bad Gateway</html>")  # noqa: E731
    with told(gateway, through(client)) as sdk:
        assert len(sdk.submit(node.bundle(node.record()))) == 1


def test_where_all_are_without_quorum_their_refusal_is_told(told: Telling, node: OneNode) -> None:
    with told(without_quorum) as sdk, pytest.raises(ClientError) as refused:
        sdk.submit(node.bundle(node.record()), wait_s=0)
    assert refused.value.code is Code.API_NO_QUORUM


def test_a_receipt_of_another_record_is_not_returned(
    told: Telling, node: OneNode, client: httpx.Client
) -> None:
    mine, other = node.record(), node.record()
    canonical(client, node.bundle(mine, other), wait=20)
    elsewhere = client.get(f"/v1/records/{other.record_id.hex()}/receipt")
    with (
        told(lambda _: httpx.Response(200, content=elsewhere.content)) as sdk,
        pytest.raises(ClientError) as refused,
    ):
        sdk.receipt(mine.record_id)
    assert refused.value.code is Code.API_ANSWER


def test_a_forged_receipt_is_not_returned(
    told: Telling, node: OneNode, client: httpx.Client
) -> None:
    record = node.record()
    canonical(client, node.bundle(record), wait=20)
    honest = decode_receipt(client.get(f"/v1/records/{record.record_id.hex()}/receipt").content)
    forged = replace(honest, checkpoint=honest.checkpoint.replace("\n2\n", "\n3\n"), path=())
    with (
        told(lambda _: httpx.Response(200, content=forged.encode())) as sdk,
        pytest.raises(VerificationError) as refused,
    ):
        sdk.receipt(record.record_id)
    detail = refused.value.detail
    notes = [sentence(refused.value.code, detail, each) for each in ("zh", "en")]
    assert refused.value.__notes__ == notes, "a traceback says what happened, in words"


def test_a_node_that_lies_costs_one_answer_where_another_one_does_not(
    told: Telling, node: OneNode, client: httpx.Client
) -> None:
    mine, other = node.record(), node.record()
    canonical(client, node.bundle(mine, other), wait=20)
    elsewhere = client.get(f"/v1/records/{other.record_id.hex()}/receipt").content
    lies = lambda _: httpx.Response(200, content=elsewhere)  # noqa: E731
    with told(lies, through(client)) as sdk:
        assert sdk.receipt(mine.record_id).record_id == mine.record_id
        (receipt,) = sdk.submit(node.bundle(mine))
        assert receipt.record_id == mine.record_id


def test_a_bundle_that_waits_at_one_node_is_handed_to_the_next(
    told: Telling, node: OneNode, client: httpx.Client
) -> None:
    """A node that took it in may be cut off from all the others, and not know it yet."""
    asked: list[float] = []

    def waits(request: httpx.Request) -> httpx.Response:
        asked.append(float(request.url.params["wait"]))
        return httpx.Response(202, json={"status": "pending"})

    with told(waits, through(client)) as sdk:
        assert len(sdk.submit(node.bundle(node.record()))) == 1
    assert asked == [20.0]


def test_too_few_receipts_are_not_returned(
    told: Telling, node: OneNode, client: httpx.Client
) -> None:
    bundle = node.bundle(node.record(), node.record())
    canonical(client, bundle, wait=20)
    lines = client.post(
        "/v1/bundles",
        content=bundle.encode(),
        headers={"Content-Type": "application/msgpack", "Accept": "application/jsonl"},
    ).content.splitlines(keepends=True)
    with (
        told(lambda _: httpx.Response(201, content=lines[0])) as sdk,
        pytest.raises(ClientError) as refused,
    ):
        sdk.submit(bundle)
    assert refused.value.code is Code.API_ANSWER


def test_pending_says_what_is_missing(told: Telling, node: OneNode) -> None:
    pending = {"status": "committed, receipt pending", "height": 7}
    with (
        told(lambda _: httpx.Response(202, content=json.dumps(pending))) as sdk,
        pytest.raises(Pending) as waiting,
    ):
        sdk.submit(node.bundle(node.record()), wait_s=0)
    assert waiting.value.detail["height"] == 7


def test_what_was_only_taken_in_is_not_said_to_be_committed(told: Telling, node: OneNode) -> None:
    pending = {"status": "pending", "height": None}
    with (
        told(lambda _: httpx.Response(202, content=json.dumps(pending))) as sdk,
        pytest.raises(Pending) as waiting,
    ):
        sdk.submit(node.bundle(node.record()), wait_s=0)
    assert waiting.value.code is Code.RECEIPT_UNCOMMITTED
    assert "not committed yet" in waiting.value.sentence("en")
    assert "尚未提交" in waiting.value.sentence("zh")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"code": "no.such"}',
        b'{"code": []}',
        b'{"items": 1}',
        b'{"items": [], "cursor": "x"}',
        b'{"items": [], "cursor": -1}',
        b'{"code": "api.answer", "facts": {"self": 1, "code": 2}}',
        b'{"code": "api.answer", "facts": 1}',
    ],
)
@pytest.mark.parametrize("status", [200, 201, 202, 302, 404, 422, 500])
def test_whatever_a_node_says_the_client_raises_a_code_and_no_trace(
    told: Telling, node: OneNode, status: int, body: bytes
) -> None:
    asks: list[Callable[[Client], object]] = [
        lambda sdk: sdk.submit(node.bundle(node.record()), wait_s=0),
        lambda sdk: sdk.receipt(RecordId(bytes(32))),
        lambda sdk: list(sdk.subject("x")),
    ]
    for ask in asks:
        with (
            told(lambda _: httpx.Response(status, content=body)) as sdk,
            pytest.raises(LedgerError),
        ):
            ask(sdk)


@pytest.mark.parametrize(
    "records",
    [
        {"index": 0},
        [1, None],
        [{"index": -1, "record_id": "00" * 32, "code": "x"}],
        [{"index": True, "record_id": "00" * 32, "code": "x"}],
        [{"index": 0, "record_id": "00", "code": "x"}, {"index": 0, "record_id": "zz"}],
        [{"index": 0, "record_id": "00" * 32, "code": "x", "detail": [], "facts": "\ud800"}] * 500,
    ],
)
def test_faults_that_cannot_be_understood_are_left_out(
    told: Telling, node: OneNode, records: object
) -> None:
    body = {"code": "record.type", "facts": {"type": "x", "faults": 1}, "records": records}
    answer = httpx.Response(422, content=json.dumps(body))
    with told(partial(given, answer)) as sdk, pytest.raises(ClientError) as refused:
        sdk.submit(node.bundle(node.record()), wait_s=0)
    assert refused.value.code is Code.RECORD_TYPE
    assert len(refused.value.faults) in {0, 100}
    str(refused.value).encode()


def test_what_a_newer_node_refuses_is_told_in_its_words(told: Telling, node: OneNode) -> None:
    body = {"code": "record.newer", "detail": "Do that first."}
    answer = httpx.Response(422, content=json.dumps(body))
    with told(partial(given, answer)) as sdk, pytest.raises(ClientError) as refused:
        sdk.submit(node.bundle(node.record()), wait_s=0)
    assert refused.value.code is Code.API_ANSWER
    assert "record.newer: Do that first." in str(refused.value)


def test_an_answer_leads_a_client_nowhere_and_leaves_nothing_behind(
    told: Telling, node: OneNode
) -> None:
    cookies: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("cookie"))
        return httpx.Response(302, headers=[("Location", "http://xn--/"), ("Set-Cookie", "a=b")])

    with told(answer) as sdk:
        for _ in range(2):
            with pytest.raises(ClientError) as refused:
                sdk.network()
            assert refused.value.code is Code.API_ANSWER
    assert cookies == [None, None]


def test_an_answer_is_unfolded_once_at_most(told: Telling, node: OneNode) -> None:
    once = gzip.compress(b'{"items": [], "cursor": null}')
    for content, folded, held in (
        (once, "gzip", True),
        (gzip.compress(once), "gzip, gzip", False),
    ):
        headers = {"Content-Encoding": folded}
        answer = httpx.Response(200, stream=httpx.ByteStream(content), headers=headers)
        with told(partial(given, answer)) as sdk:
            if held:
                assert list(sdk.subject("x")) == []
                continue
            with pytest.raises(ClientError) as refused:
                list(sdk.subject("x"))
            assert refused.value.code is Code.API_ANSWER


def test_a_list_that_never_ends_is_left(told: Telling, node: OneNode) -> None:
    page = b'{"items": [1], "cursor": 5}'
    with (
        told(lambda _: httpx.Response(200, content=page)) as sdk,
        pytest.raises(ClientError) as refused,
    ):
        list(sdk.subject("x"))
    assert refused.value.code is Code.API_ANSWER
