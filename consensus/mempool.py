"""The pool: bundles that were judged fit and wait to be committed, with room for every member.

Room is kept per member and per node that took the bundle in, so a relayed bundle of an honest node
is never refused for room, and one client cannot make honest primaries look silent. No negative
verdict is kept by bundle id. Nothing here marks a bundle as proposed: what is not committed waits.
Spec: ``docs/spec/consensus.md``, "Time, work, timers".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ledger.codes import Code
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Digest, Height, MemberId, NodeId
from ledger.errors import Rejected

Judge: TypeAlias = Callable[[Bundle, int], object]
"""`Application.judge`: `Rejected`, or anything else where the bundle is fit."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Caps of one node's share; a pool holds at most n shares."""

    member_bundles_max: int = 256
    """W: bundles of one member that one node has waiting at a time."""
    member_bytes_max: int = 32 << 20
    """The same in bytes: a few of the largest bundles."""
    node_bytes_max: int = 64 << 20
    """Of all members together, per node that took them in."""
    proposal_records_max: int = 10_000
    """A primary stops after so many records, so that a block is judged within a second."""
    rejudge_records_max: int = 10_000
    """Records judged again in one go; the rest follow at the next tick."""


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
    """The head on which it was last judged fit."""

    @property
    def member(self) -> MemberId:
        """Who issued it."""
        return self.bundle.header.issuer


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

    __slots__ = ("_fresh", "_judge", "_limits", "_next_order", "_passed_over", "_pool", "_shares",
                 "size_bytes")  # fmt: skip

    def __init__(self, judge: Judge, limits: PoolLimits) -> None:
        self._judge = judge
        self._limits = limits
        self._pool: dict[Digest, Pooled] = {}
        self._shares: dict[NodeId, _Share] = {}
        self._passed_over: set[Digest] = set()
        self._next_order = 0
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

    def admit(
        self, bundle: Bundle, source: NodeId, height: Height, now_ms: int
    ) -> Pooled | Rejected:
        """Judge a bundle on the present head and pool it.

        Args:
            bundle: decoded; its signature is part of the judgement.
            source: the node that took it in.
            height: of the present head.
            now_ms: when it was received.

        Returns:
            What waits now, or the judge's refusal, or `pool.full`.
        """
        key = bundle.pool_key
        known = self._pool.get(key)
        if known is not None and source in known.sources:
            return known
        size = (
            len(bundle.header_bytes) + sum(map(len, bundle.records))
            if known is None
            else (known.size_bytes)
        )
        full = self._full(bundle.header.issuer, source, size)
        if full is not None:
            return full
        if known is None:
            verdict = self._judge(bundle, now_ms)
            if isinstance(verdict, Rejected):
                return verdict
            known = Pooled(bundle, key, size, frozenset(), now_ms, self._next_order, height)
            self._next_order += 1
            self.size_bytes += size
        known = replace(known, sources=known.sources | {source})
        self._pool[key] = known
        self._shares.setdefault(source, _Share()).add(known.member, 1, size)
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

    def committed(self, pool_keys: Iterable[Digest], height: Height) -> tuple[Pooled, ...]:
        """Take out what the block at `height` holds; what its members sent earlier is passed over.

        Returns:
            The bundles that waited here, in the block's order.
        """
        self._fresh = height
        gone = tuple(each for key in pool_keys if (each := self._remove(key)) is not None)
        latest: dict[MemberId, int] = {}
        for each in gone:
            latest[each.member] = max(each.order, latest.get(each.member, -1))
        for key, each in self._pool.items():
            if each.order < latest.get(each.member, -1):
                self._passed_over.add(key)
        return gone

    def judge_again(self, now_ms: int) -> list[tuple[Pooled, Rejected]]:
        """Judge waiting bundles on the newest head, the oldest judgement first, within the limit.

        Returns:
            The bundles that became unfit and left, with their verdicts.
        """
        left = []
        records = 0
        for each in self._due_for_judgement(now_ms):
            if records >= self._limits.rejudge_records_max:
                break
            records += each.bundle.header.count
            verdict = self._judge(each.bundle, now_ms)
            if isinstance(verdict, Rejected):
                self._remove(each.pool_key)
                left.append((each, verdict))
            else:
                self._pool[each.pool_key] = replace(each, judged_at=self._fresh)
        return left

    def doubt(self) -> None:
        """Forget every judgement: nothing of what was thought fit went into a block."""
        for key, each in self._pool.items():
            self._pool[key] = replace(each, judged_at=Height(-1))

    def _due_for_judgement(self, now_ms: int) -> Sequence[Pooled]:
        return [
            each
            for each in self._pool.values()
            if each.judged_at < self._fresh or each.bundle.header.expires_at_ms < now_ms
        ]

    def _full(self, member: MemberId, source: NodeId, size_bytes: int) -> Rejected | None:
        limits, share = self._limits, self._shares.get(source, _Share())
        count, bytes_ = share.members.get(member, (0, 0))
        if (
            count < limits.member_bundles_max
            and bytes_ + size_bytes <= limits.member_bytes_max
            and share.size_bytes + size_bytes <= limits.node_bytes_max
        ):
            return None
        return Rejected(Code.POOL_FULL, {"member": member, "count": count, "size": bytes_})

    def _remove(self, pool_key: Digest) -> Pooled | None:
        self._passed_over.discard(pool_key)
        each = self._pool.pop(pool_key, None)
        if each is not None:
            self.size_bytes -= each.size_bytes
            for source in each.sources:
                self._shares[source].add(each.member, -1, -each.size_bytes)
        return each


def size_of(bundle: Bundle) -> int:
    """Bytes that a waiting bundle takes: its header and its records."""
    return sum(map(len, bundle.records), len(bundle.header_bytes))
