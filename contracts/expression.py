"""The must-follow language: what its words mean as values, and the one way to spell them.

    expression := all ( "|" all )*          all := unit ( "&" unit )*
    unit       := "(" expression ")" | term
    term       := TYPE [ "{" FIELD "=" VALUE "}" ] [ "@" scope ] [ ":" quantifier ]
                | none_open(TYPE [ "@" scope ]) | alert(ALnn) | alert(*)
                | after(TYPE.field) | before(TYPE.field) | after(DEADLINE) | before(DEADLINE)
    scope      := same | issuer | ref:RELATION | field:NAME
    quantifier := one | each(TYPE) | all(FIELD) | k(NUMBER)

Nothing here asks the state; `must_follow` does. Spec: ``docs/spec/contracts.md``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from ledger.codes import Code
from ledger.errors import FormatError

DEPTH_MAX: Final = 8
"""Brackets within brackets: an auditor must be able to read a rule."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Among which records a term looks."""

    kind: str = "same"
    """``same`` (the subject, and its project's), ``issuer`` (the records about the issuer),
    ``ref`` (the records cited), ``field`` (the subject that a field names)."""
    name: str = ""
    """The relation or the field; empty otherwise."""


@dataclass(frozen=True, slots=True)
class Exists:
    """Records of a type are in force."""

    type: str
    scope: Scope = Scope()
    quantifier: str = "one"
    """``one``, ``each``, ``all`` or ``k``."""
    argument: str = ""
    """The type of ``each``, the field of ``all``."""
    count: int = 1
    """How many, for ``k``."""
    field: str = ""
    """A field of the type that must say `value`; empty where any record will do."""
    value: str = ""


@dataclass(frozen=True, slots=True)
class NoneOpen:
    """No record of a type is open: each was closed or voided."""

    type: str
    scope: Scope = Scope()


@dataclass(frozen=True, slots=True)
class Moment:
    """The record takes effect before, or after, the time that a field of the subject names."""

    before: bool
    type: str
    field: str


@dataclass(frozen=True, slots=True)
class Period:
    """The record takes effect before, or after, a deadline of the catalogue has ended."""

    before: bool
    deadline: str


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """An alert was raised about the subject."""

    code: str
    """``ALnn``, or ``*`` for any."""


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds."""

    parts: tuple["Expression", ...]


Term: TypeAlias = Exists | NoneOpen | Moment | Period | AlertRaised
Expression: TypeAlias = Term | Every | Either

_TOKEN: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*|\d+|[&|()@:*{}=])")


def parse(text: str) -> Expression:
    """The expression that `text` spells.

    Raises:
        FormatError: `catalogue.expression`, naming where reading stopped.
    """
    parser = _Parser(text)
    expression = parser.either(0)
    parser.end()
    return expression


def terms(expression: Expression) -> Iterator[Term]:
    """Every term of `expression`, from left to right."""
    if isinstance(expression, Every | Either):
        for part in expression.parts:
            yield from terms(part)
    else:
        yield expression


class _Parser:
    """A cursor over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split(text))
        self._at = 0

    def either(self, depth: int) -> Expression:
        """all ( "|" all )*"""
        parts = [self._every(depth)]
        while self._taken("|"):
            parts.append(self._every(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def end(self) -> None:
        """Require that all was read."""
        if self._peek():
            raise self._wrong()

    def _every(self, depth: int) -> Expression:
        parts = [self._unit(depth)]
        while self._taken("&"):
            parts.append(self._unit(depth))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _unit(self, depth: int) -> Expression:
        if not self._taken("("):
            return self._term()
        if depth >= DEPTH_MAX:
            raise self._wrong()
        inner = self.either(depth + 1)
        self._take(")")
        return inner

    def _term(self) -> Term:
        word = self._name()
        if word in {"none_open", "after", "before", "alert"} and self._taken("("):
            term = self._call(word)
            self._take(")")
            return term
        field, value = self._said()
        term = self._quantified(word, self._scope())
        if field and term.quantifier not in {"one", "k"}:
            raise self._wrong()
        return replace(term, field=field, value=value)

    def _call(self, word: str) -> Term:
        """What stands in the brackets of a named term."""
        if word == "alert":
            return AlertRaised("*" if self._taken("*") else self._name())
        name = self._name()
        if word == "none_open":
            return NoneOpen(name, self._scope())
        type_key, dot, field = name.rpartition(".")
        if not dot:
            return Period(word == "before", name)
        return Moment(word == "before", type_key, field)

    def _said(self) -> tuple[str, str]:
        """The field and the value in braces; both empty where there are none."""
        if not self._taken("{"):
            return "", ""
        field = self._name()
        self._take("=")
        value = self._name()
        self._take("}")
        return field, value

    def _scope(self) -> Scope:
        if not self._taken("@"):
            return Scope()
        kind = self._name()
        if kind in {"same", "issuer"}:
            return Scope(kind)
        if kind not in {"ref", "field"}:
            raise self._wrong()
        self._take(":")
        return Scope(kind, self._name())

    def _quantified(self, type_key: str, scope: Scope) -> Exists:
        if not self._taken(":"):
            return Exists(type_key, scope)
        word = self._name()
        if word == "one":
            return Exists(type_key, scope)
        if word not in {"each", "all", "k"}:
            raise self._wrong()
        self._take("(")
        argument = self._name(digits=word == "k")
        self._take(")")
        if word == "k":
            return Exists(type_key, scope, "k", "", int(argument))
        return Exists(type_key, scope, word, argument)

    def _split(self, text: str) -> Iterator[str]:
        at, end = 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None:
                raise FormatError(Code.CATALOGUE_EXPRESSION, text=text, at=text[at:][:20])
            yield found.group(1)
            at = found.end()

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _taken(self, token: str) -> bool:
        """Whether `token` stands next; then it is taken."""
        if self._peek() != token:
            return False
        self._at += 1
        return True

    def _take(self, token: str) -> None:
        if not self._taken(token):
            raise self._wrong()

    def _name(self, *, digits: bool = False) -> str:
        """The next name, or number where `digits`."""
        token = self._peek()
        if not token or token[0].isdigit() != digits or not token[0].isalnum():
            raise self._wrong()
        self._at += 1
        return token

    def _wrong(self) -> FormatError:
        rest = "".join(self._tokens[self._at :])[:20] or "end"
        return FormatError(Code.CATALOGUE_EXPRESSION, text=self._text, at=rest)
