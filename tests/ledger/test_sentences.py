"""Every sentence is whole: whoever makes an error gives what its sentence names, in both languages.

A placeholder without a value is shown as ``?``, and nobody can act on "the node at ? is away". Read
from the code itself, wherever an error or a refusal is made with names that stand there.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from ledger.codes import Code
from ledger.words import LANGUAGES, sentences

ROOT = Path(__file__).parents[2]
PACKAGES = ("ledger", "consensus", "contracts", "api", "cli")
MADE = frozenset({"Rejected", "Unfit", "NotPublic", "Pending", "IndexUnusable"})
"""Beside everything whose name ends with ``Error``."""
Names = frozenset[str]
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def placeholders(code: Code) -> Names:
    """What the sentences of a code name, in any language."""
    texts = (sentences(language)[code.value] for language in LANGUAGES)
    return frozenset(name for text in texts for _, name, _, _ in Formatter().parse(text) if name)


class Module:
    """The errors that one file makes."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._tree = ast.parse(text)
        functions = [each for each in ast.walk(self._tree) if isinstance(each, _Function)]
        self._helpers = {
            each.name: made
            for each in functions
            if each.args.kwarg is not None and (made := [(each, call) for call in _made_in(each)])
        }
        """Functions that make an error of a code and of whatever they are given."""

    def lacking(self) -> list[str]:
        """Each call that does not give what its sentence names."""
        return [each for call, scope in _calls(self._tree) for each in self._judged(call, scope)]

    def _judged(self, call: ast.Call, scope: ast.AST) -> Iterator[str]:
        code = next((code for each in call.args if (code := _code(each)) is not None), None)
        name = _name(call.func)
        helper = self._helpers.get(name, [])
        if code is None or not (_makes(name) or helper):
            return
        given = _given(call, scope)
        if given is None:
            return
        for function, made in helper:
            passed = "" if function.args.kwarg is None else function.args.kwarg.arg
            given |= _given(made, function, passed) or frozenset()
        if lacks := placeholders(code) - given - _told_in_words(given):
            yield f"{self._path}:{call.lineno}: {code.value} without {', '.join(sorted(lacks))}"


def _calls(tree: ast.AST, scope: ast.AST | None = None) -> Iterator[tuple[ast.Call, ast.AST]]:
    """Every call, with the innermost function around it, whose variables count."""
    around = tree if scope is None else scope
    for each in ast.iter_child_nodes(tree):
        if isinstance(each, ast.Call):
            yield each, around
        yield from _calls(each, each if isinstance(each, _Function) else around)


def _told_in_words(given: Names) -> Names:
    """What a sentence may name beside what is given: see `ledger.words`."""
    times = {name.removesuffix("_ms") for name in given if name.endswith("_ms")}
    return frozenset(times | {"expecting"} | ({"gap"} if len(times) >= 2 else set()))


def _makes(name: str) -> bool:
    return name in MADE or name.endswith("Error")


def _given(call: ast.Call, scope: ast.AST, passed: str = "") -> Names | None:
    """The names that a call gives; None where it does not say them.

    Args:
        call: of an error, or of a helper that makes one.
        scope: the function around it.
        passed: the parameter with what that function is given, where this is of no interest.
    """
    found: Names = frozenset()
    details = [each for each in call.args if isinstance(each, ast.Dict | ast.BinOp | ast.Name)]
    for value in (
        *(each for each in details if _is_detail(each, scope)),
        *(each.value for each in call.keywords if each.arg in {None, "detail"}),
    ):
        names = _names(value, scope, passed)
        if names is None:
            return None
        found |= names
    return found | {each.arg for each in call.keywords if each.arg is not None}


def _made_in(function: _Function) -> list[ast.Call]:
    """The errors that a helper makes of what it is given."""
    calls = [each for each in ast.walk(function) if isinstance(each, ast.Call)]
    return [each for each in calls if _makes(_name(each.func))]


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Name):
        return called.id
    return called.attr if isinstance(called, ast.Attribute) else ""


