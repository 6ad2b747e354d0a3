"""X17: a principal lets another member act for it, in one project or in all, until a time.

The last delegation to a delegate for a project is the principal's word about it; an earlier one
counts again only where the later is voided. Whether an act on behalf of somebody was covered is the
signer alert's question. Spec: ``docs/spec/contracts.md``.
"""

from typing import cast

from contracts import standing
from contracts.case import Case
from contracts.shape import is_plain
from contracts.state import State, seen_from
from contracts.verdict import Times
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.errors import InvariantBroken, Rejected


def judge(case: Case) -> Rejected | None:
    """Refuse a delegate that is not a member in force, and a project that cannot be one."""
    delegate = MemberId(cast(str, case.record.fields["delegate"]))
    if not standing.is_member(case.state, delegate, case.times):
        return Rejected(Code.MEMBER_UNKNOWN, {"member": delegate})
    if not is_plain(_project(case)):
        detail = {"type": case.kind.key, "field": "project"}
        return Rejected(Code.RECORD_FIELD_VALUE, detail)
    return None


def is_delegated(
    state: State, principal: str, delegate: str, subject: str, as_of: Times, limit_ms: int
) -> bool:
    """Whether a principal's delegation to a member covers a subject.

    Args:
        state: the state.
        principal: who delegated.
        delegate: who acts.
        subject: what is acted on; a delegation for its project covers it too.
        as_of: the act's position.
        limit_ms: delegations that ended before this moment are over, grace included.
    """
    for project in ("", *seen_from(subject)):
        row = state.delegation(principal, delegate, project, as_of)
        if row is not None:
            until_ms = row.kept.get("until_ms")
            if not isinstance(until_ms, int) or limit_ms <= until_ms:
                return True
    return False


def apply(case: Case) -> None:
    """List the delegation as its principal's newest for that project."""
    row = case.state.record(case.facts.record_id)
    if row is None:
        raise InvariantBroken("a delegation takes effect without its row")
    delegate = cast(str, case.record.fields["delegate"])
    case.state.put_delegation(row, delegate, _project(case), case.facts.record_id)


def _project(case: Case) -> str:
    """The project it is for; empty for all of them."""
    return cast(str, case.record.fields.get("project", ""))
