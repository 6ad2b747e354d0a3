"""A09 A10 A17: the certificates of an address; one whose preconditions fail is refused.

Two facts stand on a use-right certificate (双真实): the property, as the registry last shared it,
and the owner's will, or the applicant's commitment in its place. Each must be cited, be the newest
of its kind, and rest on the other. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from typing import Final, cast

from contracts import address_rows
from contracts.address_certificate_rows import (
    PROPERTY,
    WILL,
    certificate,
    discredited,
    end_certificate,
    lacking,
    put_certificate,
    put_fact,
)
from contracts.case import Case
from contracts.rules.address_owner import DENIED
from contracts.rules.negative_list import newer_list
from contracts.verdict import RecordRow
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.errors import Rejected

SHARED: Final = "address.property_shared"
MATCH: Final = "address.matched"
CHECK: Final = "address.negative_list_checked"
WILLS: Final = {"owner": "address.owner_confirmed", "commitment": "address.commitment"}
"""What stands for the owner's will, by route."""


def judge_property(case: Case) -> Rejected | None:
    """Refuse a certificate without the newest property fact and a match that rests on it."""
    return _check_property(case)


def apply_property(case: Case) -> None:
    """Begin the certificate and its fact."""
    about = (str(case.record.subject), "property", None, None, None, None)
    put_certificate(case.state, case.facts.record_id, about, case.times)
    _put_property(case)


def judge_use(case: Case) -> Rejected | None:
    """Refuse a certificate whose property, will or list check is not there, newest and for it."""
    fields = case.record.fields
    refusal = _check_property(case) or _check_will(case)
    if refusal is not None:
        return refusal
    row = _cited(case, "list_check", CHECK)
    listed, version = str(fields["list"]), cast(int, fields["list_version"])
    if row is None or (row.kept.get("list"), row.kept.get("version")) != (listed, version):
        return _wrong(case, "list_check")
    return newer_list(case, listed, version)


def apply_use(case: Case) -> None:
    """Begin the certificate and both facts."""
    fields = case.record.fields
    said = tuple(fields.get(name) for name in ("applicant", "list", "list_version", "until_ms"))
    about = (str(case.record.subject), "use", *said)
    put_certificate(case.state, case.facts.record_id, about, case.times)
    _put_property(case)
    will = cast(bytes, fields["owner_will"])
    put_fact(case.state, case.facts.record_id, WILL, will, case.times)


def judge_revoked(case: Case) -> Rejected | None:
    """Refuse the end of another platform's certificate, of an ended one, and a wrong successor."""
    for record_id, row in _certificates(case):
        if row.issuer != case.record.issuer:
            return Rejected(Code.RECORD_NOT_AUTHOR, {"record": record_id.hex()})
        held = certificate(case.state, record_id)
        if held is None or not held.interval.in_force(case.times.index):
            return _not_valid(record_id, "certificate")
    after = case.record.fields.get("superseded_by")
    if (case.record.fields["action"] == "superseded") != (after is not None):
        return _wrong(case, "superseded_by")
    return None if after is None else _check_successor(case, RecordId(cast(bytes, after)))


def apply_revoked(case: Case) -> None:
    """End the certificates; whether their facts still hold is another question."""
    for record_id, _ in _certificates(case):
        end_certificate(case.state, record_id, case.times)


def _check_successor(case: Case, record_id: RecordId) -> Rejected | None:
    """What takes the place of certificates is another of their kind, and valid."""
    row = case.state.record(record_id)
    ended = dict(_certificates(case))
    fits = row is not None and all(each.type == row.type for each in ended.values())
    if not fits or record_id in ended:
        return _wrong(case, "superseded_by")
    lacks = lacking(case.state, record_id, case.times, case.limit_ms)
    return None if lacks is None else _not_valid(record_id, lacks)


