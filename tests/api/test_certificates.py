"""Certificates over HTTP: what they say, whose they are, and what a node does when many are asked."""

import asyncio
import re
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from api.client import captured
from api.documents import court_desk, printing
from api.documents.court_desk import CourtDesk, Packed
from api.documents.desk import CertificateDesk
from api.documents.facts import Certificate, Manner, Note, Pair, Row, Said, Section
from api.documents.layout import laid_out
from api.documents.lettering import Face, has, shown, width, wrapped
from api.documents.printing import WAITING_MAX, Printer, printed
from api.documents.sheet import LEFT, RIGHT, Words
from api.documents.words import _words
from api.fairness import Shares
from ledger.carriers.pdf_attachment import read_certificate
from ledger.certificate_pdfs import decode_certificate_pdf, verify_certificate
from ledger.codes import Code
from ledger.core.certificate_number import certificate_number
from ledger.core.identifiers import Digest, LogIndex, NetworkId, RecordId
from ledger.errors import LedgerError
from tests.api.one_node import OneNode
from tests.api.small_tender import Tender, play, say

STANDARD = Path(__file__).with_name("standard_characters.txt")
RARE = "𠮷㙍龘"
HOLES = re.compile(r"{\w+}")


@pytest.fixture(scope="module")
def tender(node: OneNode, client: httpx.Client) -> Tender:
    return play(client, node)


def certificate(**more: Any) -> Certificate:
    """One that no ledger has heard of."""
    said = {
        "title": Pair("存证证书", "Certificate of Evidence"),
        "number": "ONE-0000-0042-0",
        "network": Pair("见证网", "one.example"),
        "network_id": NetworkId(bytes(32)),
        "record_id": RecordId(b"\1" * 32),
        "entry_hash": Digest(b"\2" * 32),
        "statement": Pair("兹证明。", "This certifies."),
        "sections": (),
        "link": "https://ledger.example/v/" + "01" * 32 + "?entry=" + "02" * 32,
        "link_words": Pair("扫码", "Scan"),
        "issued_by": Pair("交易中心", "Trading centre"),
        "printed_at_ms": 1_800_000_000_000,
        "signed": False,
        "receipt": b"{}",
    }
    return Certificate(**{**said, **more})


def lines(made: Certificate) -> list[str]:
    """All text on its pages, in reading order."""
    marks = (mark for page in laid_out(made).pages for mark in page.marks)
    return [mark.text for mark in marks if isinstance(mark, Words)]


def rows(*values: str, manner: Manner = Manner.PLAIN) -> tuple[Section, ...]:
    items = tuple(Row(Pair("名称", "Name"), (Said(value, manner),)) for value in values)
    return (Section(Pair("事项", "Facts"), items),)


# What stands on the page.


def test_a_character_that_the_font_lacks_is_printed_as_its_code_point_with_a_note() -> None:
    told = lines(certificate(sections=rows(f"{RARE}建筑公司")))
    assert "[U+20BB7]㙍[U+9F98]建筑公司" in told
    assert any("统一码" in line for line in told) and any("Unicode" in line for line in told)
    assert not any("统一码" in line for line in lines(certificate(sections=rows("㙍建筑公司"))))


def test_the_font_has_all_of_gb_2312() -> None:
    rows_of = range(0xA1, 0xFF)
    pairs = (bytes((high, low)) for high in rows_of for low in rows_of)
    text = "".join(pair.decode("gb2312", "ignore") for pair in pairs)
    assert len(text) > 7_400 and [each for each in text if not has(each)] == []


def test_the_font_has_every_character_of_the_table_of_standard_characters() -> None:
    lines = STANDARD.read_text(encoding="utf-8").splitlines()
    table = "".join(line for line in lines if not line.startswith("#"))
    assert len(table) == len(set(table)) == 8_105
    assert [each for each in table if not has(each)] == []


