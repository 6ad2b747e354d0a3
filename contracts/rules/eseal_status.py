"""S16–S19: a seal is suspended, resumed, revoked and replaced; each begins a spell of its status.

The owner may stop its own seal at once, and so may the supervisor, the publisher and the department
that approves; only the last two let it go on again, or end it. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import replace
from typing import Final

from contracts import eseal_rows, standing
from contracts.case import Case
from contracts.eseal_rows import REVOKED, SUSPENDED, VALID
from contracts.schema import ANY_MEMBER
from ledger.codes import Code
from ledger.errors import InvariantBroken, Rejected

_BEFORE: Final = {
    "seal.suspended": (VALID,),
    "seal.resumed": (SUSPENDED,),
    "seal.revoked": (VALID, SUSPENDED),
    "seal.reissued": (REVOKED,),
}
"""The states on which each may follow."""
_AFTER: Final = {"seal.suspended": SUSPENDED, "seal.resumed": VALID, "seal.revoked": REVOKED}


def judge_suspension(case: Case) -> Rejected | None:
    """Refuse a suspension by a member that is neither the owner nor holds one of the roles."""
    owner = eseal_rows.owner_of(case.state, case.record.subject)
    if owner != case.record.issuer and not _holds_role(case):
        detail = {"seal": str(case.record.subject), "owner": str(owner)}
        return Rejected(Code.SEAL_OWNER, detail)
    return judge_change(case)


def judge_change(case: Case) -> Rejected | None:
    """Refuse what cannot follow on the status that the seal has."""
    found = eseal_rows.status_at(case.state, case.record.subject, case.times.index)
    if found in _BEFORE[case.record.type]:
        return None
    detail = {
        "seal": str(case.record.subject),
        "status": found or "none",
        "type": case.record.type,
    }
    return Rejected(Code.SEAL_STATE, detail)


def apply_change(case: Case) -> None:
    """End the spell that lasts, and begin the next."""
    before = eseal_rows.lasting(case.state, case.record.subject)
    if before is None:
        raise InvariantBroken("the status of a seal changes that has none")
    after = replace(before, status=_AFTER[case.record.type], published_by=case.facts.record_id)
    eseal_rows.begin(case.state, after, case.times)


def judge_reissue(case: Case) -> Rejected | None:
    """Refuse a successor of another owner, and the seal itself."""
    refusal = judge_change(case)
    if refusal is not None:
        return refusal
    seal, successor = str(case.record.subject), str(case.record.fields["successor"])
    owner = eseal_rows.owner_of(case.state, seal)
    if successor != seal and eseal_rows.owner_of(case.state, successor) == owner:
        return None
    return Rejected(Code.SEAL_OWNER, {"seal": successor, "owner": str(owner)})


def _holds_role(case: Case) -> bool:
    roles = [each.role for each in case.kind.issuers if each.role != ANY_MEMBER]
    return any(
        standing.holds_role(case.facts.world, case.state, case.record.issuer, role, case.times)
        for role in roles
    )
