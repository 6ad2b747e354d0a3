"""An observer takes in what holds, names who lies, and stops where a quorum signs what is wrong."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from api.clock import now_ms
from api.feed import Feed
from api.published import Published
from consensus.follower import Follower, Unfit
from consensus.following import PROBE_MS, FollowingNode
from consensus.upstreams import REST_MS, REST_MS_MAX, Fault, UpstreamFacts, Upstreams
from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.block import decode_header_of_block
from ledger.core.certificate import CommitCertificate, decode_certificate
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.identifiers import Height, NetworkId, NodeId, RecordId, View
from ledger.errors import FormatError, LedgerError, Rejected
from ledger.follow import Chunk, FollowedBlock, KeptNote, decode_chunk
from ledger.store.api import Store
from ledger.store.memory import MemoryStore
from tests.contracts.town import CATALOGUE, Town, certify
from tests.vectors.small_network import signer

ONE, TWO = NodeId("node-centre"), NodeId("node-supervisor")
LIMIT_S = 20
Change = Callable[[Chunk], Chunk]


class StillNode:
    """Of a node, what its feed asks for: it moves at once."""

    failure = None

    async def moved(self, timeout_s: float) -> None:
        await asyncio.sleep(0)


class Source:
    """A town's chain behind the real feed, and what a liar makes of the answers."""

    def __init__(self, town: Town, name: NodeId = ONE, change: Change | None = None) -> None:
        self.town = town
        self.url = f"memory://{name}"
        self.change = change
        self.trouble: LedgerError | None = None
        self.asked: list[tuple[int, int]] = []
        log = signer(f"log {name.removeprefix('node-')}")
        self._feed = Feed(town.chain, StillNode(), Published(town.chain, log))  # type: ignore[arg-type]

    async def ask(self, from_height: Height, noted: Height, wait_s: int) -> Chunk:
        self.asked.append((from_height, noted))
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
        chunk = await self._feed.chunk(from_height, noted, 0)
        decoded = decode_chunk(chunk.encode(), self.town.genesis.parameters)
        return decoded if self.change is None else self.change(decoded)


