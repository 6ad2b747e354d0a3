"""Guards the shape of the house: sizes, purity, honesty of words. What ruff and mypy cannot see.

Each test reads the tree as text or as syntax and names every place that is out of order, with what
to do about it. It judges files that git tracks or would track, so scratch files do not matter.
"""

import ast
import gc
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ledger.codes import Code

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ledger", "consensus", "contracts", "api", "cli", "bidwitness")
PURE = ("ledger/core/", "consensus/core/", "contracts/")

FILE_LINES_MAX = 300
LISTS = frozenset({"ledger/codes.py"})
"""One enum, one line for each member: a list grows with the system, and owns no second thing."""
FUNCTION_LINES_MAX = 50
LINE_COLUMNS_MAX = 100

Function = ast.FunctionDef | ast.AsyncFunctionDef


# Size: a file or function that wants to grow owns a second thing. Find it, and give it a home.


def test_no_file_in_the_packages_is_longer_than_300_lines() -> None:
    long = [
        f"{name}: {count} lines"
        for name in package_files()
        if name not in LISTS and (count := len(text_of(name).splitlines())) > FILE_LINES_MAX
    ]
    assert_none(long, f"files longer than {FILE_LINES_MAX} lines; find the second thing they own")


def test_no_function_in_the_packages_is_longer_than_50_lines() -> None:
    long = [
        f"{name}:{function.lineno}: {function.name}: {count} lines"
        for name in package_files()
        for function in functions(tree_of(name))
        if (count := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert_none(long, f"functions longer than {FUNCTION_LINES_MAX} lines; name the parts")


def test_no_line_in_the_packages_is_wider_than_100_columns() -> None:
    wide = [
        f"{name}:{number}: {len(line)} columns"
        for name in package_files()
        for number, line in enumerate(text_of(name).splitlines(), 1)
        if len(line) > LINE_COLUMNS_MAX
    ]
    assert_none(wide, f"lines wider than {LINE_COLUMNS_MAX} columns")


def test_no_module_is_named_for_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "tools"}
    named = [name for name in package_files() if Path(name).stem in vague]
    assert_none(named, "modules whose name does not say what they own")


# Words: a module says what it owns, and nothing in the tree is unfinished or about its making.


def test_every_public_module_says_what_it_owns() -> None:
    silent = [
        name
        for name in package_files()
        if not Path(name).stem.startswith("_") or Path(name).stem in {"__init__", "__main__"}
        if not (ast.get_docstring(tree_of(name)) or "").strip()
    ]
    assert_none(silent, "modules without a docstring; line one says what the module owns")


def test_nothing_is_left_for_later() -> None:
    words = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|NotImplemented" r"Error)\b")
    left = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name in tracked_files()
        if name.endswith((".py", ".toml", ".md", ".js", ".html", ".css")) and "/vendor/" not in name
        for number, line in enumerate(text_of(name).splitlines(), 1)
        if words.search(line)
    ]
    assert_none(left, "places left for later; do them, or open an issue and say nothing here")


def test_no_file_knows_the_machine_it_was_made_on() -> None:
    own_path = re.compile(r"(?<![\w.-])/wo" r"rk/")
    beside = re.compile(r"\.\./sha" r"red")
    found = []
    for name in tracked_files():
        for number, line in enumerate(text_of(name).splitlines(), 1):
            reads_data = "../shared/data" in line and name.startswith(("tests/", ".ci/"))
            if own_path.search(line) or (beside.search(line) and not reads_data):
                found.append(f"{name}:{number}: {line.strip()[:80]}")
    assert_none(found, "paths of one machine; a clean clone elsewhere has no such place")


ONE_WORD = {
    "收据": "回执",
    "私有字段": "保密字段",
    "披露文件": "开示文件",
    "密封": "封存",
    "提交包": "批次",
    "法定多数": "法定数",
    "法定人数": "法定数",
    "入账时间": "上链时间",
}
"""What used to be said, and what docs/zh/README.md and everybody else now says."""


def test_chinese_calls_one_thing_by_one_word() -> None:
    mixed = [
        f"{name}:{number}: {said} → {ONE_WORD[said]}"
        for name in tracked_files()
        if name.startswith(PACKAGES) and "/words/" in name and name.endswith("zh.toml")
        for number, line in enumerate(text_of(name).splitlines(), 1)
        for said in ONE_WORD
        if said in line
    ]
    assert_none(mixed, "words that the glossary has another for")


def test_every_toml_file_of_the_packages_is_one() -> None:
    """Two branches that add one key make, merged without a conflict, a file that nobody can read."""
    broken = []
    for name in tracked_files():
        if name.startswith(PACKAGES) and name.endswith(".toml") and ".template." not in name:
            try:
                tomllib.loads(text_of(name))
            except tomllib.TOMLDecodeError as problem:
                broken.append(f"{name}: {problem}")
    assert_none(broken, "files that are no TOML")


