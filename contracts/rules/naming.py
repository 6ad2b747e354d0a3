"""Records that name members in order: the qualified bidders (T10) and the candidates (T44).

Spec: ``docs/spec/contracts.md``.
"""

from typing import cast

from contracts.case import Case
from contracts.named_rows import put_named
from ledger.codes import Code
from ledger.errors import Rejected


def judge_qualified(case: Case) -> Rejected | None:
    """Refuse a result that names a bidder twice."""
    return _twice(case, "qualified")


def apply_qualified(case: Case) -> None:
    """Keep who may bid."""
    put_named(
        case.state, case.record.subject, case.kind.key, _members(case, "qualified"), _index(case)
    )


def judge_candidates(case: Case) -> Rejected | None:
    """Refuse a ranking that names a candidate twice."""
    return _twice(case, "candidates")


def apply_candidates(case: Case) -> None:
    """Keep the ranking."""
    put_named(
        case.state, case.record.subject, case.kind.key, _members(case, "candidates"), _index(case)
    )


def _index(case: Case) -> int:
    return case.times.index


def _members(case: Case, field: str) -> tuple[str, ...]:
    return cast("tuple[str, ...]", case.record.fields[field])


def _twice(case: Case, field: str) -> Rejected | None:
    members = _members(case, field)
    if len(set(members)) == len(members):
        return None
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": field})
