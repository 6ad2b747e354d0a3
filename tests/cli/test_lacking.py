"""A node that lacks blocks, or fetches a snapshot, says how far it is: on a bar and in its log."""

import asyncio
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from cli.compose import lacking as told_lacking
from cli.compose.lacking import BLOCKS_LEAST, Lacking, lacking, tell_lacking
from cli.lacking_bar import LackingBar
from cli.output import Output
from consensus.runner import Runner
from consensus.snapshot_progress import SnapshotProgress
from consensus.status import NodeStatus
from ledger.core.identifiers import Height, NodeId
from tests.consensus.core.world import committee_of, genesis_head
from tests.consensus.standing import well

HERE = NodeId("a")


def status(certified: int = 0, snapshot: SnapshotProgress | None = None) -> NodeStatus:
    still = well(HERE, genesis_head(), committee_of(4), {}, 0)
    situation = replace(still.situation, certified=Height(certified))
    return replace(still, situation=situation, snapshot=snapshot)


def coming(here: int, *, finished: bool = False) -> SnapshotProgress:
    return SnapshotProgress(Height(400), here, 40, (NodeId("b"),), (), (), finished)


def test_what_is_lacking_is_what_certificates_prove() -> None:
    assert lacking(status()) is None
    assert lacking(status(BLOCKS_LEAST - 1)) is None
    assert lacking(status(BLOCKS_LEAST)) == Lacking(None, 0, BLOCKS_LEAST)
    assert lacking(status(500, coming(12))) == Lacking(Height(400), 12, 40)
    assert lacking(status(0, coming(40, finished=True))) is None


class Passing:
    """Stands in for a runner only here: a status after the other, and at the end no more."""

    def __init__(self, *statuses: NodeStatus) -> None:
        self._left: Iterator[NodeStatus] = iter(statuses)

    @property
    def status(self) -> NodeStatus:
        try:
            return next(self._left)
        except StopIteration:
            raise asyncio.CancelledError from None


def test_it_is_told_while_it_lasts_and_logged_once_in_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(told_lacking, "_LOOKS_S", 0)
    passing = Passing(
        status(),
        status(0, coming(1)),
        status(0, coming(1)),
        status(0, coming(39)),
        status(),
        status(),
    )
    shown: list[Lacking | None] = []
    with capture_logs() as logged, pytest.raises(asyncio.CancelledError):
        asyncio.run(tell_lacking(cast(Runner, passing), shown.append))
    one, other = Lacking(Height(400), 1, 40), Lacking(Height(400), 39, 40)
    assert shown == [one, other, None, None]
    lines: list[Any] = [(each["event"], each.get("here")) for each in logged]
    assert lines == [("node.lacks", 1), ("node.in_step", None)]


def test_the_bar_names_the_node_and_goes_when_it_is_in_step() -> None:
    written = io.StringIO()
    terminal = Console(file=written, force_terminal=True, width=100)
    bar = LackingBar(Output(err=terminal), HERE)
    bar.show(Lacking(None, 3, 70))
    bar.show(Lacking(Height(400), 12, 40))
    bar.show(None)
    bar.show(None)
    assert "12/40" in written.getvalue()
    assert "400" in written.getvalue()
