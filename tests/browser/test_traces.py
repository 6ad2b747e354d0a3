"""The chain of amendments on a record's page, in a real browser."""

import re
import time
from collections.abc import Mapping
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from ledger.core.canonical import Value
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId, RecordId, Subject
from ledger.core.openings import SALT_BYTES, commit_fields
from ledger.core.record import Evidence, Record, Ref
from tests.browser.conftest import HOSTILE, Visitor, publish
from tests.network.real_network import RealNetwork

in_both_languages = pytest.mark.parametrize("visitor", ["zh-CN", "en-GB"], indirect=True)
pytestmark = [pytest.mark.browser, pytest.mark.network]

SUBJECT = "浏览-2026-002"


def say(
    network: RealNetwork,
    type_key: str,
    fields: Mapping[str, Value],
    refs: tuple[Ref, ...] = (),
    files: Mapping[str, bytes] | None = None,
    holder: str = "",
) -> RecordId:
    """One record of the trading centre, committed."""
    network.made_count += 1
    now_ms = time.time_ns() // 1_000_000
    record = Record(
        type=type_key,
        issuer=MemberId("centre"),
        subject=Subject(SUBJECT),
        occurred_at_ms=now_ms,
        evidence=tuple(
            Evidence(label, sha256(data), None, len(data), "application/pdf")
            for label, data in (files or {}).items()
        ),
        fields=fields,
        private=None,
        refs=refs,
        nonce=network.made_count.to_bytes(16),
    )
    if holder:
        salts = {"holder": bytes(SALT_BYTES)}
        record = replace(record, private=commit_fields(record.issuer, {"holder": holder}, salts)[0])
    publish(network, record)
    return record.record_id


@pytest.fixture(scope="module")
def amended(network: RealNetwork) -> tuple[RecordId, RecordId, RecordId]:
    """A deposit, its amendment, and an amendment of that."""
    first = say(
        network,
        "evidence.deposited",
        {"method": "扫描", "description": "第一版"},
        files={"合同.pdf": b"1"},
        holder="三号柜",
    )
    second = say(
        network,
        "evidence.deposited",
        {"method": "扫描", "description": HOSTILE},
        (Ref("amends", first),),
        {"合同.pdf": b"2"},
        holder="四号柜",
    )
    third = say(
        network,
        "ledger.amended",
        {"reason": "补充说明", "changed": ("note",)},
        (Ref("amends", second),),
    )
    return first, second, third


@in_both_languages
def test_each_version_leads_to_the_others_and_shows_what_it_changed(
    visitor: Visitor, amended: tuple[RecordId, RecordId, RecordId]
) -> None:
    zh = visitor.page.evaluate("navigator.language") == "zh-CN"
    visitor.open(f"/records/{amended[0].hex()}")
    section = visitor.page.locator("section[aria-labelledby=trace]")
    expect(section.locator("tbody")).to_have_count(3)
    expect(section).to_contain_text("重新承诺，未出示" if zh else "committed anew, not shown")
    expect(section).to_contain_text("第一版")
    expect(section).to_contain_text("<script>")
    expect(section).not_to_contain_text("四号柜")
    section.get_by_role("link").nth(1).click()
    expect(visitor.page).to_have_url(re.compile(f"/records/{amended[2].hex()}"))
    expect(section.locator("tbody")).to_have_count(3)
    expect(visitor.page).not_to_have_title("stolen")


def test_a_record_that_nothing_befell_has_no_such_section(
    visitor: Visitor, network: RealNetwork
) -> None:
    alone = say(network, "evidence.deposited", {}, files={"单独.pdf": b"3"})
    visitor.open(f"/records/{alone.hex()}")
    expect(visitor.page.locator("h1")).to_be_visible()
    expect(visitor.page.locator("section[aria-labelledby=trace]")).to_have_count(0)
