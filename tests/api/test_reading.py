"""Reading: every route over one small tender that was played through the API."""

import itertools
from collections.abc import Iterator

import httpx
import pytest

from ledger.core.checkpoint import cosigner_keys, parse_checkpoint
from ledger.core.note import parse_note, verify_signature
from ledger.core.record import decode_record
from ledger.trust import decode_trust
from tests.api.json_bundle import record_json
from tests.api.one_node import CATALOGUE, OneNode, canonical
from tests.api.small_tender import PROJECT, SECTION, Tender, play, say


@pytest.fixture(scope="module")
def tender(node: OneNode, client: httpx.Client) -> Tender:
    return play(client, node)


@pytest.fixture(scope="module")
def all_seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tender]:
    """The same story at a node that shows everything."""
    node = OneNode(tmp_path_factory.mktemp("all"), show_all=True)
    with node.up() as client:
        yield play(client, node)


# Records.


def test_a_record_is_shown_as_it_was_said_with_its_place_and_the_name_of_its_type(
    tender: Tender,
) -> None:
    body = tender.client.get(f"/v1/records/{tender.document.record_id.hex()}").json()
    assert body["record"] == record_json(tender.document)
    assert (body["type_code"], body["type_zh"]) == ("T08", "招标文件/资格预审文件")
    assert (body["height"], body["index"]) == (3, 4)
    assert body["committed_at_ms"] >= body["record"]["occurred_at_ms"] - 1_000


def test_the_raw_record_is_what_its_id_is_the_hash_of(tender: Tender) -> None:
    path = f"/v1/records/{tender.document.record_id.hex()}"
    raw = tender.client.get(path, params={"raw": True})
    assert raw.headers["content-type"] == "application/msgpack"
    assert decode_record(raw.content).record_id == tender.document.record_id


# Rights: the public class only, unless the node was told to show everything.


