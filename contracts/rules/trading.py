"""Auctions and listings in the open (T64–T66): a price counts in the order of the ledger.

A price that is no step better is refused, as an auctioneer does not hear it; a late one enters,
raises AL02 and does not count. Spec: ``docs/spec/contracts.md``.
"""

from typing import cast

from contracts import trading_rows
from contracts.case import Case
from contracts.trading_rows import Best, Terms
from ledger.codes import Code
from ledger.errors import InvariantBroken, Rejected


def judge_opened(case: Case) -> Rejected | None:
    """Refuse an auction that ends before it begins."""
    until_ms = cast(int, case.record.fields["until_ms"])
    if until_ms > case.times.time_ms:
        return None
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": "until_ms"})


def judge_price(case: Case) -> Rejected | None:
    """Refuse a price that is not a step better than the best one."""
    if is_late(case):
        return None
    held, price_fen = _terms(case), _price(case)
    best = trading_rows.best(case.state, case.record.subject)
    sign = 1 if held.up else -1
    least = held.start_fen if best is None else best.price_fen + sign * held.step_fen
    if sign * (price_fen - least) >= 0:
        return None
    subject = str(case.record.subject)
    detail: dict[str, str | int] = {"subject": subject, "price": price_fen, "least": least}
    return Rejected(Code.AUCTION_PRICE, detail)


def apply_price(case: Case) -> None:
    """The price is the best one, where it came in time."""
    if is_late(case):
        return
    feature = case.record.fields.get("feature", b"")
    held = Best(
        case.facts.record_id,
        case.record.issuer,
        _price(case),
        case.times.time_ms,
        cast(bytes, feature),
    )
    trading_rows.put_best(case.state, case.record.subject, held)


def is_late(case: Case) -> bool:
    """Whether a price comes after the end and the grace."""
    best = trading_rows.best(case.state, case.record.subject)
    return case.limit_ms > trading_rows.end_ms(_terms(case), best)


def _terms(case: Case) -> Terms:
    found = trading_rows.terms(case.state, case.record.subject, case.times)
    if found is None:
        raise InvariantBroken("a price is judged without an auction")
    return found


def _price(case: Case) -> int:
    return cast(int, case.record.fields["price_fen"])
