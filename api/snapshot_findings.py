"""What is found out about a snapshot that a node fetches: how far it is, and who lied about it."""

from collections.abc import Iterator

from api.finding import Finding, Severity, Standing, finding
from ledger.codes import Code


def of_snapshot(standing: Standing) -> Iterator[Finding]:
    """One for a snapshot that comes in, and one for each donor that is silent or lied."""
    progress = standing.status.snapshot
    if progress is None:
        return
    if progress.chunks_total:
        yield finding(
            Code.DIAGNOSE_SNAPSHOT_FETCHING,
            Severity.WARNING,
            standing,
            base=progress.height,
            here=progress.chunks_count,
            total=progress.chunks_total,
            donors=list(progress.donors),
        )
    for node in progress.silent:
        yield finding(Code.DIAGNOSE_SNAPSHOT_SILENT, Severity.WARNING, standing, node=node)
    for node in progress.liars:
        yield finding(Code.DIAGNOSE_SNAPSHOT_LIAR, Severity.SERIOUS, standing, node=node)
