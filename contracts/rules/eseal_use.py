"""S12: a seal is used once; what it says about the status that was asked must be the ledger's.

An answer that the ledger contradicts is false and refused. A true answer that is old, or not
``valid``, and a use without authorisation are conduct: they enter, and AL26 tells. Spec:
``docs/spec/contracts.md``.
"""

from typing import cast

from contracts import eseal_rows
from contracts.case import Case
from contracts.verdict import RecordRow
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.errors import Rejected


def judge(case: Case) -> Rejected | None:
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


def apply(case: Case) -> None:
    """Keep what was stamped, and count the documents on the authorisation that was cited."""
    documents = tuple(item.sha256 for item in case.record.evidence)
    eseal_rows.put_stamped(case.state, case.facts.record_id, documents)
    found = authorisation(case)
    if found is not None:
        eseal_rows.put_use(case.state, found[0], len(documents))


def authorisation(case: Case) -> tuple[RecordId, RecordRow] | None:
    """The first authorisation in force that the use cites and that names the user."""
    for ref in case.record.refs:
        row = None if ref.network_id is not None else case.state.record(ref.record_id)
        if row is None or ref.relation != "follows" or not row.in_force(case.times):
            continue
        if row.kept.get("grantee") == case.record.issuer:
            return ref.record_id, row
    return None
