"""A file that is swapped for a pipe between look and open holds nobody up."""

import os
from errno import EINVAL
from pathlib import Path

import pytest

from cli.bidding import read_sealed
from cli.documents import hash_document
from cli.failures import CommandError
from cli.plain_files import open_plain
from ledger.codes import Code


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plain"
    path.write_bytes(b"content")
    with open_plain(path) as file:
        assert file.read() == b"content"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("read", [read_sealed, hash_document])
def test_a_pipe_without_a_writer_is_named_at_once(read: object, tmp_path: Path) -> None:
    path = tmp_path / "bid.sealed.json"
    os.mkfifo(path)
    with pytest.raises(CommandError) as refused:
        read(path)  # type: ignore[operator]
    assert refused.value.code is Code.FILE_UNREADABLE
    assert refused.value.detail["reason"] == os.strerror(EINVAL)


def test_neither_a_folder_nor_a_device_is_a_plain_file(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/null")):
        with pytest.raises(OSError, match=os.strerror(EINVAL)):
            open_plain(path)
