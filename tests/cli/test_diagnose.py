"""Several nodes judged together, what a folder says of a mute node, and how it all is shown."""

import copy
import json
import os
import shutil
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from api.finding import Severity
from cli.commands.diagnose import Diagnosis
from cli.diagnosis import told as asking
from cli.diagnosis.clocks import best_told, clocks_form, clocks_table
from cli.diagnosis.folder import LOG_TAIL_BYTES, holder, look
from cli.diagnosis.judgement import heard_by, judge, offset_of
from cli.diagnosis.seen import Seen, Target, see
from cli.diagnosis.shown import findings_table, network_table, node_tables, span, wrapped
from cli.diagnosis.told import Mute, Strange, ask, read
from cli.settings import Address, ObserverSettings, Settings, node_settings
from cli.words import speaking
from consensus.append_file import DiskFile
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.identifiers import MemberId, NodeId
from ledger.reliance import read_trust
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot, trust_root
from tests.cli.one_node import new_network
from tests.contracts.sealing import SealedTown

NAMES = ("a", "b", "c", "d")
FINDING = {
    "code": "diagnose.stopped",
    "severity": "serious",
    "zh": "停",
    "en": "stopped",
    "facts": {},
    "section": "docs/operations.md#stopped",
}


def answer(name: str, **changes: Any) -> dict[str, Any]:
    """What a node of four at rest answers; what is given is otherwise."""
    deaf = changes.pop("deaf", ())
    offsets: Mapping[str, int] = changes.pop("offsets", {})
    peers = [
        {"node_id": each, "connected": True, "speaks": each not in deaf, "heard_ms": 900}
        | {"height": 5, "view": 0, "offset_ms": offsets.get(each, 1)}
        | {"outbound": {"frames": 0, "bytes": 0, "dropped": 0}, "early_messages": 0}
        for each in NAMES
        if each != name
    ]
    height, view = changes.pop("height", 5), changes.pop("view", 0)
    open_height = {"height": height + 1, "view": view, "view_changes": 0, "active": True}
    open_height |= {"primary": "a", "prepared_by": [], "committed_by": [], "asked_for": []}
    open_height |= {"waits_for": "work", "lacking": 0, "lacking_of": [], "waits_since_ms": None}
    open_height |= {"view_ends_ms": None}
    head = {"height": height, "hash": changes.pop("hash", "00" * 32), "cosigned_height": height}
    pool = dict.fromkeys(("bundles", "bytes", "own", "held", "passed_over", "deferred"), 0)
    facts = {"n": 4, "q": 3, "head": head, "open": open_height, "pool": pool, "peers": peers}
    return {
        "network_id": "ab" * 32,
        "name": "网络",
        "node_id": name,
        "version": "0.1.0",
        "now_ms": 1_000,
        "severity": "fine",
        "findings": [],
        "facts": facts
        | {"disk": None, "certificate_until_ms": None}
        | {"dropped_messages": 0, "dropped_last": "", "witnesses": []},
    } | changes


def seen(*answers: dict[str, Any]) -> list[Seen]:
    """The nodes as they answer; those of four that are not given do not."""
    told = [read(json.dumps(each).encode()) for each in answers]
    here = [Seen(Target(each.node_id, f"http://{each.node_id}"), each) for each in told]
    mute = [name for name in NAMES if name not in {each.node_id for each in told}]
    return here + [Seen(Target(name, f"http://{name}"), None) for name in mute]


def codes(looked: list[Seen]) -> list[str]:
    return [each.code.value.removeprefix("diagnose.") for each in judge(looked, 4, 3)]


def test_four_that_agree_are_well_and_three_are_enough() -> None:
    assert codes(seen(*map(answer, NAMES))) == ["network_fine"]
    assert codes(seen(*map(answer, "abc"))) == ["network_fine"]


