"""Why a node does not move, named by what is the matter."""

from dataclasses import replace

import pytest

from consensus.peers import Peer
from consensus.status import SILENT_MS, NodeStatus, Trouble
from ledger.core.identifiers import Height, NodeId
from ledger.store.memory import MemoryStore
from tests.consensus.standing import two_commits, well
from tests.ledger.small_chain import GENESIS, NODES, SmallChain

NOW_MS = 100_000
WELL = well(
    NODES[0],
    SmallChain(MemoryStore()).chain.head,
    GENESIS.committee,
    {node: Peer(connected=True, heard_ms=NOW_MS - 10) for node in NODES[1:]},
    NOW_MS,
)


def without(*nodes: NodeId, heard_ms: int | None = NOW_MS, connected: bool = False) -> NodeStatus:
    gone = dict.fromkeys(nodes, Peer(connected=connected, heard_ms=heard_ms))
    return replace(WELL, peers={**WELL.peers, **gone})


def at(**changes: object) -> NodeStatus:
    return replace(WELL, situation=replace(WELL.situation, **changes))  # type: ignore[arg-type]


def test_a_node_that_is_well_has_no_trouble() -> None:
    assert (WELL.troubles, WELL.missing, WELL.has_quorum) == ((), (), True)


def test_one_missing_node_of_four_is_named_and_is_no_trouble() -> None:
    status = without(NODES[2])
    assert (status.missing, status.troubles) == ((NODES[2],), ())


def test_two_missing_nodes_of_four_leave_no_quorum() -> None:
    status = without(NODES[1], NODES[3])
    assert status.missing == (NODES[1], NODES[3])
    assert status.troubles == (Trouble.NO_QUORUM,)


def test_a_peer_that_is_connected_and_silent_is_missing() -> None:
    assert without(NODES[1], heard_ms=NOW_MS - SILENT_MS, connected=True).missing == (NODES[1],)
    assert without(NODES[1], heard_ms=None, connected=True).missing == (NODES[1],)
    assert without(NODES[1], heard_ms=NOW_MS - 4_000, connected=True).missing == ()


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (at(certified=Height(7)), Trouble.CATCHING_UP),
        (at(active=False), Trouble.VIEW_CHANGE),
        (at(clock_trusted=False), Trouble.CLOCK),
        (at(muted=True), Trouble.MUTED),
        (replace(WELL, abstain_until=Height(1)), Trouble.ABSTAINS),
        (replace(WELL, head=replace(WELL.head, height=Height(3))), Trouble.COSIGNATURES),
        (replace(WELL, faults=(two_commits(),)), Trouble.FAULTS),
    ],
)
def test_each_trouble_has_its_name(status: NodeStatus, trouble: Trouble) -> None:
    assert status.troubles == (trouble,)
