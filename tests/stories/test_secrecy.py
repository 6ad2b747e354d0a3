"""Before the opening, one node of four real ones gives nobody away: on its disk, or over HTTP.

The same days are played twice: once four firms obtain the documents and three of them bid, once
nobody does. An operator who reads everything, LevelDB's rows and files, journal, pool and logs, and
asks every route, cannot tell the two apart, nor a firm that bids from one that does not.
"""

import base64
import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.demo import performance
from cli.demo.play import Play
from cli.demo.player import play_story
from cli.demo.story import Story
from cli.demo.story_files import load_story
from cli.demo.stream import PLACES
from cli.demo.telling import Telling
from cli.output import Output
from ledger.core.record import decode_record
from ledger.core.sealed import COMMITMENT_TYPE, Sealed
from ledger.store.leveldb import LevelDBStore

pytestmark = [pytest.mark.network, pytest.mark.slow]

FIRMS = ("longyuan", "qilian", "weichuan", "taomin", "maiji", "wushao")
TICKS = 16
SCENES = {
    "enrolment", "plan", "intake", "document", "announcement",
    "registrations", "securities", "verifications", "bids", "bid-receipts",
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """Everything that one node holds and says, and what is secret about it."""

    rows: list[bytes]
    """Keys and values of its database."""
    raw: list[bytes]
    """Every file of its folder, byte by byte."""
    answers: dict[str, bytes]
    """By path."""
    commitments: list[tuple[int, int]]
    """Tick and size of each, in the log's order."""
    others: Counter[str]
    """Types of all other records."""
    sealed: list[Sealed]
    bid_system: list[bytes]
    """What the bid system's own folder holds, which is no node's."""


def story(*, with_bids: bool) -> Story:
    """The days from the enrolment to the last bid."""
    whole = load_story()
    acts = [
        replace(
            act,
            scenes=tuple(
                scene
                for scene in act.scenes
                if scene.id in SCENES and (with_bids or scene.do != "seal")
            ),
        )
        for act in whole.acts
    ]
    return replace(whole, acts=tuple(acts))


def played(folder: Path, *, with_bids: bool) -> Seen:
    """What the second node has, seen while it runs and after it has stopped."""
    with ExitStack() as held:
        described = held.enter_context(as_file(files("cli.demo").joinpath("network.toml")))
        telling = Telling(Output(as_json=True))
        play = performance.begin(story(with_bids=with_bids), telling, folder, described, None, held)
        with play.stream:
            play_story(play)
            until = time.monotonic() + 60
            while play.stream.ticks_count < TICKS:
                assert time.monotonic() < until
                time.sleep(0.1)
        node = play.stage.nodes[1]
        raw = on_disk(node.folder)
        answers = said_by(node.api, play)
        performance.stop(play.stage, telling)
        assert telling.failed == []
        store = LevelDBStore(node.folder / "db")
        rows = [part for row in store.scan(b"", b"\xff") for part in row]
        store.close()
        raw += on_disk(node.folder)
    records = records_in(answers)
    return Seen(
        rows=rows,
        raw=raw,
        answers=answers,
        commitments=[
            (each["occurred_at_ms"], len(json.dumps(each)))
            for each in records
            if each["type"] == COMMITMENT_TYPE
        ],
        others=Counter(each["type"] for each in records if each["type"] != COMMITMENT_TYPE),
        sealed=[each.sealed for each in play.sealed.values()],
        bid_system=on_disk(play.stage.inbox),
    )


def on_disk(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


def said_by(api: str, play: Play) -> dict[str, bytes]:
    """The node's answers to everything that anyone could ask before the opening."""
    section, project = play.story.section, play.story.project
    paths = [
        "/v1/network", "/v1/alerts", "/v1/checkpoint", "/metrics", "/healthz", "/readyz",
        f"/v1/completeness?key={section}", f"/v1/subjects?key={section}",
        f"/v1/subjects?key={project}", f"/v1/search?q={section}", "/v1/search?q=tender.bid_submitted",
    ]  # fmt: skip
    paths += [f"/v1/search?q={firm}" for firm in FIRMS]
    paths += [f"/v1/subjects?key={firm}" for firm in FIRMS]
    height = httpx.get(f"{api}/v1/network", trust_env=False).json()["height"]
    paths += [f"/v1/blocks/{number}?limit=500" for number in range(1, height + 1)]
    answers = {path: httpx.get(api + path, trust_env=False).content for path in paths}
    for name, each in play.sealed.items():
        inner = each.sealed.record_id.hex()
        unknown = httpx.get(f"{api}/v1/records/{inner}", trust_env=False)
        assert unknown.status_code == 404, name
        found = httpx.get(f"{api}/v1/search", params={"q": inner}, trust_env=False)
        assert found.status_code == 404, name
    return answers


def records_in(answers: dict[str, bytes]) -> list[Any]:
    """Every record, block by block, as the node shows it."""
    return [
        each["record"]
        for path, answer in answers.items()
        if path.startswith("/v1/blocks/")
        for each in json.loads(answer)["records"]["items"]
    ]


def needles(sealed: Sealed) -> list[bytes]:
    """Whatever would give a sealed record away, as bytes and as text."""
    record, inner = decode_record(sealed.record), sealed.bundle()
    secrets = [
        sealed.header, sealed.signature, sealed.record, sealed.salt, record.nonce,
        sealed.record_id, inner.bundle_id, inner.pool_key,
        *(evidence.sha256 for evidence in record.evidence),
        *(hashlib.sha256(part).digest() for part in (sealed.record, sealed.header)),
    ]  # fmt: skip
    spelled = [text for each in secrets for text in (each.hex(), base64.b64encode(each).decode())]
    return [*secrets, *(text.encode() for text in spelled)]


def mentions(pieces: Sequence[bytes], word: str) -> int:
    return sum(piece.count(word.encode()) for piece in pieces)


@pytest.mark.timeout(280)
def test_杜绝投标人信息泄露风险(tmp_path: Path) -> None:
    """Xiong'an: every byte that a node holds before the opening tells neither bidders nor count."""
    bids = played(tmp_path / "bids", with_bids=True)
    none = played(tmp_path / "none", with_bids=False)
    assert len(bids.sealed) == 18 and not none.sealed

    everything = [*bids.rows, *bids.raw, *bids.answers.values()]
    for each in bids.sealed:
        assert not [n for n in needles(each) for piece in everything if n in piece]
        assert [n for n in needles(each) for piece in bids.bid_system if n in piece]

    # A firm that bids is named as often as one that does not: by its enrolment, and nowhere else.
    members = {str(member.id): member for member in load_story().members}
    for pieces in (bids.rows, [bids.answers[path] for path in bids.answers if "blocks" in path]):
        for word in ("id", "name_zh", "credit_code"):
            counts = {firm: mentions(pieces, getattr(members[firm], word)) for firm in FIRMS}
            assert len(set(counts.values())) == 1 and counts["longyuan"] > 0, (word, counts)

    # Every tick has as many commitments of one size, with eighteen sealed records or with none.
    for seen in (bids, none):
        per_tick = Counter(tick for tick, _ in seen.commitments)
        assert len(per_tick) >= TICKS - 2
        assert set(per_tick.values()) == {PLACES}
        assert all(tick % 500 == 0 for tick in per_tick)
    assert {size for _, size in bids.commitments} == {size for _, size in none.commitments}
    assert bids.others == none.others