def test_two_of_four_stand_still_and_the_missing_are_named() -> None:
    (found,) = judge(seen(answer("a"), answer("c", height=6)), 4, 3)
    assert found.code is Code.DIAGNOSE_NETWORK_STILL and found.severity is Severity.SERIOUS
    assert (found.facts["missing"], found.facts["lacking"]) == (("b", "d"), 1)
    assert (found.facts["height"], found.facts["at"]) == (6, ("c",))


def test_a_node_that_has_stopped_does_not_count() -> None:
    three = seen(answer("a"), answer("b"), answer("c", findings=[FINDING]))
    assert codes(three) == ["network_still"]


def test_nodes_that_answer_us_and_not_one_another_are_split() -> None:
    halves = [answer("a", deaf="cd"), answer("b", deaf="cd")]
    halves += [answer("c", deaf="ab"), answer("d", deaf="ab")]
    assert codes(seen(*halves)) == ["network_split", *["unheard"] * 4]


def test_one_line_that_is_cut_in_one_direction_is_named() -> None:
    found = judge(seen(answer("a", deaf="b"), *map(answer, "bcd")), 4, 3)
    assert [each.code for each in found] == [Code.DIAGNOSE_UNHEARD]
    assert (found[0].facts["node"], found[0].facts["unheard"]) == ("a", ("b",))


def test_heads_and_views_that_are_apart_are_told() -> None:
    assert codes(seen(answer("a", height=9), *map(answer, "bcd"))) == ["heads_apart"]
    assert codes(seen(answer("a", height=6), *map(answer, "bcd"))) == ["network_fine"]
    apart = codes(seen(answer("a", view=1), *map(answer, "bcd")))
    assert sorted(apart) == ["network_fine", "views_apart"]


def test_two_blocks_at_one_height_are_the_worst_that_can_be() -> None:
    found = judge(seen(answer("a", hash="11" * 32), *map(answer, "bc")), 4, 3)
    assert {each.code for each in found} == {Code.DIAGNOSE_FORK}
    assert found[0].facts["height"] == 5
    stranger = seen(answer("a", network_id="cd" * 32), answer("b"), answer("c"))
    assert codes(stranger) == ["other_network", "other_network"]


def test_a_clock_is_measured_by_those_that_hear_it() -> None:
    off = {"d": 4_000}
    looked = seen(answer("a", offsets=off), answer("b", offsets=off), answer("c", deaf="d"))
    assert offset_of("d", looked) == 4_000
    assert heard_by("d", looked) == (2, 3)
    assert offset_of("nobody", looked) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        json.dumps(answer("a") | {"now_ms": "soon"}).encode(),
        json.dumps(answer("a") | {"severity": "dreadful"}).encode(),
        json.dumps(answer("a") | {"findings": [1]}).encode(),
    ],
)
def test_an_answer_of_another_shape_is_named_and_nothing_more(body: bytes) -> None:
    with pytest.raises(Strange):
        read(body)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (("name",), "长" * 100_000),
        (("facts", "open", "primary"), "p" * 100_000),
        (("facts", "open", "prepared_by"), ["a"] * 10_000),
        (("facts", "open", "asked_for"), [{"node": "a", "view": 1}] * 10_000),
        (("facts", "peers"), answer("a")["facts"]["peers"] * 10_000),
        (("facts", "peers"), {"a": "b" * 100_000}),
        (("facts", "head", "height"), 10**1_000),
        (("now_ms",), ["0" * 100_000]),
    ],
    ids=lambda each: ".".join(each) if isinstance(each, tuple) else "",
)
def test_a_stranger_fills_no_screen(at: tuple[str, ...], value: Any) -> None:
    """A text, a number or a list without end is refused, and the refusal does not repeat it."""
    told = answer("a")
    place = told
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = value
    with pytest.raises(Strange) as refused:
        read(json.dumps(told).encode())
    assert len(str(refused.value)) < 300


