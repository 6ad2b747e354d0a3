"""X17: a principal lets another member act for it, in one project or in all, until a time.

Whether an act on behalf of somebody was covered is the signer alert's question. Spec:
``docs/spec/contracts.md``.
"""

from typing import cast

from contracts import standing
from contracts.case import Case
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.errors import Rejected


def judge(case: Case) -> Rejected | None:
    """Refuse a delegate that is not a member in force."""
    delegate = MemberId(cast(str, case.record.fields["delegate"]))
    if not standing.is_member(case.state, delegate, case.times):
        return Rejected(Code.MEMBER_UNKNOWN, {"member": delegate})
    return None


def apply(case: Case) -> None:
    """Nothing beyond what is kept of every record."""
