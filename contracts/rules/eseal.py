"""S01–S06: an electronic seal is applied for, checked, approved, filed, made and published.

Anybody may apply under any id: it belongs to whoever's application is approved and made, so nobody
can keep an id from another by coming first. Who may make and publish is the type's data: one
provincial role each, and anybody else is refused. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final, cast

from contracts import eseal_files, eseal_rows
from contracts.case import Case
from contracts.eseal_files import APPROVED, FILED, Basis
from contracts.eseal_rows import MadeSeal, SealRow
from ledger.codes import Code
from ledger.core.identifiers import Digest, RecordId
from ledger.core.status import SINCE_GENESIS
from ledger.errors import InvariantBroken, Rejected

PERSONAL: Final = "personal_name"


def judge_application(case: Case) -> Rejected | None:
    """Refuse an application for somebody else, a person's name in clear, another's correction."""
    fields = case.record.fields
    if fields.get("on_behalf_of", case.record.issuer) != case.record.issuer:
        return _field(case, "on_behalf_of")
    if fields["seal_type"] == PERSONAL and "name" in fields:
        return _field(case, "name")
    for ref in case.record.refs:
        found = None if ref.network_id else eseal_files.basis(case.state, ref.record_id)
        row = None if found is None else case.state.record(found.application)
        if row is not None and row.issuer != case.record.issuer:
            detail = {"seal": str(case.record.subject), "owner": str(row.issuer)}
            return Rejected(Code.SEAL_OWNER, detail)
    return None


def apply_application(case: Case) -> None:
    """Keep what was applied for with."""
    documents = tuple(item.sha256 for item in case.record.evidence)
    eseal_files.put_material(case.state, case.facts.record_id, documents)


def judge_step(case: Case) -> Rejected | None:
    """Refuse a check or a file of anything but one application."""
    if eseal_files.cited_application(case) is None:
        return _application(case, "application")
    return None


def apply_step(case: Case) -> None:
    """Keep whose application the step is about, and whether a file holds all of it."""
    application = eseal_files.cited_application(case)
    if application is not None:
        whole = not eseal_files.missing(case, application)
        eseal_files.put_basis(case.state, case.facts.record_id, Basis(application, whole))


def judge_approval(case: Case) -> Rejected | None:
    """Refuse to approve a second application under one id."""
    refusal, application = judge_step(case), eseal_files.cited_application(case)
    if refusal is not None or case.record.fields["decision"] != "approved":
        return refusal
    for each in case.state.records(case.record.subject, APPROVED, case.times):
        row, found = case.state.record(each), eseal_files.basis(case.state, each)
        approved = row is not None and row.kept.get("decision") == "approved"
        if approved and found is not None and found.application != application:
            return _application(case, "approved")
    return None


def judge_made(case: Case) -> Rejected | None:
    """Refuse a seal that is not of the one application that was approved and filed whole."""
    fields = case.record.fields
    application = RecordId(cast(bytes, fields["application"]))
    row = case.state.record(application)
    if eseal_files.cited_application(case) != application or row is None:
        return _application(case, "application")
    if not all(_rests_on(case, type_key) for type_key in (APPROVED, FILED)):
        return _application(case, "file")
    return None if row.kept.get("seal_type") == fields["seal_type"] else _field(case, "seal_type")


def _rests_on(case: Case, type_key: str) -> bool:
    """Whether a step of a type is cited, and a file that is cited is whole."""
    for ref in case.record.refs:
        row = None if ref.network_id is not None else case.state.record(ref.record_id)
        if row is None or row.type != type_key or not row.in_force(case.times):
            continue
        found = eseal_files.basis(case.state, ref.record_id)
        return found is not None and (found.whole or type_key != FILED)
    return False


def apply_made(case: Case) -> None:
    """Keep whose seal it is, with image and certificate, for the status that is published of it."""
    fields = case.record.fields
    application = case.state.record(RecordId(cast(bytes, fields["application"])))
    if application is None:
        raise InvariantBroken("a seal is made that nobody applied for")
    what = MadeSeal(
        application.issuer,
        str(fields["seal_type"]),
        Digest(cast(bytes, fields["image"])),
        Digest(cast(bytes, fields["seal_certificate"])),
    )
    eseal_rows.put_made(case.state, case.record.subject, what)


def apply_published(case: Case) -> None:
    """Begin the seal's first spell: valid."""
    state, seal = case.state, str(case.record.subject)
    found = eseal_rows.made(state, seal)
    if found is None:
        raise InvariantBroken("a seal is published that was not made")
    status, by = str(case.record.fields["status"]), case.facts.record_id
    about = (found.owner, found.image, found.certificate, by)
    eseal_rows.begin(state, SealRow(SINCE_GENESIS, seal, status, *about), case.times)


def judge_nothing(_: Case) -> Rejected | None:
    """All that is refused is said by data."""
    return None


def apply_nothing(_: Case) -> None:
    """Nothing to write beside what the state keeps of every record."""


def _application(case: Case, what: str) -> Rejected:
    detail = {"seal": str(case.record.subject), "what": what}
    return Rejected(Code.SEAL_APPLICATION, detail)


def _field(case: Case, name: str) -> Rejected:
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": name})