def everything(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of an answer."""
    yield at
    if isinstance(value, dict):
        for name, each in value.items():
            yield from everything(each, (*at, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from everything(each, (*at, number))


def test_no_answer_whatever_is_in_it_brings_the_command_down() -> None:
    whole = answer("a", findings=[FINDING])
    whole["facts"]["open"]["asked_for"] = [{"node": "b", "view": 1}]
    whole["facts"]["disk"] = {"journal_bytes": 1, "intake_bytes": 1, "sync_ms": 1}
    whole["facts"]["disk"] |= {"sync_ms_max": 1, "free_bytes": 1}
    whole["facts"]["certificate_until_ms"] = 1
    whole["facts"]["witnesses"] = [{"name": "court.example/w1", "size": 7, "time_ms": 1}]
    clock = {"source": "chrony", "synchronised": True, "offset_us": -7, "synchronised_at_ms": 1}
    whole["facts"]["clock"] = clock
    whole["facts"]["time_stamps"] = [{"name": "ntsc", "size": 7, "time_ms": 1}]
    shown_count = 0
    for way in list(everything(whole))[1:]:
        for value in (None, -(1 << 70), 1 << 60, "\x1b[2J", {"x": 1}):
            changed = copy.deepcopy(whole)
            place: Any = changed
            for step in way[:-1]:
                place = place[step]
            place[way[-1]] = value
            try:
                told = read(json.dumps(changed).encode())
            except Strange:
                continue
            assert "\x1b" not in text_of([Seen(Target("a", "http://a"), told)], "zh"), way
            shown_count += 1
    assert shown_count > 50


# A folder whose node does not answer.


def test_nobody_at_a_url_is_told_with_what_to_do() -> None:
    mute = see(Target("x", "http://127.0.0.1:9"))
    assert [each.code for each in mute.found] == [Code.DIAGNOSE_UNREACHABLE]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a node that has never run."""
    return node_settings(new_network(tmp_path_factory.mktemp("folder")).node.folder)


def test_a_folder_is_looked_at_without_a_trace(settings: Settings) -> None:
    trust = read_trust(settings.trust_file)
    before = sorted(each for each in settings.folder.rglob("*"))
    facts = look(settings, trust)
    assert (facts.begun, facts.holder, facts.head, facts.signed) == (False, None, None, None)
    assert sorted(each for each in settings.folder.rglob("*")) == before
    target = Target(settings.node_id, "http://127.0.0.1:9", settings)
    assert [each.code for each in see(target).found] == [Code.DIAGNOSE_NEVER_STARTED]


def test_a_node_that_brings_its_database_up_runs_though_it_promises_nothing_yet(
    tmp_path: Path,
) -> None:
    """Told that it did not run, its operator would start it a second time."""
    settings = node_settings(new_network(tmp_path).node.folder)
    settings.database_folder.mkdir(parents=True, exist_ok=True)
    with closing(LevelDBStore(settings.database_folder)):
        held = look(settings, read_trust(settings.trust_file)).holder
    assert held is not None and held.pid == os.getpid()


def test_the_holder_of_a_lock_is_found_in_the_kernels_table(tmp_path: Path) -> None:
    file = DiskFile(tmp_path / "promises")
    lock = tmp_path / "promises.lock"
    try:
        held = holder(lock)
        assert held is not None and not held.suspended
        with (tmp_path / "other").open("wb"):
            assert holder(tmp_path / "other") is None
    finally:
        file.close()
    assert holder(lock) is None
    assert holder(tmp_path / "nothing") is None


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ([], "log does not say"),
        (["node.started"], "killed, or the power failed"),
        (["node.started", "node.stopped"], "asked to stop at"),
        (["node.started", "node.failed"], "The disk that holds db is full"),
    ],
)
def test_how_a_process_ended_is_read_from_the_end_of_its_log(
    settings: Settings, last: list[str], told: str
) -> None:
    settings.database_folder.mkdir(exist_ok=True)
    (settings.database_folder / "CURRENT").write_text("MANIFEST-000001\n")
    assert settings.log_file is not None
    lines = ["no line of ours", "[]", "x" * LOG_TAIL_BYTES]
    for event in last:
        line = {"event": event, "timestamp": "2026-03-01T01:02:03Z", "code": "store.disk_full"}
        lines.append(json.dumps(line | {"facts": {"path": "db"}}))
    settings.log_file.write_text("\n".join(lines))
    target = Target(settings.node_id, "http://127.0.0.1:9", settings)
    looked = see(target)
    assert [each.code for each in looked.found] == [Code.DIAGNOSE_DOWN]
    assert told in " ".join(text_of([looked], "en").split())


