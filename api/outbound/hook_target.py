"""HookTarget: a receiver of webhooks as a node's settings name it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.event import Wanted
from api.outbound.guarded import Network
from ledger.core.identifiers import Height, MemberId

HOOKS_MAX: Final = 32
ATTEMPTS: Final = 8
"""With growing pauses, some four minutes."""
ATTEMPTS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class HookTarget:
    """One subscription."""

    name: str
    """For the operator, in file names, metrics and findings: it tells nothing of its member."""
    member: MemberId
    """Whose rights decide what is sent."""
    url: str
    """Where events are posted to; https, or http on this machine."""
    secrets: tuple[bytes, ...]
    """Shared with the receiver; each signs, so that one can take the place of another."""
    wanted: Wanted
    """What the member wants of all that it may see."""
    certificate: Path | None = None
    """PEM of the receiver's certificate for HTTPS, or of who issued it; None: the authorities."""
    private: tuple[Network, ...] = ()
    """Networks that are not public, to which its name may lead."""
    attempts_max: int = ATTEMPTS
    """Refusals of one event before it is set aside."""
    notes: bool = False
    """Keep a note of each delivery, for a member that puts it on record."""
    since: Height | None = None
    """Begin above this height; None: with what comes after the node was first started with it."""
