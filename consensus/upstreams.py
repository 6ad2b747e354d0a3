"""Whom an observer follows: one node at a time, and what is known of each that it may follow.

It stays with a node that answers well, because the heads that nodes keep differ in who signed
first, and an observer hands out those of one node. Who fails is rested, twice as long each time,
and the next in the order of the settings is asked. Pure; time is an argument.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ledger.core.identifiers import Height, NodeId
from ledger.errors import Rejected

REST_MS: Final = 1_000
"""Of the first rest; each further one is twice the last."""
REST_MS_MAX: Final = 60_000
FACTS_MAX: Final = 16
TEXT_MAX: Final = 200


class Fault(StrEnum):
    """What is wrong with an upstream."""

    LIES = "lies"
    """What it gave does not hold."""
    MUTE = "mute"
    """It does not answer, or not in time."""
    REFUSES = "refuses"
    """It answers, and will not have us follow."""
    BEHIND = "behind"
    """It lacks, or keeps back, blocks that are there elsewhere."""


@dataclass(frozen=True, slots=True)
class UpstreamFacts:
    """What is known of one upstream."""

    height: Height | None = None
    """Of its newest block, as it last said."""
    heard_ms: int | None = None
    """When its last good answer came."""
    fault: Fault | None = None
    """Of the last answer, or of there being none; None while it answers well."""
    reason: Rejected | None = None
    """Of that fault."""
    lied: Rejected | None = None
    """Why its last lie since the start did not hold; an answer that does hold changes nothing."""
    rests_until_ms: int = 0
    rest_ms: int = 0


@dataclass(frozen=True, slots=True)
class Following:
    """Where an observer stands towards those that it follows."""

    followed: NodeId | None
    """Whose answers are taken; None while nobody answers."""
    upstreams: Mapping[NodeId, UpstreamFacts]
    """In the order of the settings."""
    urls: Mapping[NodeId, str]
    """Where each is asked, for people."""

    @property
    def answering(self) -> frozenset[NodeId]:
        """Those whose last answer was a good one."""
        return frozenset(
            name
            for name, each in self.upstreams.items()
            if each.fault is None and each.heard_ms is not None
        )

    @property
    def top(self) -> Height:
        """The greatest height that an upstream without fault says it has; 0 for none."""
        heights = (each.height or 0 for each in self.upstreams.values() if each.fault is None)
        return Height(max(heights, default=0))


class Upstreams:
    """The nodes that may be followed."""

    __slots__ = ("_current", "_facts", "_probed", "_urls")

    def __init__(self, urls: Mapping[NodeId, str]) -> None:
        """`urls` in the order of preference, at least one."""
        self._urls = dict(urls)
        self._facts = {name: UpstreamFacts() for name in urls}
        self._current: NodeId = next(iter(urls))
        self._probed: NodeId = self._current

    @property
    def following(self) -> Following:
        """The facts, for people."""
        answers = self._facts[self._current]
        followed = self._current if answers.fault is None and answers.heard_ms else None
        return Following(
            followed, MappingProxyType(dict(self._facts)), MappingProxyType(self._urls)
        )

    def choose(self, now_ms: int) -> NodeId | None:
        """Whom to ask now: the one that is followed, else the next that is rested."""
        for name in (self._current, *self._after(self._current)):
            if self._facts[name].rests_until_ms <= now_ms:
                self._current = name
                return name
        return None

    def probe(self, now_ms: int) -> NodeId | None:
        """Whom else to ask for its height, each in turn; None where nobody else is rested."""
        for name in (*self._after(self._probed), self._probed):
            if name != self._current and self._facts[name].rests_until_ms <= now_ms:
                self._probed = name
                return name
        return None

    def unsettled(self, now_ms: int) -> tuple[NodeId, ...]:
        """Those that are not followed and were never asked, or failed and are rested since."""
        return tuple(
            name
            for name, each in self._facts.items()
            if name != self._current
            and (each.fault is not None or each.heard_ms is None)
            and each.rests_until_ms <= now_ms
        )

    def rested_in_ms(self, now_ms: int) -> int:
        """How long until somebody can be asked."""
        soonest = min(each.rests_until_ms for each in self._facts.values())
        return min(max(0, soonest - now_ms), REST_MS_MAX)

    def answered(self, name: NodeId, height: Height, now_ms: int) -> None:
        """Its answer held."""
        lied = self._facts[name].lied
        self._facts[name] = UpstreamFacts(height, now_ms, lied=lied)

    def failed(self, name: NodeId, fault: Fault, reason: Rejected, now_ms: int) -> None:
        """It is rested for twice as long as the last time."""
        before = self._facts[name]
        rest_ms = min(max(REST_MS, 2 * before.rest_ms), REST_MS_MAX)
        self._facts[name] = replace(
            before,
            fault=fault,
            reason=reason,
            lied=reason if fault is Fault.LIES else before.lied,
            rests_until_ms=now_ms + rest_ms,
            rest_ms=rest_ms,
        )

    def rewind(self, by_ms: int) -> None:
        """The clock stepped back: nobody is rested for longer than was meant."""
        self._facts = {
            name: replace(each, rests_until_ms=each.rests_until_ms - by_ms)
            for name, each in self._facts.items()
        }

    def _after(self, name: NodeId) -> Iterator[NodeId]:
        """The others, beginning behind `name`."""
        names: Sequence[NodeId] = tuple(self._facts)
        at = names.index(name)
        yield from (*names[at + 1 :], *names[:at])


def bounded(reason: Rejected) -> Rejected:
    """A reason whose words may be the upstream's own, cut to what a sentence has room for."""
    facts = tuple(reason.detail.items())[:FACTS_MAX]
    cut = {
        name[:TEXT_MAX]: fact[:TEXT_MAX] if isinstance(fact, str) else fact for name, fact in facts
    }
    return Rejected(reason.code, cut)
