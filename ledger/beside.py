"""What is told beside a proof, and is none: found elsewhere, printed where outcomes are.

This package opens no connection. Whoever asks somebody about a proved record hands the answer in
here, so that readers see both together and in one language.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ledger.core.strict_json import JsonValue
from ledger.judging import Outcome


@dataclass(frozen=True, slots=True)
class Beside:
    """What somebody says about the record of one outcome."""

    name: str
    """Under which programs find it beside the outcome's own parts."""
    lines: tuple[str, ...]
    """For people; whatever came from somebody else is printable already."""
    value: JsonValue


Asking: TypeAlias = Callable[[Outcome], Beside | None]
"""Asks about an outcome that holds; None where there is nothing to ask."""
