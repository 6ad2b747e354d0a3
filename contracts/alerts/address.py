"""AL31 AL32 AL33: an address coded or occupied too often, an owner's no, a commitment proved false.

The clock raises AL32 too, where an owner says nothing about what was certified without its word.
Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts import address_rows
from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.rules.address_owner import DENIED, USE, registration_behind, speaks_for_owner
from contracts.rules.address_sources import SHARED, STANDARD, unit_taken
from contracts.verdict import Raised
from ledger.core.identifiers import MemberId, RecordId

REGISTERED: Final = "address.registered"
WORD: Final = "address.owner_confirmed"
OBJECTION: Final = "address.owner_objected"
INSPECTED: Final = "address.inspected"
FALSE: Final = "address.false_commitment"


def occupied(case: Case) -> Raised | None:
    """AL31: a second address of one unit, a second residence, or too many premises."""
    if case.record.type == REGISTERED:
        return _crowded(case)
    unit = _unit(case)
    if unit is not None and unit_taken(case, unit) is not None and not _supersedes(case):
        return raised(case, "AL31", "unit_of_another")
    return None


def owner_will(case: Case) -> Raised | None:
    """AL32: the owner, or its delegate, denies or objects."""
    record = case.record
    denied = record.type == WORD and record.fields["decision"] == DENIED
    if not denied and record.type != OBJECTION:
        return None
    if not speaks_for_owner(case):
        return None
    # It is about what the owner denies, and about the applicant: who says so is not for the public.
    applicant = str(record.fields["applicant"]) if denied else _objected_to(case)
    because = "owner_denies" if denied else "owner_objects"
    rests_on = (case.facts.record_id,)
    return Raised("AL32", record.subject, USE, MemberId(applicant), because, rests_on)


def _objected_to(case: Case) -> str:
    """The applicant whose registration an objection is about."""
    registration = registration_behind(case, "follows")
    row = None if registration is None else case.state.record(registration)
    return "" if row is None else str(row.kept["applicant"])


def false_commitment(case: Case) -> Raised | None:
    """AL33: an inspection finds a commitment false, or an objection against it was upheld."""
    if case.record.type == INSPECTED and case.record.fields["result"] == "false":
        return _found_false(case)
    if case.record.type != FALSE or _inspected(case):
        # What an inspection found was told then.
        return None
    member = MemberId(str(case.record.fields["member"]))
    return raised(case, "AL33", "commitment_false", member=member)


def _crowded(case: Case) -> Raised | None:
    record, state = case.record, case.state
    most = case.facts.world.catalogue.alerts["AL31"].parameters["premises_most"]
    residences: list[RecordId] = []
    premises = {str(record.fields["applicant"])}
    for each in state.open(record.subject, REGISTERED, case.times):
        row = state.record(each)
        if row is None or row.kept["applicant"] == record.fields["applicant"]:
            continue
        if row.kept["use"] == "residence":
            residences.append(each)
        else:
            premises.add(str(row.kept["applicant"]))
    if record.fields["use"] == "residence":
        return raised(case, "AL31", "residence_taken", *residences[:1]) if residences else None
    return raised(case, "AL31", "over_occupied") if len(premises) > most else None


def _unit(case: Case) -> str | None:
    """The unit that the record is about: its own, or that of the property it matches."""
    if case.record.type == STANDARD:
        own = case.record.fields.get("property_unit")
        return None if own is None else str(own)
    for ref in case.record.refs:
        row = case.state.record(ref.record_id) if ref.network_id is None else None
        if row is not None and row.type == SHARED and "property_unit" in row.kept:
            return str(row.kept["property_unit"])
    return None


def _supersedes(case: Case) -> bool:
    """Whether the record takes the place of the address that has the unit."""
    old = case.record.fields.get("supersedes")
    return old is not None and old == unit_taken(case, _unit(case) or "")


def _found_false(case: Case) -> Raised | None:
    """The alert about who committed, where the registration rests on a commitment."""
    for ref in case.record.refs:
        row = case.state.record(ref.record_id) if ref.network_id is None else None
        if row is None or row.type != REGISTERED:
            continue
        certificate = address_rows.behind(case.state, ref.record_id)
        held = None if certificate is None else case.state.record(certificate)
        if held is not None and held.kept.get("route") == "commitment":
            member = MemberId(str(row.kept["applicant"]))
            return raised(case, "AL33", "inspection_false", member=member)
    return None


def _inspected(case: Case) -> bool:
    rows = (case.state.record(ref.record_id) for ref in case.record.refs)
    return any(row is not None and row.type == INSPECTED for row in rows)
