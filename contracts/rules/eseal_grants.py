"""S08–S11, S14: systems are tested and connected, owners let others use their seals.

A grant names the system through which the grantee stamps, and the direction that follows from where
system and seal belong. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import replace
from typing import cast

from contracts import eseal_grants, eseal_rows, standing
from contracts.case import Case
from contracts.eseal_grants import Connection
from contracts.eseal_rows import REVOKED
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.errors import InvariantBroken, Rejected

TESTED = "seal.tested"
REQUESTED = "seal.test_requested"


def judge_test(case: Case) -> Rejected | None:
    """Refuse a result of which more cases failed than there were."""
    fields = case.record.fields
    failed = cast(int, fields.get("failed_count", 0))
    return None if failed <= cast(int, fields["case_count"]) else _field(case, "failed_count")


def judge_violation(case: Case) -> Rejected | None:
    """Refuse a report in which more was wrong than was looked at."""
    fields = case.record.fields
    wrong, sampled = cast(int, fields["violation_count"]), cast(int, fields["sampled_count"])
    return None if wrong <= sampled else _field(case, "violation_count")


def judge_connection(case: Case) -> Rejected | None:
    """Refuse to connect twice, to end what is not connected, and a system that belongs nowhere."""
    connects = case.record.fields["action"] == "connect"
    if connects and "region" not in case.record.fields:
        return _field(case, "region")
    system = str(case.record.subject)
    if connects == (eseal_grants.connection(case.state, system) is not None):
        return Rejected(Code.SEAL_SYSTEM, {"system": system})
    return None


def apply_connection(case: Case) -> None:
    """Begin a spell of the system's connection, or end the one that lasts."""
    state, system = case.state, MemberId(case.record.subject)
    if case.record.fields["action"] == "connect":
        interval, region = standing.since(case.times), str(case.record.fields["region"])
        standard, version = tested_by(case)
        row = Connection(interval, system, region, standard, version, case.facts.record_id)
        eseal_grants.put_connection(state, row)
        return
    found = eseal_grants.connection(state, system)
    if found is None:
        raise InvariantBroken("a system is disconnected that is not connected")
    ended = standing.ended(found.interval, case.times)
    eseal_grants.put_connection(state, replace(found, interval=ended))


def tested_by(case: Case) -> tuple[str, str]:
    """Standard and version that the newest request of the system names, below its connection."""
    asked = list(case.state.records(case.record.subject, REQUESTED, case.times))
    row = case.state.record(asked[-1]) if asked else None
    kept = {} if row is None else row.kept
    return str(kept.get("standard", "")), str(kept.get("version", ""))


def judge_authorisation(case: Case) -> Rejected | None:
    """Refuse a grant by anyone but the owner, to nobody, of a dead seal, in another direction."""
    refusal = _judge_terms(case)
    if refusal is not None:
        return refusal
    fields, seal = case.record.fields, str(case.record.subject)
    from_ms, until_ms = fields.get("valid_from_ms", 0), fields["valid_until_ms"]
    if cast(int, from_ms) > cast(int, until_ms):
        return _field(case, "valid_from_ms")
    system = str(fields["system"])
    connected = eseal_grants.connection(case.state, system)
    if connected is None:
        return Rejected(Code.SEAL_SYSTEM, {"system": system})
    direction = eseal_grants.direction(connected.region, seal)
    if direction == fields["direction"]:
        return None
    detail = {"system": system, "region": connected.region, "seal": seal, "direction": direction}
    return Rejected(Code.SEAL_DIRECTION, detail)


def apply_authorisation(case: Case) -> None:
    """Begin the grant's row: all its terms, so that one row tells what was granted when."""
    fields, seal = case.record.fields, str(case.record.subject)
    names = sorted(name for name in fields if name in case.kind.fields)
    terms = {name: fields[name] for name in names}
    eseal_grants.put_grant(case.state, case.facts.record_id, seal, terms, case.times)


def judge_withdrawal(case: Case) -> Rejected | None:
    """Refuse the withdrawal of another's grant, or of one that has ended."""
    refusal = _check_owner(case)
    if refusal is not None:
        return refusal
    for record_id in _cited(case):
        if not eseal_grants.granted(case.state, record_id, case.record.subject, case.times):
            return Rejected(Code.SEAL_GRANT, {"record": record_id.hex()})
    return None


def apply_withdrawal(case: Case) -> None:
    """End what was granted."""
    for record_id in _cited(case):
        eseal_grants.end_grant(case.state, record_id, case.record.subject, case.times)


def judge_permission(case: Case) -> Rejected | None:
    """Refuse a permission by anyone but the owner, to nobody, or of a dead seal."""
    return _judge_terms(case)


def apply_permission(case: Case) -> None:
    """Begin its row, as a grant's."""
    apply_authorisation(case)


def _judge_terms(case: Case) -> Rejected | None:
    """What a grant and a permission have in common."""
    grantee = MemberId(cast(str, case.record.fields["grantee"]))
    if not standing.is_member(case.state, grantee, case.times):
        return Rejected(Code.MEMBER_UNKNOWN, {"member": grantee})
    found = eseal_rows.status_at(case.state, case.record.subject, case.times.index)
    if found == REVOKED:
        detail = {"seal": str(case.record.subject), "status": found, "type": case.record.type}
        return Rejected(Code.SEAL_STATE, detail)
    return _check_owner(case)


def _check_owner(case: Case) -> Rejected | None:
    owner = eseal_rows.owner_of(case.state, case.record.subject)
    if owner == case.record.issuer:
        return None
    return Rejected(Code.SEAL_OWNER, {"seal": str(case.record.subject), "owner": str(owner)})


def _cited(case: Case) -> tuple[RecordId, ...]:
    """The grants that the record is about."""
    refs = case.record.refs
    return tuple(
        each.record_id for each in refs if each.relation == "follows" and not each.network_id
    )


def _field(case: Case, name: str) -> Rejected:
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": name})
