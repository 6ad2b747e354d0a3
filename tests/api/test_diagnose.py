"""What `diagnose` says: who is missing, whose word is awaited, and why nothing commits."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from api.diagnose import diagnose, findings_form
from api.engines.query import IndexStanding
from api.finding import Severity, Standing
from api.findings import FINDINGS_MAX, findings
from api.outbound.answer import Fault
from api.outbound.witness import WitnessStanding
from api.phrases import Span, rendered
from consensus.core.situation import Awaited, Timers, Wait
from consensus.depths import DiskFacts, HostFacts, QueueDepth
from consensus.peers import Peer
from consensus.snapshot_progress import SnapshotProgress
from consensus.status import SILENT_MS, NodeStatus
from ledger.codes import Code
from ledger.core.identifiers import Height, NodeId, View
from ledger.core.note import Kind, NoteKey
from ledger.errors import LedgerError, StoreError
from tests.consensus.core.world import committee_of, genesis_head
from tests.consensus.standing import EMPTY_POOL, two_commits, well
from tests.vectors.small_network import signer

NOW_MS = 1_000_000
HERE = Peer(connected=True, heard_ms=NOW_MS, height=Height(9), clock_offset_ms=-1)
HANDBOOK = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
B, C, D = NodeId("b"), NodeId("c"), NodeId("d")


def status(**peers: Peer) -> NodeStatus:
    """Node a of four at height 9, view 2; the others as given, or well."""
    nodes = {name: peers.get(name, HERE) for name in (B, C, D)}
    head = replace(genesis_head(), height=Height(9))
    return well(NodeId("a"), head, committee_of(4), nodes, NOW_MS, View(2))


def at(**changes: object) -> NodeStatus:
    """The same node with another open height."""
    return replace(status(), situation=replace(status().situation, **changes))  # type: ignore[arg-type]


def waiting(what: Wait, count: int, *of: NodeId, since_ms: int = NOW_MS - 4_000) -> NodeStatus:
    """A height that has waited, with three seconds of patience left."""
    timers = Timers(NOW_MS + 2_900, None, None)
    return at(awaited=Awaited(what, count, of, since_ms), timers=timers)


def heard_ago(ms: int) -> Peer:
    return replace(HERE, heard_ms=NOW_MS - ms)


def said(of: NodeStatus | Standing) -> tuple[str, str]:
    """All sentences in Chinese and in English."""
    standing = of if isinstance(of, Standing) else Standing(of)
    zh, en = (" ".join(diagnose(standing, language)) for language in ("zh", "en"))
    return zh, en


def codes(of: NodeStatus | Standing) -> list[str]:
    standing = of if isinstance(of, Standing) else Standing(of)
    return [each.code.value.removeprefix("diagnose.") for each in findings(standing)]


def test_where_all_is_well_it_says_so_and_nothing_else() -> None:
    assert diagnose(Standing(status()), "en") == [
        "All is well: 4 of 4 nodes are reachable; 3 are needed."
    ]
    assert diagnose(Standing(status()), "zh") == ["运行正常：4/4 个节点在线，需要 3 个。"]


def test_one_node_down_is_named_and_the_network_goes_on() -> None:
    zh, en = said(status(b=heard_ago(40_000)))
    assert "Node b cannot be reached: last heard 40 s ago. 3 of 4 remain" in en
    assert "节点 b 无法连通：40 秒前最后一次收到它的消息" in zh
    _, en = said(status(b=Peer()))
    assert "not heard since this node started" in en


def test_a_node_that_is_connected_and_silent_counts_as_missing() -> None:
    _, en = said(status(b=heard_ago(SILENT_MS)))
    assert "Node b cannot be reached" in en


def test_without_quorum_it_says_that_nothing_commits_and_whom_to_call() -> None:
    lost = status(b=heard_ago(40_000), d=heard_ago(300_000))
    zh, en = said(lost)
    assert "Only 2 of 4" in en and "3 are needed" in en
    assert "b (last heard 40 s ago), d (last heard 5 min ago)" in en
    assert "无法提交" in zh and "b（40 秒前" in zh and "、d（5 分钟前" in zh
    assert codes(lost) == ["no_quorum"]


def test_one_commit_that_is_lacking_is_told_with_whose_it_is_and_how_long_patience_lasts() -> None:
    zh, en = said(waiting(Wait.COMMITS, 1, C))
    assert "Waiting for 1 more COMMIT from c (last heard 0 s ago) at height 10, view 2." in en
    assert "Next view in 3 s." in en
    assert "正在等待 c（0 秒前最后一次收到它的消息）的 1 个 COMMIT" in zh
    assert "3 秒后更换视图" in zh


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (Wait.PROPOSAL, "waiting_proposal"),
        (Wait.PREPARES, "waiting_prepares"),
        (Wait.COMMITS, "waiting_commits"),
        (Wait.BLOCK, "waiting_block"),
    ],
)
def test_what_a_healthy_height_goes_through_is_worth_no_word_until_it_lasts(
    what: Wait, code: str
) -> None:
    assert codes(waiting(what, 1, C)) == [code]
    assert codes(waiting(what, 1, C, since_ms=NOW_MS - 300)) == ["fine"]
    assert codes(waiting(Wait.EXECUTION, 0)) == ["fine"]


def test_a_node_behind_is_named_with_its_lag() -> None:
    zh, en = said(status(d=replace(HERE, height=Height(4))))
    assert "Node d is 5 blocks behind" in en
    assert "节点 d 落后 5 个区块" in zh


def test_a_node_that_catches_up_says_how_far_and_from_whom() -> None:
    zh, en = said(at(certified=Height(30), donor=C))
    assert "at height 9" in en and "blocks: 21" in en and "now from c" in en
    assert "21 个区块" in zh and "向 c 索取" in zh
    _, en = said(at(certified=Height(30)))
    assert "now from nobody yet" in en and "does not vote" in en
    claimed = status(b=replace(HERE, height=Height(20)), c=replace(HERE, height=Height(30)))
    _, en = said(claimed)
    assert codes(claimed) == ["catching_up"] and "others are at 20" in en
    assert "does not vote" not in en
    assert codes(status(c=replace(HERE, height=Height(30)))) == ["fine"]


def test_missing_cosigners_are_named() -> None:
    zh, en = said(Standing(replace(status(), cosigned_height=Height(7)), unsigned=(C, D)))
    assert "cosigned only up to 7" in en and "c, d" in en
    assert "c、d" in zh


def test_a_view_change_names_the_next_primary_who_asked_and_who_has_not() -> None:
    awaited = Awaited(Wait.VIEW_CHANGES, 1, (C, D), None)
    asked = at(active=False, asking=(NodeId("a"), B), awaited=awaited)
    zh, en = said(asked)
    assert "view 2 (primary c)" in en and "a, b" in en
    assert "Waiting for 1 more to ask for it: c (last heard 0 s ago), d" in en
    assert "第 2 视图" in zh and "还差 1 个节点提出请求：c" in zh
    assert "Next view" not in en
    started = Awaited(Wait.NEW_VIEW, 1, (C,), NOW_MS)
    _, en = said(at(active=False, awaited=started, timers=Timers(NOW_MS + 1, None, None)))
    assert "waiting for the NEW-VIEW of c" in en and "Next view in 1 s" in en


def test_a_clock_that_is_off_is_told_with_everybodys_offset() -> None:
    off = replace(HERE, clock_offset_ms=-30_000)
    ours = status(b=off, c=off)
    ours = replace(ours, situation=replace(ours.situation, clock_trusted=False))
    zh, en = said(ours)
    assert "b -30000 ms, c -30000 ms, d -1 ms" in en
    assert "b -30000 毫秒" in zh
    assert codes(ours) == ["clock"]
    assert codes(status(b=off)) == ["peer_clock"]
    assert "The clock of node b is -30000 ms from ours" in said(status(b=off))[1]


def test_muted_and_abstaining_say_until_when() -> None:
    zh, en = said(at(muted=True))
    assert "before others have decided height 10" in en and "高度 10" in zh
    zh, en = said(replace(status(), abstain_until=Height(12)))
    assert "before others have decided height 12" in en and "高度 12" in zh


def test_a_fault_names_the_key_and_what_it_did() -> None:
    proven = replace(status(), faults=(two_commits("b"), two_commits("b"), two_commits("d")))
    zh, en = said(proven)
    assert "The key of b signed" in en.replace("node ", "") and "two-commits" in en
    assert "节点 b" in zh and "节点 d" in zh
    assert codes(proven) == ["fault", "fault"]


def test_a_node_that_stopped_says_why_in_words() -> None:
    stopped = Standing(status(), failure=StoreError(Code.STORE_DISK_FULL, path="journal"))
    zh, en = said(stopped)
    assert "has stopped" in en and "store.disk_full" not in en
    assert "已停止" in zh and "磁盘" in zh
    assert findings_form(findings(stopped))[0]["facts"]["reason"] == "store.disk_full"  # type: ignore[index, call-overload]


def test_the_queues_and_the_disk_are_heard() -> None:
    full = replace(
        status(),
        queues={B: QueueDepth(4096, 1, 17)},
        pool=replace(EMPTY_POOL, bundles_count=3, passed_over_count=2),
    )
    slow = HostFacts(DiskFacts(1, 1, 1_500, 4_000, 1 << 20), 0)
    _, en = said(Standing(full, host=slow))
    assert "17 frames to node b had to be dropped" in en
    assert "(2 of them)" in en
    assert "took 1500 ms, the longest 4000 ms" in en
    assert "Only 1 MiB are left" in en


def test_a_committee_of_one_is_for_development_and_well() -> None:
    alone = well(NodeId("a"), genesis_head(), committee_of(1), {}, NOW_MS)
    assert codes(alone) == ["fine", "development"]


def test_a_restarted_node_listens_before_it_votes() -> None:
    zh, en = said(at(timers=Timers(None, NOW_MS + 400, None)))
    assert "votes in 1 s" in en and "1 秒后开始表决" in zh


def test_a_snapshot_that_comes_in_is_told_with_its_progress_and_who_lied_about_it() -> None:
    donors, liars = (NodeId("b"), NodeId("c")), (NodeId("d"),)
    silent = (NodeId("b"),)
    coming = SnapshotProgress(Height(400), 12, 40, donors, liars, silent, finished=False)
    zh, en = said(replace(status(), snapshot=coming))
    assert "12 of 40 chunks are here, and b, c may be asked" in en
    assert "共 40 块，已有 12 块" in zh
    assert "Node d gave" in en and "节点 d 向" in zh
    assert "Node b does not give" in en and "节点 b 未答复" in zh
    fetched = replace(coming, height=Height(0), chunks_count=0, chunks_total=0, silent=())
    assert codes(replace(status(), snapshot=fetched)) == ["snapshot_liar"]


def test_several_things_are_true_at_once_and_the_worst_comes_first() -> None:
    lost = status(b=Peer(), d=Peer(), c=replace(HERE, height=Height(1)))
    situation = replace(lost.situation, muted=True, active=False)
    found = findings(Standing(replace(lost, situation=situation, cosigned_height=Height(8))))
    severities = [each.severity for each in found]
    assert severities == sorted(severities, reverse=True)
    assert [each.code.value for each in found] == [
        "diagnose.no_quorum",
        "diagnose.muted",
        "diagnose.view_change",
        "diagnose.cosignatures",
        "diagnose.peer_behind",
    ]
    assert Severity.SERIOUS in severities and len(found) <= FINDINGS_MAX


def test_findings_are_json_in_both_languages_with_plain_facts() -> None:
    form = findings_form(findings(Standing(waiting(Wait.COMMITS, 1, C))))
    (only,) = json.loads(json.dumps(form))
    assert only["code"] == "diagnose.waiting_commits" and only["severity"] == "warning"
    assert only["facts"]["of"] == [{"node": "c", "ago": {"ms": 0}}]
    assert only["facts"]["ahead"] == {"left": 2_900}
    assert only["section"] == "docs/operations.md#waiting_commits"
    assert "{" not in only["zh"] + only["en"] and "?" not in only["zh"] + only["en"]


@pytest.mark.parametrize(
    ("ms", "zh", "en"),
    [
        (0, "0 秒", "0 s"),
        (1, "1 秒", "1 s"),
        (40_000, "40 秒", "40 s"),
        (119_001, "120 秒", "120 s"),
        (120_000, "2 分钟", "2 min"),
        (7_200_000, "2 小时", "2 h"),
        (172_800_000, "2 天", "2 d"),
    ],
)
def test_spans_are_told_in_whole_units(ms: int, zh: str, en: str) -> None:
    assert (rendered(Span(ms), "zh"), rendered(Span(ms), "en")) == (zh, en)


COURT = WitnessStanding(
    key=NoteKey("court.example/w1", Kind.COSIGNATURE, signer("court").public_key),
    size=120,
    time_ms=NOW_MS - 60_000,
    failed_count=7,
    missing_count=5,
    missing_since_ms=NOW_MS - 40_000,
    reason="All connection attempts failed",
    faults={},
)


def test_a_witness_that_has_not_cosigned_for_a_while_is_named() -> None:
    zh, en = said(Standing(status(), witnesses=[COURT]))
    assert "Witness court.example/w1 has cosigned nothing for this node for 40 s: 5 heads" in en
    assert "has size 120" in en and "All connection attempts failed" in en
    assert "外部见证方 court.example/w1 已有 40 秒没有为本节点联署" in zh
    soon = replace(COURT, missing_since_ms=NOW_MS - 3_000)
    assert codes(Standing(status(), witnesses=[soon])) == ["fine"]
    well = replace(COURT, missing_count=0, missing_since_ms=None, reason="")
    assert codes(Standing(status(), witnesses=[well])) == ["fine"]


def test_a_witness_whose_word_does_not_hold_is_named_and_one_that_contradicts_is_serious() -> None:
    false = replace(COURT, faults={Fault.SIGNATURE: "HTTP 200: note.unknown_key"})
    assert codes(Standing(status(), witnesses=[false])) == ["witness_false"]
    split = replace(COURT, faults={Fault.VIEW: "HTTP 422 proof.consistency"})
    found = findings(Standing(status(), witnesses=[split]))
    assert [each.code.value for each in found] == [
        "diagnose.witness_split",
        "diagnose.witness_silent",
    ]
    assert found[0].severity is Severity.SERIOUS
    _, en = said(Standing(status(), witnesses=[split]))
    assert "contradicts this log, or its own word (HTTP 422 proof.consistency)" in en


def test_an_index_that_is_down_behind_or_lies_is_told_with_the_ledgers_height() -> None:
    def index(height: int, lag: int = 0, code: Code | None = None) -> Standing:
        reason = (
            None
            if code is None
            else LedgerError(code, height=height, what="row at 7", reason="gone")
        )
        faulty = code is Code.INDEX_DISAGREES
        at = IndexStanding(Height(height), reason is None, faulty, lag, reason)
        return Standing(status(), index=at)

    assert codes(index(7)) == codes(index(6, lag=1)) == ["fine"]
    behind = index(2, lag=5)
    assert codes(behind) == ["index_behind"]
    zh, en = said(behind)
    assert "索引高度 2" in zh and "落后 5 个区块" in zh and "5 blocks behind: height 2" in en
    assert codes(index(7, code=Code.INDEX_UNANSWERED)) == ["index_down"]
    lies = index(7, code=Code.INDEX_DISAGREES)
    assert [each.severity for each in findings(lies)] == [Severity.SERIOUS]
    assert "row at 7" in said(lies)[1] and "row at 7" in said(lies)[0]


def test_every_finding_has_its_section_in_the_handbook_and_every_section_its_finding() -> None:
    _, _, states = HANDBOOK.read_text(encoding="utf-8").partition("\n## States\n")
    states = re.split(r"\n## ", states)[0]
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", states, flags=re.M | re.S))
    known = {code.value.removeprefix("diagnose.") for code in Code if "diagnose." in code.value}
    assert set(sections) == known
    for name, text in sections.items():
        for part in ("Meaning:", "Signs:", "Do", "Do not"):
            assert f"**{part}**" in text, f"{name} does not say: {part}"
