"""Changes on four real nodes: traced with and without openings, by whoever is asked."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from nacl.public import PublicKey as EncryptionKey
from nacl.public import SealedBox

from cli.deposit_store import put
from cli.keyfiles import open_key
from ledger.core.deposit import decode_deposit, signed_body
from ledger.core.hashing import Tag
from ledger.core.signing import sign_tagged
from tests.network.real_network import READY_S, RealNetwork

pytestmark = pytest.mark.network

PROJECT, SECTION = "JC-2026-GC-0117", "JC-2026-GC-0117/01"
DAY_MS = 86_400_000
TENDERER = """
[[members]]
id = "builder"
name_zh = "市教育局"
name_en = "Education bureau"
roles = ["tenderer"]
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealNetwork]:
    """Four nodes of four departments, and a tenderer."""
    made = RealNetwork(tmp_path_factory.mktemp("traces"), TENDERER)
    try:
        made.start()
        yield made
    finally:
        made.stop()


class Tender:
    """What the tenderer and the centre wrote down, each file beside its receipts and openings."""

    def __init__(self, network: RealNetwork, folder: Path) -> None:
        self.network = network
        self.folder = folder

    def say(self, name: str, who: str, type_key: str, subject: str = SECTION, **row: Any) -> str:
        """Submit one record; its openings lie at `name`-1.openings.json. Returns its id."""
        for label, text in dict(row.pop("files", {})).items():
            (self.folder / label).write_text(text)
            row.setdefault("documents", []).append(label)
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps({"type": type_key, "subject": subject, **row}))
        done = self.network.run(who, "submit", file, "--json")
        assert done.code == 0, done.out + done.err
        return str(done.json["records"][0]["record"])

    def openings(self, name: str) -> Path:
        return self.folder / f"{name}-1.openings.json"


@pytest.fixture(scope="module")
def tender(network: RealNetwork, tmp_path_factory: pytest.TempPathFactory) -> Tender:
    """A tender document whose ceiling price is amended twice, and an extended deadline."""
    made = Tender(network, tmp_path_factory.mktemp("papers"))
    made.say("commitment", "builder", "tender.entry_commitment", PROJECT, files={"承诺.txt": "诺"})
    made.say(
        "intake",
        "centre",
        "tender.project_accepted",
        PROJECT,
        files={"受理.txt": "受理"},
        fields={"tenderer": "builder", "name": "学校改扩建", "industry": "housing"},
    )
    first = made.say(
        "document",
        "builder",
        "tender.document_filed",
        files={"招标文件.txt": "第一版"},
        fields={"kind": "tender"},
        private={"ceiling_price_fen": 90_000_000_00, "contact": "王工"},
    )
    deadline = time.time_ns() // 1_000_000 + 60 * DAY_MS
    made.say(
        "announcement",
        "builder",
        "tender.announcement",
        files={"公告.txt": "公告"},
        fields={"kind": "announcement", "bid_deadline_ms": deadline},
    )
    second = made.say(
        "clarification",
        "builder",
        "tender.clarification",
        files={"招标文件.txt": "第二版"},
        fields={"kind": "amendment", "reason": "更正限价", "changed": ["ceiling_price_fen"]},
        private={"ceiling_price_fen": 88_000_000_00},
        refs=[["amends", first]],
    )
    made.say(
        "again",
        "builder",
        "ledger.amended",
        fields={"reason": "联系人未变，重新载明"},
        private={"contact": "王工"},
        refs=[["amends", second]],
    )
    made.say(
        "extension",
        "builder",
        "tender.change",
        files={"延期.txt": "延期"},
        fields={"kind": "extension", "bid_deadline_ms": deadline + DAY_MS, "reason": "答疑未毕"},
    )
    return made


def changes(told: Any, act: str) -> dict[str, Mapping[str, Any]]:
    """Every changed field of the acts of one kind, by name."""
    return {
        each["name"]: each
        for chain in told["chains"]
        for done in chain["acts"]
        if done["act"] == act
        for each in done["changes"]
    }


