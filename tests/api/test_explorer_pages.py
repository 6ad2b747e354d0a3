"""The pages behind the search box: blocks, members, alerts, checkpoints, nodes, and their words."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import segno

from api.explorer import shown
from api.explorer.words import _words
from api.leaf_hashes import index_of_leaf
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest
from ledger.core.merkle import leaf_hash
from ledger.core.tiles import TILE_WIDTH, TilePath
from tests.api.one_node import OneNode
from tests.api.small_tender import PROJECT, play, say
from tests.api.test_pages import page

TEMPLATES = Path(shown.__file__).parent / "templates"
OWN = re.compile(r"\b(?:t|named)\('([a-z_]+)(?:\.([a-z0-9_]+))?'(?! ~)")


def test_every_word_that_a_template_asks_for_is_there() -> None:
    words, asked = _words("zh"), 0
    for path in TEMPLATES.glob("*.html"):
        for table, key in OWN.findall(path.read_text(encoding="utf-8")):
            asked += 1
            assert table in words and (not key or key in words[table]), (path.name, table, key)
    assert asked > 200


def test_wide_tables_scroll_in_one_kind_of_frame() -> None:
    """Reached by keyboard and named: what one template forgets, a reader without a mouse lacks."""
    framed = [p.name for p in TEMPLATES.glob("*.html") if 'class="scroll"' in p.read_text("utf-8")]
    assert framed == ["parts.html"]
    called = sum(p.read_text("utf-8").count("call parts.scroll(") for p in TEMPLATES.glob("*.html"))
    assert called > 15


def test_pages_lead_from_block_to_record_to_member(node: OneNode, client: httpx.Client) -> None:
    tender = play(client, node)
    height = client.get(f"/v1/records/{tender.document.record_id.hex()}").json()["height"]
    block = page(client, f"/blocks/{height}")
    assert f"/records/{tender.document.record_id.hex()}" in block
    assert f"/members/{tender.document.issuer}" in block
    assert client.get(f"/v1/blocks/{height}").json()["header"]["hash"] in block
    member = page(client, f"/members/{tender.document.issuer}?lang=en")
    assert "Roles in force" in member
    assert tender.complaint.record_id.hex() not in page(
        client, f"/members/{tender.complaint.issuer}"
    )
    assert "block.unknown" in page(client, "/blocks/99999", 404)
    assert "api.not_found" in page(client, "/members/nobody-at-all", 404)
    assert "AL" in page(client, "/alerts")
    (alert,) = client.get("/v1/alerts", params={"limit": 1}).json()["items"]
    assert "nobody submitted it" in page(client, f"/records/{alert['record_id']}?lang=en")
    assert "不等于认定违法" in page(client, "/alerts?severity=serious")
    assert "没有" in page(client, "/alerts/AL99")
    assert node.service is not None
    height = node.service.stored(tender.complaint.record_id).place.height
    told = page(client, f"/blocks/{height}")
    assert tender.complaint.record_id.hex() in told
    assert "投诉" not in told
    assert "不公开：只有位置公开" in told


def test_lists_turn_their_pages(node: OneNode, client: httpx.Client) -> None:
    for number in range(3):
        say(client, node, node.record(subject="翻页-1", files={f"{number}": b"x"}))
    head = client.get("/v1/network").json()["height"]
    below = page(client, f"/blocks?below={head}")
    assert f'/blocks/{head}"' not in below and f'/blocks/{head - 1}"' in below


def test_the_checkpoint_is_the_one_that_tools_get(node: OneNode, client: httpx.Client) -> None:
    say(client, node, node.record(subject="检查点-1", files={"f": b"x"}))
    told = page(client, "/checkpoints")
    text = client.get("/checkpoint").text.splitlines()
    assert text[0] in told and f"日志前 {text[1]} 条" in told
    assert page(client, "/nodes/one")
    assert "api.not_found" in page(client, "/nodes/node-nobody", 404)


def test_the_box_finds_a_leaf_and_says_what_it_looked_through(
    node: OneNode, client: httpx.Client
) -> None:
    record = say(client, node, node.record(subject=PROJECT, files={"f": b"leaf"}))
    assert node.service is not None
    stored = node.service.stored(record.record_id)
    leaf = leaf_hash(stored.entry.leaf()).hex()
    (hit,) = client.get("/v1/search", params={"q": leaf}).json()["hits"]
    assert hit["kind"] == "leaf"
    assert hit["records"][0]["record_id"] == record.record_id.hex()
    assert record.record_id.hex() in page(client, f"/search?q={leaf}")
    missing = page(client, f"/search?q={sha256(b'nowhere').hex()}", 404)
    for kind in ("SHA-256, SM3", "叶子哈希", "区块哈希", "记录编号"):
        assert kind in missing
    assert f'href="/members/{record.issuer}"' in page(client, f"/search?q={record.issuer}")
    assert 'href="/blocks/1"' in page(client, "/search?q=1")


def test_what_lies_across_two_leaves_is_none(node: OneNode, client: httpx.Client) -> None:
    assert node.service is not None
    chain = node.service.chain
    size = chain.head.log_size
    lowest = chain.tiles.read(TilePath(0, 0, min(TILE_WIDTH, size)), size)
    leaves = [Digest(lowest[at : at + 32]) for at in range(0, len(lowest), 32)]
    assert [index_of_leaf(chain, each) for each in leaves] == list(range(len(leaves)))
    assert index_of_leaf(chain, Digest(lowest[16:48])) is None


def test_a_qr_leads_to_pages_of_this_node_only(client: httpx.Client) -> None:
    drawn = client.get("/qr.svg", params={"path": "/blocks/1"})
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert "style=" not in drawn.text
    for path in ("//elsewhere.example/", "/blocks/1?next=x", "https://elsewhere.example/", "/"):
        assert client.get("/qr.svg", params={"path": path}).status_code == 400


@pytest.mark.parametrize("subject", ["学校#1?a=50% b&c", "学" * 66 + "+"], ids=["signs", "long"])
def test_what_a_qr_says_is_the_address_of_the_page_it_stands_on(
    node: OneNode, client: httpx.Client, monkeypatch: pytest.MonkeyPatch, subject: str
) -> None:
    say(client, node, node.record(subject=subject, files={"f": b"x"}))
    told = page(client, f"/projects/{quote(subject)}")
    drawn: list[str] = []
    make = segno.make

    def kept(address: str, **how: Any) -> Any:
        drawn.append(address)
        return make(address, **how)

    monkeypatch.setattr(segno, "make", kept)
    (path,) = re.findall(r'src="(/qr\.svg[^"]*)"', told)
    assert client.get(unescape(path)).status_code == 200
    (address,) = drawn
    assert address.isascii()
    assert client.get(address).text == told


def test_a_name_that_no_qr_can_hold_is_refused_in_words(client: httpx.Client) -> None:
    longer = {"Host": f"{'n' * 3000}.example"}
    answer = client.get("/qr.svg", params={"path": "/blocks/1"}, headers=longer)
    assert (answer.status_code, answer.json()["code"]) == (400, "api.parameter")


def test_a_record_is_copied_taken_to_a_phone_and_told_with_its_three_times(
    node: OneNode, client: httpx.Client
) -> None:
    came_ms = 1_760_000_000_000
    record = say(client, node, node.record(subject="三时-1", files={"f": b"x"}))
    on_paper = say(client, node, node.record(subject="三时-1", received_ms=came_ms))
    told = page(client, f"/records/{record.record_id.hex()}")
    path = f"/qr.svg?path=/records/{record.record_id.hex()}"
    assert path in told and client.get(path).status_code == 200
    for text in (record.record_id.hex(), record.evidence[0].sha256.hex()):
        assert f"<code data-copy>{text}</code>" in told
    assert "账本不记录收到时间" in told and "受理收到" not in told
    said = str(shown.moment(came_ms))
    assert said in page(client, f"/records/{on_paper.record_id.hex()}")
    track = page(client, "/projects/三时-1?lang=en")
    assert track.count("<dt>Came in</dt>") == 1 and said in track
    assert "is not on the ledger" in track


def test_a_time_that_is_none_is_refused(client: httpx.Client, node: OneNode) -> None:
    say(client, node, node.record(subject="ADDR-620100-0999", files={"f": b"x"}))
    assert "ADDR-620100-0999" in page(client, "/addresses/ADDR-620100-0999?at=2026-03-01T09:30")
    assert "api.parameter" in page(client, "/addresses/ADDR-620100-0999?at=yesterday", 400)
    assert "api.not_found" in page(client, "/addresses/ADDR-1", 404)
    assert "api.not_found" in page(client, "/seals/SEAL-1", 404)
