"""What a form to sign says, what it rests on, and what a person fills in: values alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.forms import Json


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that a person fills in."""

    name: str
    label: str
    kind: str
    """``choice``, ``time``, ``integer``, ``hex``, ``area``, ``member`` or ``text``."""
    required: bool
    private: bool
    """Committed to with a salt, and shown to nobody by the ledger."""
    limit: int
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cite:
    """One record that the new one rests on."""

    relation: str
    record_id: str
    type: str
    who: str
    when_ms: int


@dataclass(frozen=True, slots=True)
class SignForm:
    """One record to be made."""

    type_key: str
    code: str
    type: str
    subject: str
    cites: tuple[Cite, ...]
    inputs: tuple[Input, ...]
    fixed: Mapping[str, Json] = field(default_factory=dict)
    """Fields that follow from what is cited."""
    told: tuple[tuple[str, str], ...] = ()
    """Those in words."""
    evidence_min: int = 0
    lacks: tuple[str, ...] = ()
    """Names of types of which no record is there that it could rest on."""
    settled: bool = False
    """What it would confirm awaits no confirmation: there is nothing to sign."""

    @property
    def record(self) -> dict[str, Json]:
        """What is known of the record."""
        return {
            "type": self.type_key,
            "subject": self.subject,
            "fields": dict(self.fixed),
            "refs": [
                {"relation": each.relation, "record_id": each.record_id} for each in self.cites
            ],
        }
