"""What gives way to consensus while it looks for an answer."""

from types import ModuleType
from typing import Any

import pytest

from contracts.turns import Turns


def paused_at(
    monkeypatch: pytest.MonkeyPatch, asking: ModuleType, *reading: ModuleType
) -> list[None]:
    """From now on the pauses of who asks; of those who read, one after each record."""
    pauses: list[None] = []

    async def noted(turns: Turns[Any]) -> Any:
        while True:
            try:
                pauses.append(next(turns))
            except StopIteration as done:
                return done.value

    for each in reading:
        monkeypatch.setattr(each, "TURN_RECORDS", 1)
    monkeypatch.setattr(asking, "in_turns", noted)
    return pauses
