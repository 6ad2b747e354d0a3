"""What the client decides, taken step by step by hand: no line, no node, and a clock that is told."""

import pytest

from api.client import AsyncClient, Client, ClientError, Pending
from api.client.asking import AWAY_S, CALL_S, Asking, Question
from api.client.both import Call, CallForEach
from api.client.calls import telling, witnessing
from api.client.core import Core
from api.client.each import for_each
from api.client.flow import Away, Begin, Flow, HangUp, Head, Part, Pause, Step
from api.client.rounds import PAUSE_S
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from tests.vectors.small_network import SmallNetwork

ONE, TWO, THREE = "http://one", "http://two", "http://three"


class Hand:
    """Takes the steps of calls that ask three nodes."""

    def __init__(self, timeout_s: float = 300.0) -> None:
        self.now_s = 0.0
        self.asking = Asking([ONE, TWO, THREE], timeout_s, lambda: self.now_s)
        self.taken: list[Step] = []

    def asks(self, flow: Flow[object], *outcomes: object) -> Step:
        """The step after those that bring `outcomes`; an `Away` is thrown."""
        step = next(flow)
        for outcome in outcomes:
            self.taken.append(step)
            step = flow.throw(outcome) if isinstance(outcome, Away) else flow.send(outcome)
        return step


def head(status: int, url: str = ONE, **headers: str) -> Head:
    return Head(status, headers, "GET", url, {})


def asked(step: Step) -> str:
    assert isinstance(step, Begin)
    return step.url


def test_each_node_has_its_even_share_of_the_time_and_no_more_than_a_call() -> None:
    hand = Hand(timeout_s=90)
    flow = hand.asking.json("/v1/network")
    first = hand.asks(flow)
    assert isinstance(first, Begin) and (first.url, first.within_s) == (f"{ONE}/v1/network", 30)
    hand.now_s = 30
    second = flow.throw(Away("slow"))
    assert isinstance(second, Begin) and (second.url, second.within_s) == (f"{TWO}/v1/network", 30)
    patient = Hand().asks(Hand().asking.json("/v1/network"))
    assert isinstance(patient, Begin) and patient.within_s == CALL_S


def test_what_comes_prolongs_an_answer_but_never_the_call() -> None:
    hand = Hand(timeout_s=90)
    flow = hand.asking.json("/v1/network")
    part = hand.asks(flow, head(200))
    assert part == Part(30)
    assert flow.send(bytes(16 << 10)) == Part(31)
    assert flow.send(bytes(16 << 20)) == Part(90)


def test_who_was_away_is_asked_last_for_a_while() -> None:
    hand = Hand()
    flow = hand.asking.request(Question("/x"))
    assert asked(hand.asks(flow, Away("nobody"))) == f"{TWO}/x"
    flow.close()
    assert asked(hand.asks(hand.asking.request(Question("/x")))) == f"{TWO}/x"
    hand.now_s = AWAY_S
    assert asked(hand.asks(hand.asking.request(Question("/x")))) == f"{ONE}/x"


def test_a_round_in_vain_is_followed_by_a_pause_as_long_as_a_node_asked_for() -> None:
    hand = Hand()
    question = Question("/x")
    flow = hand.asking.judged(lambda each: each, question, patience_s=60)
    busy = head(503, **{"retry-after": "3"})
    assert hand.asks(flow, busy, None, None, Away("no"), Away("no")) == Pause(3)
    assert hand.taken[-3] == HangUp()
    assert asked(flow.send(None)) == f"{ONE}/x"
    flow = Hand().asking.judged(lambda each: each, question, patience_s=60)
    assert Hand().asks(flow, *[Away("no")] * 3) == Pause(PAUSE_S)


def test_where_nobody_is_there_every_reason_is_named() -> None:
    flow = Hand().asking.request(Question("/x"))
    with pytest.raises(ClientError) as refused:
        Hand().asks(flow, Away("refused"), Away("timed out"), Away("no route"))
    assert refused.value.code is Code.NODE_UNREACHABLE
    assert refused.value.detail["reason"] == (
        "http://one: refused; http://two: timed out; http://three: no route"
    )


def test_what_is_refused_is_asked_of_nobody_else() -> None:
    hand = Hand()
    flow = hand.asking.request(Question("/x"))
    with pytest.raises(ClientError) as refused:
        hand.asks(flow, head(404), b'{"code": "record.unknown"}', None, None)
    assert refused.value.code is Code.RECORD_UNKNOWN
    assert [type(each) for each in hand.taken] == [Begin, Part, Part, HangUp]


def test_every_call_of_the_one_client_is_a_call_of_the_other() -> None:
    calls = {
        name
        for one in Client.__mro__
        for name, value in vars(one).items()
        if isinstance(value, Call | CallForEach)
    }
    assert len(calls) > 15
    others = {"nodes", "close"}, {"aclose"}
    public = [
        {name for name in dir(each) if not name.startswith("_")} - other
        for each, other in zip((Client, AsyncClient), others, strict=True)
    ]
    assert public[0] == public[1] >= calls
    for name in calls:
        assert getattr(Client, name).__doc__ == getattr(AsyncClient, name).__doc__
        assert getattr(Client, name).__doc__, f"{name} says nothing"


def test_a_call_within_a_call_is_told_who_is_away_and_ends_with_it() -> None:
    """A list that is taken in by a gathering call goes on at the next node, and stops with it."""
    hand, seen = Hand(), list[object]()
    flow = for_each(telling.subject(Core(hand.asking, SmallNetwork().trust), "P"), seen.append)
    assert asked(hand.asks(flow, Away("nobody"))) == f"{TWO}/v1/subjects"
    page = b'{"items": [1, 2], "cursor": 7}'
    assert flow.send(head(200, TWO)) == Part(60)
    assert isinstance(flow.send(page), Part)
    assert flow.send(None) == HangUp()
    assert asked(flow.send(None)) == f"{TWO}/v1/subjects"
    assert seen == [1, 2]
    inner = telling.subject(Core(hand.asking, SmallNetwork().trust), "P")
    flow = for_each(inner, seen.append)
    hand.asks(flow)
    flow.close()
    assert list(inner) == []


def test_who_waits_for_a_stamp_looks_once_a_second_until_the_time_is_over() -> None:
    hand, network = Hand(), SmallNetwork()
    core = Core(hand.asking, network.trust)
    flow = witnessing.witnessed_receipt(core, RecordId(bytes(32)), None, 1.5)
    pauses, body = list[float](), list[bytes]()
    step = hand.asks(flow)
    with pytest.raises(Pending) as pending:
        while True:
            if isinstance(step, Pause):
                pauses.append(step.seconds)
                hand.now_s += step.seconds
                step = flow.send(None)
            elif isinstance(step, Part) and not body:
                body += [b"{}"]
                step = flow.send(body[0])
            else:
                body = []
                step = flow.send(head(202) if isinstance(step, Begin) else None)
    assert pending.value.code is Code.RECEIPT_PENDING
    assert pauses == [1.0, 0.5]
