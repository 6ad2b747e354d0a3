"""A node keeps to its own description, whatever a member makes of it; `make fuzz-api` asks more."""

from pathlib import Path

import httpx
import pytest

from tests.api.fuzzing import QUICK, fuzzed
from tests.api.one_node import OneNode
from tests.api.small_tender import play

SEED, EXAMPLES = 2026, 1


@pytest.mark.slow
def test_every_answer_is_one_that_the_description_foresees(
    node: OneNode, client: httpx.Client, tmp_path: Path
) -> None:
    play(client, node)
    code, said = fuzzed(node, tmp_path, EXAMPLES, SEED, QUICK, knowing=True)
    assert code == 0 and "passed" in said, said