def _certificates(case: Case) -> Iterator[tuple[RecordId, RecordRow]]:
    for ref in case.record.refs:
        row = case.state.record(ref.record_id) if ref.network_id is None else None
        if row is not None and ref.relation == "follows":
            yield ref.record_id, row


def _put_property(case: Case) -> None:
    stated_by = cast(bytes, case.record.fields["property_fact"])
    put_fact(case.state, case.facts.record_id, PROPERTY, stated_by, case.times)


def _check_property(case: Case) -> Rejected | None:
    stated_by = RecordId(cast(bytes, case.record.fields["property_fact"]))
    address = str(case.record.subject)
    now = address_rows.recoded(case.state, address)
    if now is not None:
        return Rejected(Code.ADDRESS_RECODED, {"address": address, "now": now})
    newest = address_rows.owner_of(case.state, address)
    cited = _cited(case, "property_fact", SHARED)
    if cited is None or newest is None or newest.shared_by != stated_by:
        return _wrong(case, "property_fact")
    return None if any(_matches(case)) else _wrong(case, "property_fact")


def _check_will(case: Case) -> Rejected | None:
    """The owner's newest word for this applicant and use, or the applicant's own commitment."""
    fields, address = case.record.fields, str(case.record.subject)
    route, applicant = str(fields["route"]), str(fields["applicant"])
    will = RecordId(cast(bytes, fields["owner_will"]))
    row = _cited(case, "owner_will", WILLS[route])
    if row is None or row.kept.get("use") != fields["use"] or not _rests(case, row, WILLS[route]):
        return _wrong(case, "owner_will")
    if row.kept.get("until_ms") != fields.get("until_ms"):
        return _wrong(case, "until_ms")
    word = address_rows.owners_word(case.state, address, applicant)
    owner = address_rows.owner_of(case.state, address)
    if word is not None and (owner is None or owner.commitment != word.commitment):
        # It was said by who owns the address no more.
        word = None
    if route == "owner":
        return None if word is not None and word.said_by == will else _wrong(case, "owner_will")
    if row.issuer != applicant or (word is not None and word.decision == DENIED):
        return _wrong(case, "owner_will")
    against = discredited(case.state, applicant, case.times, case.limit_ms)
    if against is None:
        return None
    detail = {"member": applicant, "record": against.hex()}
    return Rejected(Code.ADDRESS_CREDIT, detail)


def _matches(case: Case) -> Iterator[RecordId]:
    """The cited matches that rest on the property fact."""
    stated_by = RecordId(cast(bytes, case.record.fields["property_fact"]))
    resting = set(case.state.cited_at(stated_by, MATCH, case.times))
    for ref in case.record.refs:
        row = case.state.record(ref.record_id) if ref.network_id is None else None
        if row is None or row.type != MATCH or row.effective is None:
            continue
        if row.effective.index in resting:
            yield ref.record_id


def _rests(case: Case, row: RecordRow, type_key: str) -> bool:
    """Whether a record of the type rests on a match that is cited."""
    at = -1 if row.effective is None else row.effective.index
    return any(at in case.state.cited_at(each, type_key, case.times) for each in _matches(case))


def _cited(case: Case, field: str, type_key: str) -> RecordRow | None:
    """What a field names, where it is cited, of the type, about this address and in force."""
    record_id = RecordId(cast(bytes, case.record.fields[field]))
    cited = any(ref.record_id == record_id and ref.network_id is None for ref in case.record.refs)
    row = case.state.record(record_id)
    if not cited or row is None or row.type != type_key or not row.in_force(case.times):
        return None
    return row if row.subject == case.record.subject else None


def _wrong(case: Case, field: str) -> Rejected:
    detail = {"type": case.kind.key, "field": field, "subject": str(case.record.subject)}
    return Rejected(Code.RECORD_FACT, detail)


def _not_valid(record_id: RecordId, what: str) -> Rejected:
    return Rejected(Code.ADDRESS_CERTIFICATE, {"record": record_id.hex(), "what": what})