@pytest.mark.parametrize("mark", ["\u202e", "\n", "\x00", "\u200b", "\ufeff"])
def test_what_would_act_on_a_reader_is_printed_by_its_code_point(mark: str) -> None:
    assert shown(f"a{mark}b") == f"a[U+{ord(mark):04X}]b"


def test_a_long_value_wraps_inside_the_margin_and_over_pages() -> None:
    long = "金城市黄河路桥梁改造工程（第一标段）施工总承包，" * 20
    digests = rows(*(f"{at:064x}" for at in range(120)), manner=Manner.DIGEST)
    pages = laid_out(certificate(sections=(*rows(long, "x" * 500), *digests))).pages
    assert len(pages) > 3
    marks = [mark for page in pages for mark in page.marks if isinstance(mark, Words)]
    assert all(mark.x >= LEFT for mark in marks)
    wide = [each for each in marks if each.x + width(each.text, each.face, each.size) > RIGHT + 1]
    assert wide == []
    numbers = [mark.text for mark in marks if mark.text.startswith("第 ")]
    assert numbers[0].startswith(f"第 1 页，共 {len(pages)} 页") and len(numbers) == len(pages)


@pytest.mark.parametrize("count", range(1, 30))
def test_no_page_begins_with_the_last_row_of_a_section(count: int) -> None:
    """However much stands before it: two rows, or the whole of how to verify, go over together."""
    notes = tuple(Note(Pair(f"第{at}步", f"Step {at}"), f"{at}.") for at in range(1, 5))
    command = rows("bidwitness verify")[0].items
    verify = Section(Pair("如何核验", "How to verify"), (*notes, *command))
    made = certificate(sections=(*rows(*(f"值 {at}" for at in range(count))), verify))
    shown_on = [
        {mark.text for mark in page.marks if isinstance(mark, Words)}
        for page in laid_out(made).pages
    ]
    (ends,) = [page for page in shown_on if "bidwitness verify" in page]
    assert {"第1步", "第2步", "第3步", "第4步"} <= ends
    if count > 1:
        (last,) = [page for page in shown_on if f"值 {count - 1}" in page]
        assert f"值 {count - 2}" in last


def test_no_line_begins_with_what_ends_a_sentence() -> None:
    for line in wrapped("招标文件，澄清，答复，公告，" * 30, Face.TEXT, 10, 101):
        assert line[0] != "，"


def test_both_languages_have_the_same_words() -> None:
    zh, en = _words("zh"), _words("en")
    assert set(zh) == set(en)
    assert {key: set(HOLES.findall(text)) for key, text in zh.items()} == {
        key: set(HOLES.findall(text)) for key, text in en.items()
    }


def test_the_same_certificate_is_the_same_bytes() -> None:
    made = certificate(sections=rows("同一份证书"))
    assert printed(made) == printed(made)
    later = replace(made, printed_at_ms=made.printed_at_ms + 1000)
    assert printed(later) != printed(made)


# Over HTTP.


def test_a_record_has_its_certificate_with_its_receipt_inside(
    node: OneNode, client: httpx.Client, tender: Tender
) -> None:
    record_id = tender.document.record_id.hex()
    answer = client.get(f"/v1/records/{record_id}/certificate.pdf")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    read = read_certificate(answer.content)
    verdict = verify_certificate(decode_certificate_pdf(answer.content), node.trust)
    assert verdict.record_id.hex() == record_id
    assert read.number == certificate_number("one.example", verdict.index)
    assert f'filename="{read.number}.pdf"' in answer.headers["content-disposition"]
    # One box finds the record by the number that is read off paper.
    (hit,) = client.get("/v1/search", params={"q": read.number.lower()}).json()["hits"]
    assert (hit["kind"], hit["name"]) == ("record", record_id)


def test_a_mistyped_number_finds_nothing(client: httpx.Client, tender: Tender) -> None:
    number = certificate_number("one.example", LogIndex(0))
    wrong = number[:-1] + ("A" if number[-1] != "A" else "B")
    assert client.get("/v1/search", params={"q": wrong}).status_code == 404


