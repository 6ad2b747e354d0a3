"""A16 A18, appeals and the draw of who is inspected: what supervisors find, and how it is undone.

A random inspection is of a registration that a draw drew, by an inspector that another one drew. A
credit record rests on a finding about the very commitment that it punishes, and is appealed to
somebody else. Spec: ``docs/spec/addresses.md``.
"""

from typing import Final, cast

from contracts import address_certificate_rows, address_rows
from contracts.address_certificate_rows import WILL
from contracts.address_rows import DrawnPlaces
from contracts.case import Case
from contracts.rules.address_owner import registration_behind
from contracts.rules.negative_list import list_of
from contracts.verdict import RecordRow
from ledger.codes import Code
from ledger.core import merkle
from ledger.core.hashing import LeafKind, leaf_data
from ledger.core.identifiers import Digest, MemberId, RecordId
from ledger.errors import Rejected, VerificationError

REGISTERED: Final = "address.registered"
COMMITMENT: Final = "address.commitment"
CHECK: Final = "address.negative_list_checked"
RANDOM: Final = "random"


def judge_inspection(case: Case) -> Rejected | None:
    """Refuse a random inspection of what was not drawn, or by who was not, in draws of its own."""
    fields = case.record.fields
    if fields["kind"] != RANDOM:
        return None
    draws: dict[str, DrawnPlaces] = {}
    for record_id, row in _cited(case, "answers").items():
        held = address_rows.drawn_places(case.state, record_id)
        if held is None or row.issuer != case.record.issuer:
            return _not_drawn(case, "answers")
        draws[held.of] = held
    registrations, inspectors = draws.get("registrations"), draws.get("inspectors")
    if registrations is None or fields.get("place") not in registrations.places:
        return _not_drawn(case, "place")
    if inspectors is None or fields.get("inspector_place") not in inspectors.places:
        return _not_drawn(case, "inspector_place")
    return _check_place(case, registrations)


def apply_inspection(case: Case) -> None:
    """Keep which registration was inspected."""
    for record_id, row in _cited(case, "follows").items():
        if row.type == REGISTERED:
            address_rows.put_behind(case.state, case.facts.record_id, record_id)


def apply_decision(case: Case) -> None:
    """Keep which registration the objection was about."""
    registration = registration_behind(case, "answers")
    if registration is not None:
        address_rows.put_behind(case.state, case.facts.record_id, registration)


def judge_false_commitment(case: Case) -> Rejected | None:
    """Refuse a record against another than who committed, and on another finding."""
    fields = case.record.fields
    if cast(int, fields["until_ms"]) <= case.times.time_ms:
        return _field(case, "until_ms")
    cited = _cited(case, "follows")
    commitments = {key: row for key, row in cited.items() if row.type == COMMITMENT}
    if len(commitments) != 1:
        return Rejected(Code.RECORD_REFS, {"type": case.kind.key, "relation": "follows"})
    ((commitment, said),) = commitments.items()
    if said.issuer != fields["member"]:
        return _field(case, "member")
    for finding in cited.keys() - {commitment}:
        if not _is_about(case, finding, commitment):
            detail = {"type": case.kind.key, "issuer": str(case.record.issuer)}
            return Rejected(Code.RECORD_NOT_CONCERNED, {**detail, "record": finding.hex()})
    return None


def apply_false_commitment(case: Case) -> None:
    """Begin the credit record: its member's commitments certify nothing while it stands."""
    fields = case.record.fields
    address_certificate_rows.put_credit(
        case.state,
        case.facts.record_id,
        MemberId(cast(str, fields["member"])),
        str(case.record.subject),
        cast(int, fields["until_ms"]),
        case.times,
    )


def judge_appeal(case: Case) -> Rejected | None:
    """Refuse the appeal of anyone but whom the credit record is against."""
    for record_id, row in _cited(case, "follows").items():
        if row.kept.get("member") != case.record.issuer:
            return _not_concerned(case, record_id)
    return None


