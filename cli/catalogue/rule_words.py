"""The texts that the rules in Python name: roles, deadlines and reasons that no row mentions.

Read out of the sources of the package itself, so that nobody has to keep a second list.
"""

import ast
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable


def rule_words() -> frozenset[str]:
    """Every text that stands in the code of `contracts`, other than documentation."""
    return frozenset(text for source in _sources(files("contracts")) for text in _texts(source))


def _sources(folder: Traversable) -> Iterator[str]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _sources(each)
        elif each.name.endswith(".py"):
            yield each.read_text(encoding="utf-8")


def _texts(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
