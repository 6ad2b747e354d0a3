"""What a submission came to, as the service tells it and the routes spell it."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from contracts.faults import NOT_LOOKED_AT, Faults
from ledger.core.acknowledgement import Acknowledgement, SignedRefusal
from ledger.core.identifiers import Digest, Height, RecordId
from ledger.errors import Rejected

WAIT_MS_MAX: Final = 60_000
"""Longest time that one request is held open."""


@dataclass(frozen=True, slots=True)
class Done:
    """All records of the bundle are on the ledger, and every one can have its receipt."""

    record_ids: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Acknowledged, not yet committed; or committed with the quorum's cosignatures still out."""

    pool_key: Digest
    acknowledgement: Acknowledgement | None
    """None where the bundle was committed before this node could acknowledge it."""
    height: Height | None
    """Where the records are committed; None while they are pending."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Refused, with the node's signature where it had promised before."""

    verdict: Rejected
    signed: SignedRefusal | None
    faults: Faults = NOT_LOOKED_AT
    """Every record that is at fault, where this node judged the bundle now."""


Outcome: TypeAlias = Done | Waiting | NotTaken