def judge_appeal_decision(case: Case) -> Rejected | None:
    """Refuse who decides about its own record, and an appeal against another one."""
    appeals = list(_cited(case, "answers").values())
    for record_id, row in _cited(case, "follows").items():
        against = set(case.state.cited_at(record_id, "address.credit_appealed", case.times))
        appealed = all(each.effective and each.effective.index in against for each in appeals)
        if row.issuer == case.record.issuer or not appealed:
            return _not_concerned(case, record_id)
    return None


def apply_appeal_decision(case: Case) -> None:
    """End the credit record where it was withdrawn."""
    if case.record.fields["decision"] != "withdrawn":
        return
    for record_id, row in _cited(case, "follows").items():
        member = str(row.kept["member"])
        address_certificate_rows.end_credit(case.state, record_id, member, case.times)


def judge_listing_decision(case: Case) -> Rejected | None:
    """Refuse anyone but the list's keeper, and a removal that the newest version does not show."""
    listed = list_of(str(case.record.subject))
    held = address_rows.held_list(case.state, listed)
    if held is None or held.authority != case.record.issuer:
        keeper = "" if held is None else held.authority
        return Rejected(Code.LIST_KEEPER, {"list": listed, "keeper": keeper})
    for row in _cited(case, "follows").values():
        version = cast(int, row.kept.get("version", 0))
        if row.type == CHECK and version != held.head.version:
            detail: dict[str, str | int] = {
                "list": listed,
                "version": version,
                "due": held.head.version,
            }
            return Rejected(Code.LIST_VERSION, detail)
    return None


def judge_nothing(_: Case) -> Rejected | None:
    """Nothing is refused that data does not refuse."""
    return None


def apply_nothing(_: Case) -> None:
    """Nothing to write beside what data says."""


def apply_pool(case: Case) -> None:
    """Keep the root of the pool, against which places are shown."""
    root = Digest(cast(bytes, case.record.fields["pool_root"]))
    address_rows.put_pool(case.state, case.facts.record_id, root)


def apply_places(case: Case) -> None:
    """Keep what was drawn, out of which pool."""
    for record_id, row in _cited(case, "follows").items():
        root = address_rows.pool_root(case.state, record_id)
        if root is None:
            continue
        of, count = str(row.kept["of"]), cast(int, row.kept["pool_count"])
        places = cast("tuple[int, ...]", case.record.fields["places"])
        held = DrawnPlaces(of, root, count, places)
        address_rows.put_places(case.state, case.facts.record_id, held)


def _check_place(case: Case, held: DrawnPlaces) -> Rejected | None:
    """The registration stands in the pool where the draw says."""
    place = cast(int, case.record.fields["place"])
    path = tuple(
        Digest(each) for each in cast("tuple[bytes, ...]", case.record.fields.get("path", ()))
    )
    for record_id, row in _cited(case, "follows").items():
        if row.type != REGISTERED:
            continue
        leaf = merkle.leaf_hash(leaf_data(LeafKind.RECORD, record_id))
        try:
            merkle.verify_inclusion(leaf, place, held.pool_count, path, held.pool_root)
        except VerificationError:
            return _not_drawn(case, "path")
    return None


def _is_about(case: Case, finding: RecordId, commitment: RecordId) -> bool:
    """Whether what a finding is about was registered on this commitment."""
    registration = address_rows.behind(case.state, finding)
    certificate = None if registration is None else address_rows.behind(case.state, registration)
    if certificate is None:
        return False
    will = address_certificate_rows.fact(case.state, certificate, WILL)
    return will is not None and will[1] == commitment


def _cited(case: Case, relation: str) -> dict[RecordId, RecordRow]:
    found: dict[RecordId, RecordRow] = {}
    for ref in case.record.refs:
        row = case.state.record(ref.record_id) if ref.network_id is None else None
        if ref.relation == relation and row is not None:
            found[ref.record_id] = row
    return found


def _not_drawn(case: Case, what: str) -> Rejected:
    return Rejected(Code.ADDRESS_DRAW, {"address": str(case.record.subject), "what": what})


def _field(case: Case, name: str) -> Rejected:
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": name})


def _not_concerned(case: Case, record_id: RecordId) -> Rejected:
    detail = {"type": case.kind.key, "issuer": str(case.record.issuer), "record": record_id.hex()}
    return Rejected(Code.RECORD_NOT_CONCERNED, detail)
