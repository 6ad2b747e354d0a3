"""What a row of the catalogue is that declares a record type, as frozen values.

Each value mirrors one table of the TOML files; `schema_reader` makes them, `closure` proves that
they fit together. Nothing here judges a record. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from contracts.declared import Reason
from contracts.expression import Expression

REFUSE: Final = "refuse"
"""What a clause does where it fails, unless it names an alert."""

ANY_MEMBER: Final = "*"
COMMITTEE_ROLE: Final = "committee"
NETWORK_ROLE: Final = "network"
UNGRANTED_ROLES: Final = frozenset({ANY_MEMBER, COMMITTEE_ROLE, NETWORK_ROLE})
"""Roles that nobody is granted: they follow from being a member, a node, or the rules."""

REGION: Final = "region"
"""The scope of an issuer whose role, where it is for one region, covers that region's subjects."""
CODED_SUBJECTS: Final = frozenset({"seal", "address", "list"})
"""Subjects with their region in them."""

STAGES: Final = frozenset(
    {
        "ledger", "evidence", "tender", "bid", "opening", "evaluation", "award", "closing",
        "trade", "seal", "address", "any",
    }
)  # fmt: skip
"""招 投 开 评 定, closing, and what stands outside them."""
SUBJECT_KINDS: Final = frozenset(
    {"any", "project", "section", "member", "issuer", "none", "seal", "address", "list"}
)
SUBJECTS: Final = "subject"
NEWEST: Final = "newest"
MOVES: Final = "moves"
JUDGED_BY: Final = frozenset({SUBJECTS, NEWEST, MOVES})
"""The version that the subject took; the newest; or the newest for the first record of the type in
a subject, which moves it there for good.
"""
SEALED: Final = "sealed:"
"""How the visibility of a type begins that enters only under seal; the types of the events follow,
parted by ``|``, any of which lets it be opened.
"""
OFF_LEDGER: Final = "sealed"
"""The visibility of a type that is committed here, and opened only elsewhere."""
FIELD_KINDS: Final = frozenset(
    {
        "text", "integer", "fen", "time", "digest", "bytes", "bool", "member", "record",
        "credit_code", "property_unit", "texts", "integers", "members", "records",
        "digests",
    }
)  # fmt: skip

When = Mapping[str, frozenset[str]]
"""A condition: each field named holds one of the values; the empty one always holds."""
NO_CONDITION: Final[When] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who may issue a type."""

    role: str
    scope: str = ""
    """``TYPE.field`` whose value in the subject the role's scope must cover, or `REGION`: that in
    the subject's own code; empty for none.
    """
    own: bool = False
    """Only about itself: the subject must be the issuer."""


@dataclass(frozen=True, slots=True)
class Field:
    """One public field."""

    kind: str
    """One of `FIELD_KINDS`."""
    required: bool = False
    limit: int = 256
    """Bytes of a text or bytes, items of a list."""
    least: int = 0
    """Smallest integer."""
    allowed: frozenset[str] = frozenset()
    """Values of a text or of a list's items; empty for any."""
    sets: str = ""
    """``TYPE.field`` whose value in the subject this field replaces."""
    pattern: str = ""
    """How a text is spelt (`contracts.spelling.is_pattern`); empty for any."""


@dataclass(frozen=True, slots=True)
class Cites:
    """One relation that a type's refs may use."""

    types: frozenset[str]
    """Types that may be cited; ``*`` for any."""
    required: bool = False
    same: bool = False
    """The cited record must belong to the same subject or project."""
    having: When = field(default_factory=lambda: NO_CONDITION)
    """Values that fields of the cited record must have, where its type has the field."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One conjunct of must-follow, and what happens where it fails."""

    text: str
    expression: Expression
    otherwise: str = REFUSE
    """``refuse``, or the alert that is raised."""
    when: When = field(default_factory=lambda: NO_CONDITION)


@dataclass(frozen=True, slots=True)
class Window:
    """A deadline that the record itself must keep."""

    deadline: str
    otherwise: str
    when: When


@dataclass(frozen=True, slots=True)
class Starts:
    """A timer that the record starts; the alert is raised where nothing stops it in time."""

    deadline: str
    alert: str
    when: When = field(default_factory=lambda: NO_CONDITION)


