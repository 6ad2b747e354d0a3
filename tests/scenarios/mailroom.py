"""What the network does to frames: rules by kind, sender and receiver that lose them or hold them."""

from collections.abc import Callable
from dataclasses import dataclass

from ledger.core.identifiers import NodeId


@dataclass(frozen=True)
class Rule:
    """Frames that are lost, or held; an empty field stands for all."""

    kinds: frozenset[str]
    origins: frozenset[NodeId]
    receivers: frozenset[NodeId]
    hold: bool

    def fits(self, kind: str, origin: NodeId, to: NodeId) -> bool:
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.origins or origin in self.origins)
            and (not self.receivers or to in self.receivers)
        )


class Mailroom:
    """Lets frames pass, or not."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._first: set[tuple[NodeId, NodeId, bytes]] | None = None
        self._held: list[tuple[NodeId, NodeId, bytes]] = []

    def add(self, rule: Rule) -> None:
        self._rules.append(rule)

    def lose_first(self) -> None:
        """The first copy of everything to everybody is lost."""
        self._first = set()

    def calm(self) -> None:
        """Nothing is lost or held any more; what is held stays so until it is released."""
        self._rules.clear()
        self._first = None

    def passes(self, kind: str, origin: NodeId, to: NodeId, frame: bytes) -> bool:
        if self._first is not None and (origin, to, frame) not in self._first:
            self._first.add((origin, to, frame))
            return False
        for rule in self._rules:
            if rule.fits(kind, origin, to):
                if rule.hold:
                    self._held.append((origin, to, frame))
                return False
        return True

    def release(self, deliver: Callable[[NodeId, NodeId, bytes], None], *, backwards: bool) -> None:
        """Hand over what was held, in the order sent or the other way round."""
        held, self._held = self._held, []
        for origin, to, frame in reversed(held) if backwards else held:
            deliver(origin, to, frame)
