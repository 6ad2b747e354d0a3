"""What a record should have said, in a few signs: told beside a refusal, and judged by nobody.

Spelt alike in every language, from the catalogue's own names.
"""

from collections.abc import Iterable
from typing import Final

from contracts.schema import Cites, Field

EXPECTED_MAX: Final = 200
"""Characters; what is longer ends with an ellipsis."""
_ANY: Final = "*"
_FIXED: Final = {
    "time": "time: integer, ms since 1970",
    "digest": "digest: 32 bytes",
    "record": "record id: 32 bytes",
    "bool": "true | false",
    "member": "member id",
    "credit_code": "credit code: 18 characters",
    "property_unit": "property unit: 28 characters",
}


def expected_value(field: Field) -> str:
    """Kind, bounds and allowed values of a field: ``integer >= 0``, ``text: paper | online``."""
    if field.kind in _FIXED:
        return _FIXED[field.kind]
    match field.kind:
        case "integer" | "fen":
            told = f"{field.kind} >= {field.least}"
        case "text" | "bytes":
            told = f"{field.kind} <= {field.limit} bytes"
        case "integers":
            told = f"integers >= {field.least}, <= {field.limit} items"
        case kind:
            told = f"{kind}, <= {field.limit} items"
    if field.pattern:
        told = f"{told}, as {field.pattern}"
    if field.allowed:
        told = f"{field.kind}: {_any_of(field.allowed)}"
    return _cut(told)


def expected_relation(relations: Iterable[str]) -> str:
    """The relations that a type may use: ``relation: amends | follows``."""
    return _cut(f"relation: {_any_of(relations)}")


def expected_types(cites: Cites) -> str:
    """What a relation may cite: ``same subject: tender.amended | tender.published``."""
    told = "any type" if _ANY in cites.types else _any_of(cites.types)
    # First, because a long list is cut at its end.
    return _cut(f"same subject: {told}" if cites.same else told)


def _cut(told: str) -> str:
    return told if len(told) <= EXPECTED_MAX else told[: EXPECTED_MAX - 1] + "…"


def _any_of(names: Iterable[str]) -> str:
    return " | ".join(sorted(names))
