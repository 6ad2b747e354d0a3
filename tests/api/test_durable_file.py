"""Files of a node's folder are whole, also where a node and a command write neighbours at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.durable_file import write_durably
from ledger.codes import Code
from ledger.errors import StoreError


def test_a_neighbour_that_is_written_meanwhile_is_another_file(tmp_path: Path) -> None:
    state, word = tmp_path / "desk.json", tmp_path / "desk.again"

    def pieces() -> Iterator[bytes]:
        yield b"half of "
        # An operator leaves word for the node while the node keeps where it stands.
        write_durably(word, [b"send again"])
        yield b"the state"

    write_durably(state, pieces())
    assert state.read_bytes() == b"half of the state" and word.read_bytes() == b"send again"
    assert sorted(tmp_path.iterdir()) == [word, state]


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no folder")
    with pytest.raises(StoreError) as refused:
        write_durably(tmp_path / "file" / "desk.json", [b"state"])
    assert refused.value.code is Code.FILE_UNWRITABLE
