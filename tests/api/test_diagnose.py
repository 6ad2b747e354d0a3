"""What `diagnose` says: who is missing, who is behind, and why nothing commits."""

from dataclasses import replace

import pytest

from api.diagnose import diagnose
from api.words import say
from consensus.core.situation import Situation
from consensus.peers import Peer
from consensus.status import SILENT_MS, NodeStatus, Trouble
from ledger.codes import Code
from ledger.core.identifiers import Height, NodeId, View
from ledger.errors import StoreError
from tests.consensus.core.world import committee_of, genesis_head

NOW_MS = 1_000_000
HERE = Peer(connected=True, heard_ms=NOW_MS, height=Height(9))


def status(**peers: Peer) -> NodeStatus:
    """Node a of four at height 9; the others as given, or well."""
    nodes = {NodeId(name): peers.get(name, HERE) for name in "bcd"}
    return NodeStatus(
        node_id=NodeId("a"),
        head=replace(genesis_head(), height=Height(9)),
        cosigned_height=Height(9),
        situation=Situation(
            height=Height(10),
            view=View(2),
            active=True,
            primary=NodeId("c"),
            prepared=None,
            asking=(),
            certified=Height(9),
            clock_trusted=True,
            muted=False,
            dropped_count=0,
        ),
        committee=committee_of(4),
        peers=nodes,
        waiting_count=0,
        waiting_bytes=0,
        abstains=False,
        faults_count=0,
        now_ms=NOW_MS,
    )


def said(at: NodeStatus, *unsigned: str, failure: Exception | None = None) -> tuple[str, str]:
    """All sentences in Chinese and in English."""
    names = [NodeId(name) for name in unsigned]
    zh, en = (" ".join(diagnose(at, names, failure, language)) for language in ("zh", "en"))
    return zh, en


def test_where_all_is_well_it_says_so_and_nothing_else() -> None:
    assert diagnose(status(), (), None, "en") == [
        "All is well: 4 of 4 nodes are reachable; 3 are needed."
    ]


def test_one_node_down_is_named_and_the_network_goes_on() -> None:
    zh, en = said(status(b=Peer()))
    assert "3 of 4" in en and "Node b cannot be reached" in en
    assert "节点 b 无法连通" in zh


def test_a_node_that_is_connected_and_silent_counts_as_missing() -> None:
    _, en = said(status(b=replace(HERE, heard_ms=NOW_MS - SILENT_MS)))
    assert "Node b cannot be reached" in en


def test_without_quorum_it_says_that_nothing_commits_and_whom_to_call() -> None:
    zh, en = said(status(b=Peer(), d=Peer()))
    assert "Only 2 of 4" in en and "3 are needed" in en and "b, d" in en
    assert "无法提交" in zh and "b、d" in zh


def test_a_node_behind_is_named_with_its_lag() -> None:
    zh, en = said(status(d=replace(HERE, height=Height(4))))
    assert "Node d is 5 blocks behind" in en
    assert "节点 d 落后 5 个区块" in zh


def test_missing_cosigners_are_named() -> None:
    zh, en = said(replace(status(), cosigned_height=Height(7)), "c", "d")
    assert "cosigned only up to 7" in en and "c, d" in en
    assert "c、d" in zh


def test_a_view_change_names_the_next_primary_and_who_asked() -> None:
    at = status()
    asked = replace(at.situation, active=False, asking=(NodeId("a"), NodeId("b")))
    zh, en = said(replace(at, situation=asked))
    assert "view 2 (primary c)" in en and "a, b" in en
    assert "第 2 视图" in zh


def test_a_node_that_stopped_says_why_in_words() -> None:
    zh, en = said(status(), failure=StoreError(Code.STORE_DISK_FULL))
    assert "has stopped" in en and "store.disk_full" not in en
    assert "已停止" in zh and "磁盘" in zh


@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_trouble_has_its_sentence_in_both_languages(trouble: Trouble) -> None:
    facts = dict.fromkeys(
        [
            "n",
            "q",
            "reachable",
            "missing",
            "height",
            "certified",
            "view",
            "primary",
            "asking",
            "cosigned",
            "unsigned",
            "faults",
        ],
        "x",
    )
    assert say("zh", trouble.value, facts) != say("en", trouble.value, facts)