def test_the_tenderer_who_holds_the_openings_sees_from_what_to_what(tender: Tender) -> None:
    done = tender.network.run("builder", "trace", SECTION, "--openings", tender.folder, "--json")
    assert done.code == 0, done.out + done.err
    found = changes(done.json, "amended")
    price = found["ceiling_price_fen"]
    assert (price["change"], price["before"], price["after"]) == (
        "changed",
        90_000_000_00,
        88_000_000_00,
    )
    assert (found["contact"]["change"], found["contact"]["after"]) == ("unchanged", "王工")
    assert found["招标文件.txt"]["change"] == "changed"
    deadline = changes(done.json, "replaced")["bid_deadline_ms"]
    assert deadline["after"] - deadline["before"] == DAY_MS
    assert done.json["receipts_verified"] == 5
    assert done.json["openings"]["refused"] == []


def test_a_supervisor_without_openings_is_told_that_nobody_can_tell(tender: Tender) -> None:
    done = tender.network.run("supervisor", "trace", SECTION, "--json")
    found = changes(done.json, "amended")
    assert {found[name]["change"] for name in ("ceiling_price_fen", "contact")} == {"recommitted"}
    assert "王工" not in done.out
    shown = tender.network.run("supervisor", "trace", SECTION, language="zh_CN.UTF-8")
    assert shown.code == 0, shown.err
    assert "重新承诺，未出示" in shown.out and "市教育局" in shown.out
    assert "更正限价" in shown.out and "最高限价" in shown.out
    assert "已变更" in shown.out and "招标文件.txt" in shown.out


def test_one_field_is_shown_to_a_supervisor_by_both_its_openings(
    tender: Tender, tmp_path: Path
) -> None:
    for name in ("document", "clarification"):
        out = tmp_path / f"{name}.openings.json"
        words = ("disclose", tender.openings(name), "--field", "ceiling_price_fen", "--out", out)
        assert tender.network.run("builder", *words).code == 0
    asked = ("trace", SECTION, "--openings", tmp_path)
    told = tender.network.run("supervisor", *asked, "--json").json
    found = changes(told, "amended")
    assert found["ceiling_price_fen"]["change"] == "changed"
    assert found["contact"]["change"] == "recommitted", "only one opening is not enough"
    shown = tender.network.run("supervisor", *asked, language="zh_CN.UTF-8").out
    assert "¥ 90,000,000.00" in shown and "¥ 88,000,000.00" in shown
    # With one of the two nothing is said of whether it changed.
    (tmp_path / "document.openings.json").unlink()
    alone = changes(tender.network.run("supervisor", *asked, "--json").json, "amended")
    assert alone["ceiling_price_fen"]["change"] == "recommitted"
    assert alone["ceiling_price_fen"]["after"] == 88_000_000_00


def test_an_opening_of_another_value_is_refused_by_name_and_the_rest_is_shown(
    tender: Tender, tmp_path: Path
) -> None:
    forged = json.loads(tender.openings("clarification").read_text())
    forged["openings"][0]["salt"] = "00" * 16
    (tmp_path / "forged.openings.json").write_text(
        json.dumps(forged, ensure_ascii=False, separators=(",", ":"))
    )
    done = tender.network.run("supervisor", "trace", SECTION, "--openings", tmp_path, "--json")
    assert done.code == 1, done.out
    (refused,) = done.json["openings"]["refused"]
    assert refused["code"] == "opening.invalid"
    assert changes(done.json, "amended")["ceiling_price_fen"]["change"] == "recommitted"


def test_a_project_is_traced_with_its_sections_and_any_node_says_the_same(tender: Tender) -> None:
    whole = tender.network.run("supervisor", "trace", PROJECT, "--json")
    assert whole.code == 0, whole.out
    assert whole.json["subjects"] == [PROJECT, SECTION]
    asked = [
        tender.network.run("supervisor", "trace", SECTION, "--node", node.api, "--json").json
        for node in tender.network.nodes
    ]
    assert all(each == asked[0] for each in asked)
    assert whole.json["chains"] == asked[0]["chains"]