# Errors: a promise is kept or broken in the open.


def test_no_assert_outside_tests() -> None:
    asserts = [
        f"{name}:{node.lineno}"
        for name in package_files()
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.Assert)
    ]
    assert_none(asserts, "asserts in packages; `python -O` deletes them, so raise instead")


def test_no_exception_is_swallowed() -> None:
    swallowed = [
        f"{name}:{node.lineno}: {why}"
        for name in package_files()
        for node in handlers_and_calls(tree_of(name))
        if (why := swallows(node))
    ]
    assert_none(swallowed, "swallowed exceptions; catch the narrow one, and do something with it")


def swallows(node: ast.ExceptHandler | ast.Call) -> str:
    """Say how a node swallows exceptions; empty when it does not."""
    if isinstance(node, ast.ExceptHandler):
        nothing = all(isinstance(step, ast.Pass) or is_ellipsis(step) for step in node.body)
        if nothing:
            return "except … pass"
        raises = any(isinstance(inner, ast.Raise) for step in node.body for inner in ast.walk(step))
        if not raises and (node.type is None or names_everything(node.type)):
            return "catches everything and does not raise"
        return ""
    if called_name(node) == "suppress" and any(map(names_everything, node.args)):
        return "suppresses everything"
    return ""


def handlers_and_calls(tree: ast.Module) -> Iterator[ast.ExceptHandler | ast.Call]:
    """Everything in a file that could swallow an exception."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler | ast.Call):
            yield node


def names_everything(node: ast.expr) -> bool:
    """Whether an exception expression is as wide as Exception."""
    return any(
        isinstance(part, ast.Name) and part.id in {"Exception", "BaseException"}
        for part in ast.walk(node)
    )


def is_ellipsis(node: ast.stmt) -> bool:
    """Whether a statement is `...`."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and node.value.value is Ellipsis
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_code_has_its_sentence_and_every_sentence_its_code(language: str) -> None:
    codes = {str(code) for code in Code}
    sentences = set(sentences_in(language))
    wrong = [f"{code}: no sentence" for code in sorted(codes - sentences)]
    wrong += [f"{code}: a sentence for no code" for code in sorted(sentences - codes)]
    assert_none(wrong, f"codes and ledger/words/{language}.toml do not agree")


def test_both_languages_fill_the_same_places() -> None:
    placeholder = re.compile(r"\{(\w+)\}")
    zh, en = sentences_in("zh"), sentences_in("en")
    differ = [
        f"{code}: zh {sorted(in_zh)} en {sorted(in_en)}"
        for code in sorted(zh.keys() & en.keys())
        if (in_zh := set(placeholder.findall(zh[code])))
        != (in_en := set(placeholder.findall(en[code])))
    ]
    assert_none(differ, "sentences whose two languages name different details")


def sentences_in(language: str) -> dict[str, str]:
    """The sentences of one language by code, whatever tables they are grouped in."""

    def flat(table: dict[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
        for key, value in table.items():
            if isinstance(value, dict):
                yield from flat(value, f"{prefix}{key}.")
            else:
                yield prefix + key, str(value)

    return dict(flat(tomllib.loads(text_of(f"ledger/words/{language}.toml"))))


# Purity: what import-linter cannot see because it is not an import.


def test_no_float_where_every_node_must_reach_the_same_bytes() -> None:
    floats = [
        f"{name}:{node.lineno}: {why}"
        for name in package_files()
        if name.startswith(PURE)
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.expr | ast.AugAssign) and (why := uses_float(node))
    ]
    assert_none(floats, "floats in pure code; count in integers (ms, fen, basis points)")


def uses_float(node: ast.expr | ast.AugAssign) -> str:
    """Say how a node brings in a float; empty when it does not."""
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        return f"the literal {node.value}"
    if isinstance(node, ast.Name) and node.id == "float":
        return "the type float"
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
        return "true division (for a path, write joinpath)"
    return ""


def test_pydantic_stops_at_the_schemas() -> None:
    outside = [
        f"{name}:{node.lineno}"
        for name in package_files()
        if not name.startswith("api/schemas")
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.Import | ast.ImportFrom) and imports(node, "pydantic")
    ]
    assert_none(outside, "pydantic outside api/schemas; the inside speaks frozen dataclasses")