def observer_in(folder: Path, trust: TrustRoot) -> ObserverSettings:
    """The settings of an observer that nobody can reach."""
    (folder / "trust.json").write_bytes(trust.encode())
    at = Address("127.0.0.1", 9)
    return ObserverSettings(
        *(folder, NodeId("court-observer"), MemberId("court"), at, {}),
        trust_file=folder / "trust.json",
        database_folder=folder / "db",
        log_file=folder / "observer.log",
    )


def test_the_folder_of_an_observer_says_how_it_ended_and_how_to_start_it(tmp_path: Path) -> None:
    town = SealedTown()
    settings = observer_in(tmp_path, trust_root(town.genesis))
    target = Target(settings.node_id, settings.api_url, settings)
    assert [each.code for each in see(target).found] == [Code.DIAGNOSE_NEVER_STARTED]
    with closing(LevelDBStore(settings.database_folder)) as store:
        Chain(store, town.genesis, genesis_rows(town.genesis))
        held = see(target)
        assert held.folder is not None and held.folder.holder is not None
        assert [each.code for each in held.found] == [Code.DIAGNOSE_HUNG]
    line = {"event": "observer.started", "timestamp": "2026-03-01T01:02:03Z"}
    (tmp_path / "observer.log").write_text(json.dumps(line))
    looked = see(target)
    assert [each.code for each in looked.found] == [Code.DIAGNOSE_DOWN]
    assert looked.folder is not None
    assert (looked.folder.head, looked.folder.damaged) == (0, None)
    told = " ".join(text_of([looked], "en").split())
    assert "killed, or the power failed" in told
    assert f"bidwitness observer run {tmp_path}"[:40] in told
    (words,) = Diagnosis((looked,), ()).commands
    assert words == ["observer", "run", str(tmp_path)]


def test_a_full_disk_is_told_where_the_log_could_not_be_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.database_folder.mkdir(exist_ok=True)
    (settings.database_folder / "CURRENT").write_text("MANIFEST-000001\n")
    assert settings.log_file is not None
    settings.log_file.write_text('{"event": "node.started", "timestamp": "2026-03-01T01:02:03Z"}')
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=3 << 20))
    looked = see(Target(settings.node_id, "http://127.0.0.1:9", settings))
    assert "only 3 MiB are free on its disk" in " ".join(text_of([looked], "en").split())
    assert "只剩 3 MiB" in text_of([looked], "zh").replace("\n", "")


# What a person sees.


def text_of(looked: list[Seen], spoken: str, width: int = 100) -> str:
    with speaking(spoken):
        joint = judge(looked, 4, 3) if len(looked) > 1 else ()
        console = Console(width=width, record=True, file=StringIO())
        console.print(findings_table(looked, joint, width))
        if len(looked) > 1:
            console.print(network_table(looked, "Nodes"))
        elif looked[0].told is not None:
            for each in node_tables(looked[0].told):
                console.print(each)
        return console.export_text()


def test_it_reads_without_colour_in_both_languages() -> None:
    looked = seen(answer("a"), answer("b"))
    en, zh = text_of(looked, "en"), text_of(looked, "zh")
    assert "✗ serious Only 2 of 4 nodes answer" in en and "c, d" in en
    assert "✗ 严重" in zh and "只有 2/4 个节点应答" in zh
    assert "docs/operations.md#network_still" in en


