"""Which language a reader gets: ``?lang=`` first, then ``Accept-Language``, else Chinese.

No cookie: a link says what it says to everybody.
"""

from typing import Final

from starlette.requests import Request

from api.explorer.words import LANGUAGES

DEFAULT: Final = "zh"
_HEADER_MAX: Final = 500
_PREFERENCES_MAX: Final = 20


def language_of(request: Request) -> str:
    """``zh`` or ``en``."""
    chosen = chosen_of(request)
    return chosen or _preferred(request.headers.get("accept-language", "")[:_HEADER_MAX])


def chosen_of(request: Request) -> str | None:
    """The language that the address asks for; None where it asks for none of ours."""
    chosen = request.query_params.get("lang")
    return chosen if chosen in LANGUAGES else None


def _preferred(header: str) -> str:
    """The language that the header weighs highest among ours; the first of equals."""
    best, best_permille = DEFAULT, 0
    for part in header.split(",")[:_PREFERENCES_MAX]:
        tag, _, quality = part.strip().partition(";q=")
        name = tag.partition("-")[0].lower()
        permille = _permille(quality)
        if name in LANGUAGES and permille > best_permille:
            best, best_permille = name, permille
    return best


def _permille(quality: str) -> int:
    """RFC 9110 section 12.4.2: ``0.8`` is 800; none is 1000; what is no number is 0."""
    if not quality:
        return 1000
    whole, _, part = quality.strip().partition(".")
    digits = (part + "000")[:3]
    if not (whole.isascii() and whole.isdecimal() and digits.isascii() and digits.isdecimal()):
        return 0
    return min(1000, int(whole[:4]) * 1000 + int(digits))
