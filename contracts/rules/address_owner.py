"""A05 A15, and receipts of owners: who opens the commitment of an address speaks for it.

Whoever cannot open it is refused, whatever it is called; whoever acts for the owner without a
delegation is named by AL05, and its word counts for nothing. A denial or an objection ends the
owner's will on the certificates it is about. Spec: ``docs/spec/addresses.md``.
"""

from typing import Final, cast

from contracts import address_certificate_rows, address_rows, standing
from contracts.address_certificate_rows import WILL
from contracts.address_rows import OwnersWord
from contracts.case import Case
from contracts.rules.delegation import is_delegated
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.owner import owner_commitment
from ledger.errors import Rejected

USE: Final = "address.use_certified"
DENIED: Final = "denied"


def judge_word(case: Case) -> Rejected | None:
    """Refuse a stranger, a word about nobody, and one that is over before it is said."""
    fields = case.record.fields
    applicant = MemberId(cast(str, fields["applicant"]))
    if not standing.is_member(case.state, applicant, case.times):
        return Rejected(Code.MEMBER_UNKNOWN, {"member": applicant})
    until_ms = fields.get("until_ms")
    if isinstance(until_ms, int) and until_ms <= case.times.time_ms:
        return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": "until_ms"})
    return check_owner(case)


def apply_word(case: Case) -> None:
    """Keep the owner's word; a denial ends its will on what the applicant has."""
    if not speaks_for_owner(case):
        return
    record, state = case.record, case.state
    address, applicant = str(record.subject), str(record.fields["applicant"])
    held = address_rows.owner_of(state, address)
    if held is None:
        return
    decision = str(record.fields["decision"])
    word = OwnersWord(case.facts.record_id, decision, held.commitment)
    address_rows.put_word(state, address, applicant, word)
    address_rows.put_owned(state, principal_of(case), address, held.commitment)
    if decision == DENIED:
        end_will(case, applicant)


def judge_objection(case: Case) -> Rejected | None:
    """Refuse a stranger."""
    return check_owner(case)


def apply_objection(case: Case) -> None:
    """End the owner's will on what the registration rests on, and keep which one that is."""
    for ref in case.record.refs:
        registration = address_rows.behind(case.state, ref.record_id)
        row = None if registration is None else case.state.record(registration)
        if ref.relation != "follows" or registration is None or row is None:
            continue
        address_rows.put_behind(case.state, case.facts.record_id, registration)
        if speaks_for_owner(case):
            end_will(case, str(row.kept["applicant"]))


def end_will(case: Case, applicant: str) -> None:
    """End the owner's will on the certificates of an applicant at the record's address."""
    for record_id in case.state.open(case.record.subject, USE, case.times):
        row = case.state.record(record_id)
        if row is not None and row.kept.get("applicant") == applicant:
            address_certificate_rows.end_fact(case.state, record_id, WILL, case.times)


def check_owner(case: Case) -> Rejected | None:
    """Refuse a salt that does not open the commitment of the address for who is spoken of."""
    address = str(case.record.subject)
    held = address_rows.owner_of(case.state, address)
    salt = cast(bytes, case.record.fields.get("owner_salt", b""))
    network = case.facts.world.network_id
    opened = owner_commitment(network, address, principal_of(case), salt)
    if held is not None and held.commitment == opened:
        return None
    detail = {"address": address, "member": str(principal_of(case))}
    return Rejected(Code.ADDRESS_OWNER, detail)


def speaks_for_owner(case: Case) -> bool:
    """Whether the issuer, who opened the commitment, is the owner or its delegate now."""
    principal, issuer = principal_of(case), case.record.issuer
    if principal == issuer:
        return True
    subject = case.record.subject
    return is_delegated(case.state, principal, issuer, subject, case.times, case.limit_ms)


def principal_of(case: Case) -> MemberId:
    """For whom the record is said."""
    return MemberId(cast(str, case.record.fields.get("on_behalf_of", case.record.issuer)))


def registration_behind(case: Case, relation: str) -> RecordId | None:
    """The registration that the first record cited so has behind it."""
    for ref in case.record.refs:
        if ref.relation == relation and ref.network_id is None:
            found = address_rows.behind(case.state, ref.record_id)
            if found is not None:
                return found
    return None
