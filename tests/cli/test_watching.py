"""Watching a folder: every way in which a file can come apart from what was anchored."""

import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.failures import CommandError, Exit
from cli.watching import looking
from cli.watching.looking import Hashed, Unseen, hash_file, walk
from cli.watching.watch_map import held, read_map
from ledger.codes import Code
from ledger.core.hashing import sha256
from ledger.core.receipt import decode_receipt
from ledger.reliance import read_trust
from tests.cli.one_node import Ended, OneNode

pytestmark = pytest.mark.network


class Archive:
    """A folder of anchored files, and its watcher."""

    def __init__(self, one: OneNode, folder: Path) -> None:
        self.one = one
        self.folder = folder / "档案"
        self.folder.mkdir()
        self.map = folder / "kept" / "map"
        self.map.parent.mkdir()

    def anchor(self, **files: str) -> None:
        """Write files and anchor each of them."""
        paths = [self.write(name, text) for name, text in files.items()]
        done = self.one.run("anchor", *paths, "--subject", "档案 1", "--again", "--json")
        assert done.code == 0, done.out + done.err

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def watch(self, *words: str | Path, who: str = "centre") -> Ended:
        """One round in a process of its own."""
        done = self.one.run(
            *("watch", self.folder, "--map", self.map, "--once", "--json", *words), who=who
        )
        assert "Traceback" not in done.err, done.err
        return done

    def found(self, *words: str | Path) -> dict[str, str]:
        """The finding of each file in one round."""
        return {each["path"]: each["code"] for each in self.watch(*words).json["findings"]}

    def receipt(self, name: str) -> Path:
        return self.folder / f"{name}.receipt.json"

    def record(self, name: str) -> str:
        """Id of the record that the receipt beside a file is of."""
        return decode_receipt(self.receipt(name).read_bytes()).record_id.hex()

    def amend(self, name: str, text: str, label: str) -> str:
        """Change a file and put its amendment on the ledger. Returns the record's id."""
        record = self.record(name)
        self.write(name, text)
        papers = self.folder.parent / "papers"
        papers.mkdir(exist_ok=True)
        (papers / label).write_text(text, encoding="utf-8")
        row = {
            "type": "evidence.deposited",
            "subject": "档案 1",
            "documents": [label],
            "refs": [["amends", record]],
        }
        written = papers / "amendment.json"
        written.write_text(json.dumps(row))
        done = self.one.run("submit", written, "--json")
        assert done.code == 0, done.out + done.err
        return str(done.json["records"][0]["record"])


@pytest.fixture
def archive(one_node: OneNode, tmp_path: Path) -> Archive:
    made = Archive(one_node, tmp_path)
    made.anchor(a="第一份", b="第二份", c="第三份")
    return made


def test_files_that_are_as_anchored_are_counted_and_others_are_too(archive: Archive) -> None:
    archive.write("草稿", "nobody anchored this")
    told = archive.watch()
    assert told.code == 0, told.out
    assert (told.json["as_anchored_count"], told.json["unanchored_count"]) == (3, 1)
    assert told.json["findings"] == [] and told.json["asked"]
    assert not list(archive.folder.glob("*map*")), "nothing is written into the folder"


def test_a_change_is_told_with_file_record_and_both_digests(archive: Archive) -> None:
    assert archive.watch().code == 0
    archive.write("a", "另一份，更长一些")
    changed = archive.watch()
    assert changed.code == int(Exit.CHANGED) == 5
    (found,) = changed.json["findings"]
    assert (found["code"], found["weight"], found["path"]) == ("watch.changed", "alarm", "a")
    assert found["anchored"] == sha256("第一份".encode()).hex()
    assert found["found"] == sha256("另一份，更长一些".encode()).hex()
    assert found["record_id"] == archive.record("a")
    archive.write("a", "第一份")
    assert archive.watch().code == 0, "what was put back is as anchored"


