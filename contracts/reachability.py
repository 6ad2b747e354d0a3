"""Proves that every record type can happen: no must-follow waits for what nothing can bring about.

A part of the proof that a catalogue is whole (`closure`); it never judges a record. Spec:
``docs/spec/contracts.md``.
"""

from contracts.expression import AlertRaised, Either, Every, Expression, NoneOpen, Period
from contracts.schema import REFUSE, RecordType
from contracts.tables import Catalogue
from ledger.codes import Code
from ledger.errors import FormatError


def check_reachable(catalogue: Catalogue) -> None:
    """Require that every type can happen: its refusing clauses can hold in some order of events.

    Raises:
        FormatError: `catalogue.unsatisfiable`, naming the clause or relation.
    """
    reached: set[str] = set()
    grown = True
    while grown:
        fresh = {
            key
            for key, kind in catalogue.types.items()
            if key not in reached and _stuck(catalogue, kind, reached, conditional=False) is None
        }
        grown = bool(fresh)
        reached |= fresh
    for kind in catalogue.types.values():
        stuck = _stuck(catalogue, kind, reached, conditional=True)
        if stuck is not None:
            raise FormatError(Code.CATALOGUE_UNSATISFIABLE, where=kind.key, text=stuck)


def _stuck(
    catalogue: Catalogue, kind: RecordType, reached: set[str], *, conditional: bool
) -> str | None:
    """The clause or ref that nothing in `reached` satisfies; None where there is none."""
    for clause in kind.must_follow:
        judged = clause.otherwise == REFUSE and (conditional or not clause.when)
        if judged and not _possible(catalogue, clause.expression, reached):
            return clause.text
    for relation, cites in kind.refs.items():
        if cites.required and "*" not in cites.types and not cites.types & reached:
            return relation
    return None


def _possible(catalogue: Catalogue, expression: Expression, reached: set[str]) -> bool:
    """Whether some order of the types in `reached` makes the expression hold."""
    if isinstance(expression, Every):
        return all(_possible(catalogue, part, reached) for part in expression.parts)
    if isinstance(expression, Either):
        return any(_possible(catalogue, part, reached) for part in expression.parts)
    if isinstance(expression, NoneOpen):
        return True
    if isinstance(expression, Period):
        start = catalogue.deadlines[expression.deadline].start
        return expression.before or start not in catalogue.types or start in reached
    if isinstance(expression, AlertRaised):
        return expression.code == "*" or not catalogue.alerts[expression.code].planned
    return expression.type in reached
