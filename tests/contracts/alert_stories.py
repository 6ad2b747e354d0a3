"""What tests say of alerts by their marks, read from their source, and held against their ledgers.

The marks are read rather than collected, so that the check sees every test whichever are run, and
they cannot lie, because each marked test fails where its towns do not bear it out.
"""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from contracts.layout import RECORD, record_row
from tests.contracts.town import CATALOGUE, Town

STORIES = Path(__file__).parent
MARKS = ("raises", "spares")


def told(folder: Path = STORIES) -> dict[str, dict[str, list[str]]]:
    """The names of the tests that carry each mark, by mark and code of an alert."""
    found: dict[str, dict[str, list[str]]] = {mark: {} for mark in MARKS}
    for path in sorted(folder.glob("test_*.py")):
        for test in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                for mark, code in _marks(test):
                    found[mark].setdefault(code, []).append(f"{path.name}::{test.name}")
    return found


def _marks(test: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """The marks on a test and on its cases."""
    for decorator in test.decorator_list:
        for node in ast.walk(decorator):
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Attribute(value=ast.Name(id="pytest"), attr="mark"), attr=mark
                    ),
                    args=[ast.Constant(value=str() as code)],
                ) if mark in MARKS:
                    yield mark, code


def broken_promises(
    towns: Sequence[Town], raises: Sequence[str], spares: Sequence[str]
) -> list[str]:
    """What the ledgers of a test's towns say against its marks."""
    raised = {str(each.fields["alert"]) for town in towns for each in town.raised()}
    could = {code for town in towns for code in _could_raise(town)}
    return [
        *(
            f"says that it raises {code}, and no town has it"
            for code in raises
            if code not in raised
        ),
        *(f"says that it spares {code}, and a town has it" for code in spares if code in raised),
        *(
            f"says that it spares {code}, and no record that could raise it entered"
            for code in spares
            if code not in could
        ),
    ]


def _could_raise(town: Town) -> Iterator[str]:
    """The alerts that the types of the records on a ledger may raise."""
    for _, data in town.chain.state.scan(RECORD):
        kind = CATALOGUE.types.get(record_row(data).type)
        if kind is not None:
            yield from kind.alerts
            counted = {each.deadline for each in kind.timers} | {
                each.deadline for each in kind.windows
            }
            # A deadline over days of which no calendar speaks, whatever type starts it.
            yield from ("AL39" for each in counted if _counts_working_days(each))
    yield from (code for code, alert in CATALOGUE.alerts.items() if alert.every_type)


def _counts_working_days(deadline: str) -> bool:
    return CATALOGUE.deadlines[deadline].unit == "working_days"
