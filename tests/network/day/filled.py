"""Many records on the ledger of a network that has not begun: the same database for every node.

They are judged, ordered and certified with the network's own keys, so that nobody can tell them from
records that the nodes had agreed on.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cli.keyfiles import open_key
from cli.settings import node_settings
from cli.signers.folder import NODE_KEY_FILE
from contracts.catalogue import load_catalogue
from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.block import Header
from ledger.core.certificate import CommitCertificate, Slot, vote_body
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.hashing import Tag
from ledger.core.identifiers import NodeId, View
from ledger.core.signing import Ed25519Signer, sign_tagged
from ledger.store.leveldb import LevelDBStore
from tests.network.real_network import MEMBERS, RealNetwork

BLOCK_RECORDS: Final = 5_000
BUNDLE_RECORDS: Final = 250
_PASSPHRASE: Final = b"correct horse"
_SAID_EVERY: Final = 100_000


def filled(network: RealNetwork, count: int, say: Callable[[str], None]) -> None:
    """Put so many records on the ledger of every node; none of them has run.

    Raises:
        AssertionError: one was refused.
    """
    first, *others = (node_settings(node.folder).database_folder for node in network.nodes)
    store = LevelDBStore(first)
    try:
        _fill(network, Chain(store, network.trust.genesis, rows_of(network)), count, say)
    finally:
        store.close()
    for folder in others:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(first, folder)


def rows_of(network: RealNetwork) -> dict[bytes, bytes]:
    """What the state begins with."""
    return dict(genesis_rows(network.trust.genesis))


def _fill(network: RealNetwork, chain: Chain, count: int, say: Callable[[str], None]) -> None:
    executor, committee = BlockExecutor(chain, load_catalogue()), chain.genesis.committee
    quorum = tuple(committee)[: committee.q]
    by_id = {node.node_id: node_settings(node.folder).keys_folder for node in network.nodes}
    votes = {node: open_key(by_id[node] / NODE_KEY_FILE, _PASSPHRASE) for node in quorum}
    done = time_ms = 0
    while done < count:
        some = min(BLOCK_RECORDS, count - done)
        sizes = [min(BUNDLE_RECORDS, some - at) for at in range(0, some, BUNDLE_RECORDS)]
        bundles = [
            network.bundle(size, MEMBERS[number % len(MEMBERS)])
            for number, size in enumerate(sizes)
        ]
        time_ms = max(time_ms + 1, time.time_ns() // 1_000_000)
        made = executor.assemble(bundles, time_ms, committee.primary(View(0)))
        assert made is not None, "a block of refused bundles"
        header, payload = made
        before = chain.head.log_size
        executor.commit(header, payload, _certified(header, votes))
        assert chain.head.log_size - before >= some, "records were refused"
        done += some
        if done % _SAID_EVERY < BLOCK_RECORDS:
            say(f"{done} records on the ledger")
    _cosigned(chain, {node: by_id[node] for node in quorum})


def _certified(header: Header, votes: dict[NodeId, Ed25519Signer]) -> CommitCertificate:
    slot = Slot(header.network_id, header.epoch, header.height, View(0))
    body = vote_body(slot, header.hash())
    signed = tuple((node, sign_tagged(key, Tag.COMMIT, body)) for node, key in votes.items())
    return CommitCertificate(slot, header.hash(), signed)


def _cosigned(chain: Chain, folders: dict[NodeId, Path]) -> None:
    """A quorum cosigns the head, so that there are receipts."""
    head = chain.head
    checkpoint = Checkpoint(chain.origin, head.log_size, head.log_root)
    for node, folder in folders.items():
        key = open_key(folder / NODE_KEY_FILE, _PASSPHRASE)
        name = cosigner_name(chain.origin, node)
        line = cosign(key, name, checkpoint, head.time_ms // 1000).line()
        chain.add_cosignature(node, head.log_size, head.log_root, line)
