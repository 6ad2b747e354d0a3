"""Members enter: T01 market subject registered, X01 node admitted or removed.

A label is a fresh key enrolled for one role in one project, with a salted commitment to the person.

The subject signs too: possession of its key is a field. It never touches the committee, which only
a committee change does. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final, cast

from contracts import standing
from contracts.case import Case
from contracts.rules.enrolment import check_new_key
from contracts.shape import is_plain
from ledger.codes import Code
from ledger.core.identifiers import MemberId, PublicKey
from ledger.errors import Rejected

EXPERT: Final = "expert"
REGISTRAR: Final = "registrar"
EXTRACTION_SYSTEM: Final = "extraction_system"


def judge(case: Case) -> Rejected | None:
    """Refuse a second enrolment, a stranger's removal, and a key that cannot be bound."""
    member, fields = MemberId(case.record.subject), case.record.fields
    enrolled = standing.enrolled(case.state, member)
    if fields.get("action") == "remove" and not enrolled:
        return Rejected(Code.MEMBER_UNKNOWN, {"member": member})
    if _is_founding(case) and enrolled:
        return Rejected(Code.MEMBER_EXISTS, {"member": member})
    if enrolled:
        return None
    return _check_names(case) or _check_label(case) or check_new_key(case, member)


def apply(case: Case) -> None:
    """Write member, key and roles; or end the roles of a removed node."""
    member, fields, state = MemberId(case.record.subject), case.record.fields, case.state
    if fields.get("action") == "remove":
        for row in standing.grants(state, member, "node_operator"):
            if row.interval.in_force(case.times.index):
                standing.end_role(state, member, row, case.times)
        return
    interval = standing.since(case.times)
    if not standing.enrolled(state, member):
        facts = {
            name: cast(str, fields.get(name, ""))
            for name in ("kind", "name_zh", "name_en", "credit_code")
        }
        if _project(case):
            facts["project"] = _project(case)
        standing.put_member(state, member, interval, facts)
        standing.put_key(state, member, PublicKey(cast(bytes, fields["public_key"])), interval)
    for role in cast("tuple[str, ...]", fields.get("roles", ())):
        scope = f"project:{_project(case)}" if _project(case) else ""
        standing.put_role(state, member, role, scope, case.facts.record_id, interval)


def _check_names(case: Case) -> Rejected | None:
    """An organisation says its name and its key; of a natural person nothing is written openly."""
    fields, kind = case.record.fields, case.record.fields.get("kind")
    named = kind in {"organisation", "system"}
    for name in ("kind", "public_key", "possession", *(("name_zh",) if named else ())):
        if name not in fields:
            detail = {"type": case.kind.key, "field": name}
            return Rejected(Code.RECORD_FIELD_MISSING, detail)
    for name in () if named else ("name_zh", "name_en", "credit_code"):
        if name in fields:
            return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": name})
    return None


def _check_label(case: Case) -> Rejected | None:
    """Experts are labels, and labels are experts of one project, by the extraction system."""
    record, fields, project = case.record, case.record.fields, _project(case)
    is_label = fields.get("kind") == "label"
    roles = cast("tuple[str, ...]", fields.get("roles", ()))
    by = EXTRACTION_SYSTEM if is_label else REGISTRAR
    problem = ""
    if _is_founding(case) and not standing.holds_role(
        case.facts.world, case.state, record.issuer, by, case.times
    ):
        problem = by
    elif (roles != (EXPERT,)) if is_label else (EXPERT in roles):
        problem = "roles"
    elif is_label != bool(project) or "/" in project or not is_plain(project):
        problem = "project"
    elif is_label and (record.private is None or "identity" not in record.private.names):
        problem = "identity"
    if not problem:
        return None
    return Rejected(Code.MEMBER_LABEL, {"member": str(record.subject), "what": problem})


def _project(case: Case) -> str:
    """The project of a label; empty for any other member."""
    return cast(str, case.record.fields.get("project", ""))


def _is_founding(case: Case) -> bool:
    """T01 makes a member; X01 may name one that exists."""
    return "action" not in case.kind.fields
