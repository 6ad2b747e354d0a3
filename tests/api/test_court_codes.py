"""Extraction codes: a party makes one, a clerk types it, and nobody else learns or gets anything."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest

from api import court_code_store, court_codes
from api.client import Client, ClientError, MadeCode
from api.client.asking import Asking
from api.client.flow import Flow
from api.court_code_rows import GIVEN_MAX, LIFE_MS, USES_MAX, CodeRow, Outcome, place_of
from api.court_code_store import KEPT_MS, CourtCodeStore
from api.court_codes import CourtCodes
from api.fairness import Pace
from ledger.codes import Code
from ledger.core.court_code import (
    MAKE,
    CourtOrder,
    SignedOrder,
    code_hash,
    grouped,
    new_code,
    sign_order,
)
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, MemberId, NetworkId, NodeId, RecordId, Subject
from ledger.errors import LedgerError
from tests.api.awaited import awaited
from tests.api.one_node import OneNode, now_ms
from tests.api.small_tender import SECTION, Tender, play
from tests.bits import flipped
from tests.vectors.small_network import seed, signer

PATH, PAGE = "/v1/court-codes", "/extract"
UNKNOWN = "0000-0000-0000-0000-0000"
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def tender(node: OneNode, client: httpx.Client) -> Tender:
    return play(client, node)


@pytest.fixture
def sdk(node: OneNode, tender: Tender) -> Iterator[Client]:
    assert tender.client.get("/healthz").status_code == 200
    with Client([node.url], node.trust) as made:
        yield made


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals take half a second so that disks do not show; here nobody measures."""
    monkeypatch.setattr(court_codes, "REFUSAL_S", 0.0)


class Codes:
    """The codes of a node, as one member sees them."""

    def __init__(self, sdk: Client, member: str) -> None:
        self._sdk = sdk
        self._by = MemberId(member), signer(f"member {member}")

    def make(self, about: RecordId | Subject) -> MadeCode:
        return self._sdk.make_court_code(about, *self._by)

    def end(self, code: Digest) -> dict[str, Any]:
        return self._sdk.end_court_code(code, *self._by)

    def listed(self) -> list[dict[str, Any]]:
        return self._sdk.court_codes(*self._by)

    def shown(self, code: Digest) -> dict[str, Any]:
        return self._sdk.court_code(code, *self._by)


def codes_of(sdk: Client, member: str) -> Codes:
    return Codes(sdk, member)


def typed(client: httpx.Client, code: str) -> httpx.Response:
    # One id for all: whatever else differs between two answers would tell something.
    headers = {"X-Request-Id": "a-clerk-of-the-court"}
    return client.post(f"{PATH}/package", json={"code": code}, headers=headers)


def test_a_clerk_types_the_code_and_gets_one_and_the_same_file_each_time(
    tender: Tender, sdk: Client
) -> None:
    made = codes_of(sdk, "builder").make(Subject(SECTION))
    first = typed(tender.client, grouped(made.code))
    assert first.status_code == 200, first.text
    assert first.headers["content-type"] == "application/zip"
    assert first.headers["cache-control"] == "no-store"
    assert sha256(first.content).hex() == made.told["package_sha256"]
    name = f'attachment; filename="evidence-{made.told["package_sha256"][:16]}.zip"'
    assert first.headers["content-disposition"] == name
    sloppy = f"  {made.code.lower()[:7]} {made.code[7:]}"
    assert typed(tender.client, sloppy).content == first.content
    form = tender.client.post(PAGE, data={"code": grouped(made.code)})
    assert form.content == first.content
    shown = codes_of(sdk, "builder").shown(code_hash(made.code))
    assert [(each["place"], each["outcome"]) for each in shown["uses"]] == [("local", "given")] * 3