@dataclass(frozen=True, slots=True)
class Stops:
    """A timer of the cited record that this record stops."""

    deadline: str
    by: str
    """Relation of the ref."""


@dataclass(frozen=True, slots=True)
class Closes:
    """A cited open record that this record closes."""

    type: str
    by: str
    when: When


@dataclass(frozen=True, slots=True)
class Forbids:
    """Types that may not follow in the subject."""

    types: frozenset[str]
    otherwise: str
    when: When


@dataclass(frozen=True, slots=True)
class ConfirmedBy:
    """Whose confirmation a record awaits before it takes effect."""

    mode: str
    """``any``, ``all`` (each role once), ``k`` (distinct members), or, of the members that `of`
    names and beside the issuer: ``each`` one, or with it a ``majority``."""
    roles: tuple[str, ...]
    k: int = 1
    """For mode ``k``; 0 is the committee's quorum."""
    counts_issuer: bool = False
    """The issuer's own signature counts where it holds one of the roles."""
    when: When = field(default_factory=lambda: NO_CONDITION)
    but: str = ""
    """Field that lists members who are not waited for, for mode ``each``: they refuse to sign."""
    of: str = ""
    """Whose confirmations count: ``panel`` (the evaluation committee), ``field:NAME`` (the member
    that the field names); empty for anyone in a role."""


@dataclass(frozen=True, slots=True)
class RecordType:
    """One row: everything that data can say about a kind of record."""

    key: str
    code: str
    """Working code such as ``T09``; empty for platform types."""
    zh: str
    en: str
    stage: str
    function_points: tuple[str, ...]
    """Keys of the registry's points at which it stands."""
    named_points: frozenset[str]
    """Those of them at which a record counts only where it, or its alert, names the point."""
    point_when: Mapping[str, When]
    """Those of them at which a record counts only where its fields say so."""
    judged_by: str
    """One of `JUDGED_BY`: which version of the catalogue judges its records."""
    entry: Reason | None
    """Why nothing comes before it, where nothing does."""
    visibility: str
    """``public``, ``parties``, ``supervisor``, ``sealed:TYPE|TYPE`` or ``sealed``: who may read."""
    subject: str
    """One of `SUBJECT_KINDS`."""
    issuers: tuple[Issuer, ...]
    party: str
    """``TYPE.field`` that names who the issuer must be, or act for; AL05 otherwise."""
    issuer_else: str
    """``refuse``, or the alert for a role that lapsed or does not cover the subject."""
    fields: Mapping[str, Field]
    private: frozenset[str]
    """Names that may be committed as private fields; ``*``: those of the amended type."""
    evidence_min: int
    refs: Mapping[str, Cites]
    must_follow: tuple[Clause, ...]
    windows: tuple[Window, ...]
    forbids: tuple[Forbids, ...]
    confirmed_by: ConfirmedBy | None
    opens: bool
    """Stays open until closed or voided: what ``none_open`` asks for."""
    closes: tuple[Closes, ...]
    timers: tuple[Starts, ...]
    stops: tuple[Stops, ...]
    frozen_after: str
    """``TYPE.field``: past this time an amendment of the record raises AL04; or ``TYPE``: once one
    of these is in force."""
    amended_by: frozenset[str]
    """The only types that may amend it; empty for any that may cite it so."""
    voidable: bool
    """What closes, stops or forbids something cannot be voided: that would silently undo it."""
    kept: tuple[str, ...]
    """Fields that the state keeps of each record, for rules in Python."""
    rules: tuple[str, ...]
    """Rules in Python that judge and apply what data cannot say."""
    alerts: tuple[str, ...]
    """Every alert that a record of this type may raise."""

    @property
    def is_sealed(self) -> bool:
        """Whether it enters only under seal."""
        return self.visibility.startswith(OFF_LEDGER)

    @property
    def sealed_until(self) -> tuple[str, ...]:
        """Types of the events any of which allows it to be opened on the ledger; empty for none."""
        if not self.visibility.startswith(SEALED):
            return ()
        return tuple(self.visibility.removeprefix(SEALED).split("|"))


def holds(when: When, fields: Mapping[str, object]) -> bool:
    """Whether the condition `when` holds for a record's `fields`."""
    return all(fields.get(name) in values for name, values in when.items())
