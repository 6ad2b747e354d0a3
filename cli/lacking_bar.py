"""A bar on the terminal for a node that lacks blocks or fetches a snapshot; without one, nothing.

The log has the same in lines (`cli.compose.lacking`).
"""

from rich.progress import Progress, TaskID

from cli.compose.lacking import Lacking
from cli.output import Output
from cli.words import say
from ledger.core.identifiers import NodeId


class LackingBar:
    """One bar, which comes and goes."""

    def __init__(self, output: Output, node: NodeId) -> None:
        """`output` says where; it must be a terminal that nothing else writes on."""
        self._output = output
        self._node = node
        self._shown: tuple[Progress, TaskID] | None = None

    def show(self, now: Lacking | None) -> None:
        """Move the bar; take it away once nothing is lacking."""
        if now is None:
            self.close()
            return
        if self._shown is None:
            bars = self._output.progress()
            bars.start()
            self._shown = bars, bars.add_task("", total=now.total)
        bars, task = self._shown
        what = (
            say("seat.syncing", node=self._node)
            if now.base is None
            else say("seat.snapshot", node=self._node, base=now.base)
        )
        bars.update(task, description=what, total=now.total, completed=now.here)

    def close(self) -> None:
        """Leave the terminal as any other command finds it."""
        if self._shown is not None:
            self._shown[0].stop()
            self._shown = None