@pytest.mark.parametrize("told", [{}, [], {"this_node": None}, {"this_node": 7}, {"this_node": ""}])
def test_no_order_names_a_node_that_did_not_say_its_name(
    sdk: Client, told: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A court code is of one node: nobody signs an order for a node called None."""

    def says(_asking: Asking, path: str, **_params: object) -> Flow[object]:
        assert path == "/v1/network"
        yield from ()
        return told

    monkeypatch.setattr(Asking, "json", says)
    with pytest.raises(ClientError) as refused:
        codes_of(sdk, "builder").make(Subject(SECTION))
    assert refused.value.code is Code.API_ANSWER
    assert refused.value.detail["what"] == "this_node"


def test_whoever_lives_in_an_event_loop_makes_and_ends_codes_too(
    tender: Tender, node: OneNode
) -> None:
    with awaited([node.url], node.trust) as sdk:
        made, builder = codes_of(sdk, "builder").make(Subject(SECTION)), codes_of(sdk, "builder")
        name = code_hash(made.code)
        assert name.hex() in {each["code_hash"] for each in builder.listed()}
        assert builder.shown(name)["uses"] == []
        assert builder.end(name)["revoked"]
    assert typed(tender.client, made.code).json()["code"] == "court_code.none"


def test_the_maker_and_a_supervisor_see_a_code_and_its_uses_and_nobody_else_does(
    tender: Tender, sdk: Client
) -> None:
    made = codes_of(sdk, "builder").make(RecordId(tender.document.record_id))
    name = code_hash(made.code)
    for member in ("builder", "supervisor"):
        assert name.hex() in {each["code_hash"] for each in codes_of(sdk, member).listed()}
        assert codes_of(sdk, member).shown(name)["uses"] == []
    stranger = codes_of(sdk, "bidder")
    assert name.hex() not in {each["code_hash"] for each in stranger.listed()}
    with pytest.raises(ClientError) as unseen:
        stranger.shown(name)
    with pytest.raises(ClientError) as kept:
        stranger.end(name)
    assert unseen.value.code is kept.value.code is Code.API_NOT_FOUND
    assert tender.client.get(PATH).status_code == 401


def test_what_opens_nothing_is_answered_alike_whatever_the_reason(
    tender: Tender, sdk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = codes_of(sdk, "builder")
    revoked = builder.make(Subject(SECTION))
    builder.end(code_hash(revoked.code))
    spent = builder.make(Subject(SECTION))
    monkeypatch.setattr(court_code_store, "GIVEN_MAX", 1)
    assert typed(tender.client, spent.code).status_code == 200
    answers = [typed(tender.client, code) for code in (UNKNOWN, revoked.code, spent.code)]
    expiring = builder.make(Subject(SECTION))
    later = now_ms() + LIFE_MS + DAY_MS
    monkeypatch.setattr(court_codes, "now_ms", lambda: later)
    answers.append(typed(tender.client, expiring.code))
    monkeypatch.undo()
    # The clock is set back: what was over stays over.
    answers.append(typed(tender.client, expiring.code))
    assert {each.status_code for each in answers} == {404}
    assert {each.content for each in answers} == {answers[0].content}
    kept = [{**each.headers, "date": ""} for each in answers]
    assert all(each == kept[0] for each in kept)
    assert answers[0].json()["code"] == "court_code.none"
    uses = builder.shown(code_hash(expiring.code))["uses"]
    assert [each["outcome"] for each in uses] == ["expired", "expired"]


def test_a_package_is_given_no_more_once_its_maker_may_not_see_all_of_it(
    tender: Tender, sdk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bidder sees its own complaint. Were that taken away, its code would open nothing."""
    mine = codes_of(sdk, "bidder").make(RecordId(tender.complaint.record_id))
    assert typed(tender.client, mine.code).status_code == 200
    with pytest.raises(ClientError) as refused:
        codes_of(sdk, "builder").make(RecordId(Digest(seed("no such record"))))
    assert refused.value.code is Code.RECORD_UNKNOWN
    monkeypatch.setattr("api.rights.Viewer.may_see", lambda *_: False)
    assert typed(tender.client, mine.code).json()["code"] == "court_code.none"
    monkeypatch.undo()
    monkeypatch.setattr(court_codes, "REFUSAL_S", 0.0)
    monkeypatch.setattr(court_codes, "is_member_now", lambda *_: False)
    assert typed(tender.client, mine.code).json()["code"] == "court_code.none"
    outcomes = [
        each["outcome"] for each in codes_of(sdk, "bidder").shown(code_hash(mine.code))["uses"]
    ]
    assert outcomes == ["given", "hidden", "hidden"]


def ordered(node: OneNode, **changed: Any) -> SignedOrder:
    facts: dict[str, Any] = {
        "action": MAKE,
        "network_id": node.genesis.network_id,
        "node_id": NodeId("one"),
        "member_id": MemberId("builder"),
        "code_hash": sha256(b"a name"),
        "record_id": None,
        "subject": Subject(SECTION),
        "made_at_ms": now_ms(),
    }
    return sign_order(signer("member builder"), CourtOrder(**(facts | changed)))


def test_an_order_that_is_anothers_old_or_for_another_node_makes_nothing(
    tender: Tender, node: OneNode, sdk: Client
) -> None:
    theirs = codes_of(sdk, "bidder").make(Subject(SECTION))
    good = ordered(node)
    forged = SignedOrder(good.order, good.key, flipped(good.signature, 3))
    asked = [
        (ordered(node, node_id=NodeId("two")), "court_code.order"),
        (ordered(node, network_id=NetworkId(sha256(b"x"))), "court_code.order"),
        (ordered(node, made_at_ms=now_ms() - DAY_MS), "court_code.order"),
        (ordered(node, made_at_ms=now_ms() + DAY_MS), "court_code.order"),
        (ordered(node, code_hash=code_hash(theirs.code)), "court_code.order"),
        (ordered(node, member_id=MemberId("bidder")), "identity.key"),
        (forged, "signature.invalid"),
        (ordered(node, subject=Subject("no such")), "court_bundle.nothing"),
    ]
    for order, code in asked:
        answer = tender.client.post(PATH, content=order.encode())
        assert answer.json()["code"] == code, answer.text
    assert tender.client.post(PATH, content=b"{}").json()["code"].startswith("format.")
    folder = node.folder / "court-codes"
    assert not list(folder.glob(f"{good.order.code_hash.hex()}*"))
    one = tender.client.post(PATH, content=good.encode())
    assert (
        one.status_code == 200
        and tender.client.post(PATH, content=good.encode()).json() == one.json()
    )


def test_the_page_answers_what_opens_nothing_alike_whatever_the_reason(
    tender: Tender, sdk: Client
) -> None:
    builder = codes_of(sdk, "builder")
    revoked = builder.make(Subject(SECTION))
    builder.end(code_hash(revoked.code))
    headers = {"X-Request-Id": "a-clerk-of-the-court"}
    answers = [
        tender.client.post(PAGE, data={"code": code}, headers=headers)
        for code in (UNKNOWN, revoked.code)
    ]
    assert {each.status_code for each in answers} == {404}
    assert answers[0].content == answers[1].content
    one, other = ({**each.headers, "date": ""} for each in answers)
    assert one == other


def test_a_refusal_takes_as_long_whatever_was_written_down_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A code that never was costs no disk, one that was costs some: nobody sees it."""
    clock_s, ends_s, known = [1_000.0], list[float](), new_code(bytes(range(12)))

    class Slow(CourtCodeStore):
        def use(self, wanted: Digest, *_: Any) -> None:
            clock_s[0] += 0.3 if wanted == code_hash(known) else 0.0001

    async def sleep(seconds: float) -> None:
        ends_s.append(round(clock_s[0] + seconds, 6))

    monkeypatch.setattr(court_codes, "REFUSAL_S", 0.5)
    # In this module only: a node runs beside it.
    clock = SimpleNamespace(monotonic=lambda: clock_s[0])
    monkeypatch.setattr(court_codes, "time", clock)
    waits = SimpleNamespace(sleep=sleep, to_thread=asyncio.to_thread)
    monkeypatch.setattr(court_codes, "asyncio", waits)
    codes = CourtCodes(None, Slow(tmp_path), None)  # type: ignore[arg-type]
    for code in (UNKNOWN, known):
        began_s = clock_s[0]
        with pytest.raises(LedgerError) as refused:
            asyncio.run(codes.extract(code, "127.0.0.1"))
        assert refused.value.code is Code.COURT_CODE_NONE
        assert ends_s.pop() == round(began_s + 0.5, 6)


def test_the_page_needs_no_script_and_says_in_both_languages_what_went_wrong(
    tender: Tender, sdk: Client
) -> None:
    client = tender.client
    for language, title in (
        ("zh", "凭提取码取得证据包"),
        ("en", "Get an evidence package by its code"),
    ):
        page = client.get(PAGE, params={"lang": language})
        assert page.status_code == 200 and title in page.text
        assert "<script" not in page.text and 'method="post"' in page.text
    slip = client.post(PAGE, data={"code": 'ABCD"><b>'}, params={"lang": "en"})
    assert slip.status_code == 400 and "ABCD&#34;&gt;&lt;b&gt;" in slip.text
    none = client.post(PAGE, data={"code": UNKNOWN}, params={"lang": "zh"})
    assert none.status_code == 404 and "没有可以提取的证据包" in none.text
    assert UNKNOWN not in none.text.replace("XXXX", "")
    for body in (b"", b"code=", b"\xff\xfe=1&code=%ff%00", b"a=1&b=2&c=3&d=4&e=5"):
        assert client.post(PAGE, content=body).status_code in (400, 404)
    assert client.post(PAGE, content=b"code=" + b"0" * 2000).status_code == 413


def test_a_code_is_in_no_file_of_the_node_and_in_no_address(
    tender: Tender, node: OneNode, sdk: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    made = codes_of(sdk, "builder").make(Subject(SECTION))
    asked = typed(tender.client, made.code)
    form = tender.client.post(PAGE, data={"code": grouped(made.code)})
    for answer in (asked, form):
        assert made.code not in str(answer.request.url) and made.code not in str(answer.headers)
    spelled = [each.encode() for each in (made.code, grouped(made.code), made.code.lower())]
    for path in node.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(each in data for each in spelled), path
    told = "".join(capfd.readouterr())
    assert not any(each.decode() in told for each in spelled)


def test_codes_packages_and_uses_outlive_a_restart(tmp_path: Path) -> None:
    node = OneNode(tmp_path / "node")
    with node.up() as client, Client([node.url], node.trust) as sdk:
        play(client, node)
        made = codes_of(sdk, "builder").make(Subject(SECTION))
        content = typed(client, made.code).content
    with node.up() as client, Client([node.url], node.trust) as sdk:
        assert typed(client, made.code).content == content
        shown = codes_of(sdk, "builder").shown(code_hash(made.code))
        assert [each["outcome"] for each in shown["uses"]] == ["given", "given"]


# The folder by itself.


def row(member: str = "builder", name: str = "code", *, at_ms: int = 1, size: int = 4) -> CodeRow:
    return CodeRow(
        code_hash=sha256(name.encode()),
        member=MemberId(member),
        about="P-1",
        record_ids=(RecordId(sha256(b"record")),),
        package_sha256=sha256(b"data"),
        package_bytes=size,
        made_at_ms=at_ms,
        expires_at_ms=at_ms + LIFE_MS,
    )


def used(store: CourtCodeStore, name: str, at_ms: int) -> bool:
    found = store.use(sha256(name.encode()), at_ms, "local", lambda _: True)
    if found is not None:
        found[1].close()
    return found is not None


def test_many_at_once_get_the_package_as_often_as_it_may_be_had_and_no_more(tmp_path: Path) -> None:
    store = CourtCodeStore(tmp_path)
    store.keep(row(), [b"data"], 1)
    given: list[bool] = []
    threads = [
        threading.Thread(target=lambda: given.append(used(store, "code", 2)))
        for _ in range(GIVEN_MAX + 10)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(given) == GIVEN_MAX
    kept = CourtCodeStore(tmp_path).get(sha256(b"code"), 3)
    assert kept is not None and kept.given_count == GIVEN_MAX
    assert [each.outcome for each in kept.uses].count(Outcome.SPENT) == 10


def test_a_code_that_two_make_at_once_opens_what_the_first_was_answered_with(
    tmp_path: Path,
) -> None:
    """Who overheard an order knows the code's hash, and could put a package of his own under it."""
    store = CourtCodeStore(tmp_path)
    first = store.keep(row(), [b"data"], 1)
    assert store.keep(replace(row(at_ms=2), package_sha256=sha256(b"more")), [b"more"], 2) == first
    with pytest.raises(LedgerError) as refused:
        store.keep(row("thief"), [b"his"], 2)
    assert refused.value.code == "court_code.order"
    found = store.use(first.code_hash, 3, "local", lambda _: True)
    assert found is not None
    with found[1] as package:
        assert (found[0].member, package.read()) == ("builder", b"data")


def test_however_often_a_code_is_typed_its_row_has_an_end(tmp_path: Path) -> None:
    store = CourtCodeStore(tmp_path)
    store.keep(row(), [b"data"], 1)
    for _ in range(USES_MAX + 5):
        used(store, "code", 2)
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    used(store, "code", 3)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == size


def test_packages_leave_the_disk_with_their_codes_and_rows_ninety_days_later(
    tmp_path: Path,
) -> None:
    store = CourtCodeStore(tmp_path)
    for name in ("expires", "revoked"):
        store.keep(row(name=name), [b"data"], 1)
    store.end(sha256(b"revoked"), 2)
    assert len(list(tmp_path.glob("*.zip"))) == 1
    assert not used(store, "revoked", 3)
    assert not used(store, "expires", LIFE_MS + 1)
    assert not list(tmp_path.glob("*.zip")) and len(list(tmp_path.iterdir())) == 2
    assert store.rows(None, LIFE_MS + KEPT_MS + 1) == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("limit", "most"),
    [
        ("LIVE_PER_MEMBER_MAX", 2),
        ("KEPT_PER_MEMBER_MAX", 2),
        ("KEPT_MAX", 2),
        ("PER_MEMBER_BYTES_MAX", 8),
        ("TOTAL_BYTES_MAX", 8),
    ],
)
def test_a_folder_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(court_code_store, limit, most)
    store = CourtCodeStore(tmp_path)
    for name in ("one", "two"):
        store.keep(row(name=name), [b"data"], 1)
    with pytest.raises(LedgerError) as full:
        store.keep(row(name="three"), [b"data"], 1)
    assert full.value.code is Code.COURT_CODE_FULL
    store.end(sha256(b"one"), 2)
    # What ended makes room for packages, and is still remembered.
    if limit.startswith("KEPT"):
        with pytest.raises(LedgerError):
            store.keep(row(name="three"), [b"data"], 2)
    else:
        store.keep(row(name="three"), [b"data"], 2)


