"""Habit: one misbehaviour, put into the shipped node where it meets its ports.

Each overrides one or two of these; whatever it leaves alone is what the shipped node does.
"""

from collections.abc import Sequence
from typing import ClassVar

from fastapi import FastAPI

from consensus.application import Application
from consensus.wire import Frame
from ledger.core.identifiers import NodeId
from tests.network.byzantine.hand import Hand


class Habit:
    """What one liar does."""

    hopes: ClassVar[str]
    """What it would gain if the others believed it."""
    faults: ClassVar[frozenset[str]] = frozenset()
    """Kinds of evidence that must follow; none where nothing signed contradicts itself."""
    may_follow: ClassVar[frozenset[str]] = frozenset()
    """Further kinds, which depend on who hears what first."""
    as_primary: ClassVar[bool] = False
    """It begins as primary, and must be it again until all its lies are told."""
    comes_back: ClassVar[bool] = False
    """Its lies are for a node that was away."""
    lies: ClassVar[frozenset[str]]
    """What its tally must show at the end: a liar that never lied has proven nothing."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand

    def says(self, to: NodeId, frame: bytes, said: Frame) -> Sequence[bytes]:
        """The frames that go to `to` where the shipped node sends `frame`."""
        return (frame,)

    def hears(self, peer: NodeId, frame: bytes) -> None:
        """A frame has come in; the shipped node hears it too."""

    def executes(self, true: Application) -> Application:
        """What the shipped node executes blocks with."""
        return true

    def answers(self, app: FastAPI) -> FastAPI:
        """What answers over HTTP."""
        return app
