"""One table of a TOML file, taken apart attribute by attribute; whatever is left over is an error.

An attribute that nobody knows is never ignored: a misspelt `must_folow` would switch a rule off.
What the attributes mean is `schema_reader`'s and `profile`'s. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from contracts.schema import When
from ledger.codes import Code
from ledger.errors import FormatError

Raw: TypeAlias = Mapping[str, object]
T = TypeVar("T")


class Row:
    """One table, taken apart attribute by attribute; what is left at the end is an error."""

    def __init__(self, where: str, raw: object) -> None:
        if not isinstance(raw, dict):
            raise invalid(where, "a table is expected")
        self.where = where
        self._raw = dict(raw)

    def text(self, name: str, default: str | None = None) -> str:
        """A text; required where there is no default."""
        return self._take(name, str, default)

    def integer(self, name: str, default: int | None = None) -> int:
        """An integer; required where there is no default."""
        return self._take(name, int, default)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        return self._take(name, bool, default)

    def one_of(self, name: str, allowed: frozenset[str], default: str | None = None) -> str:
        """A text out of `allowed`."""
        value = self.text(name, default)
        if value not in allowed:
            raise invalid(self.where, f"{name} = {value}")
        return value

    def integers(self, name: str) -> dict[str, int]:
        """A table of integers by name; empty where absent."""
        row = Row(f"{self.where}.{name}", self._take(name, dict, {}))
        return {key: row.integer(key) for key in tuple(row._raw)}

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty where absent."""
        values = self._take(name, list, [])
        if not all(isinstance(value, str) for value in values):
            raise invalid(self.where, name)
        return tuple(values)

    def many(self, name: str, read: "Callable[[Row], T]") -> tuple[T, ...]:
        """A list of tables, each read by `read`; empty where absent."""
        return tuple(
            self._finished(Row(f"{self.where}.{name}", raw), read)
            for raw in self._take(name, list, [])
        )

    def named(self, name: str, read: "Callable[[Row], T]") -> dict[str, T]:
        """A table of tables by name; empty where absent."""
        raws: dict[str, object] = self._take(name, dict, {})
        return {
            key: self._finished(Row(f"{self.where}.{name}.{key}", raw), read)
            for key, raw in raws.items()
        }

    def optional(self, name: str, read: "Callable[[Row], T]") -> T | None:
        """One table, or None where absent."""
        if name not in self._raw:
            return None
        return self._finished(Row(f"{self.where}.{name}", self._raw.pop(name)), read)

    def when(self, name: str = "when") -> When:
        """The condition ``when = { field = [values] }``; always true where absent."""
        raw: dict[str, object] = self._take(name, dict, {})
        row = Row(f"{self.where}.{name}", raw)
        return {name: frozenset(row.texts(name)) for name in raw}

    def whens(self, name: str) -> dict[str, When]:
        """A table of conditions by name; empty where absent."""
        raw: dict[str, object] = self._take(name, dict, {})
        row = Row(f"{self.where}.{name}", raw)
        return {key: row.when(key) for key in raw}

    def untyped(self, name: str) -> list[object]:
        """A list whose items may be texts or tables; empty where absent."""
        return self._take(name, list, [])

    def is_text(self, name: str) -> bool:
        """Whether the attribute is there and a text."""
        return isinstance(self._raw.get(name), str)

    def end(self) -> None:
        """Require that every attribute was known."""
        if self._raw:
            raise invalid(self.where, f"unknown attribute {min(self._raw)}")

    def _finished(self, row: "Row", read: "Callable[[Row], T]") -> T:
        value = read(row)
        row.end()
        return value

    def _take(self, name: str, kind: type[T], default: T | None) -> T:
        value = self._raw.pop(name, default)
        if value is None:
            raise invalid(self.where, f"{name} is missing")
        if type(value) is not kind:
            raise invalid(self.where, f"{name} is not a {kind.__name__}")
        return value


def invalid(where: str, problem: str) -> FormatError:
    """The error of a row that cannot be read."""
    return FormatError(Code.CATALOGUE_INVALID, where=where, problem=problem)
