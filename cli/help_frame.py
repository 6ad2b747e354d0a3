"""What stands around the help of each command, in the reader's language, and its lines unbroken.

Typer keeps these as constants of its own. What it says of a wrong option stays English.
"""

from typing import Final

from rich.text import Text
from typer import rich_utils

from cli.words import say

WORDS: Final = {
    "ARGUMENTS_PANEL_TITLE": "frame.arguments",
    "OPTIONS_PANEL_TITLE": "frame.options",
    "COMMANDS_PANEL_TITLE": "frame.commands",
    "ERRORS_PANEL_TITLE": "frame.error",
    "REQUIRED_LONG_STRING": "frame.required",
    "DEFAULT_STRING": "frame.default",
    "ENVVAR_STRING": "frame.variable",
    "RICH_HELP": "frame.hint",
    "ABORTED_TEXT": "frame.aborted",
}
"""Typer's constants, and the keys of what stands in their places."""
_USAGE: Final = "Usage: "
_PHRASES: Final = {
    _USAGE: "frame.usage",
    "[OPTIONS]": "frame.usage_options",
    "COMMAND [ARGS]...": "frame.usage_command",
}
"""What Typer spells out in a line of usage."""
_HELP: Final = "Show this message and exit."


class _Folding(rich_utils.OptionHighlighter):
    """Chinese has no blanks to break a line at, and Rich would cut such a line off."""

    def __call__(self, text: str | Text) -> Text:
        """`text` in its colours, to be folded where it is too long."""
        shown = super().__call__(_spoken(text))
        shown.overflow = "fold"
        return shown


def _spoken(text: str | Text) -> str | Text:
    """A line of usage, or the help of ``--help``, in the reader's language; others as they are."""
    if isinstance(text, Text):
        return Text(say("frame.help"), style=text.style) if text.plain.strip() == _HELP else text
    if text.startswith(_USAGE):
        for phrase, key in _PHRASES.items():
            text = text.replace(phrase, say(key), 1)
    return text


def speak() -> None:
    """Have every help page speak the reader's language."""
    for name, key in WORDS.items():
        setattr(rich_utils, name, say(key))
    rich_utils.highlighter = _Folding()
