"""``ledger.clock_reported``: what an organisation says of the clock of a node that it runs.

Whether it is true nobody here can see: the organisation answers for it. What contradicts itself, is
about another's node, or comes again too soon is refused. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final, cast

from contracts import clock_rows, committee_rows, standing
from contracts.case import Case
from contracts.shape import is_plain
from ledger.codes import Code
from ledger.core.identifiers import NodeId
from ledger.errors import Rejected

PER_DAY_MAX: Final = 144
"""Reports of one node in a day: one in ten minutes, so that a clock that wavers fills no ledger."""
OBSERVER: Final = "observer"
STRATUM_MAX: Final = 15
"""16 says that a clock hangs on nothing (RFC 5905)."""
OBSERVERS_MAX: Final = 16
"""Names of observers of one organisation that anybody keeps."""


def judge(case: Case) -> Rejected | None:
    """Refuse another's node, words that exclude each other, and a report too soon after another."""
    record, fields = case.record, case.record.fields
    node = cast(str, fields["node"])
    if not _runs(case, node):
        return Rejected(Code.CLOCK_NODE, {"node": node, "member": record.issuer})
    wrong = _contradiction(case)
    if wrong:
        return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": wrong})
    last = clock_rows.reported(case.state, record.issuer, node)
    least_ms = case.facts.world.parameters.day_ms // PER_DAY_MAX
    if last is not None and case.times.time_ms < last.time_ms + least_ms:
        return Rejected(Code.CLOCK_OFTEN, {"node": node, "least_ms": least_ms})
    return None


def apply(case: Case) -> None:
    """Keep which report of this node entered last, and when."""
    record, at_ms = case.record, case.times.time_ms
    node = cast(str, record.fields["node"])
    row = clock_rows.Reported(record.issuer, node, at_ms, case.facts.record_id)
    clock_rows.put_reported(case.state, row)


def _runs(case: Case, node: str) -> bool:
    """Whether the issuer answers for the node: the committee says so, or it is an observer's."""
    committee = committee_rows.epochs(case.state).newest
    if node in committee:
        return committee.node(NodeId(node)).member_id == case.record.issuer
    return is_plain(node) and _observes(case, node)


def _observes(case: Case, node: str) -> bool:
    """Whether the issuer may have an observer of that name: it names few."""
    world, state, issuer = case.facts.world, case.state, case.record.issuer
    if not standing.holds_role(world, state, issuer, OBSERVER, case.times):
        return False
    named = {row.node for row in clock_rows.reported_by(state, issuer)}
    return node in named or len(named) < OBSERVERS_MAX


def _contradiction(case: Case) -> str:
    """The first field that does not go with the others; empty where none is."""
    fields, at_ms = case.record.fields, case.record.occurred_at_ms
    bounds = ("slow_most_ms", "fast_most_ms")
    if fields["time_source"] == "unknown" and fields["in_step"] != "unknown":
        return "in_step"
    if fields["in_step"] != "yes" and any(name in fields for name in (*bounds, "stratum")):
        # A clock that nothing keeps in step has no bound that anybody could know.
        return "in_step"
    if len([name for name in bounds if name in fields]) == 1:
        return "slow_most_ms"
    if cast(int, fields.get("stratum", 1)) > STRATUM_MAX:
        return "stratum"
    if cast(int, fields.get("synchronised_at_ms", at_ms)) > at_ms:
        return "synchronised_at_ms"
    return ""
