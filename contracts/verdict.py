"""What judging a record needs to know, and what it concludes: values only.

A refusal is `ledger.errors.Rejected`; acceptance may carry alerts, because an evidence ledger must
not lose the trace of misconduct. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from contracts.tables import Catalogue
from contracts.versions import Versions
from ledger.core.identifiers import Digest, KeyId, MemberId, NetworkId, RecordId, Subject
from ledger.core.limits import Parameters
from ledger.errors import Rejected


@dataclass(frozen=True, slots=True)
class Times:
    """Where and when a record takes effect: every question about the past is asked as of here."""

    index: int
    """Log index; what stands at lower indexes is the past."""
    time_ms: int
    """Block time, agreed by the committee; never a claimed time."""


@dataclass(frozen=True, slots=True)
class World:
    """What holds for every record of a network."""

    network_id: NetworkId
    catalogue: Catalogue
    """The version by which the record at hand is judged; the newest where there is none."""
    parameters: Parameters
    quorum_count: int
    """Of the committee in force."""
    committee_members: frozenset[MemberId]
    versions: Versions | None = None
    """All that were adopted; None where the genesis's is the only one."""
    worlds: Mapping[Digest, "World"] = field(default_factory=dict, repr=False, compare=False)
    """The same world under each of them, by its hash: made once for a head."""


@dataclass(frozen=True, slots=True)
class Unsealed:
    """How a sealed record came out; its own position is that of its commitment."""

    commitment: RecordId
    committed_by: MemberId
    """The sealing system."""
    opened_by: MemberId
    """The sealing system or the author."""
    at: Times
    """Position of the opening."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about a record before it is judged."""

    record_id: RecordId
    key_id: KeyId | None
    """The key whose signature over the bundle was verified; None for derived records."""
    world: World
    unsealed: Unsealed | None = None
    """None for a record that entered openly."""
    height: int = 0
    """Of the block that it enters by; 0 where nothing that is judged names a height."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that a rule concluded; it becomes a derived record."""

    alert: str
    """``ALnn``."""
    subject: Subject
    about: str
    """Type of the offending record."""
    member: MemberId
    """Who submitted it."""
    because: str
    """A must-follow term, a deadline's key, or a key of ``reasons.toml``."""
    rests_on: tuple[RecordId, ...]
    deadline: str = ""
    due_ms: int | None = None
    """The limit that was not kept, where there is one."""


@dataclass(frozen=True, slots=True)
class Review:
    """Something took effect that may complete a section, or break it: asked when the block is."""

    subject: Subject


@dataclass(frozen=True, slots=True)
class Certify:
    """A section is complete; it becomes a derived record (T62)."""

    subject: Subject
    profile: str
    profile_version: int
    terminated: bool
    """The procedure ended early; what came before that is whole."""
    issue: int
    """1 for the first certificate of the section."""
    nodes: Digest
    """Over the records of all mandatory nodes."""
    node_count: int
    record_count: int
    late_count: int
    out_of_order_count: int
    rests_on: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """A certificate no longer holds; it becomes a derived record."""

    subject: Subject
    because: str
    """A key of ``reasons.toml``."""
    rests_on: tuple[RecordId, ...]
    """The certificate, then what is open."""


Effect: TypeAlias = Raised | Review
"""What follows from a record's taking effect."""
Conclusion: TypeAlias = Raised | Certify | Withdraw
"""What the rules concluded: each becomes a derived record."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The record may enter."""

    raised: tuple[Raised, ...] = ()
    """Alerts it raises, in order."""
    at_limit: tuple[str, ...] = ()
    """Deadlines that were kept only thanks to the grace; named so, and no alert."""
    counts: bool = True
    """False for what is said in a party's place by one who may not: it is kept, and no more."""


Verdict: TypeAlias = Accepted | Rejected


@dataclass(frozen=True, slots=True)
class RecordRow:
    """What the state keeps of a record on the ledger."""

    type: str
    issuer: MemberId
    subject: Subject
    entered: Times
    effective: Times | None
    """None while confirmations are awaited."""
    voided_index: int | None
    kept: Mapping[str, int | str]
    """Values of the fields that some rule asks for."""
    at_limit: tuple[str, ...]

    def in_force(self, as_of: Times) -> bool:
        """Whether it had taken effect, and was not voided, at `as_of`."""
        started = self.effective is not None and self.effective.index < as_of.index
        return started and (self.voided_index is None or as_of.index < self.voided_index)
