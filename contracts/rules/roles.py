"""Roles with scope: X04 granted or withdrawn, as intervals of the slow state.

Who may grant is the type's data. Spec: ``docs/spec/contracts.md``.
"""

import re
from typing import Final, cast

from contracts import standing
from contracts.case import Case
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.errors import Rejected

_SCOPE: Final = re.compile(r"([a-z_]+:[A-Za-z0-9_-]+)?")
"""Empty for everything, or ``name:value`` such as ``industry:housing``."""


def judge(case: Case) -> Rejected | None:
    """Refuse an unknown role, an unknown member, and the withdrawal of what is not held."""
    member, role, scope = _facts(case)
    if role not in case.facts.world.catalogue.roles or not _SCOPE.fullmatch(scope):
        return Rejected(Code.ROLE_UNKNOWN, {"role": role, "scope": scope})
    if not standing.enrolled(case.state, member):
        return Rejected(Code.MEMBER_UNKNOWN, {"member": member})
    if case.record.fields["action"] == "withdraw" and not _held(case):
        return Rejected(Code.ROLE_NOT_HELD, {"member": member, "role": role, "scope": scope})
    return _check_single(case)


def apply(case: Case) -> None:
    """Begin a grant, or end every grant of this role with this scope."""
    member, role, scope = _facts(case)
    if case.record.fields["action"] == "grant":
        interval = standing.since(case.times)
        standing.put_role(case.state, member, role, scope, case.facts.record_id, interval)
        return
    for row in _held(case):
        standing.end_role(case.state, member, row, case.times)


def _check_single(case: Case) -> Rejected | None:
    """Refuse a second holder of a role that has one at a time."""
    member, role, _ = _facts(case)
    granted = case.record.fields["action"] == "grant"
    if not granted or not case.facts.world.catalogue.roles[role].single:
        return None
    others = [each for each in standing.holders(case.state, role, case.times) if each != member]
    if not others:
        return None
    return Rejected(Code.ROLE_SINGLE, {"role": role, "member": member, "holder": others[0]})


def _held(case: Case) -> list[standing.RoleRow]:
    """Grants in force of the record's role with the record's scope."""
    member, role, scope = _facts(case)
    return [
        row
        for row in standing.grants(case.state, member, role)
        if row.scope == scope and row.interval.in_force(case.times.index)
    ]


def _facts(case: Case) -> tuple[MemberId, str, str]:
    fields = case.record.fields
    scope = cast(str, fields.get("scope", ""))
    return MemberId(case.record.subject), cast(str, fields["role"]), scope
