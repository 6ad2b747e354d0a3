"""A mutant: a patch that takes one rule away, and the tests of the suite that must miss it.

A `.patch` file is a header, in the form of a letter's, and a unified diff as `git diff` writes it:

    Rule: what is taken away, in one sentence.
    Pitfall: numbers of the table in `README.md`, or `-`.
    Caught-by: the node id of the test that must fail.
    Because: a regular expression that a line of its complaint matches.

The last two may come again, for a second test that must miss the same rule. The diff is applied without any guessing: the lines that a hunk takes out must stand in the file exactly once,
wherever that is.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_string
from pathlib import Path

PATCHES = Path(__file__).resolve().parent

_FILE = re.compile(r"^--- a/(?P<path>\S+)$")
_HUNK = re.compile(r"^@@ -\d+(?:,(?P<old>\d+))? \+\d+(?:,(?P<new>\d+))? @@")


class Outdated(Exception):
    """The shipped code has moved on; the message says how the patch is made anew."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of one file that are replaced by others; both with the lines around them."""

    path: str
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catcher:
    """A test that fails without the rule, and passes with it."""

    node_id: str
    because: re.Pattern[str]
    """Matches a line of the reason for which it fails."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One rule less."""

    name: str
    rule: str
    """What is taken away."""
    pitfalls: tuple[str, ...]
    """Numbers of the table in the README; empty where a rule is nobody's pitfall but ours."""
    catchers: tuple[Catcher, ...]
    """Each must miss it."""
    hunks: tuple[Hunk, ...]

    @contextmanager
    def applied_to(self, tree: Path) -> Iterator[None]:
        """Take the rule away in a copy of the packages, for a while.

        Raises:
            Outdated: a hunk does not fit, or fits in two places.
        """
        files = [tree / path for path in dict.fromkeys(hunk.path for hunk in self.hunks)]
        before = {file: file.read_text(encoding="utf-8") for file in files if file.is_file()}
        try:
            for hunk in self.hunks:
                self._apply(hunk, tree / hunk.path)
            yield
        finally:
            for file, text in before.items():
                _write(file, text)

    def _apply(self, hunk: Hunk, file: Path) -> None:
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        size = len(hunk.old)
        places = [at for at in range(len(lines)) if tuple(lines[at : at + size]) == hunk.old]
        if len(places) != 1:
            raise Outdated(self._outdated(hunk.path, len(places)))
        lines[places[0] : places[0] + size] = hunk.new
        _write(file, "\n".join(lines) + "\n")

    def _outdated(self, path: str, found: int) -> str:
        return (
            f"{self.name}.patch no longer applies: {path} holds its lines {found} times, not once. "
            f"Take the rule away in the tree by hand, put what `git diff {path}` shows below the "
            f"header of tests/mutants/{self.name}.patch, and `git checkout {path}`."
        )


def mutants() -> list[Mutant]:
    """All of them, in their order."""
    return [read_mutant(path) for path in sorted(PATCHES.glob("*.patch"))]


def catchers_by_file(of: Iterable[Mutant]) -> dict[str, list[str]]:
    """The tests that must fail, each once, by the file that they stand in."""
    found: dict[str, list[str]] = {}
    for node_id in sorted({each.node_id for mutant in of for each in mutant.catchers}):
        found.setdefault(node_id.split("::", maxsplit=1)[0], []).append(node_id)
    return found


def read_mutant(path: Path) -> Mutant:
    """The mutant in one file.

    Raises:
        ValueError: its header lacks a line, or its diff is none.
    """
    letter = message_from_string(path.read_text(encoding="utf-8"))

    def said(name: str) -> list[str]:
        lines = [" ".join(str(line).split()) for line in letter.get_all(name, [])]
        if not all(lines) or not lines:
            raise ValueError(f"{path.name} has no line `{name}:`")
        return lines

    hunks = tuple(_hunks(str(letter.get_payload()).splitlines(), path.name))
    if not hunks:
        raise ValueError(f"{path.name} changes nothing")
    tests, reasons = said("Caught-by"), said("Because")
    if len(tests) != len(reasons):
        raise ValueError(f"{path.name} has not as many lines `Because:` as `Caught-by:`")
    return Mutant(
        path.stem,
        said("Rule")[0],
        tuple(re.findall(r"\d+", said("Pitfall")[0])),
        tuple(Catcher(test, re.compile(why)) for test, why in zip(tests, reasons, strict=True)),
        hunks,
    )


def _write(file: Path, text: str) -> None:
    """Write a module; what was compiled of it before is another's."""
    file.write_text(text, encoding="utf-8")
    for stale in file.parent.glob(f"__pycache__/{file.stem}.*"):
        stale.unlink()


def _hunks(lines: list[str], name: str) -> Iterator[Hunk]:
    """Read a unified diff by the counts in its hunks, so that no line is taken for another."""
    path, at = "", 0
    while at < len(lines):
        if file := _FILE.match(lines[at]):
            path = file["path"]
        elif sizes := _HUNK.match(lines[at]):
            old_left, new_left = int(sizes["old"] or 1), int(sizes["new"] or 1)
            old: list[str] = []
            new: list[str] = []
            while len(old) < old_left or len(new) < new_left:
                at += 1
                mark, text = (lines[at][:1] or " ", lines[at][1:]) if at < len(lines) else ("", "")
                if mark not in {" ", "-", "+"} or mark == "":
                    raise ValueError(
                        f"{name} has a hunk that does not hold as many lines as it says"
                    )
                if mark in " -":
                    old.append(text)
                if mark in " +":
                    new.append(text)
            yield Hunk(path, tuple(old), tuple(new))
        at += 1