def test_a_record_that_is_not_public_is_not_shown_wherever_it_is_asked_for(
    tender: Tender,
) -> None:
    client, record_id = tender.client, tender.complaint.record_id.hex()
    for path in ("", "/receipt", "/bundle/receipts"):
        answer = client.get(f"/v1/records/{record_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "api.not_public")
    for query in (SECTION, "bidder", "tender.complaint", "T55"):
        answer = client.get("/v1/search", params={"q": query})
        assert record_id not in answer.text
    assert record_id not in client.get("/v1/subjects", params={"key": SECTION}).text
    (hit,) = client.get("/v1/search", params={"q": record_id}).json()["hits"]
    assert hit["records"][0]["record"] is None
    blocks = client.get("/v1/blocks/8").json()["records"]["items"]
    assert blocks[0]["record_id"] == record_id and blocks[0]["record"] is None


def test_an_alert_about_it_is_not_shown_either(tender: Tender, all_seen: Tender) -> None:
    everything = all_seen.client.get("/v1/alerts").json()["items"]
    about = [each["record"]["fields"]["about"] for each in everything]
    assert about == ["tender.document_filed", "tender.complaint"]
    shown = tender.client.get("/v1/alerts").json()["items"]
    assert [each["record"]["fields"]["about"] for each in shown] == about[:1]


def test_its_submitter_gets_its_receipt_with_the_bundle(node: OneNode, tender: Tender) -> None:
    bundle = node.bundle(tender.complaint)
    answer = canonical(tender.client, bundle, wait=20)
    assert answer.status_code == 201
    assert len(answer.json()["receipts"]) == 1


def test_show_all_shows_all(all_seen: Tender) -> None:
    record_id = all_seen.complaint.record_id.hex()
    assert all_seen.client.get(f"/v1/records/{record_id}").status_code == 200
    assert record_id in all_seen.client.get("/v1/subjects", params={"key": SECTION}).text


# Subjects: the track of a section, in the order of the log.


def track(client: httpx.Client, **query: str | int | bool) -> list[str]:
    body = client.get("/v1/subjects", params={"key": SECTION, **query}).json()
    return [each["record"]["type"] for each in body["items"]]


def test_a_section_is_told_in_the_order_of_the_log(tender: Tender) -> None:
    told = [
        "tender.document_filed",
        "tender.announcement",
        "tender.document_filed",
        "ledger.alert_raised",
        "tender.objection",
        "tender.objection_answered",
    ]
    assert track(tender.client) == told
    assert track(tender.client, newest_first=True) == told[::-1]


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_pages_put_together_are_the_whole_list_and_nothing_twice(
    tender: Tender, limit: int, newest_first: bool
) -> None:
    query: dict[str, str | int | bool] = {"newest_first": newest_first}
    whole = track(tender.client, **query)
    pages: list[str] = []
    after: int | None = None
    while True:
        turn = {} if after is None else {"after": after}
        params = {"key": SECTION, "limit": limit, **query, **turn}
        body = tender.client.get("/v1/subjects", params=params).json()
        assert len(body["items"]) <= limit
        pages += [each["record"]["type"] for each in body["items"]]
        after = body["cursor"]
        if after is None:
            break
    assert pages == whole


def test_an_unknown_subject_has_no_records(tender: Tender) -> None:
    body = tender.client.get("/v1/subjects", params={"key": "nobody"}).json()
    assert body == {"items": [], "cursor": None}


# Search: the kind is recognised.


def hits(client: httpx.Client, query: str) -> list[tuple[str, str]]:
    body = client.get("/v1/search", params={"q": query}).json()
    return [(hit["kind"], hit["name"]) for hit in body["hits"]]


def test_one_box_recognises_what_it_is_given(tender: Tender) -> None:
    client, record_id = tender.client, tender.document.record_id.hex()
    digest = tender.document.evidence[0].sha256.hex()
    assert hits(client, record_id) == [("record", record_id)]
    assert hits(client, digest) == [("document", f"sha256:{digest}")]
    assert hits(client, f"  {digest.upper()} ") == [("document", f"sha256:{digest}")]
    assert hits(client, "builder") == [("member", "builder")]
    assert hits(client, "T09") == [("type", "tender.announcement")]
    assert hits(client, "tender.announcement") == [("type", "tender.announcement")]
    assert hits(client, "兰州") == [("subject", PROJECT), ("subject", SECTION)]
    assert hits(client, "3") == [("block", "3")]


def test_the_hash_of_a_header_names_its_block(tender: Tender) -> None:
    client = tender.client
    header_hash = client.get("/v1/blocks/3").json()["header"]["hash"]
    assert hits(client, header_hash) == [("block", "3")]


def test_a_number_means_a_height_first_and_then_whatever_begins_with_it(
    node: OneNode, tender: Tender
) -> None:
    say(tender.client, node, node.record(subject="3-2026"))
    assert hits(tender.client, "3") == [("block", "3"), ("subject", "3-2026")]


def test_every_link_of_a_hit_leads_somewhere(tender: Tender) -> None:
    for query in ("兰州", "3", "builder", "T09", tender.document.record_id.hex()):
        for hit in tender.client.get("/v1/search", params={"q": query}).json()["hits"]:
            assert tender.client.get(hit["link"]).status_code == 200, hit["link"]


@pytest.mark.parametrize("query", ["没有这个项目", "0" * 64, "999999", "nobody"])
def test_not_found_says_what_was_searched(tender: Tender, query: str) -> None:
    answer = tender.client.get("/v1/search", params={"q": query})
    assert (answer.status_code, answer.json()["code"]) == (404, "api.not_found")
    assert answer.json()["facts"]["query"] == query
    assert answer.json()["facts"]["searched"]


# Blocks and checkpoint.


def test_blocks_are_chained_and_listed_newest_first(tender: Tender) -> None:
    head = tender.client.get("/v1/network").json()["height"]
    seen: list[dict[str, object]] = []
    below: int | None = None
    while True:
        turn = {} if below is None else {"below": below}
        body = tender.client.get("/v1/blocks", params={"limit": 3, **turn}).json()
        seen += [each["header"] for each in body["items"]]
        below = body["cursor"]
        if below is None:
            break
    assert [each["height"] for each in seen] == list(range(head, 0, -1))
    for newer, older in itertools.pairwise(seen):
        assert newer["previous"] == older["hash"]
    assert seen[-1]["previous"] == tender.node.genesis.network_id.hex()


def test_a_block_shows_its_records_and_who_committed_it(tender: Tender) -> None:
    body = tender.client.get("/v1/blocks/5").json()
    types = [each["record"]["type"] for each in body["records"]["items"]]
    assert types == ["tender.document_filed", "ledger.alert_raised"]
    assert body["header"]["entry_count"] == 2
    assert [vote["node_id"] for vote in body["certificate"]["votes"]] == ["one"]
    assert body["cosigned"] is True


def test_the_checkpoint_is_a_note_that_the_committee_signed(tender: Tender) -> None:
    answer = tender.client.get("/v1/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    note = parse_note(answer.content)
    checkpoint = parse_checkpoint(note.text)
    genesis = tender.node.genesis
    assert checkpoint.origin == genesis.origin
    (key,) = cosigner_keys(genesis.origin, genesis.committee).values()
    named = [each for each in note.signatures if each.name.endswith("/one")]
    verify_signature(note.text, named[0], key)
    assert note.signatures[0].name == genesis.origin


# Alerts.


def test_an_alert_is_told_in_both_languages_and_has_a_receipt(tender: Tender) -> None:
    (alert,) = tender.client.get("/v1/alerts").json()["items"]
    assert (alert["alert"], alert["record"]["fields"]["because"]) == ("AL04", "replaced")
    assert "招标文件" in alert["sentence_zh"] and "{" not in alert["sentence_zh"]
    assert "{" not in alert["sentence_en"] and "?" not in alert["sentence_en"]
    cited = [ref["record_id"] for ref in alert["record"]["refs"]]
    assert tender.replaced.record_id.hex() in cited
    assert tender.client.get(f"/v1/records/{alert['record_id']}/receipt").status_code == 200


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"subject": PROJECT}, 1),
        ({"subject": SECTION}, 1),
        ({"subject": "other"}, 0),
        ({"subject": "兰州-2026-00"}, 0),
        ({"code": "AL04"}, 1),
        ({"code": "AL02"}, 0),
        ({"severity": "notice", "code": "AL04"}, 0),
    ],
)
def test_alerts_are_filtered(tender: Tender, query: dict[str, str], count: int) -> None:
    assert len(tender.client.get("/v1/alerts", params=query).json()["items"]) == count


