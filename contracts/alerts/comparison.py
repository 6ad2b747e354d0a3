"""AL07 and AL08: bids that have a fingerprint in common (特征码雷同), or are too much alike.

What an algorithm found enters as a record (T37) with its version and input; here it is only held
against the thresholds. Two prices from one machine are seen without one. Spec:
``docs/spec/contracts.md``.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, cast

from contracts import trading_rows
from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.verdict import Raised
from ledger.core.identifiers import MemberId, RecordId

RUN: Final = "tender.similarity_run"
PRICE: Final = "tender.price_bid"
_IN_COMMON: Final[Mapping[str, str]] = MappingProxyType(
    {
        "machine": "same_machine",
        "file": "same_file",
        "author": "same_author",
        "pricing_lock": "same_pricing_lock",
        "address": "same_address",
    }
)
"""Why two bids are told, by the feature that they have in common; ``none`` is not told."""


def in_common(case: Case) -> tuple[Raised, ...]:
    """AL07: for each pair, what it has in common."""
    if case.record.type == PRICE:
        return _same_machine(case)
    return tuple(
        raised(case, "AL07", _IN_COMMON[feature], left, right, member=_author(case, left))
        for left, right, _, feature in _pairs(case)
        if feature in _IN_COMMON
    )


def alike(case: Case) -> tuple[Raised, ...]:
    """AL08: each pair more than ``similarity_bp_most`` alike."""
    most = case.facts.world.catalogue.alerts["AL08"].parameters["similarity_bp_most"]
    return tuple(
        raised(case, "AL08", "too_alike", left, right, member=_author(case, left))
        for left, right, similarity, _ in _pairs(case)
        if similarity > most
    )


def _same_machine(case: Case) -> tuple[Raised, ...]:
    """The best price before was said by another member with the same machine or key."""
    best = trading_rows.best(case.state, case.record.subject)
    feature = case.record.fields.get("feature")
    if best is None or not feature or best.feature != feature or best.member == case.record.issuer:
        return ()
    return (raised(case, "AL07", "same_machine", best.record_id),)


def _pairs(case: Case) -> Iterator[tuple[RecordId, RecordId, int, str]]:
    """The pairs of a run, which was judged before: two bids, how alike, what in common."""
    if case.record.type != RUN:
        return
    fields = case.record.fields
    for left, right, similarity, feature in zip(
        cast("tuple[bytes, ...]", fields["left"]),
        cast("tuple[bytes, ...]", fields["right"]),
        cast("tuple[int, ...]", fields["similarity_bp"]),
        cast("tuple[str, ...]", fields["feature"]),
        strict=True,
    ):
        yield RecordId(left), RecordId(right), similarity, feature


def _author(case: Case, bid: RecordId) -> MemberId:
    row = case.state.record(bid)
    return case.record.issuer if row is None else row.issuer
