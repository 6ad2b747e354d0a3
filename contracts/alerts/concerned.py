"""AL05 where a record acts on what is another's: its bid, deposit or guarantee.

The role alone does not say whose bid is decrypted or whose money goes back. Asked by the signer
alert. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from contracts import standing
from contracts.case import Case
from contracts.state import seen_from
from contracts.verdict import RecordRow

POOLED: Final = "tender.deposits_pooled"
TENDERER: Final = "tender.project_accepted.tenderer"


def is_concerned(case: Case, principal: str) -> bool:
    """Whether the principal may act on every record that is cited; true for all other types."""
    may = _MAY.get(case.record.type)
    if may is None:
        return True
    cited = (
        case.state.record(ref.record_id)
        for ref in case.record.refs
        if ref.relation == "follows" and ref.network_id is None
    )
    return all(row.issuer == principal or may(case, principal) for row in cited if row is not None)


def _opens_bids(case: Case, _: str) -> bool:
    """A bid is decrypted by its author or a bid system."""
    world, issuer = case.facts.world, case.record.issuer
    return standing.holds_role(world, case.state, issuer, "bid_system", case.times)


def _pooled(case: Case, principal: str) -> bool:
    """A deposit goes back from the bank that took it, or from the lead bank that pooled it."""
    rows: list[RecordRow | None] = [
        case.state.record(each)
        for subject in seen_from(case.record.subject)
        for each in case.state.records(subject, POOLED, case.times)
    ]
    return any(row is not None and row.issuer == principal for row in rows)


def _is_tenderer(case: Case, principal: str) -> bool:
    """A guarantee is released by its guarantor, or by the tenderer whom it is given to."""
    return case.state.value(case.record.subject, TENDERER, case.times) == principal


_MAY: Final[Mapping[str, Callable[[Case, str], bool]]] = MappingProxyType(
    {
        "tender.bid_decrypted": _opens_bids,
        "tender.evaluation_clarification_answered": lambda _case, _principal: False,
        "tender.deposit_refunded": _pooled,
        "tender.guarantee_released": _is_tenderer,
    }
)