def test_one_record_is_traced_alone(tender: Tender) -> None:
    told = tender.network.run("builder", "trace", SECTION, "--json").json
    announcement = next(
        act["of"] for chain in told["chains"] for act in chain["acts"] if act["act"] == "replaced"
    )
    alone = tender.network.run("supervisor", "trace", announcement, "--json")
    assert alone.code == 0, alone.out
    (chain,) = alone.json["chains"]
    assert [act["act"] for act in chain["acts"]] == ["said", "replaced"]
    assert alone.json["receipts_verified"] == 2


def test_a_voiding_is_asked_for_and_then_confirmed(tender: Tender) -> None:
    subject = "JC-2026-证据"
    deposit = tender.say(
        "deposit", "notary", "evidence.deposited", subject, files={"公证书.txt": "一"}
    )
    voiding = tender.say(
        "voiding",
        "notary",
        "ledger.voided",
        subject,
        fields={"reason": "误传"},
        refs=[["voids", deposit]],
    )
    asked = tender.network.run("builder", "trace", subject, language="zh_CN.UTF-8")
    assert "尚无人确认" in asked.out
    tender.say(
        "confirmation", "supervisor", "ledger.confirmed", subject, refs=[["confirms", voiding]]
    )
    told = tender.network.run("builder", "trace", deposit, "--json").json
    (chain,) = told["chains"]
    assert [each["issuer"] for each in chain["acts"][1]["confirmed_by"]] == ["supervisor"]
    nothing = tender.network.run("builder", "trace", "no-such-subject", language="zh_CN.UTF-8")
    assert nothing.code == 0 and "没有修改、替换或作废" in nothing.out


def test_an_amendment_by_another_member_stands_there_with_its_alert(tender: Tender) -> None:
    subject = "JC-2026-他人"
    deposit = tender.say("own", "notary", "evidence.deposited", subject, files={"原件.txt": "一"})
    tender.say(
        "foreign",
        "centre",
        "ledger.amended",
        subject,
        fields={"reason": "代为更正"},
        refs=[["amends", deposit]],
    )
    told = tender.network.run("builder", "trace", subject, "--json").json
    (alert,) = told["alerts"]
    assert (alert["fields"]["alert"], alert["fields"]["because"]) == ("AL05", "not_author")
    assert [act["issuer"] for act in told["chains"][0]["acts"]] == ["notary", "centre"]
    shown = tender.network.run("builder", "trace", subject, language="zh_CN.UTF-8")
    assert "预警 AL05" in shown.out and "修改者不是原提交人" in shown.out


def test_a_watched_file_that_changes_silently_is_an_alert_on_every_node(
    tender: Tender, tmp_path: Path
) -> None:
    network, folder, subject = tender.network, tmp_path / "archive", "JC-2026-档案"
    folder.mkdir()
    for name in ("会议纪要.txt", "合同.txt"):
        (folder / name).write_text(f"{name}：原文")
    assert network.run("notary", "anchor", folder, "--subject", subject).code == 0
    words = ("watch", folder, "--once", "--submit", "--subject", subject, "--json")
    clean = network.run("supervisor", *words)
    assert (clean.code, clean.json["as_anchored_count"]) == (0, 2), clean.out + clean.err

    contract = folder / "合同.txt"
    before = contract.stat()
    contract.write_text("合同.txt：改文")
    os.utime(contract, ns=(before.st_atime_ns, before.st_mtime_ns))
    told = network.run("supervisor", *words)
    assert told.code == 5, told.out
    (found,) = told.json["findings"]
    assert (found["code"], found["path"]) == ("watch.silent", "合同.txt")
    (report,) = told.json["reports"]
    alerts = [
        [
            (each["alert"], each["record"]["fields"]["member"], each["record"]["refs"])
            for each in httpx.get(
                f"{node.api}/v1/alerts", params={"subject": subject}, trust_env=False
            ).json()["items"]
        ]
        for node in network.nodes
    ]
    ((code, member, refs),) = alerts[0]
    assert (code, member) == ("AL03", "notary")
    assert [each["record_id"] for each in refs] == [report["record_id"], found["record_id"]]
    assert all(each == alerts[0] for each in alerts)

    # What its author voids, and a supervisor confirms, is watched no more.
    voiding = tender.say(
        "archive-voiding",
        "notary",
        "ledger.voided",
        subject,
        fields={"reason": "误传"},
        refs=[["voids", found["record_id"]]],
    )
    assert network.run("supervisor", *words).code == 5, "nobody has confirmed"
    confirms = [["confirms", voiding]]
    tender.say("archive-confirmed", "supervisor", "ledger.confirmed", subject, refs=confirms)
    last = network.run("supervisor", *words)
    assert last.code == 0, last.out
    assert [each["code"] for each in last.json["findings"]] == ["watch.voided"]


