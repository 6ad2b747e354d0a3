"""The pool: bundles that wait to be committed, with room for every member.

Room is kept per member and per node that took the bundle in, so a relayed bundle of an honest node
is never refused for room, and one client cannot make honest primaries look silent. What peers took
in is judged a little later, because most of it is committed before, and a bundle that goes on
waiting is judged again and again, ever more rarely. No negative verdict is kept by bundle id.
Nothing here marks a bundle as proposed: what is not committed waits.
Spec: ``docs/spec/pool.md``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from consensus.pool_limits import PoolLimits
from ledger.codes import Code
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Digest, Height, MemberId, NodeId
from ledger.errors import DetailValue, Rejected

Judge: TypeAlias = Callable[[Bundle, int], object]
"""`Application.judge`: `Rejected`, or anything else where the bundle is fit."""
UNJUDGED: Final = Height(-1)


@dataclass(frozen=True, slots=True)
class Pooled:
    """One waiting bundle."""

    bundle: Bundle
    pool_key: Digest
    size_bytes: int
    sources: frozenset[NodeId]
    """The nodes that took it in; each counts it in its share."""
    received_at_ms: int
    order: int
    """Ascending in the order of arrival here."""
    judged_at: Height
    """The head on which it was last judged fit; `UNJUDGED` before the first time."""
    judge_at_ms: int
    """When it is judged next, unless its head is still the newest then."""
    pause_ms: int
    """Between this judgement and the next."""

    @property
    def fit(self) -> bool:
        """Judged, and found fit."""
        return self.judged_at != UNJUDGED

    @property
    def member(self) -> MemberId:
        """Who issued it."""
        return self.bundle.header.issuer


Unfit: TypeAlias = tuple[Pooled, Rejected]
"""A bundle that left, as it waited, with its verdict."""


@dataclass(slots=True)
class _Share:
    """What one node has waiting here."""

    size_bytes: int = 0
    members: dict[MemberId, tuple[int, int]] = field(default_factory=dict)
    """(bundles, bytes) of each member."""

    def add(self, member: MemberId, count: int, size_bytes: int) -> None:
        bundles, bytes_ = self.members.get(member, (0, 0))
        self.size_bytes += size_bytes
        self.members[member] = (bundles + count, bytes_ + size_bytes)
        if self.members[member][0] == 0:
            del self.members[member]


class Mempool:
    """The waiting bundles of one node, by pool key."""

    __slots__ = ("_fit_count", "_fresh", "_judge", "_limits", "_moved_ms", "_next_order",
                 "_passed_over", "_pool", "_shares", "size_bytes")  # fmt: skip

    def __init__(self, judge: Judge, limits: PoolLimits) -> None:
        self._judge = judge
        self._limits = limits
        self._pool: dict[Digest, Pooled] = {}
        self._shares: dict[NodeId, _Share] = {}
        self._passed_over: set[Digest] = set()
        self._fit_count = 0
        self._next_order = 0
        self._moved_ms = 0
        self._fresh = Height(0)
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._pool)

    def get(self, pool_key: Digest) -> Pooled | None:
        """The waiting bundle of that key."""
        return self._pool.get(pool_key)

    def taken_in_by(self, source: NodeId) -> tuple[Pooled, ...]:
        """What one node took in, in the order of arrival."""
        return tuple(each for each in self._pool.values() if source in each.sources)

    @property
    def passed_over(self) -> frozenset[Digest]:
        """Bundles that wait while later ones of their member were committed."""
        return frozenset(self._passed_over)

    def count_of(self, source: NodeId) -> int:
        """Bundles that one node took in."""
        share = self._shares.get(source, _Share())
        return sum(count for count, _ in share.members.values())

    @property
    def fit_count(self) -> int:
        """Bundles that were judged fit."""
        return self._fit_count

    @property
    def has_fit(self) -> bool:
        """Whether a bundle waits that was judged fit."""
        return self._fit_count > 0

    def admit(
        self, bundle: Bundle, source: NodeId, height: Height, now_ms: int, *, held: bool = False
    ) -> Pooled | Rejected:
        """Pool a bundle, judged on the present head.

        Args:
            bundle: decoded; its signature is part of the judgement.
            source: the node that took it in.
            height: of the present head.
            now_ms: when it was received.
            held: leave the judgement to `judge_again`, for what a peer has judged already.

        Returns:
            What waits now, or the judge's refusal, or `pool.full`, `pool.node_full`.
        """
        known = self._pool.get(bundle.pool_key)
        if known is not None and source in known.sources and (known.fit or held):
            return known
        size, limits = size_of(bundle), self._limits
        full = self._full(bundle.header.issuer, source, size)
        if full is not None and (known is None or source not in known.sources):
            return full
        if known is None:
            at_ms, pause_ms = now_ms + limits.held_ms, limits.judge_again_ms
            known = Pooled(
                bundle, bundle.pool_key, size, frozenset(), now_ms, self._next_order, UNJUDGED,
                at_ms, pause_ms,
            )  # fmt: skip
            self._next_order += 1
        if not held and not known.fit:
            verdict = self._judge(bundle, now_ms)
            if isinstance(verdict, Rejected):
                self._remove(known.pool_key)
                return verdict
            known = self._judged(known, height, now_ms)
        known = replace(known, sources=known.sources | {source})
        self._put(known)
        return known

    def candidates(self) -> list[Bundle]:
        """What a primary proposes: members take turns, each in its order of arrival.

        Ends after the bundle that reaches the limit of records, so there is always one.
        """
        queues: dict[MemberId, list[Bundle]] = {}
        for each in sorted(self._pool.values(), key=lambda each: each.order):
            queues.setdefault(each.member, []).append(each.bundle)
        chosen: list[Bundle] = []
        count = 0
        turn = 0
        while queues and count < self._limits.proposal_records_max:
            for member in [member for member, queue in queues.items() if turn >= len(queue)]:
                del queues[member]
            for queue in queues.values():
                chosen.append(queue[turn])
                count += queue[turn].header.count
                if count >= self._limits.proposal_records_max:
                    break
            turn += 1
        return chosen

    def committed(
        self, pool_keys: Iterable[Digest], height: Height, now_ms: int
    ) -> tuple[Pooled, ...]:
        """Take out what the block at `height` holds; what its members sent earlier is passed over.

        Returns:
            The bundles that waited here, in the block's order.
        """
        self._fresh = height
        gone = tuple(each for key in pool_keys if (each := self._remove(key)) is not None)
        if gone:
            self._moved_ms = now_ms
        latest: dict[MemberId, int] = {}
        for each in gone:
            latest[each.member] = max(each.order, latest.get(each.member, -1))
        for key, each in self._pool.items():
            if each.order < latest.get(each.member, -1):
                self._passed_over.add(key)
        return gone

    def judge_again(self, now_ms: int, records_max: int | None = None) -> list[Unfit]:
        """Judge waiting bundles that are due on the newest head, within a limit of records.

        Returns:
            The bundles that are unfit and left, with their verdicts.
        """
        most = self._limits.rejudge_records_max if records_max is None else records_max
        left, records = [], 0
        for each in self._due_for_judgement(now_ms):
            if records >= most:
                break
            records += each.bundle.header.count
            # A clock that stepped back does not make early what was in time when it came.
            verdict = self._judge(each.bundle, max(now_ms, each.received_at_ms))
            if isinstance(verdict, Rejected):
                self._remove(each.pool_key)
                left.append((each, verdict))
            else:
                self._put(self._judged(each, self._fresh, now_ms))
        return left

    def doubt(self, now_ms: int) -> list[Unfit]:
        """Nothing of the candidates went into a block: judge all of them now, as `judge_again`."""
        at_once_ms = now_ms - self._limits.postponed_ms_max
        for bundle in self.candidates():
            each = self._pool[bundle.pool_key]
            self._put(replace(each, judged_at=UNJUDGED, judge_at_ms=at_once_ms))
        return self.judge_again(now_ms, self._limits.proposal_records_max)

    def _due_for_judgement(self, now_ms: int) -> list[Pooled]:
        """Those whose time has come, and whose block does not: while blocks take bundles out of
        this pool, the next one most likely takes these too, and judges them anyway.
        """
        moves = 0 <= now_ms - self._moved_ms < self._limits.held_ms
        waits_ms = self._limits.postponed_ms_max if moves else 0
        return [
            each
            for key, each in self._pool.items()
            if each.bundle.header.expires_at_ms < now_ms
            or (
                each.judged_at < self._fresh
                and each.judge_at_ms + (0 if key in self._passed_over else waits_ms) <= now_ms
            )
        ]

    def _judged(self, each: Pooled, height: Height, now_ms: int) -> Pooled:
        """Fit on the head at `height`; the next look is later than the one before."""
        pause_ms = min(2 * each.pause_ms, self._limits.judge_again_ms_max)
        return replace(
            each, judged_at=height, judge_at_ms=now_ms + each.pause_ms, pause_ms=pause_ms
        )

    def _put(self, each: Pooled) -> None:
        """Keep the newest form of a bundle; shares and counts follow."""
        before = self._pool.get(each.pool_key)
        self._pool[each.pool_key] = each
        self._fit_count += each.fit - (before is not None and before.fit)
        if before is None:
            self.size_bytes += each.size_bytes
        for source in each.sources - (frozenset() if before is None else before.sources):
            self._shares.setdefault(source, _Share()).add(each.member, 1, each.size_bytes)

    def _full(self, member: MemberId, source: NodeId, size_bytes: int) -> Rejected | None:
        limits, share = self._limits, self._shares.get(source, _Share())
        count, bytes_ = share.members.get(member, (0, 0))
        if count >= limits.member_bundles_max or bytes_ + size_bytes > limits.member_bytes_max:
            facts: dict[str, DetailValue] = {"member": member, "count": count, "size": bytes_}
            facts |= {"count_max": limits.member_bundles_max, "size_max": limits.member_bytes_max}
            return Rejected(Code.POOL_FULL, facts)
        if share.size_bytes + size_bytes > limits.node_bytes_max:
            room = {"size": share.size_bytes, "size_max": limits.node_bytes_max}
            return Rejected(Code.POOL_NODE_FULL, room)
        return None

    def _remove(self, pool_key: Digest) -> Pooled | None:
        self._passed_over.discard(pool_key)
        each = self._pool.pop(pool_key, None)
        if each is not None:
            self.size_bytes -= each.size_bytes
            self._fit_count -= each.fit
            for source in each.sources:
                self._shares[source].add(each.member, -1, -each.size_bytes)
        return each


def size_of(bundle: Bundle) -> int:
    """Bytes that a waiting bundle takes: its header and its records."""
    return sum(map(len, bundle.records), len(bundle.header_bytes))
