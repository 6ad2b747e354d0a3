"""The verifier as one HTML file that a court can keep: no network, no installation, no second file.

Every module of the page is carried as a ``data:`` URL. An import map gives them names, because a
``data:`` URL has no neighbours; the worker, which no import map reaches, carries what it imports
inside itself. The file's own policy forbids it every connection, so that whoever opens it sees from
the browser, not from our word, that nothing leaves the machine.
"""

import base64
import hashlib
import json
import posixpath
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final
from urllib.parse import quote

from api.explorer.rendering import environment
from api.explorer.script_words import script_words
from api.explorer.words import LANGUAGES, say

FILE_NAME: Final = "verify.html"
KEPT_MAX: Final = 4
"""Pages that are kept made: a node hands out one, whoever asks how often."""
_ENTRY: Final = "explorer/verify_page.js"
_WORKER: Final = "explorer/digest_worker.js"
_IMPORT: Final = re.compile(r'((?:from|import)\s*)"(\.{1,2}/[^"]+\.js)"')
_BARE: Final = "bidwitness/"
_UNQUOTED: Final = " !$&'()*+,-./:;=?@[]^_`{|}~"
"""What a ``data:`` URL inside a string of JavaScript inside HTML may hold as it is."""


@lru_cache(maxsize=KEPT_MAX)
def standalone(trusts: tuple[bytes, ...]) -> str:
    """The page with everything inside.

    Args:
        trusts: files ``trust.json`` that the page is to trust from the start; may be none.
    """
    imports = {_BARE + name: _data_url(_renamed(name)) for name in _reached(_ENTRY)}
    import_map = json.dumps({"imports": imports}, indent=1)
    start = f'import "{_BARE}{_ENTRY}";'
    style = _source("explorer/pages.css")
    policy = (
        f"default-src 'none'; script-src {_hash(import_map)} {_hash(start)} data:; "
        f"style-src {_hash(style)}; worker-src data: blob:; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    return (
        environment()
        .get_template("standalone.html")
        .render(
            policy=policy,
            style=style,
            import_map=import_map,
            start=start,
            worker=_inlined(_WORKER),
            words={language: _json(script_words(language)) for language in LANGUAGES},
            trusts=[_json(json.loads(each)) for each in trusts],
            lang=LANGUAGES[0],
            t=lambda key, **facts: say(LANGUAGES[0], key, **facts),
        )
    )


@cache
def _source(name: str) -> str:
    """A file under ``api/static``."""
    return files("api").joinpath("static", name).read_text(encoding="utf-8")


def _imported(name: str) -> Iterator[str]:
    """What a module imports, by its name under ``api/static``."""
    for found in _IMPORT.finditer(_source(name)):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(name), found[2]))


def _reached(entry: str) -> list[str]:
    """A module and whatever it imports, in a settled order."""
    found = {entry: None}
    waiting = [entry]
    while waiting:
        for each in _imported(waiting.pop()):
            if each not in found:
                found[each] = None
                waiting.append(each)
    return sorted(found)


def _renamed(name: str) -> str:
    """A module's text with the names of the import map."""
    folder = posixpath.dirname(name)

    def bare(found: re.Match[str]) -> str:
        return f'{found[1]}"{_BARE}{posixpath.normpath(posixpath.join(folder, found[2]))}"'

    return _IMPORT.sub(bare, _source(name))


@cache
def _inlined(name: str) -> str:
    """A module as a URL that holds everything it imports; for few modules without cycles."""
    folder = posixpath.dirname(name)

    def whole(found: re.Match[str]) -> str:
        return f'{found[1]}"{_inlined(posixpath.normpath(posixpath.join(folder, found[2])))}"'

    return _data_url(_IMPORT.sub(whole, _source(name)))


def _data_url(text: str) -> str:
    """Spelled out where it may be, so that whoever opens the file can read what it runs."""
    return "data:text/javascript;charset=utf-8," + quote(text, safe=_UNQUOTED)


def _hash(text: str) -> str:
    """How a content security policy names an inline script or style."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _json(value: object) -> str:
    """JSON that can stand inside a script element: nothing in it ends the element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
