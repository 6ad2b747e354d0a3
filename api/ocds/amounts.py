"""Amounts of money between OCDS and records: JSON numbers and whole numbers, exactly.

A record has no floats: an amount is `units` × 10^−`places`. A JSON number is taken by its digits as
they are written, so nothing is rounded on either way; 10, 10.0 and 1e1 are the same amount.
"""

from dataclasses import dataclass
from decimal import Decimal, DecimalException, localcontext
from typing import Final

UNITS_MAX: Final = (1 << 53) - 1
"""What every reader of JSON can hold."""
PLACES_MAX: Final = 12
FEN_PLACES: Final = 2
_DIGITS_MAX: Final = 40


class Written(float):
    """A JSON number with a fraction or an exponent, which remembers how it was written."""

    text: str

    @classmethod
    def of(cls, text: str) -> "Written":
        """For ``json.loads(parse_float=…)``."""
        made = cls(text)
        made.text = text
        return made


@dataclass(frozen=True, slots=True)
class Amount:
    """`units` × 10^−`places`, without trailing zeros behind the point."""

    units: int
    places: int

    def decimal(self) -> Decimal:
        """The same number."""
        with localcontext(prec=_DIGITS_MAX):
            return Decimal(self.units).scaleb(-self.places)


def amount_of(value: object) -> Amount | None:
    """The amount that a JSON number spells; None where it is none or beyond what is kept.

    Args:
        value: an int or a `Written`; any other float has lost its digits.
    """
    if isinstance(value, bool) or not isinstance(value, int | Written):
        return None
    text = value.text if isinstance(value, Written) else str(value)
    if len(text) > _DIGITS_MAX:
        return None
    try:
        sign, digits, exponent = Decimal(text).as_tuple()
    except DecimalException:
        return None
    if not isinstance(exponent, int) or exponent > _DIGITS_MAX:
        return None
    units = int("".join(map(str, digits)))
    while units and exponent < 0 and units % 10 == 0:
        units, exponent = units // 10, exponent + 1
    if not units:
        return Amount(0, 0)
    units, places = units * 10 ** max(exponent, 0), max(-exponent, 0)
    if units > UNITS_MAX or places > PLACES_MAX:
        return None
    return Amount(-units if sign else units, places)