def test_what_a_crash_or_somebody_left_in_the_folder_is_not_given_out(tmp_path: Path) -> None:
    store = CourtCodeStore(tmp_path)
    store.keep(row(), [b"data"], 1)
    stray = tmp_path / f"{sha256(b'stray').hex()}.zip"
    stray.write_bytes(b"data")
    (tmp_path / f"{sha256(b'damaged').hex()}.code.json").write_bytes(b"{}")
    (tmp_path / "no name.code.json").write_bytes(b"{}")
    again = CourtCodeStore(tmp_path)
    assert [each.about for each in again.rows(None, 2)] == ["P-1"]
    assert not stray.exists()
    (tmp_path / f"{row().code_hash.hex()}.zip").write_bytes(b"other")
    with pytest.raises(LedgerError) as damaged:
        used(again, "code", 2)
    assert damaged.value.code is Code.STORE_DAMAGED
    assert json.loads((tmp_path / f"{row().code_hash.hex()}.code.json").read_text())["uses"] == []


# Who tries how often, and what is told of it.


def test_a_pace_lets_a_burst_through_then_one_at_a_time_and_forgets() -> None:
    pace = Pace(burst=3, each_ms=100)
    assert [pace.wait_ms("a", 1_000) for _ in range(4)] == [0, 0, 0, 100]
    assert pace.wait_ms("b", 1_000) == 0, "one does not hold up another"
    assert [pace.wait_ms("a", 1_100) for _ in range(2)] == [0, 100]
    assert [pace.wait_ms("a", 9_000) for _ in range(4)] == [0, 0, 0, 100]
    for name in range(1_000):
        pace.wait_ms(str(name), 10_000 + 300 * name)
    assert len(pace._free_at_ms) < 10


