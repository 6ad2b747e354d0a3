"""How answers reach a terminal that is somebody else's: nothing in them writes on it by itself.

Names of files and texts in them are whoever's who made them. A terminal takes control characters
for orders, and marks that reorder text make a person read another text than is there.
"""

import json
import sys
from io import TextIOWrapper


def spelled(value: object, *, indent: int | None = 2) -> str:
    """`value` as JSON that machines read as it is, with escapes for what is not printable."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def forgive() -> None:
    """No character that a terminal cannot write may cause a trace."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def printable(text: str) -> str:
    """`text` from anybody on one line, without control characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