@pytest.fixture(scope="module")
def store(tender: Tender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tenderer has deposited what it keeps, for itself and for the supervisor."""
    folder = tmp_path_factory.mktemp("store")
    early = tender.network.run(
        "builder", "openings", "deposit", tender.openings("document"), "--into", folder, "--json"
    )
    assert early.json["error"]["code"] == "deposit.no_key"
    for member in ("builder", "supervisor"):
        done = tender.network.run(member, "openings", "enrol", "--cost", "interactive", "--json")
        assert done.code == 0, done.out + done.err
    files = [tender.openings(name) for name in ("document", "clarification")]
    made = tender.network.run("builder", "openings", "deposit", *files, "--into", folder, "--json")
    assert made.code == 0, made.out + made.err
    assert made.json["recipients"] == ["builder", "supervisor"]
    return folder


def test_a_supervisor_opens_a_field_although_the_member_lost_its_copy(
    tender: Tender, store: Path, tmp_path: Path
) -> None:
    words = ("openings", "collect", store, "--out", tmp_path, "--json")
    done = tender.network.run("supervisor", *words)
    assert done.code == 0, done.out + done.err
    assert [each["opened"] for each in done.json["deposits"]] == [True, True]
    again = tender.network.run("supervisor", *words)
    assert [each["openings"] for each in again.json["deposits"]] == [None, None], "there already"
    kept = sorted(tmp_path.iterdir())
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in kept)
    shown = tender.network.run("supervisor", "verify", *kept, "--json")
    assert shown.code == 0, shown.out
    told = tender.network.run("supervisor", "trace", SECTION, "--openings", tmp_path, "--json")
    price = changes(told.json, "amended")["ceiling_price_fen"]
    assert (price["change"], price["before"]) == ("changed", 90_000_000_00)


def test_the_trading_centres_node_keeps_deposits_for_those_whom_they_name(
    tender: Tender, store: Path, tmp_path: Path
) -> None:
    assert store.is_dir()
    centre = tender.network.nodes[0].api
    words = ("openings", "deposit", tender.openings("document"), "--into", centre, "--json")
    done = tender.network.run("builder", *words)
    assert done.code == 0, done.out + done.err
    (kept,) = done.json["deposits"]
    assert kept["deposit"].startswith(f"{centre}/v1/deposits/")
    node = tender.network.nodes[0]
    node.ask_to_stop()
    node.wait_stopped()
    node.start()
    node.wait_ready(READY_S)
    collect = ("openings", "collect", centre, "--out", tmp_path, "--json")
    (opened,) = tender.network.run("supervisor", *collect).json["deposits"]
    assert opened["opened"] and opened["fields"] == ["ceiling_price_fen", "contact"]
    assert tender.network.run("notary", "openings", "enrol", "--cost", "interactive").code == 0
    assert tender.network.run("notary", *collect).json["deposits"] == []


def test_who_is_not_named_opens_nothing_and_nothing_is_wrong(
    tender: Tender, store: Path, tmp_path: Path
) -> None:
    enrolled = tender.network.run("notary", "openings", "enrol", "--cost", "interactive")
    assert enrolled.code == 0, "once more is no harm"
    done = tender.network.run("notary", "openings", "collect", store, "--out", tmp_path, "--json")
    assert done.code == 0, done.out
    assert {each["code"] for each in done.json["deposits"]} == {"deposit.recipient"}
    assert not list(tmp_path.iterdir())


def test_a_deposit_that_does_not_open_its_record_is_reported_with_its_author(
    tender: Tender, store: Path, tmp_path: Path
) -> None:
    """A member with its own key at hand encrypts what suits it; the supervisor finds out."""
    members = tender.network.folder / "network" / "members"
    key = open_key(members / "builder" / "member.key", b"correct horse")
    good = decode_deposit(min(store.iterdir()).read_bytes())
    wrong = SealedBox(EncryptionKey(good.header.recipients[1].encryption_key)).encrypt(bytes(32))
    wrapped = (good.wrapped[0], wrong)
    body = signed_body(good.header, wrapped, good.ciphertext)
    lying = replace(good, wrapped=wrapped, signature=sign_tagged(key, Tag.DEPOSIT, body))
    place = tmp_path / "store"
    put(place, lying.encode())
    put(place, good.encode()).rename(place / f"{'0' * 64}.deposit.json")
    (place / f"{'1' * 64}.deposit.json").write_bytes(b"{}")
    words = ("openings", "collect", place, "--out", tmp_path / "out")
    done = tender.network.run("supervisor", *words, "--json")
    assert done.code == 1, done.out
    found = {each["code"]: each for each in done.json["deposits"]}
    assert set(found) == {"deposit.key", "deposit.name"}
    assert found["deposit.key"]["by_author"] and not found["deposit.key"]["opened"]
    told = tender.network.run("supervisor", *words, language="zh_CN.UTF-8")
    assert "请保全此文件" in told.err + told.out and "是该成员自己所为" in told.out
    # The member itself opens it: only the supervisor was given a wrong key.
    own = tender.network.run(
        "builder", "openings", "collect", place / put(place, lying.encode()).name,
        "--out", tmp_path / "own", "--json",
    )  # fmt: skip
    assert own.code == 0, own.out


def test_after_a_change_of_keys_old_deposits_open_with_the_old_one(
    tender: Tender, store: Path, tmp_path: Path
) -> None:
    own = tender.network.folder / "network" / "members" / "supervisor" / "encryption.key"
    old = own.rename(own.with_name("old.key"))
    enrolled = tender.network.run("supervisor", "openings", "enrol", "--cost", "interactive")
    assert enrolled.code == 0, enrolled.err
    words = ("openings", "collect", store, "--out", tmp_path, "--json")
    closed = tender.network.run("supervisor", *words)
    assert {each["code"] for each in closed.json["deposits"]} == {"deposit.recipient"}
    opened = tender.network.run("supervisor", *words, "--key", old, "--key", own)
    assert [each["opened"] for each in opened.json["deposits"]] == [True, True]
    fresh = tmp_path / "fresh"
    made = tender.network.run(
        "builder", "openings", "deposit", tender.openings("again"), "--into", fresh, "--json"
    )
    assert made.code == 0, made.out
    into = ("openings", "collect", fresh, "--out", tmp_path, "--json")
    assert tender.network.run("supervisor", *into).json["deposits"][0]["opened"]


def test_only_the_author_deposits_for_a_record(tender: Tender, store: Path, tmp_path: Path) -> None:
    assert store.is_dir()
    words = ("openings", "deposit", tender.openings("document"), "--into", tmp_path, "--json")
    refused = tender.network.run("supervisor", *words)
    assert refused.json["error"]["code"] == "deposit.record"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("00" * 32,), "record.unknown"),
        ((SECTION, "--openings", "/nowhere"), "file.unreadable"),
    ],
)
def test_what_is_not_there_is_said_with_its_code(
    tender: Tender, words: tuple[str, ...], code: str
) -> None:
    refused = tender.network.run("builder", "trace", *words, "--json")
    assert refused.code in (1, 2)
    assert refused.json["error"]["code"] == code
