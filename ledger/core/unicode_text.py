"""Which texts may be hashed: characters that Unicode 14.0 assigns, in normalisation form C.

Normalisation of assigned characters never changes, but a character that one node's Python does not
know yet may be a combining mark to another's; without the pin two honest nodes could disagree about
a record. Spec: ``docs/spec/canonical.md``.
"""

import re
import unicodedata
from typing import Final

from ledger.codes import Code
from ledger.errors import FormatError

UNICODE_VERSION: Final = "14.0"
"""What Python 3.11 knows; 3.12 knows 15.0."""

_KNOWS_LATER: Final = not unicodedata.unidata_version.startswith(UNICODE_VERSION)
_LATER: Final = re.compile(
    "[\u0cf3\u0ece\U00010efd-\U00010eff\U0001123f-\U00011241\U00011b00-\U00011b09"
    "\U00011f00-\U00011f59\U0001342f\U00013439-\U00013455\U0001b132\U0001b155"
    "\U0001d2c0-\U0001d2d3\U0001df25-\U0001df2a\U0001e030-\U0001e06d\U0001e08f"
    "\U0001e4d0-\U0001e4f9\U0001f6dc\U0001f774-\U0001f776\U0001f77b-\U0001f77f\U0001f7d9"
    "\U0001fa75-\U0001fa77\U0001fa87-\U0001fa88\U0001faad-\U0001faaf\U0001fabb-\U0001fabd"
    "\U0001fabf\U0001face-\U0001facf\U0001fada-\U0001fadb\U0001fae8\U0001faf7-\U0001faf8"
    "\U0002b739\U00031350-\U000323af]"
)
"""Assigned by Unicode 15.0 (between them a few that no version assigns)."""


def check_text(text: str) -> str:
    """Return `text` where it may be hashed.

    Raises:
        FormatError: `format.not_allowed` for surrogates and for characters that Unicode 14.0 does
            not assign; `format.not_nfc`.
    """
    if text.isascii():
        return text
    # What is printable is assigned; the rest of ordinary text is line ends and wide spaces.
    if not text.isprintable() and any(
        unicodedata.category(character) in {"Cn", "Cs"} for character in set(text)
    ):
        raise FormatError(Code.FORMAT_NOT_ALLOWED, type="unassigned character")
    if _KNOWS_LATER and _LATER.search(text):
        raise FormatError(Code.FORMAT_NOT_ALLOWED, type="unassigned character")
    if not unicodedata.is_normalized("NFC", text):
        raise FormatError(Code.FORMAT_NOT_NFC, text=text[:32])
    return text
