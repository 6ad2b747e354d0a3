"""What is found out about a query index: that it is down, behind, or not to be believed."""

from collections.abc import Iterator

from api.finding import Finding, Severity, Standing, finding
from api.phrases import Problem
from ledger.codes import Code

LAG_MAX = 1
"""Blocks that were there at the look before and still lack: one is on its way."""


def of_index(standing: Standing) -> Iterator[Finding]:
    """Nothing where there is no index."""
    index = standing.index
    if index is None:
        return
    if index.reason is not None:
        severity = Severity.SERIOUS if index.is_faulty else Severity.WARNING
        code = Code.DIAGNOSE_INDEX_FAULTY if index.is_faulty else Code.DIAGNOSE_INDEX_DOWN
        yield finding(code, severity, standing, reason=Problem(index.reason))
    elif index.lag_blocks > LAG_MAX and index.height is not None:
        facts = {"lag": index.lag_blocks, "indexed": index.height}
        yield finding(Code.DIAGNOSE_INDEX_BEHIND, Severity.WARNING, standing, **facts)
