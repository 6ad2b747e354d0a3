"""A09 A10: the certificates of an address; one whose preconditions fail is refused.

Two facts stand on a use-right certificate (双真实): the property, as the registry last shared it,
and the owner's will, or the applicant's commitment in its place. Each must be cited, be the newest
of its kind, and rest on the other. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from typing import Final, cast

from contracts.address_rows import put_certificate, put_fact
from contracts.case import Case
from contracts.rules.delegation import is_delegated
from contracts.rules.negative_list import newer_list
from contracts.verdict import RecordRow
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.errors import Rejected

PROPERTY: Final = "address.property_shared"
MATCH: Final = "address.matched"
CHECK: Final = "address.negative_list_checked"
WILLS: Final = {"owner": "address.owner_confirmed", "commitment": "address.commitment"}
"""What stands for the owner's will, by route."""


def judge_property(case: Case) -> Rejected | None:
    """Refuse a certificate without the newest property fact and a match that rests on it."""
    return _check_property(case)


def apply_property(case: Case) -> None:
    """Begin the certificate and its fact."""
    about = (str(case.record.subject), "property", None, None, None)
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
    said = tuple(fields[name] for name in ("applicant", "list", "list_version"))
    about = (str(case.record.subject), "use", *said)
    put_certificate(case.state, case.facts.record_id, about, case.times)
    _put_property(case)
    will = cast(bytes, fields["owner_will"])
    put_fact(case.state, case.facts.record_id, "will", will, case.times)


def _put_property(case: Case) -> None:
    fact = cast(bytes, case.record.fields["property_fact"])
    put_fact(case.state, case.facts.record_id, "property", fact, case.times)


def _check_property(case: Case) -> Rejected | None:
    fact = RecordId(cast(bytes, case.record.fields["property_fact"]))
    newest = list(case.state.records(case.record.subject, PROPERTY, case.times))[-1:]
    if _cited(case, "property_fact", PROPERTY) is None or newest != [fact]:
        return _wrong(case, "property_fact")
    return None if any(_matches(case)) else _wrong(case, "property_fact")


def _check_will(case: Case) -> Rejected | None:
    """The owner's newest word for this applicant and use, or the applicant's own commitment."""
    fields = case.record.fields
    route = str(fields["route"])
    will = RecordId(cast(bytes, fields["owner_will"]))
    row = _cited(case, "owner_will", WILLS[route])
    if row is None or row.kept.get("use") != fields["use"] or not _rests(case, row, WILLS[route]):
        return _wrong(case, "owner_will")
    if route == "commitment":
        return None if row.issuer == fields["applicant"] else _wrong(case, "owner_will")
    words = [
        each for each in _owners_words(case) if each[1].kept["applicant"] == fields["applicant"]
    ]
    return None if words and words[-1][0] == will else _wrong(case, "owner_will")


def _owners_words(case: Case) -> Iterator[tuple[RecordId, RecordRow]]:
    """Confirmations and denials by the owner that the property fact names, or its delegate."""
    shared = case.state.record(RecordId(cast(bytes, case.record.fields["property_fact"])))
    owner = None if shared is None else shared.kept.get("owner")
    grace_ms = case.facts.world.parameters.deadline_grace_ms
    for record_id in case.state.records(case.record.subject, WILLS["owner"], case.times):
        row = case.state.record(record_id)
        if row is None or row.effective is None:
            continue
        if row.kept.get("on_behalf_of", row.issuer) != owner:
            continue
        limit_ms = row.effective.time_ms - grace_ms
        delegated = is_delegated(
            case.state, str(owner), row.issuer, row.subject, row.effective, limit_ms
        )
        if row.issuer == owner or delegated:
            yield record_id, row


def _matches(case: Case) -> Iterator[RecordId]:
    """The cited matches that rest on the property fact."""
    fact = RecordId(cast(bytes, case.record.fields["property_fact"]))
    resting = set(case.state.cited_at(fact, MATCH, case.times))
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
