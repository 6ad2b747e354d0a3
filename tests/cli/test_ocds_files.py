"""OCDS files in every form that people have, and in every form that hurts."""

import gzip
import json
from pathlib import Path

import pytest

from cli.failures import CommandError
from cli.ocds import files
from cli.ocds.files import Item, items_in
from ledger.codes import Code

ONE: dict[str, object] = {"ocid": "ocds-x-1", "id": "1", "tag": ["tender"]}
TWO: dict[str, object] = {"ocid": "ocds-x-2", "id": "2", "tag": ["award"]}


def written(folder: Path, *values: object, packed: bool = False) -> Path:
    path = folder / "file"
    data = "\n".join(json.dumps(each) for each in values).encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


def found(path: Path) -> list[object]:
    return [each.value for each in items_in(path)]


RELEASE_PACKAGE = {"version": "1.1", "releases": [ONE, TWO]}
RECORD_PACKAGE = {
    "version": "1.1",
    "records": [
        {"ocid": "ocds-x-1", "releases": [ONE], "compiledRelease": ONE | {"tag": ["compiled"]}},
        {"ocid": "ocds-x-2", "compiledRelease": TWO},
    ],
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "values",
    [
        [RELEASE_PACKAGE],
        [RECORD_PACKAGE],
        [ONE, TWO],
        [{"version": "1.1", "releases": [ONE]}, {"version": "1.1", "releases": [TWO]}],
        [{"ocid": "ocds-x-1", "releases": [ONE]}, TWO],
        [ONE, {"ocid": "ocds-x-2", "releases": [{"url": "https://x/2"}], "compiledRelease": TWO}],
    ],
)
def test_every_form_holds_the_same_releases(
    tmp_path: Path, values: list[object], packed: bool
) -> None:
    assert found(written(tmp_path, *values, packed=packed)) == [ONE, TWO]


def test_a_package_over_many_lines_is_one_package(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("\ufeff\n" + json.dumps(RELEASE_PACKAGE, indent=2) + "\n\n")
    assert found(path) == [ONE, TWO]


def test_a_broken_line_does_not_hold_up_the_others(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\n".join([json.dumps(ONE).encode(), b"{", b"", b"[" * 10**5, b'"\xff"']))
    first, *broken = items_in(path)
    assert first.value == ONE
    assert [each.problem for each in broken] == [Code.OCDS_RELEASE] * 3
    assert [each.position for each in broken] == [2, 3, 4]


def test_a_record_that_only_links_its_releases_is_named(tmp_path: Path) -> None:
    linked = {"ocid": "ocds-x-1", "releases": [{"url": "https://x/1", "date": "2026"}]}
    (item,) = items_in(written(tmp_path, {"version": "1.1", "records": [linked]}))
    assert item == Item(1, linked, item.read_bytes, Code.OCDS_LINKED)


@pytest.mark.parametrize("cut", [1, 5, 12, -1])
def test_a_damaged_gzip_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path, RELEASE_PACKAGE, packed=True)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CommandError) as refused:
        found(path)
    assert refused.value.code is Code.OCDS_PACKAGE


def test_a_packed_file_that_blows_up_is_stopped_at_the_cap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PACKAGE_BYTES_MAX", 1 << 20)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(b" " * (1 << 24)))
    with pytest.raises(CommandError) as refused:
        found(path)
    assert refused.value.code is Code.OCDS_TOO_LARGE


@pytest.mark.parametrize(
    ("cap", "limit"), [("PACKAGE_BYTES_MAX", 60), ("FILE_BYTES_MAX", 100), ("RELEASES_MAX", 2)]
)
def test_size_and_count_are_capped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cap: str, limit: int
) -> None:
    path = written(tmp_path, ONE, TWO, ONE | {"language": "zh"})
    assert len(found(path)) == 3
    monkeypatch.setattr(files, cap, limit)
    with pytest.raises(CommandError) as refused:
        found(path)
    assert refused.value.code is Code.OCDS_TOO_LARGE
