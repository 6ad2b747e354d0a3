"""Records that name members in order: the qualified bidders (T10) and the candidates (T44).

Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

from contracts.case import Case
from contracts.named_rows import put_named
from ledger.codes import Code
from ledger.errors import Rejected

_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tender.prequalified": "qualified",
        "tender.candidates_published": "candidates",
    }
)
"""The field of each type that lists the members."""


def judge(case: Case) -> Rejected | None:
    """Refuse a list that names a member twice."""
    members = _members(case)
    if len(set(members)) == len(members):
        return None
    detail = {"type": case.kind.key, "field": _FIELDS[case.kind.key]}
    return Rejected(Code.RECORD_FIELD_VALUE, detail)


def apply(case: Case) -> None:
    """Keep the members and their order."""
    put_named(case.state, case.record.subject, case.kind.key, _members(case), case.times.index)


def _members(case: Case) -> tuple[str, ...]:
    return cast("tuple[str, ...]", case.record.fields[_FIELDS[case.kind.key]])