def test_the_certificate_of_a_record_that_is_hidden_is_hidden(
    client: httpx.Client, tender: Tender
) -> None:
    for path in ("certificate.pdf", "standing"):
        answer = client.get(f"/v1/records/{tender.complaint.record_id.hex()}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "api.not_public")
        unknown = client.get(f"/v1/records/{'0' * 64}/{path}")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "record.unknown")


def test_the_page_of_a_record_offers_it_and_compares_the_printed_entry(
    client: httpx.Client, tender: Tender
) -> None:
    record_id = tender.document.record_id.hex()
    answer = client.get(f"/v1/records/{record_id}/certificate.pdf")
    entry = read_certificate(answer.content).entry_hash.hex()
    link = f"/v/{record_id}?entry={entry}"
    page = client.get(link, follow_redirects=True)
    assert page.status_code == 200 and f"/records/{record_id}/certificate.pdf" in page.text
    assert "条目哈希相符" in page.text
    other = client.get(f"/v/{record_id}?entry={'0' * 64}", follow_redirects=True)
    assert "条目哈希不符" in other.text
    plain = client.get(f"/v/{record_id}?entry=nothing", follow_redirects=True)
    assert "条目哈希" not in plain.text


@pytest.mark.parametrize(("asked", "kept"), [("en", ["lang=en"]), ("zh", ["lang=zh"]), ("xx", [])])
def test_a_short_link_keeps_the_language(
    client: httpx.Client, tender: Tender, asked: str, kept: list[str]
) -> None:
    record_id, entry = tender.document.record_id.hex(), "0" * 64
    answer = client.get(f"/v/{record_id}?entry={entry}&lang={asked}")
    assert answer.status_code == 303
    place, _, query = answer.headers["location"].partition("?")
    assert place == f"/records/{record_id}"
    assert query.split("&") == [f"entry={entry}", *kept]


def test_beyond_a_few_that_wait_whoever_asks_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Certificate] = []

    def slow(each: Certificate) -> bytes:
        made.append(each)
        return b""

    monkeypatch.setattr(printing, "finished", lambda blank, *_: blank)

    async def many() -> list[bytes | LedgerError]:
        printer = Printer(slow)
        ends: list[bytes | LedgerError] = []

        async def ask() -> None:
            try:
                ends.append(await printer.print(certificate()))
            except LedgerError as refusal:
                ends.append(refusal)

        async with anyio.create_task_group() as group:
            for _ in range(WAITING_MAX + 1):
                group.start_soon(ask)
        # Nobody waits any more: the next one is made.
        ends.append(await printer.print(certificate()))
        return ends

    ends = anyio.run(many)
    refused = [each for each in ends if isinstance(each, LedgerError)]
    assert [each.code for each in refused] == [Code.CERTIFICATE_PDF_BUSY]
    assert len(made) == WAITING_MAX + 1


def test_an_authority_that_takes_its_time_holds_up_no_thread_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Submissions are read in the loop's own threads: certificates that wait are not to fill them."""
    answers = threading.Event()

    def waits(*_: object) -> bytes:
        answers.wait(20)
        return b"signed"

    monkeypatch.setattr(printing, "finished", waits)

    async def many() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        printer = Printer(lambda _: b"")
        async with anyio.create_task_group() as group:
            for _ in range(WAITING_MAX):
                group.start_soon(printer.print, certificate())
            await anyio.sleep(0.1)
            assert await asyncio.to_thread(answers.is_set) is False
            answers.set()

    anyio.run(many)