# The network, for people and machines.


def test_the_network_says_who_runs_it_and_how_it_is_in_words(tender: Tender) -> None:
    body = tender.client.get("/v1/network").json()
    assert body["network_id"] == tender.node.genesis.network_id.hex()
    assert (body["n"], body["f"], body["q"]) == (1, 0, 1)
    assert body["has_quorum"] is True and body["troubles"] == []
    assert [each["member_id"] for each in body["members"]] == [
        "centre",
        "supervisor",
        "builder",
        "bidder",
    ]
    (own,) = body["nodes"]
    assert own["node_id"] == body["this_node"] == "one"
    assert own["height"] == body["height"]
    assert "正常" in body["words_zh"][0] and "well" in body["words_en"][0]


def test_the_trust_root_is_the_genesis(tender: Tender) -> None:
    answer = tender.client.get("/v1/trust")
    assert decode_trust(answer.content).network_id == tender.node.genesis.network_id


def test_the_catalogue_lists_every_type_in_force(tender: Tender) -> None:
    body = tender.client.get("/v1/catalogue").json()
    assert body["hash"] == CATALOGUE.hash.hex()
    assert {each["key"] for each in body["items"]} == set(CATALOGUE.types)


def test_health_readiness_and_metrics(tender: Tender) -> None:
    assert tender.client.get("/healthz").json() == {"status": "ok"}
    assert tender.client.get("/readyz").json()["ready"] is True
    text = tender.client.get("/metrics").text
    height = tender.client.get("/v1/network").json()["height"]
    assert f"bidwitness_height {float(height)}" in text


def test_before_the_first_block_there_is_no_checkpoint(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with OneNode(tmp_path_factory.mktemp("empty")).up() as client:
        answer = client.get("/v1/checkpoint")
        assert (answer.status_code, answer.json()["code"]) == (404, "checkpoint.none")
        assert client.get("/v1/blocks").json() == {"items": [], "cursor": None}
        missing = client.get("/v1/blocks/1")
        assert (missing.status_code, missing.json()["code"]) == (404, "block.unknown")
