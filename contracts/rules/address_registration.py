"""A11 A12 A13 A14: a certificate is called once, serves one registration, and both sides are told.

Who says that it was told is the one who was: a notice without a receipt of its own stays the
registrar's word, and the clock of the receipt runs on. Spec: ``docs/spec/addresses.md``.
"""

from typing import Final, cast

from contracts import address_certificate_rows, address_rows, standing
from contracts.case import Case
from contracts.rules.address_owner import check_owner
from contracts.rules.negative_list import newer_list
from contracts.verdict import RecordRow
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.errors import Rejected

USE: Final = "address.use_certified"
CHECK: Final = "address.negative_list_checked"
CALLED: Final = "address.certificate_called"
OWNER_NOTICE: Final = "address.owner_notified"
SUPERVISORS: Final = ("address_supervisor", "supervisor")
WITNESSES: Final = ("notary", "court")
"""Who may say that a notice was served on somebody else."""


def judge_called(case: Case) -> Rejected | None:
    """Refuse certificates that are not valid now, of another applicant or use, or called before."""
    certificates = _cited(case, address_certificate_rows.CERTIFIED)
    for record_id, row in certificates.items():
        lacks = address_certificate_rows.lacking(case.state, record_id, case.times, case.limit_ms)
        if lacks is not None:
            return _certificate(record_id, lacks)
        if row.type == USE:
            refusal = _check_use(case, record_id, row)
            if refusal is not None:
                return refusal
    return None if len(certificates) == 2 else _refs(case, "follows")


def apply_called(case: Case) -> None:
    """Keep that the certificate has served."""
    for record_id, row in _cited(case, (USE,)).items():
        if row.type == USE:
            address_certificate_rows.put_called(case.state, record_id, case.facts.record_id)
            address_rows.put_behind(case.state, case.facts.record_id, record_id)


def judge_registered(case: Case) -> Rejected | None:
    """Refuse another applicant or use than was called, a second one, and nobody to supervise it."""
    (cited,) = _cited(case, (CALLED,)).items()
    record_id, row = cited
    for name in ("applicant", "use"):
        if row.kept.get(name) != case.record.fields[name]:
            return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": name})
    if next(case.state.citing(record_id, case.kind.key, case.times), None) is not None:
        return _certificate(record_id, "called")
    certificate = address_rows.behind(case.state, record_id)
    lacks = (
        "certificate"
        if certificate is None
        else address_certificate_rows.lacking(case.state, certificate, case.times, case.limit_ms)
    )
    if lacks is not None:
        return _certificate(certificate or record_id, lacks)
    return _check_department(case, "supervised_by")


def apply_registered(case: Case) -> None:
    """Keep on which certificate it rests."""
    for record_id in _cited(case, (CALLED,)):
        certificate = address_rows.behind(case.state, record_id)
        if certificate is not None:
            address_rows.put_behind(case.state, case.facts.record_id, certificate)


def judge_owner_notice(_: Case) -> Rejected | None:
    """Nothing is refused that data does not refuse."""
    return None


def judge_supervisor_notice(case: Case) -> Rejected | None:
    """Refuse a notice to anyone but who supervises what was registered."""
    for row in _cited(case, ("address.registered",)).values():
        if row.kept.get("supervised_by") != case.record.fields["department"]:
            return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": "department"})
    return None


def apply_notice(case: Case) -> None:
    """Keep which registration it is about."""
    for record_id in _cited(case, ("address.registered",)):
        address_rows.put_behind(case.state, case.facts.record_id, record_id)


def judge_receipt(case: Case) -> Rejected | None:
    """Refuse the receipt of anyone but who was told, or of who witnessed that it was."""
    if any(_holds(case, case.record.issuer, role) for role in WITNESSES):
        detail: dict[str, str | int] = {"type": case.kind.key, "least": 1}
        missing = Rejected(Code.RECORD_EVIDENCE_MISSING, detail)
        return None if case.record.evidence else missing
    for record_id, row in _cited(case, (), "answers").items():
        if row.type == OWNER_NOTICE:
            refusal = check_owner(case)
            if refusal is not None:
                return refusal
        elif row.kept.get("department") != case.record.issuer:
            whose = {"type": case.kind.key, "issuer": str(case.record.issuer)}
            return Rejected(Code.RECORD_NOT_CONCERNED, {**whose, "record": record_id.hex()})
    return None


def apply_nothing(_: Case) -> None:
    """Nothing to write beside what data says."""


def _check_use(case: Case, record_id: RecordId, row: RecordRow) -> Rejected | None:
    """One applicant, one use, once; and no newer list that nobody asked about the address."""
    for name in ("applicant", "use"):
        if row.kept.get(name) != case.record.fields[name]:
            return _certificate(record_id, name)
    if address_certificate_rows.called_by(case.state, record_id) is not None:
        return _certificate(record_id, "called")
    held = address_certificate_rows.certificate(case.state, record_id)
    versions = {} if held is None else {str(held.list_id): held.list_version}
    for check in _cited(case, (CHECK,)).values():
        versions[str(check.kept["list"])] = cast(int, check.kept["version"])
    for listed, version in versions.items():
        refusal = newer_list(case, listed, cast(int, version))
        if refusal is not None:
            return refusal
    return None


def _check_department(case: Case, field: str) -> Rejected | None:
    member = MemberId(cast(str, case.record.fields[field]))
    if any(_holds(case, member, role) for role in SUPERVISORS):
        return None
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": field})


def _holds(case: Case, member: MemberId, role: str) -> bool:
    return standing.holds_role(case.facts.world, case.state, member, role, case.times)


def _cited(
    case: Case, types: tuple[str, ...], relation: str = "follows"
) -> dict[RecordId, RecordRow]:
    """The records of some types, or of any, that are cited so, in order."""
    found: dict[RecordId, RecordRow] = {}
    for ref in case.record.refs:
        row = case.state.record(ref.record_id) if ref.network_id is None else None
        if ref.relation == relation and row is not None and (not types or row.type in types):
            found[ref.record_id] = row
    return found


def _certificate(record_id: RecordId, what: str) -> Rejected:
    return Rejected(Code.ADDRESS_CERTIFICATE, {"record": record_id.hex(), "what": what})


def _refs(case: Case, relation: str) -> Rejected:
    return Rejected(Code.RECORD_REFS, {"type": case.kind.key, "relation": relation})