def test_a_few_packages_wait_for_their_turn_and_whoever_comes_then_is_told_to_come_again(
    node: OneNode, tender: Tender, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert node.service is not None
    service, record_id = node.service, tender.document.record_id
    made: list[str] = []

    async def packed(*said: Any) -> Packed:
        made.append(f"begun {said[4]}")
        await asyncio.sleep(0)
        made.append(f"done {said[4]}")
        return Packed("package.zip", (), ())

    monkeypatch.setattr(CourtDesk, "_packed", packed)

    async def many() -> list[Packed | BaseException]:
        desk = CourtDesk(CertificateDesk())
        asked = [desk.of_record(service, record_id) for _ in range(court_desk.WAITING_MAX + 1)]
        ends = await asyncio.gather(*asked, return_exceptions=True)
        return [*ends, await desk.of_record(service, record_id)]

    ends = asyncio.run(many())
    refused = [each for each in ends if isinstance(each, LedgerError)]
    assert [(each.code, each.detail) for each in refused] == [
        (Code.COURT_BUNDLE_BUSY, {"limit": court_desk.WAITING_MAX})
    ]
    # One after the other, and never two at once.
    assert [each.split()[0] for each in made] == ["begun", "done"] * (court_desk.WAITING_MAX + 1)


def test_one_address_has_few_certificates_made_at_once_and_the_others_theirs() -> None:
    shares = Shares(2)
    with shares.share("198.51.100.7"), shares.share("198.51.100.7"):
        with pytest.raises(LedgerError) as refused, shares.share("198.51.100.7"):
            pytest.fail("a third")
        assert refused.value.code is Code.CERTIFICATE_PDF_BUSY
        with shares.share("203.0.113.5"):
            pass
        # Behind a proxy all have this machine's address.
        with shares.share("127.0.0.1"), shares.share("127.0.0.1"), shares.share("::1"):
            pass
    with shares.share("198.51.100.7"):
        pass


# Where evidence came from.


def read_back(pdf: bytes) -> str:
    """The text that a reader may copy, without its line breaks."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext absent: apt install poppler-utils")
    words = ["pdftotext", "-layout", "-", "-"]
    done = subprocess.run(words, input=pdf, capture_output=True, check=True)
    return re.sub(r"\s+", "", done.stdout.decode())


def test_where_evidence_came_from_stands_on_the_certificate_and_on_the_page(
    node: OneNode, client: httpx.Client
) -> None:
    """在线诉讼规则 article 18: source, collector, tool, method, time, original, custody."""
    said: dict[str, Any] = captured(
        1_800_000_000_000,
        source_system="电子交易系统",
        collector="金城市公共资源交易中心",
        custody=("投标人上传至电子交易系统", "导出至归档服务器"),
    )
    record = node.record("centre", files={"开标记录表.pdf": b"paper"}, **said)
    say(client, node, record)
    record_id = record.record_id.hex()
    text = read_back(client.get(f"/v1/records/{record_id}/certificate.pdf").content)
    page = client.get(f"/records/{record_id}").text
    for told in (
        *("电子交易系统", "金城市公共资源交易中心", "投标人上传至电子交易系统", "导出至归档服务器"),
        *("bidwitness", "读取整个文件计算摘要", "开标记录表.pdf"),
    ):
        assert told in text and told in page, told
    assert "来源与保管" in text and "2027-01-1516:00:00" in text


def test_what_is_not_said_of_its_origin_is_not_made_up(node: OneNode, client: httpx.Client) -> None:
    record = node.record("centre")
    say(client, node, record)
    answer = client.get(f"/v1/records/{record.record_id.hex()}/certificate.pdf")
    assert "来源与保管" not in read_back(answer.content)


def test_the_text_of_a_certificate_can_be_copied(node: OneNode, client: httpx.Client) -> None:
    record = node.record("centre", files={f"{RARE}有限公司.pdf": b"paper"})
    say(client, node, record)
    record_id = record.record_id.hex()
    text = read_back(client.get(f"/v1/records/{record_id}/certificate.pdf").content)
    assert record_id in text and record.evidence[0].sha256.hex() in text
    assert "[U+20BB7]㙍[U+9F98]有限公司.pdf" in text
