"""What the lists of tables in node.toml that name somebody outside have in common.

Whoever is silently left out of such a list would be missed only when its word is needed: so every
table is read strictly, and what is wrong is told with its place.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


def targets_in(
    raw: object, count_max: int, read: Callable[[Mapping[str, object], Sequence[T]], T]
) -> tuple[T, ...]:
    """What each table of a list says, in order.

    Args:
        raw: as TOML gives it.
        count_max: tables at most.
        read: one table, beside what those before it say; raises ValueError, TypeError.

    Raises:
        ValueError, TypeError: with the place and what is wrong there.
    """
    if not isinstance(raw, list):
        raise TypeError(f"{raw!r:.80} ≠ list")
    if len(raw) > count_max:
        raise ValueError(f"{len(raw)} > {count_max}")
    found: list[T] = []
    for number, each in enumerate(raw, 1):
        try:
            if not isinstance(each, dict):
                raise TypeError(f"{each!r:.80} ≠ table")
            found.append(read(each, found))
        except (ValueError, TypeError) as problem:
            raise ValueError(f"[{number}]: {problem}") from problem
    return tuple(found)


def check_names(raw: Mapping[str, object], needed: Collection[str], known: Collection[str]) -> None:
    """Nothing is lacking in a table, and nothing in it is unheard of; raises ValueError."""
    if odd := sorted(set(raw) - set(known)):
        raise ValueError(f"{odd[0]} ∉ {', '.join(known)}")
    if lacking := sorted(set(needed) - set(raw)):
        raise ValueError(f"– {lacking[0]}")


def certificate_in(raw: Mapping[str, object], url: str, folder: Path) -> Path | None:
    """The certificate that a table pins for a URL; None for the usual authorities.

    Raises:
        ValueError: nothing is to be pinned on a plain line.
        TypeError: it is no text.
    """
    if "certificate" not in raw:
        return None
    if not url.startswith("https://"):
        raise ValueError("certificate: url ≠ https://…")
    return folder / text_in(raw, "certificate")


def text_in(raw: Mapping[str, object], name: str) -> str:
    """The text, not empty, of a name in a table; raises TypeError."""
    value = raw[name]
    if not isinstance(value, str) or not value:
        raise TypeError(f"{name}: {value!r:.80} ≠ text")
    return value


def check_url(url: str) -> None:
    """A prefix to which paths can be added; a name and a password in it would end in logs."""
    parts = urlsplit(url)
    plain = not (parts.query or parts.fragment or "@" in parts.netloc) and url.isascii()
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain or " " in url:
        raise ValueError(f"url: {url[:80]} ≠ http(s)://host[:port][/path]")
    # An odd port is found here and not at the first request.
    _ = parts.port
