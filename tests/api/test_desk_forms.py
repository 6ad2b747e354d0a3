"""Forms to sign, without a browser: what the ledger fills in is a record that the rules accept."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from api.schemas.wished import WishedLogin, read_wish
from ledger.core.record import Record
from tests.api.one_node import OneNode, canonical, now_ms
from tests.api.rights_story import token
from tests.api.small_address import ADDRESS, SmallAddress
from tests.api.small_tender import PROJECT, SECTION, play, say

HTML = {"Accept": "text/html"}


def filled(text: str) -> dict[str, Any]:
    """The record that a form's page is about to have signed."""
    found = re.search(r'data-record="([^"]*)"', text)
    assert found is not None, text
    record: dict[str, Any] = json.loads(html.unescape(found[1]))
    return {**record, "private": {}, "evidence": [], "occurred_at_ms": now_ms()}


def wished(node: OneNode, issuer: str, said: dict[str, Any]) -> Record:
    """What a signer makes of it."""
    wish = read_wish(json.dumps({"sign": "records", "records": [said]}).encode())
    assert not isinstance(wish, WishedLogin)
    (one,) = wish
    made = node.record(issuer, one.type, one.subject, files={})
    return replace(made, fields=one.fields, refs=one.refs)


def test_a_certificate_rests_on_the_newest_of_each_and_says_what_lacks(tmp_path: Path) -> None:
    node = OneNode(tmp_path)
    with node.up() as client:
        said = SmallAddress(node, client)
        lacking = client.get(f"/desk/sign/use?about={ADDRESS}", headers=HTML).text
        assert "data-record" not in lacking and "负面清单事前校验" in lacking
        said.certified()
        # The owner's word and the property fact are for parties: for the public they are not there.
        hidden = client.get(f"/desk/sign/use?about={ADDRESS}&lang=en", headers=HTML).text
        assert "data-record" not in hidden
        headers = HTML | token(node, "centre")
        for form in ("property", "use"):
            page = client.get(f"/desk/sign/{form}?about={ADDRESS}", headers=headers)
            assert f'href="/addresses/{ADDRESS}"' in page.text
            record = wished(node, "centre", filled(page.text))
            assert record.fields["property_fact"] == said.records["shared"]
            answer = canonical(client, node.bundle(record), wait=20)
            assert answer.status_code == 201, answer.text


def test_a_record_that_awaits_nothing_is_not_opened_for_confirmation(tmp_path: Path) -> None:
    node = OneNode(tmp_path)
    with node.up() as client:
        said = SmallAddress(node, client)
        said.certified()
        headers = HTML | token(node, "centre")
        asked = f"/desk/sign/confirm?record={said.records['match'].hex()}"
        settled = client.get(asked, headers=headers).text
        assert "data-record" not in settled and "没有等待确认" in settled
        assert "awaits no confirmation" in client.get(f"{asked}&lang=en", headers=headers).text
        page = client.get(f"/desk/sign/property?about={ADDRESS}", headers=headers)
        waiting = said.put("property", wished(node, "centre", filled(page.text)))
        asked = f"/desk/sign/confirm?record={waiting.hex()}"
        assert "data-record" in client.get(asked, headers=headers).text


def test_an_objection_leads_whoever_has_to_answer_it_to_the_form(tmp_path: Path) -> None:
    node = OneNode(tmp_path)
    with node.up() as client:
        play(client, node)
        objection = node.record("bidder", "tender.objection", SECTION, matter="other")
        say(client, node, objection)
        link = f"/desk/sign/answer?record={objection.record_id.hex()}"

        def shown(reader: str) -> str:
            headers = HTML | (token(node, reader) if reader else {})
            return client.get(f"/projects/{PROJECT}", headers=headers).text

        # The first objection of the tender is answered: only the new one leads on.
        assert shown("builder").count("/desk/sign/answer?") == 1 and link in shown("builder")
        assert "/desk/sign/answer?" not in shown("") + shown("bidder") + shown("centre")
        page = client.get(link, headers=HTML | token(node, "builder")).text
        answer = wished(node, "builder", filled(page))
        say(client, node, replace(answer, fields={**answer.fields, "outcome": "rejected"}))
        assert "/desk/sign/answer?" not in shown("builder")
