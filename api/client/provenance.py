"""Where evidence came from before it was on the ledger: what art. 18 of 在线诉讼规则 asks.

Organisations, systems and tools only. Names of persons are private fields (`collector_name`,
`custodians`), of which the record holds a commitment.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from ledger.core.canonical import Value

TYPES: Final = frozenset({"evidence.deposited", "ledger.batch_anchored"})
"""Types whose records say it."""
FILE_DIGEST: Final = "file_digest"
"""How this SDK captures: digests of the whole file, where it lies; names and sizes are evidence."""
TOOL: Final = "bidwitness"


def captured(
    captured_ms: int,
    *,
    source_system: str = "",
    collector: str = "",
    method: str = FILE_DIGEST,
    custody: Sequence[str] = (),
) -> dict[str, Value]:
    """The fields that say where documents came from.

    Args:
        captured_ms: when they were taken; for files that are hashed where they lie, now.
        source_system: that they were taken from; empty where that is not known.
        collector: the organisation or system that took them; empty for the record's issuer.
        method: how.
        custody: from the first holder to the ledger, one step an item.
    """
    said: dict[str, Value] = {
        "captured_ms": captured_ms,
        "method": method,
        "tool": TOOL,
        "tool_version": tool_version(),
    }
    if source_system:
        said["source_system"] = source_system
    if collector:
        said["collector"] = collector
    if custody:
        said["custody"] = tuple(custody)
    return said


def with_capture(type_key: str, fields: Mapping[str, Value], captured_ms: int) -> dict[str, Value]:
    """`fields`, and what is known here of where the documents came from, if nothing was said.

    Args:
        type_key: of the record.
        fields: that were said; each stands as it is.
        captured_ms: when the documents were hashed.
    """
    if type_key not in TYPES or "tool" in fields:
        return dict(fields)
    return captured(captured_ms) | dict(fields)


def tool_version() -> str:
    """Of this software; empty where it runs without being installed."""
    try:
        return version(TOOL)
    except PackageNotFoundError:
        return ""
