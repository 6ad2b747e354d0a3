"""What nodes said under load. A contradiction of two answers is found at once; what each answer
says of the log is kept, and held against the log at the end.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from ledger.core.bundle import Bundle

STATES = {"pending": 1, "committed, receipt pending": 2, "committed": 3}
"""How far a submission is; unknown is 0."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the records of a member, or of all."""

    member: str | None
    newest_first: bool
    behind: int | None
    """Index of the last item of the page before; None for the first page."""
    items: tuple[tuple[int, str], ...]
    """(index, record id), in the order of the answer."""
    ends: bool
    """Whether it said that nothing comes behind it."""
    height: int
    """The head that it was given at."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a stream."""

    index: int
    key: str
    """Record id, or hash of a block."""


@dataclass(slots=True)
class Stream:
    """What one follower was told, over all its connections."""

    behind: int
    """The place that its first connection named."""
    told: list[Told] = field(default_factory=list)
    connections: int = 1


@dataclass(slots=True)
class Tally:
    """One route: how long whole answers took, and with which status."""

    took_ms: list[int] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    cut_off: int = 0
    """Requests whose node was killed."""

    def percentile(self, share: int) -> int:
        """Of the answers' times, in ms."""
        ordered = sorted(self.took_ms)
        return ordered[min(len(ordered) - 1, len(ordered) * share // 100)] if ordered else 0


@dataclass(slots=True)
class Book:
    """Everything that was said."""

    bundles: dict[str, Bundle] = field(default_factory=dict)
    """By pool key in hex: whatever some node answered with 201 or 202."""
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    """(index, height) of a record."""
    entries: dict[int, str] = field(default_factory=dict)
    """Record at an index."""
    blocks: dict[int, str] = field(default_factory=dict)
    """Hash of the header at a height."""
    heads: dict[int, str] = field(default_factory=dict)
    """Root of the log of a size, under a verified head."""
    pages: list[Page] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    routes: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    verified: Counter[str] = field(default_factory=Counter)
    """Proofs that held, by kind."""
    _states: dict[tuple[str, str], int] = field(default_factory=dict)

    def acknowledged(self, bundle: Bundle) -> None:
        """A node answered with a promise."""
        self.bundles[bundle.pool_key.hex()] = bundle

    def place(self, record_id: str, index: int, height: int) -> None:
        """A node says where a record stands."""
        known = self.places.setdefault(record_id, (index, height))
        assert known == (index, height), f"{record_id} stands at {known} and at {index, height}"
        other = self.entries.setdefault(index, record_id)
        assert other == record_id, f"{other} and {record_id} stand at {index}"

    def block(self, height: int, header_hash: str) -> None:
        """A node says what block is at a height."""
        known = self.blocks.setdefault(height, header_hash)
        assert known == header_hash, f"two blocks at height {height}: {known}, {header_hash}"

    def head(self, size: int, root: str) -> None:
        """A quorum signed this head."""
        known = self.heads.setdefault(size, root)
        assert known == root, f"two logs of {size} leaves: {known}, {root}"

    def state(self, node: str, what: str, reached: int, lost_at: int = 0) -> None:
        """A node says how far something is; it never says less later.

        Args:
            node: which.
            what: a submission, or a record's receipt.
            reached: of `STATES`, or 0.
            lost_at: from this state a restart may lead back to unknown: a node that merely heard
                of a bundle has promised nothing.
        """
        before = self._states.get((node, what), 0)
        forgot = reached == 0 and before <= lost_at
        assert reached >= before or forgot, f"{node} goes back from {before} to {reached}: {what}"
        self._states[node, what] = reached
