"""How much waits where, and what the disk says: facts for people, measured where they arise.

Every number here is bounded by a cap of the part that it comes from; nothing is decided by them.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PoolDepth:
    """Bundles that wait to be committed."""

    bundles_count: int
    size_bytes: int
    fit_count: int
    """Judged fit; the others were relayed and are not judged yet."""
    own_count: int
    """Acknowledged by this node: its intake."""
    passed_over_count: int
    """Wait while later ones of their member were committed."""
    deferred_count: int
    """Relayed, unfit on this head, and kept for a moment outside the pool."""

    @property
    def held_count(self) -> int:
        """Relayed and not judged yet."""
        return self.bundles_count - self.fit_count


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """What waits to be sent to one peer."""

    frames_count: int
    size_bytes: int
    dropped_count: int
    """Frames that made room for newer ones since the start."""


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """What a node's own disk says."""

    journal_bytes: int
    """Promises of heights that are not decided."""
    intake_bytes: int
    """Bundles that were acknowledged; what no longer waits is dropped now and then."""
    sync_ms: int | None
    """How long the last fsync took, of the file where it took longer; None before the first."""
    sync_ms_max: int
    """The longest one since the start."""
    free_bytes: int
    """Room on the disk of the journal."""


class ClockSource(StrEnum):
    """Who says how a machine's clock is kept in step."""

    CHRONY = "chrony"
    TIMESYNCD = "timesyncd"
    KERNEL = "kernel"
    """Something disciplines it, and does not say when it last heard a server."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What a machine says of its own clock; nothing is decided by it."""

    source: ClockSource
    synchronised: bool | None
    """None where nobody knows."""
    offset_us: int | None
    """What is still to be corrected; positive: the clock is behind."""
    bound_us: int | None
    """By how much it may be wrong at most, as the kernel reckons."""
    synchronised_at_ms: int | None
    """When a time server was heard last."""
    unsynchronised_since_ms: int | None = None
    """Since when it is known to be out of step, as far as this process has seen."""
    stratum: int | None = None
    """How many servers lie between it and a reference clock, its own among them; chrony says so."""


class CertificateUse(StrEnum):
    """Whose certificate it is, and for whom."""

    OWN = "own"
    """This node's, for the other nodes."""
    PEER = "peer"
    """Another node's of the committee, as this one knows it."""
    API = "api"
    """This node's, for whoever asks its API over HTTPS."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """When a certificate ends. Between nodes nobody looks at that; readers over HTTPS do."""

    use: CertificateUse
    name: str
    """The node."""
    until_ms: int


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What only the process around a node can know."""

    disk: DiskFacts | None
    """None of an observer, which promises nothing and keeps no journal."""
    certificate_until_ms: int | None
    """End of the TLS certificate's validity, which no node of a committee looks at; None of an
    observer, which has none."""
    clock: ClockFacts | None = None
    """None before it was read for the first time."""
    certificates: tuple[CertificateFacts, ...] = ()
    """Its own, its peers' and its API's, as far as they can be read."""
