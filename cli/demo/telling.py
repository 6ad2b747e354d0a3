"""What the demonstration shows: the scene that is being played, and a summary with times."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.markup import escape

from cli.output import FAILED, HELD, Moving, Output, table
from cli.words import say


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the summary."""

    act: str
    what: str
    outcome: str
    took_s: float


@dataclass(slots=True)
class Telling:
    """Tells the story as it happens, and remembers it for the summary."""

    output: Output
    started_s: float = field(default_factory=time.monotonic)
    told: list[Told] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _kept: list[str] | None = None
    """Lines that wait for the end of the scene that is being played."""
    _act: str = ""
    _now: str = ""
    """The scene that is being played."""
    _moving: Moving | None = None

    @property
    def elapsed_s(self) -> float:
        """Since the demonstration began."""
        return time.monotonic() - self.started_s

    def act(self, what: str) -> None:
        """A heading over the scenes that follow."""
        self._act = what
        self.output.note(f"\n[bold cyan]━━ {escape(what)} ━━[/]")

    def doing(self, what: str) -> None:
        """Say how far the scene has come that is being played; only a terminal shows it."""
        if self._moving is not None:
            self._moving.update(escape(f"{self._now} … {what}"))

    @contextmanager
    def scene(self, what: str) -> Iterator[list[str]]:
        """Name a scene while it is played; the caller appends what came of it."""
        number, began = len(self.told) + 1, time.monotonic()
        name = f"[bold]{number:>2}[/]  {escape(what)}"
        outcome: list[str] = []
        self._kept = []
        if not self.output.err.is_terminal:
            self.output.note(f"  {name}")
        self._now = f"{number:>2}  {what}"
        with self.output.waiting(f"{self._now} …") as self._moving:
            yield outcome
        self._moving = None
        took_s = time.monotonic() - began
        took, result = f"[dim]{took_s:.1f} s[/]", " · ".join(outcome)
        self.told.append(Told(self._act, what, result, took_s))
        if self.output.err.is_terminal:
            self.output.note(f"{HELD} {name}  {took}")
            self.output.note(f"       {escape(result)}")
        else:
            self.output.note(f"       {escape(result)}  {took}")
        kept, self._kept = self._kept, None
        for line in kept:
            self.output.note(line)

    def check(self, held: bool, what: str, detail: str = "") -> None:
        """Say whether something that must hold does, after the scene where there is one."""
        line = f"     {HELD if held else FAILED} {escape(what)}"
        if detail:
            line += f"\n       [dim]{escape(detail)}[/]"
        if self._kept is None:
            self.output.note(line)
        else:
            self._kept.append(line)
        if not held:
            self.failed.append(what)

    def summary(self) -> None:
        """The table at the end."""
        rows = table(say("demo.summary"), "#", say("demo.step"), say("demo.outcome"), "s")
        act = ""
        for number, each in enumerate(self.told, 1):
            if each.act != act:
                act = each.act
                rows.add_section()
                rows.add_row("", f"[bold cyan]{escape(act)}[/]", "", "")
            took = f"{each.took_s:.1f}"
            rows.add_row(str(number), escape(each.what), escape(each.outcome), took)
        self.output.note(rows)

    def document(self) -> dict[str, object]:
        """The summary for machines."""
        return {
            "held": not self.failed,
            "failed": list(self.failed),
            "seconds": round(self.elapsed_s, 1),
            "scenes": [
                {
                    "act": each.act,
                    "scene": each.what,
                    "outcome": each.outcome,
                    "seconds": round(each.took_s, 1),
                }
                for each in self.told
            ],
        }
