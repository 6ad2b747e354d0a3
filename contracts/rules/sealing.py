"""Sealed records: a commitment shows nothing but its digest; an opening must be of what was sealed.

What is inside is judged by `contracts.unsealing`, once the opening has entered: an opening that
matches its commitment is never refused for what comes to light. Spec: ``docs/spec/contracts.md``.
"""

from typing import cast

from contracts import sealed_rows
from contracts.case import Case
from contracts.judging import world_of
from contracts.schema import RecordType
from contracts.shape import is_plain
from ledger.codes import Code
from ledger.core.bundle import decode_header
from ledger.core.identifiers import Digest, MemberId, RecordId
from ledger.core.record import Record, decode_record
from ledger.core.sealed import (
    DIGEST_FIELD,
    Sealed,
    commitment_digest,
    opens,
    sealed_of,
)
from ledger.errors import FormatError, InvariantBroken, Rejected


def judge_commitment(case: Case) -> Rejected | None:
    """Refuse whatever a commitment shows beside its digest, and a digest given twice."""
    record = case.record
    shown = {
        "evidence": bool(record.evidence),
        "private": record.private is not None,
        "refs": bool(record.refs),
        "fields": len(record.fields) > 1,
    }
    for what, is_shown in shown.items():
        if is_shown:
            return Rejected(Code.SEALED_FORM, {"what": what})
    digest = _digest(case)
    if sealed_rows.committed(case.state, record.issuer, digest) is not None:
        detail = {"issuer": record.issuer, "digest": digest.hex()}
        return Rejected(Code.SEALED_COMMITTED, detail)
    return None


def apply_commitment(case: Case) -> None:
    """Keep the digest under its issuer: another's copy of it is another thing."""
    digest, issuer = _digest(case), case.record.issuer
    sealed_rows.put_committed(case.state, issuer, digest, case.facts.record_id)


def judge_opening(case: Case) -> Rejected | None:
    """Refuse an opening of another form, of something else, by a stranger, too early, or again."""
    record = case.record
    if record.evidence or record.private:
        return Rejected(Code.SEALED_OPENING, {"what": "evidence, private"})
    try:
        sealed, commitment = sealed_of(record), opens(record)
    except FormatError as problem:
        return problem.rejected()
    system = _system(case, commitment)
    digest = commitment_digest(case.facts.world.network_id, system, sealed)
    if sealed_rows.committed(case.state, system, digest) != commitment:
        return Rejected(Code.SEALED_COMMITMENT, {"expected": digest.hex()})
    named = commitment.hex()
    if record.issuer not in {system, author_of(sealed)}:
        return Rejected(Code.SEALED_AUTHOR, {"record": named, "issuer": record.issuer})
    if sealed_rows.opened(case.state, commitment) or case.state.known(sealed.record_id):
        return Rejected(Code.SEALED_OPENED, {"record": named})
    return _too_early(case, sealed, named)


def apply_opening(case: Case) -> None:
    """Keep that the commitment is open."""
    sealed_rows.put_opened(case.state, opens(case.record), case.facts.record_id)


def author_of(sealed: Sealed) -> MemberId | None:
    """Who is said to have sealed it; None where the inner header does not decode."""
    try:
        return decode_header(sealed.header).issuer
    except FormatError:
        return None


def inner_record(case: Case, sealed: Sealed) -> Record | None:
    """The record inside, whatever else is wrong with it; None where it does not decode."""
    try:
        return decode_record(sealed.record, case.facts.world.parameters)
    except FormatError:
        return None


def _too_early(case: Case, sealed: Sealed, named: str) -> Rejected | None:
    """Refuse an opening before the event of the inner record's type; without one there is none."""
    inner = inner_record(case, sealed)
    kind = None if inner is None else _kind(case, inner)
    if inner is None or kind is None or not kind.is_sealed or not is_plain(inner.subject):
        return None
    if not kind.sealed_until:
        return Rejected(Code.SEALED_OFF_LEDGER, {"record": named, "type": kind.key})
    if any(case.state.exists(inner.subject, event, case.times) for event in kind.sealed_until):
        return None
    events = "|".join(kind.sealed_until)
    detail = {"record": named, "event": events, "subject": str(inner.subject)}
    return Rejected(Code.SEALED_EVENT, detail)


def _kind(case: Case, inner: Record) -> RecordType | None:
    """The type inside, by the version that will judge it: that of the commitment's place."""
    row = case.state.record(opens(case.record))
    if row is None:
        raise InvariantBroken("an opening cites what is not on the ledger")
    world = world_of(case.facts.world, inner, row.entered.index, case.state)
    return world.catalogue.types.get(inner.type)


def _system(case: Case, commitment: RecordId) -> MemberId:
    """Who committed; the citation was judged before."""
    row = case.state.record(commitment)
    if row is None:
        raise InvariantBroken("an opening cites what is not on the ledger")
    return row.issuer


def _digest(case: Case) -> Digest:
    return Digest(cast(bytes, case.record.fields[DIGEST_FIELD]))
