"""Further signers: which confirmations count, and when the last one is in.

A record has one issuer. Where its type asks for more, each further signer submits
``ledger.confirmed``, and the record takes effect at the position of the last one. Spec:
``docs/spec/contracts.md``.
"""

from dataclasses import replace
from typing import Final, cast

from contracts import committee_rows, evaluation_rows, standing
from contracts.case import Case
from contracts.judging import world_of
from contracts.schema import ConfirmedBy, RecordType, holds
from contracts.verdict import Facts, World
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.record import Record, decode_record
from ledger.errors import InvariantBroken, Rejected

CONFIRMED: Final = "ledger.confirmed"
"""Key of the type by which further signers sign."""
EPOCH: Final = "epoch"
PANEL: Final = "panel"
FIELD: Final = "field:"


def asked_of(kind: RecordType, record: Record) -> ConfirmedBy | None:
    """The confirmations that `record` awaits; None where it takes effect at once."""
    wanted = kind.confirmed_by
    return wanted if wanted is not None and holds(wanted.when, record.fields) else None


def judge(case: Case) -> Rejected | Case | None:
    """Judge a confirmation.

    Returns:
        `Rejected` where it is not awaited, given twice, or in no role that counts; the awaited
        record, at the position where it would take effect, where this confirmation is the last;
        None where more are needed.
    """
    cited = [ref for ref in case.record.refs if ref.relation == "confirms"]
    if len(cited) != 1 or cited[0].network_id is not None:
        return _refused(case, cited[0].record_id if cited else None)
    record_id, member = cited[0].record_id, case.record.issuer
    awaited = awaited_case(case, record_id)
    if awaited is None:
        return _refused(case, record_id)
    roles = roles_that_count(awaited, member)
    given = dict(case.state.confirmations(record_id))
    if not roles or member in given or awaited.record.subject != case.record.subject:
        return _refused(case, record_id)
    # What is for one epoch of the committee is confirmed for that epoch, and before it begins.
    named = awaited.record.fields.get(EPOCH)
    if named != case.record.fields.get(EPOCH):
        return _refused(case, record_id)
    if named is not None:
        expected = committee_rows.epochs(case.state).newest.epoch + 1
        if named != expected:
            detail = {"found": cast(int, named), "expected": expected}
            return Rejected(Code.COMMITTEE_EPOCH, detail)
    return awaited if complete(awaited, {**given, member: frozenset(roles)}) else None


def awaited_case(case: Case, record_id: RecordId) -> Case | None:
    """The awaiting record as it would take effect at the position of `case`.

    It is judged by the version that let it enter, whatever its subject took since.
    """
    data, row = case.state.awaiting(record_id), case.state.record(record_id)
    if data is None or row is None:
        return None
    record = decode_record(data, case.facts.world.parameters)
    world = world_of(case.facts.world, record, row.entered.index, case.state)
    kind = world.catalogue.types.get(record.type)
    if kind is None:
        raise InvariantBroken(f"a record of unknown type {record.type} awaits confirmation")
    facts = Facts(record_id, None, world)
    return replace(case, record=record, kind=kind, facts=facts)


def roles_that_count(awaited: Case, member: MemberId) -> tuple[str, ...]:
    """The roles in which a confirmation by `member` counts for the record."""
    wanted = asked_of(awaited.kind, awaited.record)
    if wanted is None or (member == awaited.record.issuer and not wanted.counts_issuer):
        return ()
    if wanted.of and member not in _members(awaited, wanted):
        return ()
    world, state, as_of = awaited.facts.world, awaited.state, awaited.times
    return tuple(
        role for role in wanted.roles if standing.holds_role(world, state, member, role, as_of)
    )


def complete(awaited: Case, given: dict[str, frozenset[str]]) -> bool:
    """Whether the confirmations `given`, by member, are enough."""
    wanted = asked_of(awaited.kind, awaited.record)
    if wanted is None:
        return True
    if wanted.mode == "all":
        return frozenset(wanted.roles) <= frozenset[str]().union(*given.values())
    if wanted.mode == "each":
        refused = cast("tuple[str, ...]", awaited.record.fields.get(wanted.but, ()))
        return _members(awaited, wanted) - {awaited.record.issuer, *refused} <= given.keys()
    if wanted.mode == "majority":
        members = _members(awaited, wanted)
        return 2 * len(members & {*given, awaited.record.issuer}) > len(members)
    needed = _needed(wanted, awaited.facts.world)
    return len(given) >= needed


def _members(awaited: Case, wanted: ConfirmedBy) -> frozenset[str]:
    """The members of whom confirmations are asked."""
    if wanted.of == PANEL:
        panel = evaluation_rows.panel(awaited.state, awaited.record.subject)
        return frozenset(panel.members if panel is not None else ())
    return frozenset({str(awaited.record.fields.get(wanted.of.removeprefix(FIELD), ""))})


def _needed(wanted: ConfirmedBy, world: World) -> int:
    """How many members must confirm; 0 in the data stands for the committee's quorum."""
    if wanted.mode == "any":
        return 1
    return wanted.k or world.quorum_count


def _refused(case: Case, record_id: RecordId | None) -> Rejected:
    named = record_id.hex() if record_id else ""
    return Rejected(Code.RECORD_CONFIRMATION, {"issuer": case.record.issuer, "record": named})
