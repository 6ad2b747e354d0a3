"""AL03, hash mismatch (内容篡改): a signed report says that a file is not what was anchored.

What hashes files again stands outside the ledger; its word is evidence, and its issuer answers for
it. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.case import Case
from contracts.rules.content_rehash import mismatches
from contracts.verdict import Raised, RecordRow
from ledger.core.identifiers import RecordId

REPORT: Final = "report.content_rehash"
ALERT_RAISED: Final = "ledger.alert_raised"
DISPOSED: Final = "ledger.alert_disposed"


def conclude(case: Case) -> tuple[Raised, ...]:
    """One alert for each record named, about its own subject; it rests on report and record.

    None for a record that was voided, and none while an earlier one about it awaits its disposal: a
    watcher that reports every hour says nothing new.
    """
    if case.record.type != REPORT:
        return ()
    raised = []
    for record_id in dict.fromkeys(each.record_id for each in mismatches(case)):
        row = case.state.record(record_id)
        if row is None or row.voided_index is not None or _awaits_disposal(case, record_id, row):
            continue
        rests_on = (case.facts.record_id, record_id)
        about, because = (row.type, row.issuer), "content_changed"
        raised.append(Raised("AL03", row.subject, *about, because, rests_on))
    return tuple(raised)


def _awaits_disposal(case: Case, record_id: RecordId, row: RecordRow) -> bool:
    """Whether an AL03 about the record was raised and nobody has disposed of it."""
    state, as_of = case.state, case.times
    about = set(state.cited_at(record_id, ALERT_RAISED, as_of))
    if not about:
        return False
    return any(
        index in about and next(state.cited_at(alert, DISPOSED, as_of), None) is None
        for index, alert in state.alerts_of(row.subject, "AL03", as_of)
    )
