"""``ledger.misconduct``: two signed statements of one committee key that no honest node makes.

The evidence judges itself: whoever submits it, it is accepted where the key of that epoch's
committee signed both statements and they are a Fault, and refused otherwise. One Fault of a kind at
one place is enough. Spec: ``docs/spec/misconduct.md``.
"""

from typing import Final, cast

from contracts import committee_rows
from contracts.case import Case
from ledger.codes import Code
from ledger.core.misconduct import Fault, decode_fault
from ledger.errors import InvariantBroken, LedgerError, Rejected

_KNOWN: Final = b"misconduct/"


def judge(case: Case) -> Rejected | None:
    """Refuse what is no Fault, is told otherwise than it is, or is on the ledger already."""
    try:
        fault = decode_fault(cast(bytes, case.record.fields["proof"]))
        committee = committee_rows.epochs(case.state).get(fault.epoch)
        if committee is None:
            return Rejected(Code.FAULT_EPOCH, {"found": fault.epoch, "expected": "–"})
        fault.verify(case.facts.world.network_id, committee)
    except LedgerError as problem:
        return problem.rejected()
    told = {"node": fault.node, "fault": fault.kind.value, "epoch": fault.epoch}
    for name, value in told.items():
        if case.record.fields[name] != value:
            detail = {"type": case.kind.key, "field": name}
            return Rejected(Code.RECORD_FIELD_VALUE, detail)
    member = committee.node(fault.node).member_id
    if str(case.record.subject) != member:
        detail = {"type": case.kind.key, "subject": case.record.subject}
        return Rejected(Code.RECORD_SUBJECT, detail)
    if case.state.overlay.get(_KNOWN + _place(fault)) is not None:
        return Rejected(Code.FAULT_KNOWN, {"node": fault.node, "kind": fault.kind.value})
    return None


def apply(case: Case) -> None:
    """Keep which Fault is on the ledger, so that it enters once."""
    try:
        fault = decode_fault(cast(bytes, case.record.fields["proof"]))
    except LedgerError as problem:
        raise InvariantBroken("evidence was judged fit that does not decode") from problem
    case.state.overlay.put(_KNOWN, _place(fault), case.facts.record_id)


def _place(fault: Fault) -> bytes:
    """Node, kind and place: one key for all evidence that says the same."""
    return "/".join((fault.node, fault.kind.value, *map(str, (fault.epoch, *fault.place)))).encode()
