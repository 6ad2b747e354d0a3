"""S12 S13 S20: a seal is used, once or on a batch, and a stamped document is verified.

What a use says about the status that was asked must be the ledger's: an answer that the ledger
contradicts is false and refused. So is the use of a seal that is not valid, unless a fresh answer
from before says that it was: then the suspension met the use in flight, and the trace of it must
not be lost. What else is wrong is conduct: it enters, and AL26 tells. Spec:
``docs/spec/contracts.md``.
"""

from typing import Final, cast

from contracts import eseal_grants, eseal_rate, eseal_rows, standing
from contracts.case import Case
from contracts.eseal_rows import VALID
from contracts.verdict import RecordRow
from contracts.windows import standing_to
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.record import Evidence
from ledger.errors import Rejected

USES: Final = frozenset({"seal.used", "seal.used_in_batch"})
FRESH: Final = "seal_status_fresh"
"""The deadline that says how old a status answer may be."""
RATE: Final = "AL28"
"""The alert whose parameters say how far back uses are counted."""
LTV: Final = "ltv/"
"""How the label of evidence begins that is no stamped document but helps to verify one later."""
LTV_ROLES: Final = frozenset(
    {"certificate_chain", "crl", "ocsp", "timestamp_token", "signature", "seal"}
)


def judge(case: Case) -> Rejected | None:
    """Refuse a false answer, a seal that is not valid, a system that is not connected.

    Refused too is a caller that is no member, evidence for later verification of a kind that nobody
    knows, and a single use that stamps nothing.
    """
    fields, system = case.record.fields, str(case.record.fields["system"])
    if eseal_grants.connection(case.state, system) is None:
        return Rejected(Code.SEAL_SYSTEM, {"system": system})
    caller = fields.get("caller")
    if caller is not None and not standing.is_member(case.state, MemberId(str(caller)), case.times):
        return Rejected(Code.MEMBER_UNKNOWN, {"member": str(caller)})
    return _judge_answer(case) or _judge_status(case) or _judge_evidence(case)


def apply(case: Case) -> None:
    """Keep what was stamped, and count the documents on the authorisation that was cited."""
    documents = tuple(item.sha256 for item in stamped_by(case))
    seal, use = str(case.record.subject), case.facts.record_id
    eseal_grants.put_stamped(case.state, seal, use, documents, case.times)
    found = authorisation(case)
    if found is not None:
        eseal_grants.put_use(case.state, found[0], len(documents))
    _count(case)


def apply_batch(case: Case) -> None:
    """Keep that the batch was stamped, and that its permission is spent."""
    seal, use = str(case.record.subject), case.facts.record_id
    eseal_grants.put_last(case.state, seal, use, case.times)
    found = permission(case)
    if found is not None:
        eseal_grants.put_use(case.state, found[0], cast(int, case.record.fields["count"]))
    _count(case)


def judge_verification(case: Case) -> Rejected | None:
    """Refuse a verification that says of the use's time another status than the ledger has."""
    said = case.record.fields["status_when_stamped"]
    for ref in case.record.refs:
        row = None if ref.network_id is not None else case.state.record(ref.record_id)
        if row is None or row.type not in USES or row.effective is None:
            continue
        found = eseal_rows.status_at(case.state, row.subject, row.effective.index)
        if found != said:
            detail = {"type": case.kind.key, "field": "status_when_stamped"}
            return Rejected(Code.RECORD_FIELD_VALUE, detail)
    return None


def stamped_by(case: Case) -> tuple[Evidence, ...]:
    """The documents that a use stamped: its evidence, but what is for later verification."""
    return tuple(item for item in case.record.evidence if not item.label.startswith(LTV))


def uses_of(case: Case) -> int:
    """What a record counts for in its seal's rate: its documents; a permitted batch for one."""
    return max(1, len(stamped_by(case)))


def authorisation(case: Case) -> tuple[RecordId, RecordRow] | None:
    """The first authorisation in force that the use cites and that names the user."""
    return _cited(case, "seal.use_authorised", case.record.issuer)


def permission(case: Case) -> tuple[RecordId, RecordRow] | None:
    """The permission that a batch use cites, whoever it names."""
    return _cited(case, "seal.batch_permitted", None)


def _cited(case: Case, type_key: str, grantee: str | None) -> tuple[RecordId, RecordRow] | None:
    for ref in case.record.refs:
        row = None if ref.network_id is not None else case.state.record(ref.record_id)
        if row is None or ref.relation != "follows" or row.type != type_key:
            continue
        live = row.in_force(case.times)
        if not live or not eseal_grants.granted(case.state, ref.record_id, row.subject, case.times):
            continue
        if grantee is None or row.kept.get("grantee") == grantee:
            return ref.record_id, row
    return None


def _judge_answer(case: Case) -> Rejected | None:
    """Refuse a status answer of a block that was not there, or other than it was."""
    fields, seal = case.record.fields, str(case.record.subject)
    time_ms, height = cast(int, fields["status_time_ms"]), cast(int, fields["status_height"])
    found = eseal_rows.status_after(case.state, seal, time_ms)
    past = height < case.facts.height and time_ms < case.times.time_ms
    if past and found == fields["status"]:
        return None
    detail: dict[str, str | int] = {
        "seal": seal,
        "height": height,
        "status": str(fields["status"]),
        "found": (found or "none") if past else "no such block",
    }
    return Rejected(Code.SEAL_STATUS_ANSWER, detail)


def _judge_status(case: Case) -> Rejected | None:
    """Refuse the use of a seal that is not valid, but for one that was in flight."""
    seal = str(case.record.subject)
    found = next(
        row
        for row in eseal_rows.spells(case.state, seal)
        if row.interval.in_force(case.times.index)
    )
    if found.status == VALID:
        return None
    fresh = standing_to(case, FRESH)
    if case.record.fields["status"] == VALID and fresh is not None and not fresh.missed:
        return None
    since_ms = found.interval.from_time_ms or 0
    detail: dict[str, str | int] = {
        "seal": seal,
        "status": found.status,
        "since_ms": since_ms,
    }
    return Rejected(Code.SEAL_NOT_VALID, detail)


def _judge_evidence(case: Case) -> Rejected | None:
    labels = [item.label for item in case.record.evidence if item.label.startswith(LTV)]
    known = all(label.removeprefix(LTV) in LTV_ROLES for label in labels)
    empty = case.kind.evidence_min > 0 and not stamped_by(case)
    if known and not empty:
        return None
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": "evidence"})


def _count(case: Case) -> None:
    """Count the use in its hour."""
    world = case.facts.world
    hour = eseal_rate.hour_of(case.times.time_ms, world.parameters.day_ms)
    most = world.catalogue.alerts[RATE].parameters["hours_most"]
    eseal_rate.count_use(case.state, str(case.record.subject), hour, uses_of(case), most)