def test_a_change_behind_unchanged_size_and_time_is_called_silent(archive: Archive) -> None:
    assert archive.watch().code == 0
    path = archive.folder / "b"
    before = path.stat()
    path.write_text("第貳份", encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert archive.found() == {"b": "watch.silent"}


def test_what_is_gone_or_no_regular_file_any_more_is_named_and_never_opened(
    archive: Archive,
) -> None:
    for name in ("a", "b", "c"):
        (archive.folder / name).unlink()
    os.mkfifo(archive.folder / "b")
    (archive.folder / "c").symlink_to("/etc/hostname")
    told = archive.watch()
    assert told.code == Exit.CHANGED
    found = {each["path"]: (each["code"], each["reason"]) for each in told.json["findings"]}
    assert found == {
        "a": ("watch.missing", None),
        "b": ("watch.not_regular", "fifo"),
        "c": ("watch.not_regular", "symlink"),
    }


def test_a_folder_that_became_a_symlink_hides_nothing(archive: Archive) -> None:
    inner = archive.folder / "inner"
    inner.mkdir()
    (inner / "d").write_text("第四份", encoding="utf-8")
    assert archive.one.run("anchor", inner, "--subject", "档案 1").code == 0
    assert archive.watch().code == 0
    inner.rename(archive.folder.parent / "elsewhere")
    inner.symlink_to(archive.folder.parent / "elsewhere")
    assert archive.found() == {"inner/d": "watch.not_regular"}


def test_links_and_pipes_that_no_record_is_about_are_only_counted(archive: Archive) -> None:
    (archive.folder / "link").symlink_to("a")
    os.mkfifo(archive.folder / "pipe")
    told = archive.watch()
    assert (told.code, told.json["skipped_count"], told.json["findings"]) == (0, 2, [])


def test_a_new_version_with_an_amending_record_is_no_alarm_and_then_the_one_watched(
    archive: Archive,
) -> None:
    amendment = archive.amend("a", "修改后", "a")
    told = archive.watch()
    assert told.code == 0, told.out
    (found,) = told.json["findings"]
    assert (found["code"], found["other"]) == ("watch.amended", amendment)
    archive.write("a", "再改一次，没有记录")
    after = {each["record_id"]: each["code"] for each in archive.watch().json["findings"]}
    assert after[amendment] == "watch.changed"
    archive.write("a", "第一份")
    assert archive.watch().code == Exit.CHANGED, "back to the old version, and no record says so"


def test_an_old_version_is_said_to_be_old(archive: Archive) -> None:
    assert archive.watch().code == 0
    amendment = archive.amend("a", "修改后", "a")
    archive.write("a", "第一份")
    told = archive.watch()
    assert told.code == 0
    (found,) = told.json["findings"]
    assert (found["code"], found["other"]) == ("watch.outdated", amendment)


def test_a_file_anchored_anew_without_an_amendment_was_replaced(archive: Archive) -> None:
    assert archive.watch().code == 0
    archive.anchor(a="替换后")
    told = archive.watch()
    assert told.code == Exit.CHANGED
    (found,) = told.json["findings"]
    assert found["code"] == "watch.reanchored"
    assert found["other"] == archive.record("a")


def test_files_without_receipts_are_found_by_their_digests(archive: Archive) -> None:
    for name in ("a", "b", "c"):
        archive.receipt(name).unlink()
    told = archive.watch()
    assert (told.code, told.json["as_anchored_count"]) == (0, 3)
    archive.write("a", "改了")
    assert archive.found() == {"a": "watch.changed"}, "the map knows it now"


def test_documents_of_a_batch_are_watched_by_their_proofs(archive: Archive) -> None:
    files = [archive.write(f"批{number}", f"文件 {number}") for number in range(4)]
    assert archive.one.run("anchor", "--batch", *files).code == 0
    assert archive.watch().json["as_anchored_count"] == 7
    archive.write("批2", "改了")
    assert archive.found() == {"批2": "watch.changed"}


def test_a_broken_proof_is_named_and_not_believed(archive: Archive) -> None:
    receipt = archive.receipt("a")
    receipt.write_text(receipt.read_text().replace('"index": ', '"index": 1'))
    told = archive.watch()
    assert told.code == Exit.REFUSED
    codes = {each["path"]: each["code"] for each in told.json["findings"]}
    assert codes == {"a.receipt.json": "watch.proof"}


def test_a_map_that_was_tampered_with_is_corrected_by_the_ledger(archive: Archive) -> None:
    assert archive.watch().code == 0
    for name in ("a", "b", "c"):
        archive.receipt(name).unlink()
    archive.write("a", "改了")
    before, after = sha256("第一份".encode()).hex(), sha256("改了".encode()).hex()
    archive.map.write_text(archive.map.read_text().replace(before, after))
    told = archive.watch()
    assert told.code == Exit.CHANGED
    codes = [(each["path"], each["code"]) for each in told.json["findings"]]
    assert ("a", "watch.map_entry") in codes and ("a", "watch.changed") in codes


@pytest.mark.parametrize(
    "damage",
    [b"", b"{}\n", b'{"format": 1}\n', b"\x00\xff\n", b"[" * 100_000, b"x" * 100_000],
    ids=["empty", "no head", "no format", "noise", "brackets", "no line"],
)
def test_a_damaged_map_is_refused_and_left_alone(archive: Archive, damage: bytes) -> None:
    archive.map.write_bytes(damage)
    refused = archive.watch()
    assert refused.code == Exit.USAGE
    assert refused.json["error"]["code"] == "watch.map"
    assert archive.map.read_bytes() == damage


def test_a_cut_line_of_the_map_is_damage(archive: Archive) -> None:
    assert archive.watch().code == 0
    archive.map.write_bytes(archive.map.read_bytes()[:-20])
    assert archive.watch().json["error"]["code"] == "watch.map"


def test_the_map_survives_and_holds_each_document_once(archive: Archive) -> None:
    for _ in range(2):
        assert archive.watch().code == 0
    network = read_trust(archive.one.trust).network_id
    entries = read_map(archive.map, network)
    assert sorted(each.path for each in entries.values()) == ["a", "b", "c"]
    assert archive.map.stat().st_mode & 0o777 == 0o600


def test_two_watchers_do_not_share_a_map(archive: Archive) -> None:
    with held(archive.map):
        refused = archive.watch()
    assert (refused.code, refused.json["error"]["code"]) == (Exit.UNAVAILABLE, "watch.held")
    assert archive.watch().code == 0


def test_without_a_node_changes_are_told_and_amendments_are_unknown(archive: Archive) -> None:
    assert archive.watch().code == 0
    archive.amend("a", "修改后", "a")
    alone = archive.watch("--node", "http://127.0.0.1:9")
    assert alone.code == Exit.CHANGED and not alone.json["asked"]
    assert [each["code"] for each in alone.json["findings"]] == ["watch.changed"]
    assert archive.found() == {"a": "watch.amended"}


def test_a_report_raises_al03_and_the_next_one_says_nothing_new(
    archive: Archive, one_node: OneNode
) -> None:
    clean = archive.watch("--submit", "--subject", "监看 1")
    assert clean.code == 0, clean.out + clean.err
    assert len(clean.json["reports"]) == 1
    archive.write("a", "改了")
    (archive.folder / "b").unlink()
    told = archive.watch("--submit", "--subject", "监看 1")
    assert told.code == Exit.CHANGED
    (report,) = told.json["reports"]
    assert [each["because"] for each in _alerts(one_node, report["record_id"])] == [
        "content_changed"
    ]
    again = archive.watch("--submit", "--subject", "监看 1")
    assert again.code == Exit.CHANGED, "the file is still not what was anchored"
    assert _alerts(one_node, again.json["reports"][0]["record_id"]) == []


def _alerts(one_node: OneNode, report: str) -> list[Any]:
    """The fields of the alerts that rest on a report."""
    import httpx

    answer = httpx.get(
        f"{one_node.node.api}/v1/alerts", params={"code": "AL03"}, trust_env=False
    ).json()
    return [
        each["record"]["fields"]
        for each in answer["items"]
        if report in [ref["record_id"] for ref in each["record"]["refs"]]
    ]


def test_a_report_names_only_what_none_before_it_named(archive: Archive, one_node: OneNode) -> None:
    for name in ("a", "b"):
        archive.write(name, "改了")
        told = archive.watch("--submit", who="notary")
        assert told.code == Exit.CHANGED
        (report,) = told.json["reports"]
        (alert,) = _alerts(one_node, report["record_id"])
        assert alert["member"] == "centre"
    assert archive.found() == {"a": "watch.changed", "b": "watch.changed"}


@pytest.mark.parametrize("every", ["", "0s", "1", "1w", "-1s", "1.5h", "1000000s"])
def test_a_span_that_is_none_is_said(archive: Archive, every: str) -> None:
    refused = archive.watch("--every", every)
    assert (refused.code, refused.json["error"]["code"]) == (Exit.USAGE, "watch.every")


@pytest.fixture
def watching(archive: Archive) -> Iterator[subprocess.Popen[str]]:
    """A watcher that looks every second, one line of JSON for each round."""
    words = ("watch", archive.folder, "--map", archive.map, "--every", "1s", "--json")
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", *map(str, words)],
        env={
            "BIDWITNESS_AS": str(archive.one.network.member_folder("centre")),
            "LANG": "en_US.UTF-8",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield process
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def test_on_a_schedule_each_round_is_one_line_and_sigterm_ends_it(
    archive: Archive, watching: subprocess.Popen[str]
) -> None:
    lines = watching.stdout
    assert lines is not None
    assert json.loads(next(lines))["findings"] == []
    archive.write("a", "改了")
    codes: list[str] = []
    until = time.monotonic() + 60
    while not codes and time.monotonic() < until:
        codes = [each["code"] for each in json.loads(next(lines))["findings"]]
    assert codes == ["watch.changed"]
    watching.send_signal(signal.SIGTERM)
    assert watching.wait(30) == Exit.INTERRUPTED


def test_a_watcher_killed_at_any_moment_goes_on_from_its_map(
    archive: Archive, watching: subprocess.Popen[str]
) -> None:
    assert watching.stdout is not None
    next(watching.stdout)
    watching.send_signal(signal.SIGKILL)
    watching.wait(30)
    archive.map.with_name("map.new").write_bytes(b"half a li")
    archive.write("a", "改了")
    assert archive.found() == {"a": "watch.changed"}


def test_a_folder_in_which_nothing_is_anchored_is_not_called_clean(
    one_node: OneNode, tmp_path: Path
) -> None:
    folder = tmp_path / "empty"
    gone = one_node.run("watch", folder, "--once", "--json")
    assert (gone.code, gone.json["error"]["code"]) == (Exit.USAGE, "file.unreadable")
    assert not list(tmp_path.iterdir())
    folder.mkdir()
    (folder / "draft").write_text("not anchored")
    told = one_node.run("watch", folder, "--once", "--json")
    assert told.code == Exit.REFUSED
    assert [each["code"] for each in told.json["findings"]] == ["watch.nothing"]


# What lies in a folder, without a network.


def test_a_large_file_is_hashed_in_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(96 << 20)
    tracemalloc.start()
    try:
        seen = hash_file(tmp_path, "large")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(seen, Hashed) and seen.size_bytes == 96 << 20
    assert peak < 4 << 20


def test_a_file_that_changes_while_it_is_read_is_judged_later(tmp_path: Path) -> None:
    path = tmp_path / "moving"
    path.write_bytes(bytes(3 << 20))

    def write_more(_: int) -> None:
        with path.open("ab") as file:
            file.write(bytes(1 << 20))

    assert hash_file(tmp_path, "moving", write_more) == Unseen(Code.WATCH_MOVING)


def test_a_file_that_may_not_be_read_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything, so the refusal is planted."""
    (tmp_path / "secret").write_bytes(b"1")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert hash_file(tmp_path, "secret") == Unseen(Code.WATCH_UNREADABLE, "Permission denied")
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(CommandError) as refused:
        list(walk(tmp_path))
    assert refused.value.code is Code.FILE_UNREADABLE


def test_names_depths_and_numbers_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / os.fsdecode(b"\xff\xfe")).write_bytes(b"1")
    deep = tmp_path.joinpath(*["d"] * 150)
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"1")
    codes = {each.problem.code for each in walk(tmp_path) if each.problem is not None}
    assert codes == {Code.WATCH_NAME, Code.WATCH_UNREADABLE}
    monkeypatch.setattr(looking, "FILES_MAX", 1)
    with pytest.raises(CommandError) as refused:
        list(walk(tmp_path))
    assert refused.value.code is Code.WATCH_TOO_MANY
