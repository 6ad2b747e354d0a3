"""Certificates of addresses and seals: their own titles, and the facts that each can lose."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ledger.core.identifiers import RecordId
from tests.api.one_node import OneNode
from tests.api.small_address import SmallAddress
from tests.api.small_seal import SEAL, life_of_a_seal
from tests.api.small_tender import say


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OneNode, httpx.Client]]:
    """A node that shows all: what an owner is shown of its own."""
    node = OneNode(tmp_path_factory.mktemp("house"), show_all=True)
    with node.up() as client:
        yield node, client


def text_of(client: httpx.Client, record_id: RecordId) -> str:
    """All text of a certificate, without blanks."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext absent: apt install poppler-utils")
    answer = client.get(f"/v1/records/{record_id.hex()}/certificate.pdf")
    assert answer.status_code == 200, answer.text
    words = ["pdftotext", "-layout", "-", "-"]
    done = subprocess.run(words, input=answer.content, capture_output=True, check=True)
    return re.sub(r"\s+", "", done.stdout.decode())


def stands(client: httpx.Client, record_id: RecordId) -> str:
    answer = client.get(f"/v1/records/{record_id.hex()}/standing").json()
    return str(answer["stands"])


def test_a_seals_certificate_tells_its_spells_and_stops_with_it(
    house: tuple[OneNode, httpx.Client],
) -> None:
    node, client = house
    published = life_of_a_seal(node, client)
    text = text_of(client, published)
    assert "电子印章状态证书" in text and SEAL in text and "成立，至今有效" in text
    assert stands(client, published) == "valid"
    say(client, node, node.record("builder", "seal.suspended", SEAL, reason="介质遗失"))
    assert stands(client, published) == "suspended"
    assert "已停用" in text_of(client, published)


def test_an_address_certificate_shows_its_two_facts(
    house: tuple[OneNode, httpx.Client],
) -> None:
    """双真实: the property and the owner's will, each with the time in which it holds."""
    town = SmallAddress(*house)
    town.certified()
    text = text_of(house[1], town.records["use"])
    assert "住所使用证明存证证书" in text and "房产事实" in text and "产权人意愿" in text
    assert text.count("成立，至今有效") == 2
    assert stands(house[1], town.records["use"]) == "valid"


def test_what_the_public_may_not_see_it_cannot_print(tmp_path: Path) -> None:
    node = OneNode(tmp_path)
    with node.up() as client:
        town = SmallAddress(node, client)
        town.certified()
        record_id = town.records["use"].hex()
        shown = client.get(f"/v1/records/{record_id}").status_code
        assert client.get(f"/v1/records/{record_id}/certificate.pdf").status_code == shown
