"""A record's amendment trace over HTTP: public fields, and no more than a reader may know."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from ledger.core.identifiers import MemberId
from ledger.core.openings import commit_fields
from ledger.core.record import Record
from tests.api.one_node import OneNode, now_ms
from tests.api.small_tender import DAY_MS, SECTION, Tender, play, say
from tests.vectors.small_network import nonce


@pytest.fixture(scope="module")
def tender(node: OneNode, client: httpx.Client) -> Tender:
    return play(client, node)


def trace(client: httpx.Client, record: Record) -> Any:
    answer = client.get(f"/v1/records/{record.record_id.hex()}/trace")
    assert answer.status_code == 200, answer.text
    return answer.json()


def with_private(record: Record, **values: Any) -> Record:
    salts = {name: nonce(f"{record.nonce.hex()} {name}") for name in values}
    private, _ = commit_fields(MemberId(record.issuer), values, salts)
    return replace(record, private=private)


def test_an_amended_document_shows_its_digests_and_no_private_value(tender: Tender) -> None:
    node, client = tender.node, tender.client
    files = {"招标文件.pdf": b"first"}
    filed = node.record("builder", "tender.document_filed", SECTION, files=files, kind="tender")
    filed = say(client, node, with_private(filed, ceiling_price_fen=90))
    refs = [("amends", filed.record_id)]
    changed = node.record(
        "builder",
        "tender.clarification",
        SECTION,
        refs=refs,
        files={"招标文件.pdf": b"second"},
        kind="amendment",
        reason="更正限价",
    )
    changed = say(client, node, with_private(changed, ceiling_price_fen=90))
    told = trace(client, filed)
    assert told == {**trace(client, changed), "record_id": told["record_id"]}
    (chain,) = told["chains"]
    first, second = chain["acts"]
    assert (first["act"], first["record_id"]) == ("said", filed.record_id.hex())
    assert (second["act"], second["issuer"]) == ("amended", "builder")
    assert (second["type_code"], second["reason"]) == ("T11", "更正限价")
    price, document = second["changes"]
    assert price["change"] == "recommitted", "equal values under new salts look different"
    assert not price["before_shown"] and not price["after_shown"]
    assert (document["name"], document["change"]) == ("招标文件.pdf", "changed")
    assert document["after"] == [changed.evidence[0].sha256.hex()]


def test_an_extension_is_told_at_the_announcement_and_at_itself(tender: Tender) -> None:
    node, client = tender.node, tender.client
    later = now_ms() + 70 * DAY_MS
    fields: dict[str, Any] = {"kind": "extension", "bid_deadline_ms": later, "reason": "澄清"}
    extension = say(client, node, node.record("builder", "tender.change", SECTION, **fields))
    (chain,) = trace(client, extension)["chains"]
    last = chain["acts"][-1]
    assert (last["act"], last["record_id"]) == ("replaced", extension.record_id.hex())
    (deadline,) = last["changes"]
    assert (deadline["name"], deadline["change"]) == ("bid_deadline_ms", "changed")
    assert deadline["after"] == later > deadline["before"]


def test_a_voiding_is_told_once_it_is_confirmed(tender: Tender) -> None:
    node, client = tender.node, tender.client
    deposit = say(client, node, node.record("centre", subject="P-9"))
    voids = [("voids", deposit.record_id)]
    voiding = say(
        client, node, node.record("centre", "ledger.voided", "P-9", refs=voids, reason="误传")
    )
    assert trace(client, deposit)["chains"] == []
    confirms = [("confirms", voiding.record_id)]
    confirmed = node.record("supervisor", "ledger.confirmed", "P-9", refs=confirms)
    say(client, node, confirmed)
    for asked in (deposit, voiding):
        (chain,) = trace(client, asked)["chains"]
        assert [each["act"] for each in chain["acts"]] == ["said", "voided"]
        (by,) = chain["acts"][1]["confirmed_by"]
        assert (by["record_id"], by["issuer"]) == (confirmed.record_id.hex(), "supervisor")


def test_what_amends_a_hidden_record_is_hidden_as_well(tender: Tender) -> None:
    node, client, hidden = tender.node, tender.client, tender.complaint
    refs = [("amends", hidden.record_id)]
    amended = node.record("bidder", "ledger.amended", SECTION, refs=refs, reason="补充")
    say(client, node, amended)
    for each in (amended, hidden):
        refused = client.get(f"/v1/records/{each.record_id.hex()}/trace")
        assert (refused.status_code, refused.json()["code"]) == (403, "api.not_public")


def test_a_record_that_nothing_befell_has_no_chain(tender: Tender) -> None:
    node, client = tender.node, tender.client
    assert trace(client, say(client, node, node.record(subject="P-8")))["chains"] == []
    assert client.get("/v1/records/" + "0" * 64 + "/trace").status_code == 404
