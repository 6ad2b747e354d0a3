"""A node shows its heads to a witness: what is kept, when it is asked again, what is found out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.outbound.answer import Answer, Cosigned, Failed, Fault, Holds, Reply, judge
from api.outbound.attempts import Attempts, RetryRule
from api.outbound.outbound import Outbound
from api.outbound.witness import OutsideWitness
from api.published import Published, with_lines
from ledger.core.checkpoint import Checkpoint, cosign, parse_checkpoint
from ledger.core.identifiers import Digest, Height
from ledger.core.note import (
    SIGNATURES_MAX,
    Kind,
    Note,
    NoteKey,
    parse_note,
    verify_note,
    verify_signature,
)
from ledger.core.policy import committee_policy, demanding
from ledger.errors import VerificationError
from ledger.store.memory import MemoryStore
from ledger.verify import verify_receipt
from tests.api.small_court import TRUST, Court, Node
from tests.ledger.small_chain import NODES, SmallChain
from tests.vectors.small_network import signer

Result = TypeVar("Result")
NAME = "court.example/w1"
COURT = NoteKey(NAME, Kind.COSIGNATURE, signer("court").public_key)
HEAD = Checkpoint("log.example/1", 7, Digest(bytes(32)))


def run(waiting: Awaitable[Result]) -> Result:
    async def waited() -> Result:
        return await waiting

    return asyncio.run(waited())


@pytest.fixture
def node() -> Node:
    return Node(SmallChain(MemoryStore()), Court())


def another(node: Node, mark: str = "") -> Node:
    """A second node of the network with the same witness."""
    return Node(SmallChain(MemoryStore()), node.court, mark)


def kept(node: Node, height: int) -> bool:
    return node.small.chain.outside.line(node.court.key, Height(height)) is not None


def show(node: Node, height: int) -> int | None:
    node.line.offer(Height(height))
    return run(node.line.step())


def test_a_head_is_cosigned_and_the_receipt_carries_the_line(node: Node) -> None:
    node.grow(3)
    assert show(node, 3) is None
    assert kept(node, 3) and not kept(node, 1)
    assert node.line.standing.size == node.size(3)
    assert node.line.standing.time_ms == node.court.now_s * 1_000
    early = node.record(1).record_id
    receipt = node.small.chain.receipt(early, [node.court.key])
    (head,) = receipt.cosignatures
    assert parse_checkpoint(parse_note(head.checkpoint.encode()).text).size == node.size(3)
    inside = committee_policy(TRUST.origin, TRUST.committee, NODES[0])
    policy = demanding(inside, [node.court.key], 1)
    verified = verify_receipt(receipt, TRUST, policy=policy)
    assert [each.name for each in verified.witnesses] == [node.court.name]
    with pytest.raises(VerificationError) as refused:
        verify_receipt(node.small.chain.receipt(early), TRUST, policy=policy)
    assert refused.value.code == "policy.quorum"


def test_each_witness_is_told_of_at_the_first_head_that_it_cosigned(node: Node) -> None:
    chain, keys = node.small.chain, []
    node.grow(4)
    for name, heights in (("a", (1, 3)), ("b", (2, 3)), ("c", (2, 4)), ("d", ())):
        key = NoteKey(f"{name}.example/w", Kind.COSIGNATURE, signer(f"w {name}").public_key)
        keys.append(key)
        for height in map(Height, heights):
            head = chain.outside.checkpoint(height)
            line = cosign(signer(f"w {name}"), key.name, head, 9)
            chain.outside.keep(key, height, line)
    heads = chain.receipt(node.record(2).record_id, keys).cosignatures
    told = []
    for each in heads:
        note = parse_note(each.checkpoint.encode())
        names = [line.key.name[0] for line in verify_note(note, keys)]
        told.append((parse_checkpoint(note.text).size, names, bool(each.path)))
    assert told == [(node.size(2), ["b", "c"], False), (node.size(3), ["a"], True)]
    verify_receipt(chain.receipt(node.record(2).record_id, keys), TRUST)


def test_only_the_newest_head_is_asked_for(node: Node) -> None:
    node.grow(2)
    node.line.offer(Height(1))
    show(node, 2)
    assert (kept(node, 1), kept(node, 2), node.court.asked_count) == (False, True, 1)
    assert show(node, 2) is None
    assert node.court.asked_count == 1


def test_nodes_that_show_the_same_head_get_a_line_each(node: Node) -> None:
    other = another(node)
    for each in (node, other):
        each.grow(2)
        show(each, 2)
    # The second one was told which size the witness holds, and asked again from there.
    assert kept(node, 2) and kept(other, 2)
    assert node.court.asked_count == 3


def test_a_node_that_another_one_has_outrun_waits_for_its_next_head(node: Node) -> None:
    other = another(node)
    node.grow(2)
    other.grow(3)
    show(other, 3)
    assert show(node, 2) == RetryRule().first_ms
    assert not kept(node, 2)
    standing = node.line.standing
    assert (standing.failed_count, standing.faults) == (0, {})
    # The later head is shown at once, whatever the pause says.
    node.grow(2)
    assert show(node, 4) is None
    assert kept(node, 4)
    assert node.line.standing.missing_count == 0


def test_a_witness_that_is_always_ahead_is_asked_less_and_less(node: Node) -> None:
    """It says of each head that it holds a later one: a lie that would cost a request a block."""
    node.court.says = Answer(409, b"1000000\n")
    rests = []
    for _ in range(20):
        rests.append(show(node, node.grow()))
        node.now_ms += 250
    asked = node.court.asked_count
    assert rests[:8] == [1_000] * 8
    # From then on new heads no longer hurry it, and each pause is twice as long.
    assert asked < 20
    for _ in range(400):
        show(node, node.grow())
        node.now_ms += 250
    assert node.court.asked_count <= asked + 6
    node.court.says = None
    node.now_ms += 60_000
    assert show(node, node.grow()) is None


def test_a_witness_that_is_away_is_asked_less_and_less_and_found_when_it_is_back(
    node: Node,
) -> None:
    node.court.away = True
    began_ms = node.now_ms
    height = node.grow()
    rests = [show(node, height)]
    for _ in range(8):
        node.now_ms += rests[-1] or 0
        rests.append(run(node.line.step()))
    assert rests == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]
    asked = node.court.asked_count
    assert run(node.line.step()) == 60_000
    assert node.court.asked_count == asked == 9
    later = node.grow()
    assert show(node, later) == 60_000
    standing = node.line.standing
    assert (standing.reason, standing.failed_count) == ("nobody there", 9)
    assert (standing.missing_count, standing.missing_since_ms) == (2, began_ms)
    node.court.away = False
    node.now_ms += 60_000
    assert run(node.line.step()) is None
    assert kept(node, later)
    standing = node.line.standing
    assert (standing.reason, standing.missing_count, standing.missing_since_ms) == ("", 0, None)


def test_a_clock_that_is_set_back_makes_nobody_wait_longer() -> None:
    attempts = Attempts(RetryRule(), lambda most: most)
    attempts.failed(10_000_000, "x" * 1_000)
    assert attempts.left_ms(10_000_000) == 500, "half of the pause was drawn"
    assert attempts.left_ms(0) == 60_000
    assert len(attempts.reason) == 200
    assert RetryRule().pause_ms(10**9, lambda most: 0) == 60_000


def test_a_line_under_another_key_is_not_kept(node: Node) -> None:
    node.court.signs_with = "stranger"
    node.court.forget()
    height = node.grow()
    assert show(node, height) == 1_000
    assert not kept(node, height)
    standing = node.line.standing
    assert standing.size == 0
    assert standing.faults == {Fault.SIGNATURE: "HTTP 200: note.unknown_key"}
    node.court.signs_with = "court"
    node.court.forget()
    node.now_ms += 1_000
    run(node.line.step())
    assert kept(node, height)
    assert node.line.standing.faults == {}


def test_a_witness_that_was_shown_another_log_says_so(node: Node) -> None:
    fork = another(node, "fork ")
    fork.grow()
    show(fork, 1)
    node.grow(2)
    assert show(node, 2) == 1_000
    assert node.line.standing.faults == {Fault.VIEW: "HTTP 422 proof.consistency"}
    assert not kept(node, 2)


def test_a_witness_that_forgot_its_word_is_found_out_and_that_is_not_forgotten(node: Node) -> None:
    node.grow(2)
    show(node, 1)
    node.court.forget()
    show(node, 2)
    assert not kept(node, 2)
    node.now_ms += 1_000
    run(node.line.step())
    # It goes on, and its line is as good as any; but somebody has to look into it.
    assert kept(node, 2)
    assert node.line.standing.faults == {Fault.VIEW: f"HTTP 409: 0, {node.size(1)}"}


def test_what_was_kept_is_there_after_a_restart(node: Node) -> None:
    node.grow(2)
    show(node, 1)
    node.start()
    assert node.line.standing.size == node.size(1)
    assert show(node, 1) is None
    assert node.line.settled(Height(1))
    show(node, 2)
    # The path began where the witness stood: it did not have to say so.
    assert node.court.asked_count == 2
    assert kept(node, 2)


def answers(node: Node) -> dict[str, tuple[Answer, Reply]]:
    """What a witness may answer to the head at height 1, and what it is worth."""
    head = node.small.chain.outside.checkpoint(Height(1))
    good = cosign(signer("court"), node.court.name, head, 9)
    own = cosign(signer("stranger"), node.court.name, head, 9)
    other = cosign(
        signer("court"), node.court.name, node.small.chain.outside.checkpoint(Height(2)), 9
    )
    false = Failed("HTTP 200: note.signature", Fault.SIGNATURE)
    invalid = Failed("HTTP 200: note.invalid", Fault.SIGNATURE)
    unknown = Failed("HTTP 200: note.unknown_key", Fault.SIGNATURE)

    def yes(*lines: str) -> Answer:
        return Answer(200, "".join(f"{line}\n" for line in lines).encode())

    return {
        "the line": (yes(good.line()), Cosigned(good)),
        "a line of another key of the witness too": (yes(own.line(), good.line()), Cosigned(good)),
        "a stranger's line": (yes(own.line()), unknown),
        "a line under another head": (yes(other.line()), false),
        "nothing": (Answer(200, b""), invalid),
        "no newline": (Answer(200, good.line().encode()), invalid),
        "no text": (Answer(200, b"\xff\n"), invalid),
        "an empty line more": (yes(good.line(), ""), invalid),
        "too many lines": (yes(*[own.line()] * 9), invalid),
        "a size": (Answer(409, b"7\n"), Holds(7)),
        "a size without newline": (Answer(409, b"7"), Failed("HTTP 409")),
        "a size with a leading zero": (Answer(409, b"07\n"), Failed("HTTP 409")),
        "a size beyond every log": (Answer(409, b"9223372036854775808\n"), Failed("HTTP 409")),
        "a problem": (
            Answer(403, b'{"code": "receipt.quorum"}'),
            Failed("HTTP 403 receipt.quorum"),
        ),
        "a problem of a stranger": (Answer(404, b'{"code": "<b>"}'), Failed("HTTP 404")),
        "no object": (Answer(500, b"[" * 8_000), Failed("HTTP 500")),
        "an inconsistency": (Answer(422, b"no"), Failed("HTTP 422", Fault.VIEW)),
    }


def test_an_answer_is_worth_what_it_proves(node: Node) -> None:
    node.grow(2)
    head = node.small.chain.outside.checkpoint(Height(1))
    for name, (answer, worth) in answers(node).items():
        assert judge(answer, head, node.court.key) == worth, name


@settings(max_examples=300, deadline=None)
@given(
    status=st.sampled_from([200, 200, 409, 422, 500]),
    body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    data=st.data(),
)
def test_whatever_comes_back_is_judged_and_never_more(
    status: int, body: bytes, data: st.DataObject
) -> None:
    line = cosign(signer("court"), NAME, HEAD, 9).line().encode() + b"\n"
    at = data.draw(st.integers(0, len(line)))
    for each in (body, line[:at] + body, body + line, line[:at] + body + line[at:]):
        reply = judge(Answer(status, each), HEAD, COURT)
        assert isinstance(reply, Cosigned | Holds | Failed)
        if isinstance(reply, Cosigned):
            assert status == 200
            verify_signature(HEAD.text(), reply.line, COURT)


def test_a_note_takes_no_more_lines_than_a_note_may_have(node: Node) -> None:
    node.grow()
    head = node.small.chain.outside.checkpoint(Height(1))
    short, long = "w{}.example", "w{}." + "x" * 700
    lines = [cosign(signer("court"), short.format(each), head, 1) for each in range(60)]
    full = with_lines(Note(head.text(), (lines[0],)), lines[1:])
    assert full.signatures == tuple(lines[:SIGNATURES_MAX])
    lines = [cosign(signer("court"), long.format(each), head, 1) for each in range(40)]
    wide = with_lines(Note(head.text(), (lines[0],)), lines[1:])
    assert 10 < len(wide.signatures) < 40
    parse_note(wide.format())


class Moving:
    """The part of a node that tells of new heads."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()

    async def moved(self, timeout_s: float) -> None:
        self.woken.clear()
        await self.woken.wait()


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - what it looks at tells nobody when it changes
        await asyncio.sleep(0.01)


