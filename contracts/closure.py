"""Proves that the rows of a catalogue fit together: nothing unknown, nothing that cannot happen.

A catalogue that names an unknown role, type, alert, field or deadline, whose must-follow nothing
can satisfy, or that is not closed under must-follow is refused at the start, on every node alike.
Never judges a record. Spec: ``docs/spec/contracts.md``.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final

from contracts.confirmations import CONFIRMED
from contracts.expression import AlertRaised, Exists, Moment, Period, Scope, Term, terms
from contracts.reachability import check_reachable
from contracts.schema import (
    CODED_SUBJECTS,
    OFF_LEDGER,
    REFUSE,
    REGION,
    UNGRANTED_ROLES,
    Cites,
    Clause,
    Field,
    RecordType,
    When,
)
from contracts.spelling import is_pattern
from contracts.tables import ALERT_RAISED, CERTIFICATE, Catalogue, references
from contracts.versions import RULES_ADOPTED
from ledger.codes import Code
from ledger.core.record import RELATIONS
from ledger.core.sealed import COMMITMENT_TYPE, OPENING_TYPE
from ledger.errors import FormatError

_KEY: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_CODE: Final = re.compile(r"([A-Z][0-9]{2})?")
_BY_CLOCK: Final = frozenset({"timer", "draw", "owner_will"})
"""Rules of alerts that a timer may raise: of itself, or beside a rule in Python."""
_ENGINE: Final = frozenset(
    {ALERT_RAISED, CERTIFICATE, RULES_ADOPTED, CONFIRMED, COMMITMENT_TYPE, OPENING_TYPE}
)
"""Types without which no block can be judged, or no further version be adopted."""
_LISTS: Final = frozenset({"texts", "members", "records"})


def check(catalogue: Catalogue, rules: Collection[str], alert_rules: Collection[str]) -> None:
    """Require that `catalogue` is whole.

    Args:
        catalogue: what was read.
        rules: names of the rules in Python that a type may use.
        alert_rules: names of what can raise an alert.

    Raises:
        FormatError: `catalogue.invalid`, `.unknown`, `.unsatisfiable` or `.not_closed`.
    """
    for name in sorted(_ENGINE - catalogue.types.keys()):
        raise FormatError(Code.CATALOGUE_NOT_CLOSED, where="ledger", name=name)
    codes = [kind.code for kind in catalogue.types.values() if kind.code]
    if len(set(codes)) != len(codes):
        raise _invalid(next(code for code in codes if codes.count(code) > 1), "code used twice")
    for alert in catalogue.alerts.values():
        if not alert.planned:
            _known(alert.code, "rule", alert.rule, alert_rules)
    for kind in catalogue.types.values():
        _TypeCheck(catalogue, kind).run(rules)
    for reference in references(catalogue.types, catalogue.deadlines):
        _check_reference(catalogue, reference)
    check_reachable(catalogue)


class _TypeCheck:
    """The checks of one record type against the whole catalogue."""

    def __init__(self, catalogue: Catalogue, kind: RecordType) -> None:
        self._all = catalogue
        self._kind = kind

    def run(self, rules: Collection[str]) -> None:
        """Every check that looks at one type alone."""
        kind = self._kind
        if not _KEY.fullmatch(kind.key) or not _CODE.fullmatch(kind.code):
            raise _invalid(kind.key, "key or code is misspelt")
        self._check_issuers()
        for rule in kind.rules:
            _known(kind.key, "rule", rule, rules)
        for alert in kind.alerts:
            _known(kind.key, "alert", alert, self._all.alerts)
        self._check_otherwise(kind.issuer_else)
        if kind.party:
            _known(kind.key, "alert", "AL05", kind.alerts)
        self._check_visibility()
        for relation, cites in kind.refs.items():
            _known(kind.key, "relation", relation, RELATIONS)
            self._check_types(cites.types - {"*"})
            self._check_having(cites)
        for clause in kind.must_follow:
            self._check_clause(clause)
        self._check_deadlines()
        self._check_closing()
        self._check_fields()

    def _check_issuers(self) -> None:
        kind = self._kind
        if not kind.issuers:
            raise _invalid(kind.key, "nobody may issue it")
        confirmers = kind.confirmed_by.roles if kind.confirmed_by else ()
        if kind.confirmed_by and (not confirmers or kind.confirmed_by.k < 0):
            raise _invalid(kind.key, "confirmed_by")
        for role in (*(issuer.role for issuer in kind.issuers), *confirmers):
            _known(kind.key, "role", role, {*self._all.roles, *UNGRANTED_ROLES})
        regional = any(issuer.scope == REGION for issuer in kind.issuers)
        if regional and kind.subject not in CODED_SUBJECTS:
            raise _invalid(kind.key, "its subject has no region")
        if kind.confirmed_by and kind.confirmed_by.of.startswith("field:"):
            _known(kind.key, "field", kind.confirmed_by.of.removeprefix("field:"), kind.fields)
        if kind.confirmed_by and kind.confirmed_by.but:
            _known(kind.key, "field", kind.confirmed_by.but, kind.fields)
        if kind.confirmed_by:
            self._check_when(kind.confirmed_by.when)

    def _check_visibility(self) -> None:
        visibility = self._kind.visibility
        if self._kind.sealed_until:
            self._check_types(self._kind.sealed_until)
        elif visibility not in {"public", "parties", "supervisor", OFF_LEDGER}:
            raise _invalid(self._kind.key, f"visibility = {visibility}")

    def _check_having(self, cites: Cites) -> None:
        """What a cited record must say, some cited type must be able to say."""
        for name, values in cites.having.items():
            allowed: set[str] = set()
            for type_key in cites.types & self._all.types.keys():
                shown = self._all.types[type_key].fields.get(name)
                allowed |= shown.allowed if shown is not None else set()
            if not values or not values <= allowed:
                raise _unknown(self._kind.key, "value", f"{name}: {', '.join(sorted(values))}")

    def _check_clause(self, clause: Clause) -> None:
        self._check_otherwise(clause.otherwise)
        self._check_when(clause.when)
        for term in terms(clause.expression):
            self._check_term(term)

    def _check_term(self, term: Term) -> None:
        key = self._kind.key
        if isinstance(term, AlertRaised):
            if term.code != "*":
                _known(key, "alert", term.code, self._all.alerts)
            return
        if isinstance(term, Period):
            _known(key, "deadline", term.deadline, self._all.deadlines)
            return
        if term.type not in self._all.types:
            raise FormatError(Code.CATALOGUE_NOT_CLOSED, where=key, name=term.type)
        if isinstance(term, Moment):
            field = self._all.types[term.type].fields.get(term.field)
            if field is None or field.kind != "time":
                raise _unknown(key, "field", f"{term.type}.{term.field}")
            return
        self._check_scope(term.scope)
        if isinstance(term, Exists):
            self._check_quantifier(term)
        elif not self._all.types[term.type].opens:
            raise _invalid(key, f"none_open({term.type}): it does not open")

    def _check_scope(self, scope: Scope) -> None:
        kind = self._kind
        if scope.kind == "ref":
            _known(kind.key, "relation", scope.name, kind.refs)
        if scope.kind == "field":
            _known(kind.key, "field", scope.name, kind.fields)
            if kind.fields[scope.name].kind not in {"member", "text"}:
                raise _invalid(kind.key, f"field:{scope.name} names no subject")

    def _check_quantifier(self, term: Exists) -> None:
        kind = self._kind
        if term.quantifier == "each" and term.argument not in self._all.types:
            raise FormatError(Code.CATALOGUE_NOT_CLOSED, where=kind.key, name=term.argument)
        if term.quantifier == "all":
            _known(kind.key, "field", term.argument, kind.fields)
            if kind.fields[term.argument].kind not in _LISTS:
                raise _invalid(kind.key, f"all({term.argument}): not a list")
        if term.field:
            said = self._all.types[term.type].fields.get(term.field)
            if said is None or term.value not in said.allowed:
                raise _unknown(kind.key, "value", f"{term.type}{{{term.field}={term.value}}}")
        if term.quantifier == "k" and term.count < 1:
            raise _invalid(kind.key, f"k({term.count})")

    def _check_deadlines(self) -> None:
        kind = self._kind
        named = [(window.deadline, window.otherwise) for window in kind.windows]
        for window in kind.windows:
            self._check_when(window.when)
        for deadline, alert in [*named, *((each.deadline, each.alert) for each in kind.timers)]:
            _known(kind.key, "deadline", deadline, self._all.deadlines)
            self._check_otherwise(alert)
            start = self._all.deadlines[deadline].start
            if start.startswith("field:"):
                self._check_time_field(start.removeprefix("field:"))
        for stops in kind.stops:
            _known(kind.key, "deadline", stops.deadline, self._all.deadlines)
            _known(kind.key, "relation", stops.by, kind.refs)
        for each in kind.timers:
            self._check_when(each.when)
            if self._all.alerts[each.alert].rule not in _BY_CLOCK:
                raise _invalid(kind.key, f"{each.alert} is not raised by a timer")
            if self._all.deadlines[each.deadline].before:
                raise _invalid(kind.key, f"a timer cannot count back: {each.deadline}")

    def _check_time_field(self, name: str) -> None:
        kind = self._kind
        _known(kind.key, "field", name, kind.fields)
        if kind.fields[name].kind != "time" or not kind.fields[name].required:
            raise _invalid(kind.key, f"field {name}: a deadline needs a required time")

    def _check_closing(self) -> None:
        kind = self._kind
        for closes in kind.closes:
            self._check_types([closes.type])
            if not self._all.types[closes.type].opens:
                raise _invalid(kind.key, f"closes {closes.type}, which does not open")
            self._check_when(closes.when)
            _known(kind.key, "relation", closes.by, kind.refs)
        for forbids in kind.forbids:
            self._check_types(forbids.types)
            self._check_otherwise(forbids.otherwise)
            self._check_when(forbids.when)
        if kind.voidable and (kind.closes or kind.stops or kind.forbids):
            raise _invalid(kind.key, "voidable, although it closes, stops or forbids")
        closers = (closes.type for each in self._all.types.values() for closes in each.closes)
        if kind.opens and kind.key not in closers:
            raise _invalid(kind.key, "opens, and nothing closes it")

    def _check_fields(self) -> None:
        for name in self._kind.kept:
            _known(self._kind.key, "field", name, self._kind.fields)
        for name, field in self._kind.fields.items():
            if field.pattern and (field.kind != "text" or not is_pattern(field.pattern)):
                raise _invalid(self._kind.key, f"field {name}: pattern = {field.pattern}")
            if name in self._all.common and self._kind.fields[name] != self._all.common[name]:
                shadowed: Field = self._all.common[name]
                if self._kind.fields[name].kind != shadowed.kind:
                    raise _invalid(self._kind.key, f"field {name}: a common name of another kind")

    def _check_types(self, names: Iterable[str]) -> None:
        for name in names:
            _known(self._kind.key, "type", name, self._all.types)

    def _check_otherwise(self, otherwise: str) -> None:
        """What is raised must be declared for the type, and must be more than planned."""
        if otherwise == REFUSE:
            return
        _known(self._kind.key, "alert", otherwise, self._kind.alerts)
        if self._all.alerts[otherwise].planned:
            raise _invalid(self._kind.key, f"{otherwise} is only planned")

    def _check_when(self, when: When) -> None:
        for name, values in when.items():
            _known(self._kind.key, "field", name, self._kind.fields)
            allowed = self._kind.fields[name].allowed
            if allowed and not values <= allowed:
                raise _unknown(self._kind.key, "value", min(values - allowed))


def _check_reference(catalogue: Catalogue, reference: str) -> None:
    """Require that a ``TYPE.field`` exists."""
    type_key, _, name = reference.rpartition(".")
    kind = catalogue.types.get(type_key)
    if kind is None or name not in kind.fields:
        raise _unknown(type_key, "field", reference)


def _known(where: str, what: str, name: str, names: Collection[str]) -> None:
    if name not in names:
        raise _unknown(where, what, name)


def _unknown(where: str, what: str, name: str) -> FormatError:
    return FormatError(Code.CATALOGUE_UNKNOWN, where=where, kind=what, name=name)


def _invalid(where: str, problem: str) -> FormatError:
    return FormatError(Code.CATALOGUE_INVALID, where=where, problem=problem)