def imports(node: ast.Import | ast.ImportFrom, package: str) -> bool:
    """Whether an import statement reaches into a package."""
    modules = (
        [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
    )
    return any(module and module.split(".")[0] == package for module in modules)


# Tests: each can fail, and a reader sees where.


def test_every_test_asserts_something_visible() -> None:
    blind = [
        f"{name}:{function.lineno}: {function.name}"
        for name in tracked_files()
        if name.startswith("tests/") and Path(name).name.startswith("test_")
        if name.endswith(".py")
        for function in blind_tests(tree_of(name))
    ]
    assert_none(blind, "tests in which a reader sees nothing that could fail")


def blind_tests(tree: ast.Module) -> Iterator[Function]:
    """The tests of a file that show no assertion."""
    helpers = asserting_helpers(tree)
    for function in functions(tree):
        if function.name.startswith("test_") and not asserts_visibly(function, helpers):
            yield function


TELLING = re.compile(r"^_*(assert|check|verify|expect|must|raises$|refuse)")


def asserts_visibly(function: Function, helpers: frozenset[str] = frozenset()) -> bool:
    """Whether a test has an assert, a `raises`, or a call that says it checks.

    Args:
        function: the test.
        helpers: functions beside it that assert, so that a reader finds the assert in the file.
    """
    return any(
        isinstance(node, ast.Assert)
        or (
            isinstance(node, ast.Call)
            and (TELLING.match(called_name(node)) or called_name(node) in helpers)
        )
        for node in ast.walk(function)
    )


def asserting_helpers(tree: ast.Module) -> frozenset[str]:
    """The functions of a test file that are no tests and assert by themselves."""
    return frozenset(
        function.name
        for function in functions(tree)
        if not function.name.startswith("test_") and asserts_visibly(function)
    )


# Reading the tree.


def called_name(node: ast.Call) -> str:
    """The last name of what is called: `raises` for `pytest.raises(…)`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


@cache
def tracked_files() -> tuple[str, ...]:
    """Every text file that belongs to the project, by path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(set(listed.stdout.split("\0")) - {""})
    return tuple(name for name in names if (ROOT / name).is_file() and is_text(ROOT / name))


def is_text(path: Path) -> bool:
    """Whether a file has no zero byte near its beginning, as git asks."""
    with path.open("rb") as file:
        return b"\0" not in file.read(8000)


@cache
def package_files() -> tuple[str, ...]:
    """The Python files that are shipped."""
    return tuple(
        name for name in tracked_files() if name.endswith(".py") and name.split("/")[0] in PACKAGES
    )


@cache
def text_of(name: str) -> str:
    """The text of a file by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def tree_of(name: str) -> ast.Module:
    """The syntax of a file by its path from the root.

    Trees stay for good, so the collector need not look through millions of nodes again and again.
    """
    tree = ast.parse(text_of(name), filename=name)
    gc.freeze()
    return tree


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function and method in a syntax tree; no statement stands below an expression."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield node
        if not isinstance(node, ast.expr):
            yield from functions(node)


def assert_none(places: list[str], what: str) -> None:
    """Fail with every place named, one a line."""
    if places:
        listed = "\n".join(f"  {place}" for place in places)
        pytest.fail(f"{len(places)} {what}:\n{listed}", pytrace=False)


# The guards themselves: each must see what it is there for.


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    f()\nexcept ValueError:\n    pass",
        "try:\n    f()\nexcept:\n    log()",
        "try:\n    f()\nexcept Exception as error:\n    log(error)",
        "try:\n    f()\nexcept (OSError, BaseException):\n    log()",
        "with suppress(Exception):\n    f()",
    ],
)
def test_the_guard_sees_a_swallowed_exception(code: str) -> None:
    assert any(swallows(node) for node in handlers_and_calls(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    f()\nexcept OSError as error:\n    raise StoreError() from error",
        "try:\n    f()\nexcept Exception as error:\n    raise Stop() from error",
        "with suppress(FileNotFoundError):\n    f()",
    ],
)
def test_the_guard_lets_an_honest_handler_be(code: str) -> None:
    assert not any(swallows(node) for node in handlers_and_calls(ast.parse(code)))


@pytest.mark.parametrize("code", ["x = 0.5", "x = a / b", "x /= 2", "x = float(y)"])
def test_the_guard_sees_a_float(code: str) -> None:
    nodes = [
        node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.expr | ast.AugAssign)
    ]
    assert any(uses_float(node) for node in nodes)


@pytest.mark.parametrize(
    ("code", "visible"),
    [
        ("def test_x():\n    run()", False),
        ("def test_x():\n    assert run()", True),
        ("def test_x():\n    with pytest.raises(ValueError):\n        run()", True),
        ("def test_x():\n    _check_all(run())", True),
        ("def test_x():\n    is_right(run())", False),
        ("def test_x():\n    is_right(run())\ndef is_right(x):\n    assert x", True),
        ("def test_x():\n    is_right(run())\ndef is_right(x):\n    return x", False),
    ],
)
def test_the_guard_sees_a_test_that_cannot_fail(code: str, visible: bool) -> None:
    tree = ast.parse(code)
    assert asserts_visibly(next(functions(tree)), asserting_helpers(tree)) is visible


def test_the_guards_have_something_to_guard() -> None:
    assert {name.split("/")[0] for name in package_files()} >= set(PACKAGES)