class Observer:
    """A second ledger of the same town, that follows."""

    def __init__(
        self,
        town: Town,
        sources: dict[NodeId, Source],
        store: Store | None = None,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.chain = Chain(store or MemoryStore(), town.genesis, genesis_rows(town.genesis))
        executor = BlockExecutor(self.chain, CATALOGUE)
        follower = Follower(executor, self.chain.heads, town.genesis.parameters)
        self.node = FollowingNode(
            NodeId("court-one"), executor, follower, sources, poll_ms=1, clock=clock
        )

    def follow(self, until: Callable[[], bool]) -> None:
        """Run until something holds."""
        asyncio.run(self._run(until))

    async def _run(self, until: Callable[[], bool]) -> None:
        running = asyncio.create_task(self.node.run())
        async with asyncio.timeout(LIMIT_S):
            while not until() and not running.done():
                await self.node.moved(0.005)
        if running.done():
            running.result()
        running.cancel()

    def facts(self, name: NodeId) -> UpstreamFacts:
        following = self.node.status.following
        assert following is not None
        return following.upstreams[name]

    def faults(self, name: NodeId) -> Rejected | None:
        return self.facts(name).lied


def cosigned(town: Town, height: int, nodes: Sequence[str]) -> None:
    header = town.chain.blocks.header(Height(height))
    checkpoint = Checkpoint(town.chain.origin, header.log_size, header.log_root)
    for node in nodes:
        node_id = NodeId(f"node-{node}")
        name = cosigner_name(town.chain.origin, node_id)
        line = cosign(signer(f"node {node}"), name, checkpoint, 1_800_000_000).line()
        town.chain.add_cosignature(node_id, checkpoint.size, checkpoint.root, line)


def played() -> tuple[Town, RecordId]:
    """A short story: four blocks, two of whose heads were cosigned."""
    town = Town()
    town.accepted_project()
    record = town.say("builder", "tender.document_filed", kind="tender")
    town.say("centre", "ledger.role_changed", "bidder", action="grant", role="notary")
    cosigned(town, 2, ["centre", "supervisor", "registry"])
    cosigned(town, 4, ["supervisor", "registry", "notary"])
    return town, record


def caught_up(observer: Observer, town: Town) -> bool:
    ours, theirs, following = observer.chain, town.chain, observer.node.status.following
    if following is None or following.followed is None:
        return False
    return (ours.head, ours.cosigned_height) == (theirs.head, theirs.cosigned_height)


def test_an_observer_has_the_same_ledger_and_the_same_receipts() -> None:
    town, record = played()
    observer = Observer(town, {ONE: Source(town)})
    observer.follow(lambda: caught_up(observer, town))
    assert observer.chain.receipt(record).encode() == town.chain.receipt(record).encode()
    assert observer.chain.checkpoint() == town.chain.checkpoint()
    shown = Published(town.chain, signer("log centre")).note()
    assert Published(observer.chain, None).note() == shown
    following = observer.node.status.following
    assert following is not None and following.followed == ONE
    assert observer.facts(ONE).fault is None


def test_a_head_that_is_cosigned_later_comes_later() -> None:
    town, record = played()
    town.say("builder", "evidence.deposited", "D")
    observer = Observer(town, {ONE: Source(town)})
    observer.follow(lambda: observer.chain.head.height == 5)
    with pytest.raises(LedgerError) as pending:
        observer.chain.receipt(observer.chain.blocks.entry_id(Height(5), 0))
    assert pending.value.code is Code.RECEIPT_PENDING
    cosigned(town, 5, ["centre", "registry", "notary"])
    observer.follow(lambda: observer.chain.cosigned_height == 5)
    assert observer.chain.receipt(record).encode() == town.chain.receipt(record).encode()


def test_it_goes_on_where_it_was_after_a_restart() -> None:
    town, record = played()
    store = MemoryStore()
    first = Observer(town, {ONE: Source(town)}, store)
    first.follow(lambda: caught_up(first, town))
    town.say("builder", "evidence.deposited", "D")
    source = Source(town)
    again = Observer(town, {ONE: source}, store)
    again.follow(lambda: caught_up(again, town))
    assert source.asked[0] == (5, 4), "nothing is asked for twice"
    assert again.chain.receipt(record).encode() == town.chain.receipt(record).encode()


# Lies.


def block(chunk: Chunk, at: int, **changes: bytes) -> Chunk:
    blocks = list(chunk.blocks)
    if len(blocks) > at:
        blocks[at] = replace(blocks[at], **changes)
    return replace(chunk, blocks=tuple(blocks))


def of_first(change: Callable[[CommitCertificate], CommitCertificate]) -> Change:
    """A lie about the first certificate of a chunk."""

    def lie(chunk: Chunk) -> Chunk:
        if not chunk.blocks:
            return chunk
        certificate = decode_certificate(chunk.blocks[0].certificate)
        return block(chunk, 0, certificate=change(certificate).encode())

    return lie


def swapped_payload(chunk: Chunk) -> Chunk:
    return block(chunk, 0, payload=chunk.blocks[1].payload) if len(chunk.blocks) > 1 else chunk


def note(change: Callable[[str], str]) -> Change:
    def lie(chunk: Chunk) -> Chunk:
        return replace(
            chunk, notes=tuple(KeptNote(each.height, change(each.note)) for each in chunk.notes)
        )

    return lie


def line_of(note: str, place: int) -> str:
    return note.splitlines(keepends=True)[4 + place]


def without_head(chunk: Chunk) -> Chunk:
    """Claims blocks, and gives none."""
    return replace(chunk, blocks=(), notes=(), head=Height(9))


LIES: dict[str, tuple[Change, Code]] = {
    "one vote too few": (
        of_first(lambda c: replace(c, votes=c.votes[:2])),
        Code.CERTIFICATE_QUORUM,
    ),
    "one vote twice": (
        of_first(lambda c: replace(c, votes=(c.votes[0], *c.votes[:2]))),
        Code.CERTIFICATE_INVALID,
    ),
    "a vote of another view": (
        of_first(lambda c: replace(c, slot=replace(c.slot, view=View(1)))),
        Code.SIGNATURE_INVALID,
    ),
    "a stranger's vote": (
        of_first(lambda c: replace(c, votes=(*c.votes[:2], (NodeId("zz"), c.votes[2][1])))),
        Code.CERTIFICATE_INVALID,
    ),
    "another block's certificate": (
        lambda c: block(c, 0, certificate=c.blocks[1].certificate) if len(c.blocks) > 1 else c,
        Code.CERTIFICATE_INVALID,
    ),
    "garbage for a certificate": (
        lambda c: block(c, 0, certificate=b"\xc1"),
        Code.FORMAT_NOT_ALLOWED,
    ),
    "garbage for a header": (lambda c: block(c, 0, header=b""), Code.FORMAT_TRUNCATED),
    "another block's payload": (swapped_payload, Code.BLOCK_NOT_REBUILT),
    "garbage for a payload": (lambda c: block(c, 0, payload=b"\x90"), Code.BLOCK_NOT_REBUILT),
    "a height left out": (lambda c: replace(c, blocks=c.blocks[1:]), Code.FOLLOW_GAP),
    "the first block again": (
        lambda c: replace(c, blocks=(c.blocks[0], *c.blocks)) if c.blocks else c,
        Code.FOLLOW_GAP,
    ),
    "blocks claimed and kept back": (without_head, Code.FOLLOW_GAP),
    "another network": (
        lambda c: replace(c, network_id=NetworkId(bytes(32))),
        Code.FOLLOW_NETWORK,
    ),
    "a note of another head": (
        note(lambda text: text.replace("\n", "\n1", 1)),
        Code.CHECKPOINT_CONFLICT,
    ),
    "a note without the log's line": (
        note(lambda text: text.replace(line_of(text, 0), "")),
        Code.NOTE_UNKNOWN_KEY,
    ),
    "a note with a line too few": (
        note(lambda text: text.replace(line_of(text, 1), "")),
        Code.CERTIFICATE_QUORUM,
    ),
    "a note with a stranger's line": (
        note(lambda text: text + line_of(text, 1).replace("town", "city")),
        Code.NOTE_UNKNOWN_KEY,
    ),
    "a note that was damaged": (
        note(lambda text: text.replace(line_of(text, 1)[-12:], "AAAAAAAAA==\n")),
        Code.NOTE_SIGNATURE,
    ),
    "a note above the head": (
        lambda c: replace(c, notes=(KeptNote(Height(99), "x"),)),
        Code.FOLLOW_GAP,
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_who_lies_is_named_and_left_and_nothing_of_it_stays(lie: str) -> None:
    town, record = played()
    change, code = LIES[lie]
    liar, honest = Source(town, ONE, change), Source(town, TWO)
    observer = Observer(town, {ONE: liar, TWO: honest})
    observer.follow(lambda: caught_up(observer, town))
    lied = observer.faults(ONE)
    assert lied is not None and lied.code is code
    following = observer.node.status.following
    assert following is not None and following.followed == TWO
    assert observer.facts(TWO).fault is None
    assert observer.chain.receipt(record).encode() == town.chain.receipt(record).encode()


def test_an_answer_without_end_or_form_is_a_lie_as_well() -> None:
    town, _ = played()
    mute = Source(town)
    mute.trouble = FormatError(Code.FORMAT_TOO_LARGE, size=9, limit=8)
    observer = Observer(town, {ONE: mute, TWO: Source(town, TWO)})
    observer.follow(lambda: caught_up(observer, town))
    assert observer.facts(ONE).fault is Fault.LIES


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (Code.NODE_UNREACHABLE, Fault.MUTE),
        (Code.IDENTITY_ROLE, Fault.REFUSES),
        (Code.BLOCK_NOT_KEPT, Fault.REFUSES),
    ],
)
def test_who_is_mute_or_refuses_is_left_for_another(code: Code, fault: Fault) -> None:
    town, _ = played()
    lost = Source(town)
    lost.trouble = LedgerError(code)
    observer = Observer(town, {ONE: lost, TWO: Source(town, TWO)})
    observer.follow(lambda: caught_up(observer, town))
    assert observer.facts(ONE).fault is fault
    assert observer.faults(ONE) is None, "no lie"


def test_what_an_upstream_says_of_itself_is_cut_to_a_sentence() -> None:
    town, _ = played()
    wordy = Source(town)
    wordy.trouble = LedgerError(Code.IDENTITY_ROLE, **{f"f{i}": "x" * 9_999 for i in range(99)})
    observer = Observer(town, {ONE: wordy})
    observer.follow(lambda: observer.facts(ONE).fault is Fault.REFUSES)
    reason = observer.facts(ONE).reason
    assert reason is not None and len(str(reason)) < 5_000


def test_who_keeps_blocks_back_is_found_out_by_asking_another() -> None:
    town, _ = played()
    stale = Source(Town(), ONE)
    observer = Observer(town, {ONE: stale, TWO: Source(town, TWO)})
    observer.follow(lambda: observer.facts(ONE).fault is Fault.BEHIND)
    observer.follow(lambda: caught_up(observer, town))
    following = observer.node.status.following
    assert following is not None and following.followed == TWO


def test_who_was_mute_and_speaks_again_is_blamed_no_longer() -> None:
    town, _ = played()
    lost = Source(town)
    lost.trouble = LedgerError(Code.NODE_UNREACHABLE)
    observer = Observer(town, {ONE: lost, TWO: Source(town, TWO)})
    observer.follow(lambda: observer.facts(ONE).fault is Fault.MUTE)
    lost.trouble = None
    observer.follow(lambda: observer.facts(ONE).fault is None)
    following = observer.node.status.following
    assert following is not None and following.followed == TWO, "and nobody changes over for it"


class Silent(Source):
    """It takes a request, and never ends its answer."""

    async def ask(self, from_height: Height, noted: Height, wait_s: int) -> Chunk:
        self.asked.append((from_height, noted))
        await asyncio.Event().wait()
        raise AssertionError("nobody wakes it")


def test_who_never_ends_an_answer_holds_nobody_else_up() -> None:
    """Everybody else's blocks once waited until the time of the silent one's answer was over."""
    town, _ = played()
    silent = Silent(town, TWO)
    observer = Observer(town, {ONE: Source(town, ONE), TWO: silent})
    said: list[RecordId] = []

    def a_block_later() -> bool:
        if caught_up(observer, town) and silent.asked and not said:
            said.append(town.say("builder", "tender.document_filed", kind="tender"))
        return bool(said) and observer.chain.head == town.chain.head

    observer.follow(a_block_later)
    assert len(silent.asked) == 1, "one request at a time"


def test_who_hands_out_one_block_after_the_other_is_compared_with_another() -> None:
    """Each answer has news, so that nobody else was asked however slowly they came."""
    town, _ = played()
    time_ms = [0]

    def slowly(chunk: Chunk) -> Chunk:
        time_ms[0] += PROBE_MS
        if not chunk.blocks:
            return chunk
        given = chunk.blocks[:1]
        height = decode_header_of_block(given[0].header).height
        return replace(chunk, head=height, blocks=given, notes=())

    slow, other = Source(town, ONE, slowly), Source(town, TWO)
    observer = Observer(town, {ONE: slow, TWO: other}, clock=lambda: time_ms[0])
    observer.follow(lambda: caught_up(observer, town))
    asked_from = {from_height for from_height, _ in other.asked}
    assert asked_from & {2, 3, 4}, "before it had them all"


# A quorum that signs what the rules do not give.


def test_a_certified_block_that_does_not_hold_ends_the_observer() -> None:
    town, _ = played()

    def conspire(chunk: Chunk) -> Chunk:
        """All nodes sign a block with another state."""
        if not chunk.blocks:
            return chunk
        header = decode_header_of_block(chunk.blocks[0].header)
        false = replace(header, state_hash=type(header.state_hash)(bytes(32)))
        certificate = certify(town.genesis, false)
        first = FollowedBlock(false.encode(), chunk.blocks[0].payload, certificate.encode())
        return replace(chunk, blocks=(first, *chunk.blocks[1:]), notes=())

    observer = Observer(town, {ONE: Source(town, ONE, conspire), TWO: Source(town, TWO)})
    with pytest.raises(Unfit) as ended:
        observer.follow(lambda: False)
    assert ended.value.code is Code.FOLLOW_UNFIT
    assert (ended.value.detail["height"], "state_hash" in str(ended.value)) == (1, True)
    assert observer.node.failure is ended.value
    assert observer.chain.head.height == 0, "nothing of it was taken in"


# Patience.


def test_who_fails_again_rests_twice_as_long_up_to_a_minute() -> None:
    known = Upstreams({ONE: "a", TWO: "b"})
    reason = Rejected(Code.NODE_UNREACHABLE)
    rests = []
    for _ in range(9):
        known.failed(ONE, Fault.MUTE, reason, 0)
        rests.append(known.following.upstreams[ONE].rests_until_ms)
    assert rests[:3] == [REST_MS, 2 * REST_MS, 4 * REST_MS] and rests[-1] == REST_MS_MAX
    assert known.choose(0) == TWO
    known.failed(TWO, Fault.MUTE, reason, 0)
    assert (known.choose(0), known.rested_in_ms(0)) == (None, REST_MS)
    assert known.choose(REST_MS) == TWO
    known.answered(TWO, Height(1), REST_MS)
    assert known.choose(REST_MS_MAX) == TWO, "it stays with who answers well"


def test_each_of_the_others_is_compared_in_turn_again_and_again() -> None:
    """Of two, the other was once compared a single time, and never again."""
    three = NodeId("node-registry")
    for names in ((ONE, TWO), (ONE, TWO, three)):
        known = Upstreams(dict.fromkeys(names, "a"))
        others = names[1:]
        assert [known.probe(0) for _ in range(6)] == [*others * 6][:6]
    known = Upstreams({ONE: "a"})
    assert known.probe(0) is None


def test_a_clock_that_steps_back_lets_nobody_rest_for_longer() -> None:
    known = Upstreams({ONE: "a"})
    known.failed(ONE, Fault.MUTE, Rejected(Code.NODE_UNREACHABLE), 1_000_000)
    known.rewind(900_000)
    assert known.rested_in_ms(100_000) == REST_MS


def test_a_submission_is_refused_with_the_nodes_that_take_it() -> None:
    town, _ = played()
    observer = Observer(town, {ONE: Source(town)})
    bundle = town.bundle(town.record("builder", "evidence.deposited", "D"))
    with pytest.raises(LedgerError) as refused:
        observer.node.submit(bundle)
    assert refused.value.code is Code.OBSERVER_SUBMISSION
    named = str(refused.value.detail["nodes"])
    assert named == (
        "node-centre (memory://node-centre), node-supervisor, node-registry, node-notary"
    )