def test_an_address_that_floods_takes_no_attempt_from_the_others(tmp_path: Path) -> None:
    """What opens nothing is refused either way; by `court_code.typed` an attempt was counted."""
    codes = CourtCodes(None, CourtCodeStore(tmp_path), None)  # type: ignore[arg-type]

    def attempt(address: str) -> str:
        with pytest.raises(LedgerError) as refused:
            anyio.run(codes.extract, "no code", address)
        return refused.value.code.value

    flood = [attempt("198.51.100.7") for _ in range(1_000)]
    assert flood.count("court_code.typed") < 30 and flood[-1] == "court_code.pace"
    for other in range(100):
        assert attempt(f"203.0.113.{other}") == "court_code.typed"
    # The machine's own, behind a proxy, counts among all and no more.
    assert attempt("127.0.0.1") == "court_code.typed"


def told(client: httpx.Client) -> dict[str, float]:
    """How often codes were typed, by what came of it, as a scraper reads it."""
    start = "bidwitness_court_code_attempts_total{outcome="
    lines = [each for each in client.get("/metrics").text.splitlines() if each.startswith(start)]
    return {each.split('"')[1]: float(each.split()[-1]) for each in lines}


def test_guesses_show_in_the_metrics_before_anybody_is_right(tender: Tender, sdk: Client) -> None:
    before = told(tender.client)
    assert before.keys() >= {"given", "court_code.none", "court_code.typed", "court_code.pace"}
    made = codes_of(sdk, "builder").make(Subject(SECTION))
    for each in (made.code, UNKNOWN, UNKNOWN, f"{UNKNOWN[:-1]}U"):
        typed(tender.client, each)
    after = told(tender.client)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown == {"given": 1, "court_code.none": 2, "court_code.typed": 1}
    codes_of(sdk, "builder").end(code_hash(made.code))


def test_who_guesses_is_held_up_before_anything_is_looked_up(
    tender: Tender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pace, "wait_ms", lambda *_: 2_500)
    answer = typed(tender.client, UNKNOWN)
    assert (answer.status_code, answer.json()["code"]) == (429, "court_code.pace")
    assert answer.json()["facts"] == {"seconds": 3}
    page = tender.client.post(PAGE, data={"code": UNKNOWN})
    assert page.status_code == 429 and page.headers["retry-after"] == "3"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("127.0.0.1", "local"),
        ("::1", "local"),
        ("", "unknown"),
        ("testclient\n", "unknown"),
    ],
)
def test_of_where_somebody_is_the_network_is_kept(address: str, place: str) -> None:
    assert place_of(address) == place
