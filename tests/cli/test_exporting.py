"""The log as static files: the bytes that a node serves, only what is new, and nothing false."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.exporting import Export, Exported
from cli.static_log import StaticLog
from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, sign_log
from ledger.core.merkle_stored import consistency_path_from
from ledger.core.note import Note, parse_note
from ledger.core.tile_tree import TileNodes
from ledger.core.tiles import TilePath, bundles_of, tiles_of
from ledger.epoch_links import led
from ledger.errors import LedgerError
from ledger.heads import verify_extends, verify_head
from ledger.store.memory import MemoryStore
from ledger.trust import TrustRoot, trust_root
from tests.bits import flipped
from tests.ledger.small_chain import GENESIS, NODES, SmallChain, make_bundle
from tests.vectors.small_network import signer, small_record

TRUST = trust_root(GENESIS)


class SmallLog:
    """A log source over a real chain, which counts what is read of it."""

    def __init__(self) -> None:
        self.small = SmallChain(MemoryStore())
        self.asked: list[str] = []
        self.lie: Callable[[TilePath, bytes], bytes] = lambda _, data: data
        self._made = 0

    def grow(self, count: int) -> int:
        """One more block of `count` records, cosigned; how many leaves there are then."""
        records = [small_record(f"{self._made + each}") for each in range(count)]
        self._made += count
        self.small.commit([make_bundle(records)])
        self.small.cosign(self.small.chain.head.height, NODES[:3])
        return self.small.chain.cosigned_size

    def checkpoint(self) -> bytes:
        note = parse_note(self.small.chain.checkpoint())
        head = verify_head(note, TRUST)
        line = sign_log(signer("log centre"), GENESIS.origin, head)
        return Note(note.text, (line, *note.signatures)).format()

    def follow(self, trust: TrustRoot) -> TrustRoot:
        return led(trust, self.small.chain.links.up_to(self.small.chain.epochs.newest.epoch))

    def read(self, path: TilePath) -> bytes:
        self.asked.append(str(path))
        data = self.small.chain.tiles.read(path, self.small.chain.cosigned_size)
        return self.lie(path, data)


@pytest.fixture
def log() -> SmallLog:
    made = SmallLog()
    made.grow(300)
    return made


def export(log: SmallLog, folder: Path) -> Exported:
    return Export(StaticLog(folder), log, TRUST).run()


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its path in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def expected(log: SmallLog) -> dict[str, bytes]:
    """What the node serves at its size, and nothing of smaller ones."""
    chain = log.small.chain
    size = chain.cosigned_size
    paths = [*tiles_of(size), *bundles_of(size)]
    return {str(path): chain.tiles.read(path, size) for path in paths} | {
        "checkpoint": log.checkpoint()
    }


def test_a_first_export_is_what_the_node_serves(log: SmallLog, tmp_path: Path) -> None:
    done = export(log, tmp_path / "log")
    assert files(tmp_path / "log") == expected(log)
    assert (done.before, done.size) == (0, log.small.chain.cosigned_size)
    assert done.files_count == len(expected(log))
    assert done.bytes_count == sum(map(len, expected(log).values()))


def test_a_second_export_reads_and_writes_only_what_is_new(log: SmallLog, tmp_path: Path) -> None:
    first = export(log, tmp_path)
    log.asked.clear()
    log.grow(400)
    done = export(log, tmp_path)
    assert (done.before, done.size) == (301, 702)
    assert log.asked == ["tile/entries/001", "tile/entries/002.p/190"]
    assert expected(log).items() <= files(tmp_path).items()
    written = {"tile/0/001", "tile/entries/001", "tile/0/002.p/190", "tile/entries/002.p/190"}
    assert done.files_count == len(written | {"tile/1/000.p/2", "checkpoint"})
    assert first.files_count + done.files_count > len(files(tmp_path))


def test_a_partial_tile_goes_when_the_full_one_is_there_and_not_before(
    log: SmallLog, tmp_path: Path
) -> None:
    export(log, tmp_path)
    log.grow(10)
    export(log, tmp_path)
    kept = {"tile/0/001.p/45", "tile/0/001.p/56", "tile/entries/001.p/45", "tile/1/000.p/1"}
    assert kept <= set(files(tmp_path))
    log.grow(300)
    export(log, tmp_path)
    left = {name for name in files(tmp_path) if "/001.p/" in name}
    assert left == set()
    assert {"tile/0/001", "tile/entries/001", "tile/1/000.p/1"} <= set(files(tmp_path))


@pytest.mark.parametrize("steps", [[1], [255], [254, 1], [256], [511, 1, 1], [3, 700, 65]])
def test_however_it_grew_the_copy_is_the_same(steps: list[int], tmp_path: Path) -> None:
    log = SmallLog()
    for step in steps:
        log.grow(step)
        export(log, tmp_path / "grown")
    export(log, tmp_path / "once")
    assert files(tmp_path / "once") == expected(log)
    assert files(tmp_path / "once").items() <= files(tmp_path / "grown").items()


def test_a_third_export_of_the_same_head_does_nothing(log: SmallLog, tmp_path: Path) -> None:
    export(log, tmp_path)
    before = files(tmp_path)
    assert export(log, tmp_path) == Exported(301, 301, 0, 0)
    assert files(tmp_path) == before


def test_an_interrupted_export_goes_on_where_it_was(log: SmallLog, tmp_path: Path) -> None:
    log.grow(2000)

    def interrupt(path: TilePath, data: bytes) -> bytes:
        if path.index == 5:
            raise KeyboardInterrupt
        return data

    log.lie = interrupt
    with pytest.raises(KeyboardInterrupt):
        export(log, tmp_path)
    assert "checkpoint" not in files(tmp_path)
    log.lie = lambda _, data: data
    log.asked.clear()
    export(log, tmp_path)
    assert log.asked[0] == "tile/entries/005"
    assert files(tmp_path) == expected(log)


def test_a_source_that_lies_gives_no_export_and_leaves_the_old_one(
    log: SmallLog, tmp_path: Path
) -> None:
    export(log, tmp_path)
    before = files(tmp_path)
    log.grow(600)
    log.lie = lambda path, data: flipped(data) if path.index == 2 else data
    assert refusal(log, tmp_path) is Code.TILE_ROOT
    assert files(tmp_path) == before
    log.lie = lambda path, data: data[:-1] if path.index == 2 else data
    assert refusal(log, tmp_path) is Code.TILE_BUNDLE
    assert files(tmp_path) == before
    log.lie = lambda _, data: data
    export(log, tmp_path)
    assert expected(log).items() <= files(tmp_path).items()


def test_a_file_that_an_interruption_left_false_is_found_and_made_anew(
    log: SmallLog, tmp_path: Path
) -> None:
    (tmp_path / "tile" / "entries").mkdir(parents=True)
    left = tmp_path / "tile" / "entries" / "000"
    left.write_bytes(b"\0\1x")
    export(log, tmp_path)
    assert files(tmp_path) == expected(log)
    (tmp_path / "checkpoint").unlink()
    left.write_bytes(left.read_bytes()[:-1] + b"?")
    assert refusal(log, tmp_path) is Code.TILE_ROOT
    export(log, tmp_path)
    assert files(tmp_path) == expected(log)


def test_what_was_changed_in_the_copy_is_found_by_the_next_export(
    log: SmallLog, tmp_path: Path
) -> None:
    export(log, tmp_path)
    tile = tmp_path / "tile" / "1" / "000.p" / "1"
    tile.write_bytes(bytes(32))
    log.grow(1)
    assert refusal(log, tmp_path) is Code.TILE_ROOT


def test_a_head_that_no_quorum_cosigned_is_not_exported(log: SmallLog, tmp_path: Path) -> None:
    note = parse_note(log.checkpoint())
    log.checkpoint = lambda: Note(note.text, note.signatures[:2]).format()  # type: ignore[method-assign]
    assert refusal(log, tmp_path) is Code.RECEIPT_QUORUM
    other = Checkpoint("other.example/0", 3, verify_head(note, TRUST).root)
    line = sign_log(signer("log centre"), other.origin, other)
    log.checkpoint = lambda: Note(other.text(), (line,)).format()  # type: ignore[method-assign]
    assert refusal(log, tmp_path) is Code.RECEIPT_ORIGIN
    assert files(tmp_path) == {}


def test_the_copy_proves_its_own_growth(log: SmallLog, tmp_path: Path) -> None:
    heads = []
    for count in (5, 500, 30):
        log.grow(count)
        export(log, tmp_path)
        heads.append(verify_head(parse_note((tmp_path / "checkpoint").read_bytes()), TRUST))
    nodes = TileNodes(heads[-1].size, StaticLog(tmp_path).read)
    for old in heads:
        path = consistency_path_from(nodes, old.size, heads[-1].size)
        verify_extends(old, heads[-1], path)
    assert [head.size for head in heads] == [307, 808, 839]


def refusal(log: SmallLog, folder: Path) -> Code:
    with pytest.raises(LedgerError) as refused:
        export(log, folder)
    return refused.value.code


def test_the_new_head_is_durable_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut the old checkpoint is there or the new one, never an empty file."""
    calls: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(number: int) -> None:
        calls.append("fsync")
        fsync(number)

    def noted_replace(draft: Path, target: Path) -> Path:
        calls.append("name")
        return replace(draft, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    StaticLog(tmp_path).publish(b"a head\n")
    assert calls == ["fsync", "name", "fsync"]
    assert StaticLog(tmp_path).checkpoint() == b"a head\n"
