"""Whole processes die while they append; whoever opens the folder again finds whole blocks only."""

import subprocess
import sys
from pathlib import Path

from ledger.audit import audit
from ledger.audit_finding import Finding
from ledger.core.identifiers import Height
from ledger.store.leveldb import LevelDBStore
from tests.ledger.small_chain import GENESIS, ROWS, SmallChain, make_bundle
from tests.vectors.small_network import small_record

ROOT = Path(__file__).parents[2]

WRITER = """
import resource, sys
from pathlib import Path
from ledger.errors import StoreError
from ledger.store.leveldb import LevelDBStore
from tests.ledger.small_chain import SmallChain, make_bundle
from tests.vectors.small_network import small_record

small = SmallChain(LevelDBStore(Path(sys.argv[1])))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    for block in range(small.chain.head.height, 10**6):
        records = [small_record(f"{block}/{i}") for i in range(5)]
        small.commit([make_bundle(records)], writes={b"status/n": b"%d" % block, b"n": b"x"})
        small.cosign(block + 1)
        print(block + 1, flush=True)
except StoreError as problem:
    print(problem.code.value, flush=True)
"""


def writer(folder: Path, file_bytes_max: int = 1 << 30) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(file_bytes_max)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def sound_height(folder: Path) -> int:
    """The height that a new process finds, where an audit finds nothing else."""
    store = LevelDBStore(folder)
    try:
        small = SmallChain(store)
        height = small.chain.head.height
        events = audit(store, GENESIS, ROWS, None)
        assert [event for event in events if isinstance(event, Finding)] == []
        for at in range(1, small.chain.cosigned_height + 1):
            small.chain.receipt(small.chain.blocks.entry_ids(Height(at))[0])
        return height
    finally:
        store.close()


def test_after_sigkill_every_acknowledged_block_is_there_and_whole(tmp_path: Path) -> None:
    acknowledged = 0
    for _ in range(3):
        process = writer(tmp_path)
        assert process.stdout is not None
        target = acknowledged + 8
        while acknowledged < target:
            acknowledged = int(process.stdout.readline())
        process.kill()
        rest = process.communicate()[0].split()
        acknowledged = int(rest[-1]) if rest else acknowledged
        height = sound_height(tmp_path)
        assert acknowledged <= height <= acknowledged + 1
        acknowledged = height


def test_a_full_disk_stops_the_chain_with_a_code_and_it_goes_on_later(tmp_path: Path) -> None:
    *heights, code = writer(tmp_path, 150_000).communicate()[0].split()
    assert code == "store.disk_full"
    assert int(heights[-1]) <= sound_height(tmp_path) <= int(heights[-1]) + 1
    store = LevelDBStore(tmp_path)
    small = SmallChain(store)
    small.commit([make_bundle([small_record("when there is room again")])])
    small.cosign(small.chain.head.height)
    store.close()
    assert sound_height(tmp_path) >= int(heights[-1]) + 1
