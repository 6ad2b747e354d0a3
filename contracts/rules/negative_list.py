"""A06 A07: a region's negative list has one keeper and a newest version; a check is proven on it.

A proof that does not hold, or is of an older version, is refused: the platform asks again. An
address that is listed is a fact, and enters (AL30). Spec: ``docs/spec/negative_list.md``.
"""

from typing import cast

from contracts.address_rows import HeldList, held_list, put_list
from contracts.case import Case
from ledger.codes import Code
from ledger.core.negative_list import LISTED, ListHead, verify_listing
from ledger.core.signing import check_public_key
from ledger.errors import FormatError, Rejected, VerificationError


def judge_change(case: Case) -> Rejected | None:
    """Refuse another keeper, a version out of turn, and a key that proves nothing."""
    held = held_list(case.state, case.record.subject)
    version = cast(int, case.record.fields["version"])
    if held is not None and held.authority != case.record.issuer:
        detail = {"list": str(case.record.subject), "keeper": held.authority}
        return Rejected(Code.LIST_KEEPER, detail)
    due = 1 if held is None else held.head.version + 1
    if version != due:
        return _version(case.record.subject, version, due)
    if cast(int, case.record.fields["valid_until_ms"]) <= case.times.time_ms:
        return _field(case, "valid_until_ms")
    try:
        check_public_key(cast(bytes, case.record.fields["list_key"]))
    except VerificationError as problem:
        return problem.rejected()
    return None


def apply_change(case: Case) -> None:
    """Keep the newest version."""
    head = ListHead.of_fields(str(case.record.subject), case.record.fields)
    until_ms = cast(int, case.record.fields["valid_until_ms"])
    put_list(case.state, HeldList(head, case.facts.record_id, case.record.issuer, until_ms))


def judge_check(case: Case) -> Rejected | None:
    """Refuse a check on another region's list, an older version, or with a proof that fails."""
    fields, address = case.record.fields, str(case.record.subject)
    if fields["list"] != list_of(address):
        return _field(case, "list")
    held = held_list(case.state, list_of(address))
    version = cast(int, fields["version"])
    cited = {ref.record_id for ref in case.record.refs if ref.relation == "follows"}
    if held is None or held.published_by not in cited or held.head.version != version:
        return _version(list_of(address), version, 0 if held is None else held.head.version)
    if case.limit_ms > held.valid_until_ms:
        return _expired(held)
    for record_id in cited:
        row = case.state.record(record_id)
        if row is not None and row.type == "address.matched" and row.subject != address:
            return Rejected(Code.RECORD_REFS, {"type": case.kind.key, "relation": "follows"})
    try:
        shown = verify_listing(held.head, address, cast(bytes, fields["proof"]))
    except FormatError as problem:
        return Rejected(Code.PROOF_NEGATIVE_LIST, {"reason": problem.code.value})
    except VerificationError as problem:
        return problem.rejected()
    return None if shown == fields["result"] else _field(case, "result")


def apply_nothing(_: Case) -> None:
    """Nothing to write beside what the state keeps of every record."""


def list_of(address: str) -> str:
    """The list that judges an address: its region's."""
    return f"LIST-{address.split('-')[1]}"


def is_hit(case: Case) -> bool:
    """Whether the record found its address on the list."""
    return case.record.fields.get("result") == LISTED


def newer_list(case: Case, list_id: str, version: int) -> Rejected | None:
    """Refuse what rests on another version than the newest, or on one that has run out."""
    held = held_list(case.state, list_id)
    if held is None or held.head.version != version:
        return _version(list_id, version, 0 if held is None else held.head.version)
    return _expired(held) if case.limit_ms > held.valid_until_ms else None


def _expired(held: HeldList) -> Rejected:
    detail: dict[str, str | int] = {"list": held.head.list_id, "version": held.head.version}
    return Rejected(Code.LIST_EXPIRED, detail)


def _version(list_id: str, version: int, due: int) -> Rejected:
    return Rejected(Code.LIST_VERSION, {"list": list_id, "version": version, "due": due})


def _field(case: Case, name: str) -> Rejected:
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": name})
