"""JSON values built from the outside in: what stands at a path, put there."""

from typing import Any, Final

from api.ocds.amounts import Amount, Written, amount_of
from api.ocds.mapping import EACH, Path

JsonObject = dict[str, Any]
FEN: Final = "CNY"


def put(root: JsonObject, path: Path, value: Any) -> None:
    """Have `value` at a path; a name that ends with ``[]`` is the first item of a list."""
    here = root
    for name in path[:-1]:
        here = _inside(here, name)
    last = path[-1]
    if last.endswith(EACH):
        here.setdefault(last.removesuffix(EACH), []).append(value)
    else:
        here[last] = value


def number_of(amount: Amount) -> int | float | None:
    """A JSON number with exactly this value; None where none spells it."""
    exact = amount.decimal()
    if exact == exact.to_integral_value():
        return int(exact)
    number = float(exact)
    spelled = amount_of(Written.of(repr(number)))
    return number if spelled is not None and spelled.decimal() == exact else None


def money(amount: Amount, currency: str) -> JsonObject | None:
    """An OCDS value; None where the amount cannot be spelled."""
    number = number_of(amount)
    if number is None:
        return None
    return {"amount": number, **({"currency": currency} if currency else {})}


def _inside(here: JsonObject, name: str) -> JsonObject:
    if not name.endswith(EACH):
        inside: JsonObject = here.setdefault(name, {})
        return inside
    items = here.setdefault(name.removesuffix(EACH), [])
    if not items:
        items.append({})
    first: JsonObject = items[0]
    return first
