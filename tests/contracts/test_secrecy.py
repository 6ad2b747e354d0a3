"""Before the opening, everything that a node holds tells nobody who bids, or how many there are.

A node's operator reads the whole disk: here every byte of the database, of the blocks as they
travel, and of the bundles as a journal or a pool keeps them.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from api.client.sealing import SealingDesk
from ledger.core.canonical import Value, decode
from ledger.core.identifiers import Height, MemberId
from ledger.core.record import decode_record
from ledger.core.sealed import Sealed
from ledger.store.leveldb import LevelDBStore
from tests.contracts.sealing import BIDDERS, SYSTEM, SealedTown
from tests.contracts.town import HOUR, PROJECT, SECOND, SECTION

TICKS, PLACES = 6, 8


def dice(seed: int) -> Callable[[int], bytes]:
    return random.Random(seed).randbytes


def sealing_town(bids: list[int], folder: Path, seed: int) -> tuple[list[bytes], list[Sealed]]:
    """Run a tender up to its deadline with so many bids at each tick.

    Returns:
        Everything one node holds, piece by piece, and what was sealed.
    """
    store = LevelDBStore(folder)
    town = SealedTown(store=store)
    begin = len(list(store.scan(b"", b"\xff")))
    key, network = town.signers[SYSTEM], town.genesis.network_id
    desk = SealingDesk(key, network, MemberId(SYSTEM), PLACES, HOUR)
    draw, sealed, waiting = dice(seed), [], []
    for count in bids:
        for place in range(count):
            bid = town.bid(BIDDERS[place % len(BIDDERS)])
            # Nonces and salts are drawn; those of a town follow from its story.
            sealed.append(replace(town.seal(replace(bid, nonce=draw(16))), salt=draw(32)))
            desk.hand_in(sealed[-1])
        town.now_ms += 10 * SECOND
        bundle = desk.tick(town.now_ms, draw).bundle
        assert town.commit(bundle) is not None
        waiting.append(bundle.encode())
    assert not desk.waiting
    blocks = [
        part
        for height in range(1, town.chain.head.height + 1)
        for part in (
            town.chain.blocks.payload(Height(height)),
            *town.chain.blocks.block_bytes(Height(height)),
        )
    ]
    rows = list(store.scan(b"", b"\xff"))
    assert len(rows) > begin
    store.close()
    files = [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()]
    held = [*waiting, *blocks, *(part for row in rows for part in row), *files]
    return held, sealed


def needles(sealed: Sealed) -> list[bytes]:
    """Whatever would give a bid away: itself, its parts, its plain digests, and its author."""
    record = decode_record(sealed.record)
    digests = [hashlib.sha256(part).digest() for part in (sealed.record, sealed.header)]
    inner = sealed.bundle()
    return [
        sealed.header, sealed.signature, sealed.record, sealed.salt, record.nonce,
        *(evidence.sha256 for evidence in record.evidence),
        sealed.record_id, inner.bundle_id, inner.pool_key, *digests,
    ]  # fmt: skip


def shape(value: Value) -> object:
    """What is left of a record when every random byte is taken out."""
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, tuple):
        return tuple(map(shape, value))
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    return value


def test_no_byte_that_a_node_holds_tells_who_bids(tmp_path: Path) -> None:
    held, sealed = sealing_town([0, 2, 0, 1, 0, 0], tmp_path, 1)
    assert len(sealed) == 3
    stream = held[:TICKS]
    for each in sealed:
        assert not [part for needle in needles(each) for part in held if needle in part]
    for name in (*BIDDERS, SECTION, PROJECT, "tender."):
        assert not [part for part in stream if name.encode() in part]


@pytest.mark.parametrize("bids", [[3, 0, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0], [8, 8, 8, 0, 0, 0]])
def test_as_many_bytes_are_there_with_many_bids_and_with_none(
    bids: list[int], tmp_path: Path
) -> None:
    """Rows, their lengths, and the shape of every commitment are those of covers alone."""
    with_bids, sealed = sealing_town(bids, tmp_path / "bids", 1)
    none, nothing = sealing_town([0] * TICKS, tmp_path / "none", 2)
    assert sealed and not nothing
    rows = slice(0, -_files(tmp_path / "bids"))
    rows_none = slice(0, -_files(tmp_path / "none"))
    assert sorted(map(len, with_bids[rows])) == sorted(map(len, none[rows_none]))
    shapes = [_shapes(each) for each in (with_bids, none)]
    assert shapes[0] == shapes[1]


def _shapes(held: list[bytes]) -> list[object]:
    """Of every record in the stream of ticks, in order."""
    found: list[object] = []
    for bundle in held[:TICKS]:
        _, _, _, _, records = decode(bundle, 1 << 20)  # type: ignore[misc]
        assert isinstance(records, tuple) and len(records) == PLACES
        found += [shape(decode(each, 1 << 20)) for each in records if isinstance(each, bytes)]
    return found


def _files(folder: Path) -> int:
    return sum(1 for path in folder.iterdir() if path.is_file())
