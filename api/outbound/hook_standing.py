"""How a webhook does, and where its events come from: what it shares with those around it."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from api.event import Event, Wanted
from api.outbound.hook_target import HookTarget
from ledger.core.identifiers import LogIndex, MemberId


class Halt(Enum):
    """Why a subscription stands still until somebody does something."""

    GONE = "gone"
    """Its receiver wants nothing any more."""
    FULL = "full"
    """Too many events were set aside."""
    NOTES = "notes"
    """Too many notes wait to be put on record."""
    MEMBER = "member"
    """Its member is not, or no longer, on the ledger."""
    STATE = "state"
    """Its file cannot be read, and nobody knows what was sent."""


class News(Protocol):
    """Where events come from."""

    def knows(self, member: MemberId) -> bool:
        """Whether the ledger has such a member now."""
        ...

    def start(self, target: HookTarget) -> LogIndex:
        """Behind which index a subscription begins that was never kept."""
        ...

    def newest(self) -> LogIndex:
        """The index of the newest leaf."""
        ...

    async def behind(
        self, member: MemberId, wanted: Wanted, index: LogIndex, at_once: int
    ) -> tuple[LogIndex, tuple[Event, ...]]:
        """How far the log was looked through, and what there is to tell of that part."""
        ...


@dataclass(frozen=True, slots=True)
class HookStanding:
    """How one subscription does."""

    name: str
    index: int
    """Everything up to here is done."""
    delivered_count: int
    """Since it was first kept."""
    failed_count: int
    """Attempts that failed since the node was started."""
    dead_count: int
    waiting_since_ms: int | None
    """Since when the next event is due and was not taken; None where none is."""
    reason: str
    """Why the last attempt failed; empty where it did not."""
    dead_reason: str
    """Why the event that was set aside last was refused; empty where none is."""
    halt: Halt | None
