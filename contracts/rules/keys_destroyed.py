"""``committee.keys_destroyed``: an organisation states that its node's former keys are destroyed.

That they are, nobody here can see: the organisation answers for it. What can be seen is judged:
that exactly these keys of exactly this node ceased to count, and that it is said once. Spec:
``docs/spec/committee.md``.
"""

from typing import cast

from contracts import committee_rows
from contracts.case import Case
from ledger.codes import Code
from ledger.core.committee_change import step_between
from ledger.core.identifiers import RecordId
from ledger.errors import Rejected


def judge(case: Case) -> Rejected | None:
    """Refuse keys that still count, another's, others than left, and what was said before."""
    record, fields = case.record, case.record.fields
    epoch, node = cast(int, fields["epoch"]), str(fields["node"])
    past = committee_rows.epochs(case.state)
    before, after = past.get(epoch - 1), past.get(epoch)
    if before is None or after is None:
        newest = int(past.newest.epoch)
        return _refused(Code.COMMITTEE_KEYS_COUNT, node=node, epoch=epoch, newest=newest)
    step = step_between(before, after)
    left = step.left
    if left is None or (left.node_id, left.member_id) != (node, record.issuer):
        return _refused(Code.COMMITTEE_KEYS_STAND, node=node, epoch=epoch, member=record.issuer)
    if fields["keys"] != step.keys_left:
        expected = ", ".join(key.hex() for key in step.keys_left)
        return _refused(Code.COMMITTEE_KEYS_OTHER, node=node, expected=expected)
    said = committee_rows.destroyed(case.state, epoch)
    if said is not None:
        return _refused(Code.COMMITTEE_KEYS_SAID, node=node, record=said.hex())
    if cast(int, fields["destroyed_at_ms"]) > record.occurred_at_ms:
        return _refused(Code.RECORD_FIELD_VALUE, type=case.kind.key, field="destroyed_at_ms")
    return None


def apply(case: Case) -> None:
    """Keep that it was said."""
    epoch = cast(int, case.record.fields["epoch"])
    committee_rows.put_destroyed(case.state, epoch, RecordId(case.facts.record_id))


def _refused(code: Code, **detail: str | int) -> Rejected:
    return Rejected(code, detail)
