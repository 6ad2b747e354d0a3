"""``report.content_rehash``: which anchored files were hashed again, and which came out otherwise.

A report that contradicts itself is refused. Whether its digests are true nobody here can see: its
issuer answers for them, and the receipt of each cited record shows what it anchored. Spec:
``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from contracts.case import Case
from ledger.codes import Code
from ledger.core.identifiers import Digest, RecordId
from ledger.errors import Rejected


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One file that is not what was anchored."""

    record_id: RecordId
    anchored: Digest
    found: Digest


def judge(case: Case) -> Rejected | None:
    """Refuse lists out of step, a mismatch that is none or told twice, one that is not cited."""
    fields, names = case.record.fields, ("mismatched", "anchored", "found")
    if len({len(cast("tuple[bytes, ...]", fields.get(name, ()))) for name in names}) > 1:
        return _rejected(case, "found")
    cited = {each.record_id for each in case.record.refs if each.network_id is None}
    told: set[tuple[RecordId, Digest]] = set()
    for each in mismatches(case):
        if each.anchored == each.found or (each.record_id, each.anchored) in told:
            return _rejected(case, "found")
        if each.record_id not in cited:
            return Rejected(Code.RECORD_REFS, {"type": case.kind.key, "relation": "follows"})
        told.add((each.record_id, each.anchored))
    unreadable = cast(int, fields.get("unreadable_count", 0))
    if len(told) + unreadable > cast(int, fields["checked_count"]):
        return _rejected(case, "checked_count")
    return None


def apply(_: Case) -> None:
    """Nothing is kept: the state already knows who cites a record."""


def mismatches(case: Case) -> Iterator[Mismatch]:
    """What a report names, in its order."""
    fields = case.record.fields
    lists = (fields.get(name, ()) for name in ("mismatched", "anchored", "found"))
    records, anchored, found = (cast("tuple[bytes, ...]", each) for each in lists)
    for record_id, before, now in zip(records, anchored, found, strict=True):
        yield Mismatch(RecordId(record_id), Digest(before), Digest(now))


def _rejected(case: Case, field: str) -> Rejected:
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": field})
