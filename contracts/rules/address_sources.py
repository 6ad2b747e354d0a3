"""A02 A03 A04, and the snapshots they come from: what is known of an address, and by whom.

A match is false where both sources name a property unit and not the same one. A new owner ends the
property fact of every certificate of the address; so does coding it anew. Spec:
``docs/spec/addresses.md``.
"""

from typing import Final, cast

from contracts import address_certificate_rows, address_rows, standing
from contracts.address_certificate_rows import PROPERTY
from contracts.address_rows import HeldOwner
from contracts.case import Case
from ledger.codes import Code
from ledger.core.identifiers import Digest
from ledger.errors import Rejected

STANDARD: Final = "address.standard_published"
SHARED: Final = "address.property_shared"
KEEPERS: Final = {
    "enterprise": "market_registrar",
    "property": "property_registry",
    "address": "address_keeper",
}
"""Whose a source is."""
_COUNTY: Final = 6
_UNNAMED: Final = "00"
"""Of a region that is a whole city or province."""


def judge_snapshot(case: Case) -> Rejected | None:
    """Refuse a snapshot of another's source, and one that was taken in the future."""
    fields, world = case.record.fields, case.facts.world
    role = KEEPERS[str(fields["source"])]
    if not standing.holds_role(world, case.state, case.record.issuer, role, case.times):
        return _field(case, "source")
    return _field(case, "taken_ms") if cast(int, fields["taken_ms"]) > case.times.time_ms else None


def judge_standard(case: Case) -> Rejected | None:
    """Refuse a unit of another region, no levels at all, and what takes the place of nothing."""
    record, private = case.record, case.record.private
    if private is None or "level03_district" not in private.names:
        return _field(case, "level03_district")
    old = str(record.fields.get("supersedes", ""))
    if old:
        published = next(case.state.records(old, STANDARD, case.times), None)
        if published is None or old == record.subject:
            return _field(case, "supersedes")
        gone = _check_recoded(case, old)
        if gone is not None:
            return gone
    return _check_unit(case)


def apply_standard(case: Case) -> None:
    """Keep which unit it is; an address that was coded anew has certificates no more."""
    address, unit = str(case.record.subject), case.record.fields.get("property_unit")
    old = str(case.record.fields.get("supersedes", ""))
    if old:
        address_rows.put_recoded(case.state, old, address)
        _end_property(case, old)
    if unit is not None and unit_taken(case, str(unit)) is None:
        address_rows.put_unit(case.state, str(unit), address)


def judge_shared(case: Case) -> Rejected | None:
    """Refuse a unit of another region."""
    return _check_unit(case)


def apply_shared(case: Case) -> None:
    """Keep whose it is; another commitment says that it is another's now."""
    address = str(case.record.subject)
    commitment = Digest(cast(bytes, case.record.fields["owner"]))
    held = address_rows.owner_of(case.state, address)
    if held is not None and held.commitment != commitment:
        _end_property(case, address)
    address_rows.put_owner(case.state, address, HeldOwner(commitment, case.facts.record_id))


def judge_match(case: Case) -> Rejected | None:
    """Refuse what is not between the newest of both, and a match of two different units."""
    gone = _check_recoded(case, str(case.record.subject))
    if gone is not None:
        return gone
    units: set[str] = set()
    cited = {ref.record_id for ref in case.record.refs if ref.relation == "follows"}
    for type_key in (STANDARD, SHARED):
        newest = list(case.state.records(case.record.subject, type_key, case.times))[-1:]
        row = case.state.record(newest[0]) if newest else None
        if row is None or newest[0] not in cited:
            detail = {"type": case.kind.key, "field": type_key, "subject": case.record.subject}
            return Rejected(Code.RECORD_FACT, detail)
        if "property_unit" in row.kept:
            units.add(str(row.kept["property_unit"]))
    if case.record.fields["result"] == "matched" and len(units) > 1:
        return _field(case, "result")
    score = cast(int, case.record.fields["score_permille"])
    return _field(case, "score_permille") if score > 1000 else None


def apply_nothing(_: Case) -> None:
    """Nothing to write beside what the state keeps of every record."""


def unit_taken(case: Case, unit: str) -> str | None:
    """Another address of the unit, which still is one; None where there is none."""
    held = address_rows.address_of_unit(case.state, unit)
    if held is None or held == str(case.record.subject):
        return None
    return held if address_rows.recoded(case.state, held) is None else None


def _check_recoded(case: Case, address: str) -> Rejected | None:
    now = address_rows.recoded(case.state, address)
    return None if now is None else Rejected(Code.ADDRESS_RECODED, {"address": address, "now": now})


def _check_unit(case: Case) -> Rejected | None:
    """A unit number begins with its county, which must lie in the region of the address."""
    unit = str(case.record.fields.get("property_unit", ""))
    region = str(case.record.subject).split("-")[1]
    while region.endswith(_UNNAMED):
        region = region.removesuffix(_UNNAMED)
    fits = not unit or unit[:_COUNTY].startswith(region)
    return None if fits else _field(case, "property_unit")


def _end_property(case: Case, address: str) -> None:
    for record_id, _ in address_certificate_rows.standing_at(case.state, address, case.times):
        address_certificate_rows.end_fact(case.state, record_id, PROPERTY, case.times)


def _field(case: Case, name: str) -> Rejected:
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": name})
