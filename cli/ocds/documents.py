"""Documents that a release names, looked for in a folder: nothing is fetched from anywhere.

Addresses in a foreign file are not called by this program. A folder as ``wget --force-directories``
leaves it (``HOST/PATH``) or as people keep it (``OCID/NAME``) holds them without ambiguity.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from api.ocds.paths import at
from cli.documents import hash_document
from ledger.core.record import Evidence

_WEB: Final = frozenset({"http", "https"})
_NAME_MAX: Final = 255


@dataclass(frozen=True, slots=True)
class Documents:
    """A folder of documents; None of them where there is no folder."""

    folder: Path | None

    def find(self, ocid: str, document: object) -> Path | None:
        """The file that an OCDS document stands for."""
        url = at(document, ("url",))
        if self.folder is None or not isinstance(url, str):
            return None
        root = self.folder.resolve()
        for names in _places(ocid, url):
            path = root.joinpath(*names).resolve()
            if path.is_relative_to(root) and path.is_file():
                return path
        return None

    def evidence(
        self, ocid: str, document: object, advance: Callable[[int], object] = lambda _: None
    ) -> Evidence | None:
        """The digests of the file that an OCDS document stands for.

        Raises:
            CommandError: `file.unreadable`.
        """
        path = self.find(ocid, document)
        return None if path is None else hash_document(path, advance)


def _places(ocid: str, url: str) -> Iterator[tuple[str, ...]]:
    """Where a file of this address may lie, by names from the folder on."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return
    if parts.scheme not in _WEB or not host:
        return
    query = f"?{parts.query}" if parts.query else ""
    for path in (parts.path, unquote(parts.path)):
        names = [each for each in path.split("/") if each] or ["index.html"]
        named = (*names[:-1], names[-1] + query)
        yield from (each for each in ((host, *named), (ocid, named[-1])) if _are_names(each))


def _are_names(names: tuple[str, ...]) -> bool:
    return all(
        each not in ("", ".", "..")
        and not any(sign in each for sign in "/\\\0")
        and len(each.encode(errors="replace")) <= _NAME_MAX
        for each in names
    )
