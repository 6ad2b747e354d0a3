"""How a chain is opened: a new store gets the genesis, an old one must be of this network.

The newest block, the frontier and the slow rows are read and compared with each other; nothing here
grows with the length of the chain, but that a store of an older layout is brought to this one.
Spec: ``docs/spec/store.md``.
"""

from collections.abc import Mapping
from typing import Final

from ledger.append import head_after
from ledger.block_store import BlockStore
from ledger.codes import Code
from ledger.core.block import Head
from ledger.core.genesis import Genesis
from ledger.core.identifiers import Digest, Epoch, HeaderHash, Height, View
from ledger.core.merkle import EMPTY_ROOT, Frontier
from ledger.core.status import StatusTree, genesis_state_hash
from ledger.errors import StoreError
from ledger.store.api import Reader, Row, Store
from ledger.store.keys import LAYOUT, Table, number
from ledger.store.rows import head_from, head_row, present
from ledger.upgrading import LAYOUT_KEY, bring_up, is_older

_NETWORK_KEY: Final = Table.META.key(b"network")
_GENESIS_STATE_KEY: Final = Table.META.key(b"genesis-state")


def prepare(store: Store, genesis: Genesis, rows: Mapping[bytes, bytes]) -> None:
    """Write the genesis into an empty store, or require that this store began with it.

    A store of an older layout is brought to this one, which takes as long as reading its records.

    Args:
        store: open.
        genesis: of the network.
        rows: the state that the genesis writes.

    Raises:
        StoreError: `store.newer`, `store.other_network`, or `store.damaged` where the stored
            genesis state is not `rows`.
    """
    layout = store.get(LAYOUT_KEY)
    if layout is None:
        store.write(
            [
                *meta_rows(genesis, rows),
                (Table.HEAD.key(), head_row(Height(0), Frontier())),
                *((Table.STATE.key(key), value) for key, value in rows.items()),
            ]
        )
        return
    if layout != number(LAYOUT) and not is_older(layout):
        found = int.from_bytes(layout)
        raise StoreError(Code.STORE_NEWER, found=found, known=LAYOUT)
    _check_network(store, genesis)
    if (_GENESIS_STATE_KEY, store.get(_GENESIS_STATE_KEY)) not in meta_rows(genesis, rows):
        raise StoreError(Code.STORE_DAMAGED, what="genesis state")
    if is_older(layout):
        bring_up(store)


def meta_rows(
    genesis: Genesis, rows: Mapping[bytes, bytes], layout: int = LAYOUT
) -> tuple[Row, ...]:
    """What a store says about itself: layout, network, and the state it began with."""
    return (
        (LAYOUT_KEY, number(layout)),
        (_NETWORK_KEY, genesis.network_id),
        (_GENESIS_STATE_KEY, genesis_state_hash(genesis.network_id, rows)),
    )


def stored_height(store: Reader, genesis: Genesis) -> Height:
    """The height of the newest block in a store of this network, of whatever layout.

    Raises:
        StoreError: `store.other_network`, `store.damaged`.
    """
    _check_network(store, genesis)
    return head_from(present(store.get(Table.HEAD.key()), "head"))[0]


def _check_network(store: Reader, genesis: Genesis) -> None:
    network = present(store.get(_NETWORK_KEY), "network id")
    if network != genesis.network_id:
        expected = genesis.network_id.hex()[:16]
        raise StoreError(Code.STORE_OTHER_NETWORK, found=network.hex()[:16], expected=expected)


def read_head(
    store: Store, blocks: BlockStore, genesis: Genesis, status: StatusTree, epoch: Epoch
) -> tuple[Head, Frontier]:
    """The newest block of a prepared store, and the frontier of its log.

    Args:
        store: of the chain.
        blocks: in it.
        genesis: of the network.
        status: slow rows of the store.
        epoch: that these rows say is in force.

    Raises:
        StoreError: `store.damaged` where block, frontier and slow rows contradict each other.
    """
    height, frontier = head_from(present(store.get(Table.HEAD.key()), "head"))
    if height == 0:
        state = present(store.get(_GENESIS_STATE_KEY), "genesis state")
        head = _before_the_first_block(genesis, state, status)
    else:
        head = head_after(blocks.header(height), blocks.certificate(height), epoch)
    if (head.log_size, head.log_root) != (frontier.size, frontier.root()):
        raise StoreError(Code.STORE_DAMAGED, what="frontier")
    if (head.status_size, head.status_root) != (status.size, status.root):
        raise StoreError(Code.STORE_DAMAGED, what="status")
    return head, frontier


def _before_the_first_block(genesis: Genesis, state: bytes, status: StatusTree) -> Head:
    network_id = genesis.network_id
    return Head(
        network_id=network_id,
        height=Height(0),
        header_hash=HeaderHash(network_id),
        time_ms=genesis.created_at_ms,
        epoch=Epoch(0),
        view=View(0),
        certificate=None,
        state_hash=Digest(state),
        status_size=status.size,
        status_root=status.root,
        log_size=0,
        log_root=EMPTY_ROOT,
    )
