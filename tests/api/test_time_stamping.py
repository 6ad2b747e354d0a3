"""A node has its heads stamped: by real authorities, of which one is down and others lie."""

import asyncio
import time
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from api.diagnose import sentence_of
from api.finding import Standing
from api.findings import findings
from api.outbound.answer import Answer
from api.outbound.attempts import Attempts, RetryRule
from api.outbound.post import STAMP_QUERY, HttpPost, Unanswered
from api.outbound.stamp_answer import ANSWER_BYTES_MAX, Asked, NoStamp, StampFault, judge_stamp
from api.outbound.time_stamp import StampStanding, TimeAuthority
from api.outbound.time_target import TimeTarget
from consensus.peers import Peer
from ledger.chain import Chain
from ledger.core.identifiers import Height, NodeId, View
from ledger.core.time_stamp import decode_token
from ledger.errors import StoreError
from ledger.stamp_roots import authority_from, time_trust
from ledger.stamped_heads import stamp_row, token_from
from ledger.store.memory import MemoryStore
from ledger.time_stamps import Authority
from ledger.verify import verify_receipt
from tests.api.small_court import TRUST, Court, Node
from tests.consensus.core.world import committee_of, genesis_head
from tests.consensus.standing import well
from tests.ledger.small_chain import SmallChain
from tests.stamping.maker import Maker, integer, seq
from tests.stamping.responder import Responder

Result = TypeVar("Result")
HOUR_S = 3600
EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def run(waiting: Awaitable[Result]) -> Result:
    async def waited() -> Result:
        return await waiting

    return asyncio.run(waited())


@dataclass
class Clock:
    """Of one node: it stood still when the story began, but for what the story lets pass."""

    ahead_ms: int = 0
    began_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def __call__(self) -> int:
        return self.began_ms + self.ahead_ms


@pytest.fixture
def node() -> Node:
    return Node(SmallChain(MemoryStore()), Court())


@pytest.fixture(scope="module")
def responder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Responder(tmp_path_factory.mktemp("tsa")) as running:
        yield running


def trusted(responder: Responder, name: str = "time") -> Authority:
    return authority_from(name, responder.roots.read_bytes())


@dataclass
class Fresh:
    """A way that is opened anew for each request, because each step has an event loop of its own."""

    url: str

    async def send(self, body: bytes) -> Answer:
        post = HttpPost(self.url, None, media_type=STAMP_QUERY, answer_bytes_max=ANSWER_BYTES_MAX)
        try:
            return await post.send(body)
        finally:
            await post.close()

    async def close(self) -> None:
        pass


@dataclass
class Line:
    """A node's line to one authority."""

    chain: Chain
    target: TimeTarget
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        attempts = Attempts(RetryRule(), lambda most: 0)
        way = Fresh(self.target.url)
        self.authority = TimeAuthority(self.target, way, self.chain, attempts, self.clock)

    def show(self, height: int) -> int | None:
        self.authority.offer(Height(height))
        return run(self.authority.step())


def standing(stamping: StampStanding, now_ms: int) -> Standing:
    """A node that does well, and has one authority."""
    head = replace(genesis_head(), height=Height(9))
    peers = {
        NodeId(name): Peer(connected=True, heard_ms=now_ms, height=Height(9), clock_offset_ms=0)
        for name in "bcd"
    }
    status = well(NodeId("a"), head, committee_of(4), peers, now_ms, View(2))
    return Standing(status, stamping=(stamping,))


def line_to(node: Node, responder: Responder, name: str = "time", url: str = "") -> Line:
    target = TimeTarget(trusted(responder, name), url or responder.url, period_s=HOUR_S)
    return Line(node.small.chain, target)


def test_a_head_is_stamped_and_the_receipt_carries_the_token(
    node: Node, responder: Responder
) -> None:
    node.grow(3)
    line = line_to(node, responder)
    assert line.show(3) is None, "nothing more is to be asked before the next head"
    standing = line.authority.standing
    assert (standing.size, standing.fault, standing.reason) == (node.size(3), None, "")
    early = node.record(1).record_id
    receipt = node.small.chain.receipt(early, (), ["time", "nobody"])
    (head,) = receipt.timestamps
    assert head.path, "it was stamped over a later head"
    times = time_trust([trusted(responder)], ["time"])
    (stamp,) = verify_receipt(receipt, TRUST, times=times).stamps
    assert (stamp.name, stamp.size) == ("time", node.size(3))
    assert stamp.time_ms == standing.time_ms
    assert node.small.chain.receipt(early).timestamps == ()


def test_one_stamp_in_a_period_and_then_the_newest_head(node: Node, responder: Responder) -> None:
    node.grow(2)
    line, asked = line_to(node, responder), len(responder.asked)
    line.show(1)
    assert len(responder.asked) == asked + 1
    rest_ms = line.show(2)
    assert rest_ms is not None and 0 < rest_ms <= HOUR_S * 1000
    assert len(responder.asked) == asked + 1
    assert line.authority.standing.lacking_since_ms is None, "it is not due yet"
    line.clock.ahead_ms = (HOUR_S - 60) * 1000
    line.show(2)
    assert len(responder.asked) == asked + 1
    # The period is counted from the time in the token, which has its accuracy on top.
    line.clock.ahead_ms = (HOUR_S + 3) * 1000
    line.show(2)
    assert len(responder.asked) == asked + 2
    # The responder has not moved on an hour, as this node's clock has.
    assert line.authority.standing.fault is StampFault.CLOCK


