"""AL01, AL03, AL29, AL37 for seals: files that lack something, data that do not conform.

Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Callable, Mapping
from typing import Final, cast

from contracts import eseal_files, eseal_rows
from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.eseal_files import CHECKED
from contracts.rules.eseal_grants import tested_by
from contracts.verdict import Raised

STANDARD: Final = "ledger.standard_published"
SUPERSEDED: Final = "GM/T 0031-2014"
"""The format of seals that GB/T 38540-2020 took the place of."""
RETURNED: Final = "returned"


def file_lacks(case: Case) -> Raised | None:
    """AL01: the archived file (S04) lacks something that was applied for with."""
    if case.record.type != eseal_files.FILED:
        return None
    application = eseal_files.cited_application(case)
    if application is None or not eseal_files.missing(case, application):
        return None
    return raised(case, "AL01", "file_lacks_material", application)


def altered(case: Case) -> tuple[Raised, ...]:
    """AL03: a verification (S20) says that the document is not the stamped one."""
    fields = case.record.fields
    if case.record.type != "seal.document_verified" or fields["outcome"] != "altered":
        return ()
    return (raised(case, "AL03", "stamped_document_altered"),)


def returned_often(case: Case) -> Raised | None:
    """AL37: the applications under an id were returned more often than the set measure."""
    if case.record.type != CHECKED or case.record.fields["decision"] != RETURNED:
        return None
    rows = (
        case.state.record(each)
        for each in case.state.records(case.record.subject, CHECKED, case.times)
    )
    before = sum(1 for row in rows if row is not None and row.kept.get("decision") == RETURNED)
    most = case.facts.world.catalogue.alerts["AL37"].parameters["returns_most"]
    return raised(case, "AL37", "returned_often") if before + 1 == most + 1 else None


def not_conforming(case: Case) -> Raised | None:
    """AL29: what is wrong with a seal, a test, a connection or a connected system's data."""
    rule = _RULES.get(case.record.type)
    because = None if rule is None else rule(case)
    return None if because is None else raised(case, "AL29", because)


def _made(case: Case) -> str | None:
    return "format_superseded" if case.record.fields.get("format") == SUPERSEDED else None


def _published(case: Case) -> str | None:
    """A seal whose certificate has ended before it was published."""
    until_ms = case.last_kept("seal.made", "certificate_until_ms")
    ended = isinstance(until_ms, int) and case.times.time_ms > until_ms
    return "certificate_expired" if ended else None


def _tested(case: Case) -> str | None:
    fields = case.record.fields
    failed = cast(int, fields.get("failed_count", 0))
    return "passed_with_failures" if failed and fields["result"] == "passed" else None


def _connected(case: Case) -> str | None:
    """Tested by a version of the standard that is no longer the newest."""
    standard, version = tested_by(case)
    published = list(case.state.records(standard, STANDARD, case.times))
    row = case.state.record(published[-1]) if published else None
    newest = None if row is None else row.kept.get("version")
    connects = case.record.fields["action"] == "connect"
    return "standard_superseded" if connects and version and version != newest else None


def _violations(case: Case) -> str | None:
    return "data_violations" if cast(int, case.record.fields["violation_count"]) > 0 else None


def _reissued(case: Case) -> str | None:
    """A successor of another type than the seal it takes the place of."""
    one = eseal_rows.made(case.state, str(case.record.subject))
    other = eseal_rows.made(case.state, str(case.record.fields["successor"]))
    same = one is not None and other is not None and one.seal_type == other.seal_type
    return None if same else "successor_differs"


_RULES: Final[Mapping[str, Callable[[Case], str | None]]] = {
    "seal.made": _made,
    "seal.published": _published,
    "seal.tested": _tested,
    "seal.connected": _connected,
    "seal.violation_found": _violations,
    "seal.reissued": _reissued,
}
