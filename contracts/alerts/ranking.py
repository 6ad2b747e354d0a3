"""AL23: an award departs from the ranking, or what follows from the award departs from it.

招标投标法实施条例第五十五条: the first of the candidates is to win. Whoever departs from the
ranking may have reasons, which a supervisor hears. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts import trading_rows
from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.named_rows import are_named, place_of
from contracts.verdict import Raised

CANDIDATES: Final = "tender.candidates_published"
DECIDED: Final = "tender.award_decided"
PUBLISHED: Final = "tender.result_published"
NOTICE: Final = "tender.award_notice"
SOLD: Final = "tender.lot_sold"


def conclude(case: Case) -> Raised | None:
    """The alert, where the winner named is not who should be."""
    because = _because(case)
    return None if because is None else raised(case, "AL23", because)


def _because(case: Case) -> str | None:
    """A key of ``reasons.toml``; None where all is well."""
    record, winner = case.record, case.record.fields.get("winner")
    if record.type == DECIDED:
        if not are_named(case.state, record.subject, CANDIDATES):
            # The ranking of a project that began before the ledger stands in its documents.
            return None
        place = place_of(case.state, record.subject, CANDIDATES, str(winner))
        if place is None:
            return "not_candidate"
        return "not_first" if place else None
    if record.type == PUBLISHED:
        decided = case.last_kept(DECIDED, "winner")
        sold = case.last_kept(SOLD, "winner")
        return "other_winner" if winner not in {decided, sold} else None
    if record.type == NOTICE:
        return "other_winner" if winner != case.last_kept(PUBLISHED, "winner") else None
    return "not_best" if record.type == SOLD and not _is_best(case) else None


def _is_best(case: Case) -> bool:
    """Whether a lot goes to whoever said the best price, at that price."""
    record, best = case.record, trading_rows.best(case.state, case.record.subject)
    cited = {ref.record_id for ref in record.refs if ref.relation == "follows"}
    fields = record.fields
    return best is not None and (cited, fields["winner"], fields["price_fen"]) == (
        {best.record_id},
        best.member,
        best.price_fen,
    )