def test_what_was_kept_is_taken_up_again_after_a_restart(node: Node, responder: Responder) -> None:
    node.grow(1)
    line = line_to(node, responder)
    line.show(1)
    again = line_to(node, responder)
    assert again.authority.standing == line.authority.standing
    asked = len(responder.asked)
    assert again.show(1) is None
    assert len(responder.asked) == asked


def test_who_is_down_is_asked_again_with_growing_pauses_and_delays_nobody(
    node: Node, responder: Responder
) -> None:
    node.grow(1)
    down = line_to(node, responder, "down", "http://127.0.0.1:9/tsa")
    up = line_to(node, responder)
    assert down.show(1) == 1_000
    assert up.show(1) is None
    down.clock.ahead_ms = 1_000
    assert down.show(1) == 2_000
    standing = down.authority.standing
    assert (standing.failed_count, standing.size, standing.time_ms) == (2, 0, None)
    receipt = node.small.chain.receipt(node.record(1).record_id, (), ["down", "time"])
    assert len(receipt.timestamps) == 1


@pytest.mark.parametrize("lie", ["replayed", "other authority", "no token", "noise", "refusal"])
def test_a_lying_authority_gives_nothing_that_is_kept(
    node: Node, responder: Responder, tmp_path: Path, lie: str
) -> None:
    node.grow(2)
    head = node.small.chain.stamps.checkpoint(Height(1)).text().encode()
    maker = Maker("other")
    answers: dict[str, Callable[[bytes], bytes]] = {
        # Whoever stands between answers with what was said to an earlier request.
        "replayed": lambda query: seq(seq(integer(0)), responder.token(head)),
        "other authority": lambda query: seq(
            seq(integer(0)), maker.token(maker.info(head, nonce=query[-14:-3]))
        ),
        "no token": lambda query: seq(seq(integer(0))),
        "noise": lambda query: b"<html>",
        "refusal": lambda query: seq(seq(integer(2))),
    }
    with Responder(tmp_path / "liar", kind=EC, answers=answers[lie]) as liar:
        line = Line(node.small.chain, TimeTarget(trusted(responder, "liar"), liar.url))
        assert line.show(1) == 1_000
    assert node.small.chain.stamps.newest("liar") is None
    standing = line.authority.standing
    assert standing.fault is (None if lie == "refusal" else StampFault.TOKEN)
    assert standing.reason


def test_an_answer_is_read_up_to_its_cap(node: Node, responder: Responder, tmp_path: Path) -> None:
    node.grow(1)
    with Responder(
        tmp_path / "long", kind=EC, answers=lambda query: bytes(ANSWER_BYTES_MAX + 1)
    ) as long:
        line = Line(node.small.chain, TimeTarget(trusted(responder, "long"), long.url))
        line.show(1)
    assert "B" in line.authority.standing.reason


def test_a_time_ten_minutes_away_is_just_taken_and_a_moment_more_is_not(node: Node) -> None:
    node.grow(1)
    maker = Maker("time")
    head = node.small.chain.stamps.checkpoint(Height(1))
    nonce = 1 << 60
    info = maker.info(head.text().encode(), nonce=integer(nonce))
    answer = Answer(200, seq(seq(integer(0)), maker.token(info)))
    whom = authority_from("time", maker.pem)
    noon_ms = decode_token(maker.token(info)).info.time_ms

    def at(now_ms: int) -> Any:
        return judge_stamp(answer, Asked(head, nonce), whom, now_ms)

    for now_ms in (noon_ms - 600_000, noon_ms + 600_000):
        assert not isinstance(at(now_ms), NoStamp)
    for now_ms in (noon_ms - 600_001, noon_ms + 600_001):
        assert at(now_ms).fault is StampFault.CLOCK
    other = judge_stamp(answer, Asked(head, nonce + 1), whom, noon_ms)
    assert isinstance(other, NoStamp) and "time_stamp.nonce" in other.reason


def test_the_node_says_which_authority_is_silent_after_three_periods_and_not_before(
    node: Node, responder: Responder
) -> None:
    node.grow(1)
    line = line_to(node, responder, "down", "http://127.0.0.1:9/tsa")
    began_ms = line.clock()
    line.show(1)
    since_ms = line.authority.standing.lacking_since_ms
    assert since_ms is not None and since_ms >= began_ms
    for later_ms, silent in ((3 * HOUR_S * 1000 - 1, False), (3 * HOUR_S * 1000, True)):
        told = standing(line.authority.standing, since_ms + later_ms)
        assert ("diagnose.time_silent" in [each.code for each in findings(told)]) == silent


def test_a_token_that_was_damaged_on_disk_is_found_and_not_handed_out() -> None:
    token = b64decode("AAEC")
    row = stamp_row(token)
    assert token_from(row) == token
    for at in (0, len(row) - 1):
        bent = bytearray(row)
        bent[at] ^= 1
        with pytest.raises(StoreError):
            token_from(bytes(bent))


@pytest.mark.parametrize("fault", list(StampFault))
def test_the_node_says_whose_answers_do_not_hold(fault: StampFault) -> None:
    told = standing(StampStanding("time", 0, None, 60_000, 1, 1_000, "why", fault), 1_000)
    code = {"token": "diagnose.time_false", "clock": "diagnose.time_apart"}[fault.value]
    (one,) = [each for each in findings(told) if each.code == code]
    assert "why" in sentence_of(one, "zh") and "why" in sentence_of(one, "en")


def test_a_post_that_is_not_answered_says_so() -> None:
    async def asked() -> None:
        post = HttpPost("http://127.0.0.1:9/tsa", None)
        try:
            await post.send(b"")
        finally:
            await post.close()

    with pytest.raises(Unanswered):
        run(asked())