def names_in(published: Published, key: NoteKey) -> tuple[int, bool]:
    """(size, whether the witness's line is there) of what is published."""
    if not published.height:
        return 0, False
    note = parse_note(published.note())
    return parse_checkpoint(note.text).size, key.name in {each.name for each in note.signatures}


def test_a_head_is_published_with_the_line_or_without_it_once_patience_is_over(
    node: Node,
) -> None:
    async def story() -> None:
        node.grow()
        outbound = Outbound(node.small.chain, node.published, [node.line], lambda: node.now_ms)
        moving = Moving()
        running = asyncio.create_task(outbound.run(moving))  # type: ignore[arg-type]
        key, published = node.court.key, node.published
        await until(lambda: names_in(published, key) == (node.size(1), True))
        # The witness takes its time: what was published stays until patience is over.
        node.court.hold.clear()
        node.grow()
        moving.woken.set()
        await until(lambda: node.court.asked_count == 2)
        assert names_in(published, key) == (node.size(1), True)
        await until(lambda: names_in(published, key) == (node.size(2), False))
        # Its line is added while that head is still the newest.
        node.court.hold.set()
        await until(lambda: names_in(published, key) == (node.size(2), True))
        # A witness that rests holds nothing up, and a start begins with the newest head.
        node.court.away = True
        node.grow()
        moving.woken.set()
        await until(lambda: names_in(published, key) == (node.size(3), False))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        node.start()
        assert names_in(node.published, key) == (node.size(3), False)
        node.published.publish(Height(2))
        assert names_in(node.published, key) == (node.size(3), False)

    asyncio.run(story())


def test_the_standing_of_every_witness_is_told(node: Node) -> None:
    outbound = Outbound(node.small.chain, node.published, [node.line], lambda: 0)
    assert outbound.keys == (node.court.key,)
    (standing,) = outbound.standings
    assert isinstance(node.line, OutsideWitness)
    assert (standing.key, standing.size, standing.time_ms) == (node.court.key, 0, None)
