"""AL24: a contract departs from the award or the order, or a bond is larger than the law allows.

招标投标法第四十六条 (no contract against the bid), 实施条例第五十八条 (at most a tenth of the
price). That a contract is late is a window of the data. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final, cast

from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.integer_statistics import PERCENT
from contracts.verdict import Raised

PUBLISHED: Final = "tender.result_published"
ORDERED: Final = "tender.mall_order"
SIGNED: Final = "tender.contract_signed"
CHANGED: Final = "tender.contract_changed"
BOND: Final = "performance_bond"


def conclude(case: Case) -> Raised | None:
    """The alert, where the contract says other than what it follows, or the bond is too large."""
    because = _because(case)
    return None if because is None else raised(case, "AL24", because)


def _because(case: Case) -> str | None:
    """A key of ``reasons.toml``; None where all is well."""
    fields = case.record.fields
    if case.record.type == SIGNED:
        return _departs(case, PUBLISHED, "winner") or _departs(case, ORDERED, "supplier")
    if case.record.type != CHANGED:
        return None
    if fields["kind"] == BOND and _is_too_large(case):
        return "bond_too_large"
    signed = case.last_kept(SIGNED, "contractor")
    return "other_contractor" if fields["contractor"] != signed else None


def _is_too_large(case: Case) -> bool:
    """Whether a bond is more than so many percent of the contract's price, where both are said."""
    price, amount = case.last_kept(SIGNED, "price_fen"), case.record.fields.get("amount_fen")
    most = case.facts.world.catalogue.alerts["AL24"].parameters["bond_percent_most"]
    said = isinstance(price, int) and isinstance(amount, int)
    return said and cast(int, amount) * PERCENT > most * cast(int, price)


def _departs(case: Case, awarded: str, winner: str) -> str | None:
    """How a contract differs from a result or an order; what is not there is not compared."""
    fields = case.record.fields
    expected, price = case.last_kept(awarded, winner), case.last_kept(awarded, "price_fen")
    if expected is not None and fields["contractor"] != expected:
        return "other_contractor"
    said = fields.get("price_fen")
    return "other_price" if None not in {price, said} and said != price else None
