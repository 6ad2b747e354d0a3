"""Event: one piece of news of the ledger, and which of them somebody wants.

What is new is found in `api.news`, and told over a line that a reader holds open (`api.events`) or
by posting it to a receiver (`api.outbound.hook`). Spec: ``docs/spec/events.md``.
"""

from dataclasses import dataclass, replace
from typing import Final

from api.engines.query import ALERT_TYPE, Query
from api.forms import Json

KINDS: Final = ("blocks", "records", "alerts")


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of news, as one reader may see it."""

    kind: str
    """``block``, ``record`` or ``alert``."""
    index: int
    """Where it stands in the log; an opening and what came out of it share one."""
    key: str
    """The record's id in hex, or the block's height: with `kind`, the same at every node."""
    time_ms: int
    """Of its block."""
    form: Json
    """As the API spells it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which news somebody wants."""

    query: Query
    """Which records; blocks are not narrowed."""
    kinds: frozenset[str]
    """Of `KINDS`."""

    @property
    def records(self) -> Query | None:
        """The query that its kinds leave; None where no record is wanted."""
        wanted, alerts = self.query, frozenset({ALERT_TYPE})
        if "records" in self.kinds:
            return wanted
        if "alerts" not in self.kinds:
            return None
        return replace(wanted, types=alerts if wanted.types is None else wanted.types & alerts)

    def tells(self, type_key: str) -> bool:
        """Whether records of a type are of a kind that is wanted."""
        return ("alerts" if type_key == ALERT_TYPE else "records") in self.kinds