def test_what_a_node_sends_does_not_write_on_the_terminal() -> None:
    hostile = FINDING | {"zh": "\x1b[31m红[bold]", "section": "[link=http://x]here[/link]"}
    shown = text_of(seen(answer("a", findings=[hostile]), answer("b"), answer("c")), "zh")
    assert "\x1b" not in shown and "[bold]" in shown and "[link=http://x]" in shown


def test_chinese_is_broken_between_any_two_signs_and_never_before_a_closing_mark() -> None:
    text = (
        "节点 notary 没有运行：没有进程占用 /a/long/path/nodes/notary。请启动它：立即（现在）。" * 3
    )
    lines = wrapped(text, 30).splitlines()
    assert all(cell_len(line) <= 32 for line in lines)
    assert not any(line[0] in "，。：）" for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert any("/a/long/path/nodes/notary" in line for line in lines)


@pytest.mark.parametrize("spoken", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"])
def test_a_node_that_trickles_its_answer_holds_nobody_up(
    spoken: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte now and then was waited for as long as it came."""
    monkeypatch.setattr(asking, "WHOLE_S", 0.5)
    stop = threading.Event()

    def trickle(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line, suppress(OSError):
            line.sendall(spoken)
            while not stop.wait(0.05):
                line.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        speaking = threading.Thread(target=trickle, args=(listening,))
        speaking.start()
        giving_up = threading.Timer(20, stop.set)
        giving_up.start()
        try:
            with pytest.raises(Mute, match="s"):
                ask(f"http://127.0.0.1:{listening.getsockname()[1]}")
            assert not stop.is_set(), "it was given up in time"
        finally:
            giving_up.cancel()
            stop.set()
            speaking.join()


REPORT = {
    "node_id": "b",
    "member_id": "notary",
    "record_id": "cd" * 32,
    "time_ms": 1_000 - 3 * 3_600_000,
    "cause": "schedule",
    "time_source": "chrony",
    "in_step": "yes",
    "peers": "within_bound",
    "slow_most_ms": 6,
    "fast_most_ms": 4,
    "stratum": 3,
    "synchronised_at_ms": 900,
}


def test_clocks_as_recorded_are_shown_with_age_offset_and_source_and_who_never_reported() -> None:
    looked = seen(answer("a", clock_reports=[REPORT]), answer("b", height=4, clock_reports=[]))
    # The node that knows more of the ledger is believed.
    told = best_told(looked)
    assert told is not None
    first, *others = clocks_form(told)
    assert first["age_ms"] == 3 * 3_600_000 and first["record_id"] == REPORT["record_id"]
    assert (first["node"], first["member"], first["time_source"]) == ("b", "notary", "chrony")
    assert [(each["node"], each["recorded_ms"]) for each in others] == [
        (name, None) for name in ("a", "c", "d")
    ]
    for language, words in (
        ("zh", ("3 小时", "b · notary", "慢 ≤ 6 毫秒，快 ≤ 4 毫秒", "chrony，第 3 层", "从未报告")),
        ("en", ("3 h ago", "slow ≤ 6 ms, fast ≤ 4 ms", "stratum 3", "never")),
    ):
        with speaking(language):
            console = Console(file=StringIO(), width=240)
            console.print(clocks_table(told, span))
        text = console.file.getvalue()  # type: ignore[attr-defined]
        for each in words:
            assert each in text, text


def test_a_node_without_reports_or_of_an_older_version_is_shown_all_the_same() -> None:
    cases: tuple[dict[str, Any], ...] = ({}, {"clock_reports": None}, {"clock_reports": []})
    for given in cases:
        told = best_told(seen(answer("a", **given)))
        assert told is not None
        assert [each["recorded_ms"] for each in clocks_form(told)] == [None] * 4
    assert clocks_form(best_told(seen())) == []


@pytest.mark.parametrize("name", ["in_step", "peers", "time_ms", "record_id"])
def test_a_report_of_another_shape_makes_the_answer_strange(name: str) -> None:
    with pytest.raises(Strange):
        read(json.dumps(answer("a", clock_reports=[REPORT | {name: ["x"]}])).encode())
