"""AL04, silent change (无痕修改): changed after it was frozen, or replaced without saying so.

What changes off the ledger is found by watchers that hash files again; this is what the ledger can
see by itself. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator

from contracts.case import Case
from contracts.rules.amendment import amended, root_kind
from contracts.rules.voiding import voided
from contracts.verdict import Raised, RecordRow
from contracts.windows import began_ms
from ledger.core.identifiers import RecordId


def conclude(case: Case) -> Raised | None:
    """The alert, where a frozen record was touched or a document was quietly replaced."""
    for record_id, row in amended(case):
        limit = _frozen_since(case, row)
        if limit is not None:
            return _raised(case, "frozen", record_id, limit)
    for record_id, row in voided(case):
        limit = _frozen_since(case, row)
        if limit is not None:
            return _raised(case, "voided_after_freeze", record_id, limit)
    if not any(ref.relation == "amends" for ref in case.record.refs) and _replaces(case):
        return _raised(case, "replaced")
    return None


def _frozen_since(case: Case, row: RecordRow) -> int | None:
    """The moment past which the record may not change, where it has passed, grace included."""
    frozen_after = root_kind(case, row).frozen_after
    if not frozen_after:
        return None
    if frozen_after in case.facts.world.catalogue.types:
        return began_ms(case, frozen_after)
    limit = case.state.value(row.subject, frozen_after, case.times)
    return limit if isinstance(limit, int) and case.limit_ms > limit else None


def _replaces(case: Case) -> bool:
    """Whether a document is filed again under its label with other bytes."""
    return any(before is not None and before != now for before, now in _documents(case))


def _documents(case: Case) -> Iterator[tuple[bytes | None, bytes]]:
    """What was filed under each label before, and what is filed now."""
    record = case.record
    for item in record.evidence:
        yield case.state.document(record.subject, record.type, item.label), item.sha256


def _raised(
    case: Case, because: str, touched: RecordId | None = None, limit_ms: int | None = None
) -> Raised:
    record = case.record
    rests_on = (case.facts.record_id,) if touched is None else (case.facts.record_id, touched)
    return Raised(
        "AL04",
        record.subject,
        record.type,
        record.issuer,
        because,
        rests_on,
        due_ms=limit_ms,
    )
