"""Places in JSON values: what stands at a path, and every leaf with its path.

All walks are loops, so that no depth of a foreign file is a depth of this program's stack.
"""

from collections.abc import Iterator
from typing import Final

from api.ocds.mapping import EACH, Path

MISSING: Final = object()


def at(value: object, path: Path) -> object:
    """What stands at a path without lists; `MISSING` where there is nothing."""
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return MISSING
        value = value[name]
    return value


def each_at(value: object, path: Path) -> list[tuple[str, object]]:
    """Everything at a path, each with its JSON Pointer, in order."""
    found: list[tuple[str, object]] = [("", value)]
    for name in path:
        key = name.removesuffix(EACH)
        inside = [
            (f"{pointer}/{key}", item[key])
            for pointer, item in found
            if isinstance(item, dict) and key in item
        ]
        if name.endswith(EACH):
            inside = [
                (f"{pointer}/{place}", each)
                for pointer, item in inside
                if isinstance(item, list)
                for place, each in enumerate(item)
            ]
        found = inside
    return found


def leaves(value: object) -> Iterator[Path]:
    """The path of every value that is neither a list, an object, null nor an empty text."""
    waiting: list[tuple[Path, object]] = [((), value)]
    while waiting:
        path, item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(((*path, str(name)), each) for name, each in item.items())
        elif isinstance(item, list):
            here = (*path[:-1], path[-1] + EACH) if path else (EACH,)
            waiting.extend((here, each) for each in item)
        elif item is not None and item != "":
            yield path


def depth_of(value: object, most: int) -> int:
    """How deeply lists and objects are nested; looks no deeper than `most` + 1."""
    level, depth = [value], 0
    while level and depth <= most:
        level = [
            each
            for item in level
            if isinstance(item, dict | list)
            for each in (item.values() if isinstance(item, dict) else item)
        ]
        depth += bool(level)
    return depth
