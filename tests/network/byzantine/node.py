"""python -m tests.network.byzantine.node HABIT node run FOLDER: the shipped node, with one habit.

The node is opened by the same `main`; three of its ports are taken over on the way: the line on
which it speaks, what executes its blocks, and the application that answers over HTTP.
"""

import sys
from pathlib import Path
from unittest.mock import patch

from fastapi import FastAPI

import cli.compose.node as composed
from api.app import create_app
from consensus.build import Identity, Storage, codec_of, open_driver
from consensus.driver import Driver
from consensus.transport import Transport
from ledger.core.identifiers import NodeId
from ledger.reliance import read_trust
from tests.network.byzantine.habit import Habit
from tests.network.byzantine.hand import Hand
from tests.network.byzantine.registry import HABITS


class LyingLine:
    """Satisfies `Transport`: what is said is what the habit makes of it."""

    def __init__(self, hand: Hand, habit: Habit) -> None:
        self._hand = hand
        self._habit = habit

    def send(self, peer: NodeId, frame: bytes) -> None:
        """See `Transport.send`."""
        for each in self._habit.says(peer, frame, self._hand.codec.decode(frame)):
            self._hand.line.send(peer, each)

    def broadcast(self, frame: bytes) -> None:
        """See `Transport.broadcast`: each of the others may be told something else."""
        for peer in self._hand.others:
            self.send(peer, frame)


class Lying:
    """Opens a node with a habit in it."""

    def __init__(self, habit: type[Habit], folder: Path) -> None:
        self._kind = habit
        self._folder = folder
        self._habit: Habit | None = None

    def open_driver(self, identity: Identity, storage: Storage, line: Transport) -> Driver:
        """In place of `consensus.build.open_driver`."""
        application = storage.application
        hand = Hand(
            identity,
            tuple(application.committee),
            application,
            storage.chain,
            line,
            codec_of(identity),
            self._folder,
            read_trust(self._folder / "trust.json").genesis,
        )
        habit = self._habit = self._kind(hand)
        storage = Storage(
            habit.executes(application),
            storage.chain,
            storage.journal,
            storage.intake,
            storage.signed,
            storage.evidence,
            storage.snapshots,
        )
        driver = hand.driver = open_driver(identity, storage, LyingLine(hand, habit))
        received = driver.received

        def hear(peer: NodeId, data: bytes, now_ms: int) -> None:
            habit.hears(peer, data)
            received(peer, data, now_ms)

        driver.received = hear  # type: ignore[method-assign]
        return driver

    def create_app(self, *given: object, **named: object) -> FastAPI:
        """In place of `api.app.create_app`."""
        app = create_app(*given, **named)  # type: ignore[arg-type]
        return app if self._habit is None else self._habit.answers(app)


def main() -> None:
    """Run the node."""
    name, *words = sys.argv[1:]
    lying = Lying(HABITS[name], Path(words[words.index("run") + 1]))
    sys.argv = ["bidwitness", *words]
    from cli.main import main as shipped

    with (
        patch.object(composed, "open_driver", lying.open_driver),
        patch.object(composed, "create_app", lying.create_app),
    ):
        shipped()


if __name__ == "__main__":
    main()
