"""The bench of the million: the same steps with few documents, each of which proves itself."""

from pathlib import Path

from rich.progress import Progress

from bench.seals import measure


def test_every_document_of_the_batch_proves_itself(tmp_path: Path) -> None:
    found = measure(tmp_path, 3_000, 3_000, Progress(disable=True))
    assert found["bytes of a path"] <= 12 * 34 + 3
    assert found["bytes of the record"] < 1_000