def _code(value: ast.expr) -> Code | None:
    is_one = isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name)
    if is_one and isinstance(value, ast.Attribute) and _name(value.value) == "Code":
        return Code[value.attr]
    return None


def _assigned(name: str, scope: ast.AST) -> list[ast.expr]:
    """Whatever a variable of a function becomes, in order."""
    found: list[tuple[list[ast.expr], ast.expr | None]] = []
    for each in ast.walk(scope):
        if isinstance(each, ast.Assign):
            found.append((each.targets, each.value))
        elif isinstance(each, ast.AnnAssign | ast.AugAssign):
            found.append(([each.target], each.value))
    return [
        value
        for targets, value in found
        if value is not None
        and any(isinstance(target, ast.Name) and target.id == name for target in targets)
    ]


def _is_detail(value: ast.expr, scope: ast.AST) -> bool:
    """Whether an argument is the detail of a refusal, and not, say, an exit code."""
    if isinstance(value, ast.Name):
        values = _assigned(value.id, scope)
        return any(_is_detail(each, scope) for each in values if not isinstance(each, ast.Name))
    if isinstance(value, ast.BinOp):
        return isinstance(value.op, ast.BitOr)
    return isinstance(value, ast.Dict)


def _names(value: ast.expr, scope: ast.AST, passed: str) -> Names | None:
    """The keys of a mapping that stands in the code; None where they do not stand there."""
    if isinstance(value, ast.Name) and value.id == passed:
        return frozenset()
    if isinstance(value, ast.Dict):
        found: Names = frozenset()
        for key, inner in zip(value.keys, value.values, strict=True):
            names = frozenset({str(key.value)}) if isinstance(key, ast.Constant) else None
            names = _names(inner, scope, passed) if key is None else names
            if names is None:
                return None
            found |= names
        return found
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        left, right = (_names(each, scope, passed) for each in (value.left, value.right))
        return None if left is None or right is None else left | right
    if isinstance(value, ast.Name):
        assigned = [_names(each, scope, passed) for each in _assigned(value.id, scope)]
        known = [each for each in assigned if each is not None]
        return frozenset[str]().union(*known) if assigned and known == assigned else None
    return None


@pytest.mark.parametrize("package", PACKAGES)
def test_whoever_makes_an_error_gives_what_its_sentence_names(package: str) -> None:
    paths = sorted((ROOT / package).rglob("*.py"))
    modules = (Module(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in paths)
    lacking = [each for module in modules for each in module.lacking()]
    assert not lacking, "\n".join(lacking)


MADE_UP = """
def told(code, **detail):
    return Rejected(code, {"issuer": "a", **detail})

def judge():
    detail = {"issuer": "a"}
    yield LedgerError(Code.BUNDLE_ISSUER, issuer="a")
    yield CommandError(Exit.REFUSED, Code.BUNDLE_ISSUER, **{"issuer": "a"})
    yield Rejected(Code.BUNDLE_ISSUER, {"issuer": "a"})
    yield Rejected(Code.BUNDLE_ISSUER, detail)
    yield Rejected(Code.BUNDLE_ISSUER, detail | {"other": 1})
    yield Rejected(Code.BUNDLE_ISSUER)
    yield told(Code.BUNDLE_ISSUER)
"""
"""Of ``bundle.issuer`` the sentence names two."""


def test_a_call_without_a_name_is_found_however_the_names_are_given() -> None:
    lacking = Module(Path("made_up.py"), MADE_UP).lacking()
    assert [each.split(":")[1] for each in lacking] == [str(line) for line in range(7, 14)]
    assert all(each.endswith("bundle.issuer without found") for each in lacking[:5])
    whole = MADE_UP.replace('"issuer": "a"', '"issuer": "a", "found": "b"')
    whole = whole.replace('issuer="a"', 'issuer="a", found="b"')
    lacking = Module(Path("made_up.py"), whole).lacking()
    assert [each.split(":")[1] for each in lacking] == ["12"]
