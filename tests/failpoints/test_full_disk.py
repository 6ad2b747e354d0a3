"""The disk under a real node is full: a small tmpfs, not an error that a shim makes up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.failures import Exit
from tests.failpoints.lone import Lone
from tests.failpoints.small_disk import SmallDisk, refused, small_disk

pytestmark = [pytest.mark.network, pytest.mark.slow]
PAGE_BYTES = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if reason := refused():
        pytest.skip(f"no mount namespace on this machine: {reason}")
    (tmp_path / "disk").mkdir()
    with small_disk(tmp_path / "disk", "1m") as mounted:
        yield mounted


@pytest.fixture
def lone(tmp_path: Path, disk: SmallDisk) -> Iterator[Lone]:
    made = Lone(tmp_path / "lone", disk.enter)
    settings = made.node.folder / "node.toml"
    text = settings.read_text(encoding="utf-8")
    for name in ("db", "journal"):
        text = text.replace(f'_folder = "{name}"', f'_folder = "{disk.folder / name}"')
    settings.write_text(text, encoding="utf-8")
    yield made
    made.close()


@pytest.mark.parametrize("free_pages", [0, 2])
def test_a_node_stops_on_a_full_disk_and_goes_on_when_there_is_room(
    lone: Lone, disk: SmallDisk, free_pages: int
) -> None:
    assert lone.live([lone.bundle()]) == 0, lone.node.said()
    bundles = [lone.bundle() for _ in range(15)]
    full = lone.live(bundles, once_ready=lambda: disk.fill(free_pages * PAGE_BYTES))
    assert (full, "store.disk_full" in lone.node.said()) == (Exit.UNAVAILABLE, True)
    # It still is: the start says so too, and changes nothing.
    full = lone.live([])
    assert (full, "store.disk_full" in lone.node.said()) == (Exit.UNAVAILABLE, True)
    assert len(lone.node.said().splitlines()) == 1
    disk.empty()
    assert lone.live(bundles) == 0, lone.node.said()
    assert all(lone.node.promised.values())
    assert len(lone.node.promised) == 1 + len(bundles)
