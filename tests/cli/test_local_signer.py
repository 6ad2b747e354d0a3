"""The local signer: paired by a code, signs what was read in words, and gives nothing else away.

Attacked as a page of another origin, as a name that was made to point here, as another user of the
machine, and as a page that is paired and means harm.
"""

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.identity import caller_of
from cli.compose.serving import http_server, listen
from cli.local_signer.app import Front, create_signer_app
from cli.local_signer.audit import Audit
from cli.local_signer.counter import LIFE_OF_REQUEST_MS, LOGIN_MS, Counter, Holder
from cli.local_signer.pairing import CODE_LIFE_MS, PAIRINGS_MAX, Pairings
from cli.settings import Address
from contracts.catalogue import load_catalogue
from ledger.core.bundle import decode_bundle
from ledger.core.identifiers import MemberId
from ledger.core.openings import decode_openings, verify_opening
from ledger.core.record import decode_record
from ledger.errors import LedgerError
from ledger.trust import trust_root
from tests.contracts.town import Town
from tests.vectors.small_network import seed, signer

PAGE, EVIL = "https://node.example", "https://evil.example"
START_MS = 1_800_000_000_000
DEPOSIT = {
    "type": "evidence.deposited",
    "subject": "LZ-2026-001",
    "occurred_at_ms": START_MS,
    "evidence": [
        {
            "label": "招标文件.pdf",
            "sha256": "ab" * 32,
            "size_bytes": 9,
            "media_type": "application/pdf",
        }
    ],
    "fields": {"method": "scan"},
}


class Signing:
    """A signer at work, with the terminal and the clock in the test's hand."""

    def __init__(self, folder: Path) -> None:
        self.town = Town()
        self.folder = folder
        self.now_ms = START_MS
        self.terminal: list[tuple[str, str]] = []
        pairings = Pairings()
        holder = Holder(
            MemberId("builder"),
            signer("member builder"),
            trust_root(self.town.chain.genesis),
            load_catalogue(),
            frozenset({PAGE}),
        )
        counter = Counter(holder, pairings, Audit(folder / "audit"))
        self.front = Front(counter, pairings, self.show, lambda: self.now_ms)
        self.listening = listen(Address("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self.http = httpx.Client(base_url=f"http://{self.host}", trust_env=False)

    @contextmanager
    def up(self) -> Iterator["Signing"]:
        """Answering, over real HTTP."""
        server = http_server(create_signer_app(self.front, frozenset({self.host})))
        with ThreadPoolExecutor(1) as pool, self.listening, self.http:
            ended = pool.submit(asyncio.run, server.serve(sockets=[self.listening]))
            try:
                yield self
            finally:
                server.should_exit = True
                ended.result()

    def show(self, origin: str, code: str) -> None:
        self.terminal.append((origin, code))

    def ask(
        self, method: str, path: str, origin: str = PAGE, secret: str = "", body: Any = None
    ) -> httpx.Response:
        headers = {"Origin": origin, "Bidwitness-Pairing": secret}
        return self.http.request(method, path, headers=headers, json=body)

    def pair(self, origin: str = PAGE) -> str:
        """The secret of a page whose person typed the code."""
        assert self.ask("POST", "/v1/pairing", origin).status_code == 202
        named, code = self.terminal[-1]
        assert named == origin
        answer = self.ask(
            "POST", "/v1/pairing/code", origin, body={"code": f"{code[:4]}-{code[4:]}"}
        )
        return str(answer.json()["secret"])

    def wish(self, secret: str, *records: dict[str, Any], origin: str = PAGE) -> httpx.Response:
        body = {"sign": "records", "records": list(records)}
        return self.ask("POST", "/v1/sign", origin, secret, body)

    def login(self, secret: str, node: str = "centre", origin: str = PAGE) -> httpx.Response:
        return self.ask("POST", "/v1/sign", origin, secret, {"sign": "login", "node": node})

    @property
    def desk(self) -> str:
        return f"/desk/{self.front.desk}"

    def shown(self) -> str:
        """The desk as the person sees it."""
        return self.http.get(self.desk).text

    def decide(self, word: str = "consent", **more: str) -> httpx.Response:
        """Press a button of the desk, the box ticked."""
        found = re.search(r'name="ticket" value="([0-9a-f]+)"', self.shown())
        form = {"ticket": found[1] if found else "", "word": word, "checked": "yes"} | more
        origin = {"Origin": f"http://{self.host}"}
        return self.http.post(self.desk, data=form, headers=origin)

    def audit(self) -> list[dict[str, Any]]:
        path = self.folder / "audit"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]


@pytest.fixture
def signing(tmp_path: Path) -> Iterator[Signing]:
    with Signing(tmp_path).up() as at_work:
        yield at_work


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["code"])


# What it is for.


def test_a_record_is_signed_as_it_was_read(signing: Signing) -> None:
    secret = signing.pair()
    asked = signing.wish(secret, DEPOSIT)
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    shown = signing.shown()
    for said in (PAGE, "招标文件.pdf", "ab" * 32, "LZ-2026-001", "evidence.deposited", "builder"):
        assert said in shown
    assert signing.decide().status_code == 303
    path = f"/v1/sign/{asked.json()['ticket']}"
    told = signing.ask("GET", path, secret=secret).json()
    bundle = decode_bundle(base64.b64decode(told["bundle"]))
    bundle.verify(signer("member builder").public_key)
    (record,) = map(decode_record, bundle.records)
    assert (record.issuer, record.type, record.fields["method"]) == (
        "builder",
        "evidence.deposited",
        "scan",
    )
    assert told["record_ids"] == [record.record_id.hex()] and told["openings"] == [None]
    assert bundle.header.network_id == signing.town.chain.head.network_id
    (line,) = signing.audit()
    assert (line["became"], line["origin"]) == ("signed", PAGE)
    assert line["records"][0]["id"] == record.record_id.hex()


def test_private_values_are_shown_and_committed_with_salts_of_the_signers_own(
    signing: Signing,
) -> None:
    secret = signing.pair()
    ticket = signing.wish(secret, {**DEPOSIT, "private": {"note": "底价不公开"}}).json()["ticket"]
    assert "底价不公开" in signing.shown()
    signing.decide()
    told = signing.ask("GET", f"/v1/sign/{ticket}", secret=secret).json()
    (record,) = map(decode_record, decode_bundle(base64.b64decode(told["bundle"])).records)
    (opening,) = decode_openings(told["openings"][0].encode()).openings
    verify_opening(record, opening)
    assert opening.value == "底价不公开"


def test_a_login_is_a_token_for_one_node_and_is_renewed_for_a_while(signing: Signing) -> None:
    secret = signing.pair()
    ticket = signing.login(secret).json()["ticket"]
    assert "centre" in signing.shown()
    signing.decide()
    token = signing.ask("GET", f"/v1/sign/{ticket}", secret=secret).json()["token"]
    chain = signing.town.chain
    assert caller_of(f"Bearer {token}", chain, "centre", signing.now_ms).member_id == "builder"
    with pytest.raises(LedgerError):
        caller_of(f"Bearer {token}", chain, "notary", signing.now_ms)
    with pytest.raises(LedgerError):
        caller_of(f"Bearer {token}", chain, "centre", signing.now_ms + 66_000)
    signing.now_ms += LOGIN_MS - 1
    assert signing.login(secret).status_code == 200
    assert signing.login(secret, "notary").status_code == 202, "another node is another login"
    signing.decide("decline")
    signing.now_ms += 1
    assert signing.login(secret).status_code == 202, "over: a person is asked again"


def test_what_was_declined_or_came_late_is_not_signed(signing: Signing) -> None:
    secret = signing.pair()
    first = signing.wish(secret, DEPOSIT).json()["ticket"]
    signing.decide("decline")
    assert code_of(signing.ask("GET", f"/v1/sign/{first}", secret=secret)) == "signer.declined"
    second = signing.wish(secret, DEPOSIT).json()["ticket"]
    signing.now_ms += LIFE_OF_REQUEST_MS
    assert code_of(signing.decide(ticket=second)) == "signer.ticket"
    assert code_of(signing.ask("GET", f"/v1/sign/{second}", secret=secret)) == "signer.expired"
    assert [each["became"] for each in signing.audit()] == ["declined", "expired"]


def test_nothing_is_signed_that_cannot_be_kept(signing: Signing) -> None:
    secret = signing.pair()
    ticket = signing.wish(secret, DEPOSIT).json()["ticket"]
    (signing.folder / "audit").mkdir()
    assert code_of(signing.decide()) == "file.unwritable"
    assert signing.ask("GET", f"/v1/sign/{ticket}", secret=secret).json()["state"] == "waiting"


def test_the_audit_is_for_its_owner_only(signing: Signing) -> None:
    signing.wish(signing.pair(), DEPOSIT)
    signing.decide()
    assert (signing.folder / "audit").stat().st_mode & 0o077 == 0


# A page of another origin.


def test_a_page_that_is_not_paired_reads_nothing_and_moves_nothing(signing: Signing) -> None:
    secret = signing.pair()
    for method, path in (("GET", "/v1/state"), ("POST", "/v1/sign"), ("GET", "/v1/sign/1")):
        answer = signing.ask(method, path, EVIL, secret)
        assert code_of(answer) == "signer.unpaired"
        assert "access-control-allow-origin" not in answer.headers
        asked = {"Origin": EVIL, "Access-Control-Request-Method": method}
        preflight = signing.http.options(path, headers=asked)
        assert preflight.status_code == 403
        assert "access-control-allow-origin" not in preflight.headers


def test_a_paired_page_shows_its_secret_with_every_request(signing: Signing) -> None:
    signing.pair()
    for wrong in ("", "0" * 64, signing.pair("https://other.example")):
        assert code_of(signing.ask("GET", "/v1/state", secret=wrong)) == "signer.unpaired"


@pytest.mark.parametrize(
    "origin",
    ["null", "", "file://", "https://node.example/", "https://NODE.example", "https://a b", "x"],
)
def test_an_origin_that_is_none_is_refused(signing: Signing, origin: str) -> None:
    assert code_of(signing.ask("POST", "/v1/pairing", origin)) == "signer.origin"
    assert signing.terminal == []


def test_a_request_without_an_origin_is_refused(signing: Signing) -> None:
    assert code_of(signing.http.post("/v1/pairing", json={})) == "signer.origin"
    twice = [("Origin", PAGE), ("Origin", EVIL)]
    assert code_of(signing.http.post("/v1/pairing", headers=twice, json={})) == "signer.origin"


@pytest.mark.parametrize(
    "host", ["evil.example:7611", "127.0.0.1", "127.0.0.1:80", "localhost.:7611", ""]
)
def test_a_name_that_was_made_to_point_here_is_refused(signing: Signing, host: str) -> None:
    """DNS rebinding: the page's own origin, and the signer's address behind its name."""
    headers = {"Host": host, "Origin": f"http://{host}"}
    for path in ("/", "/v1/pairing", signing.desk):
        assert code_of(signing.http.get(path, headers=headers)) == "signer.host"


def test_a_browser_is_told_that_a_page_may_reach_this_machine(signing: Signing) -> None:
    signing.pair()
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Private-Network": "true",
    }
    told = signing.http.options("/v1/sign", headers=asked).headers
    assert told["access-control-allow-origin"] == PAGE
    assert told["access-control-allow-private-network"] == "true"
    assert "access-control-allow-credentials" not in told


def test_another_page_posts_no_form_to_the_desk(signing: Signing) -> None:
    signing.wish(signing.pair(), DEPOSIT)
    form = {"ticket": "0", "word": "consent", "checked": "yes"}
    for origin in (PAGE, EVIL, "null"):
        answer = signing.http.post(signing.desk, data=form, headers={"Origin": origin})
        assert code_of(answer) == "signer.origin"
    assert code_of(signing.http.post(signing.desk, data=form)) == "signer.origin"


def test_the_desk_stands_in_no_frame_and_runs_no_script(signing: Signing) -> None:
    told = signing.http.get(signing.desk).headers
    assert told["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in told["content-security-policy"]
    assert "script" not in told["content-security-policy"]
    assert "<script" not in signing.shown()


def test_a_code_is_tried_three_times_and_the_next_one_waits(signing: Signing) -> None:
    signing.ask("POST", "/v1/pairing")
    _, code = signing.terminal[-1]
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    for left in (2, 1, 0, 0):
        answer = signing.ask("POST", "/v1/pairing/code", body={"code": wrong})
        assert (code_of(answer), answer.json()["facts"]["left"]) == ("signer.code", left)
    assert code_of(signing.ask("POST", "/v1/pairing/code", body={"code": code})) == "signer.code"
    assert code_of(signing.ask("POST", "/v1/pairing")) == "signer.busy"
    signing.now_ms += CODE_LIFE_MS
    assert signing.ask("POST", "/v1/pairing").status_code == 202


def test_a_code_is_for_the_origin_that_the_terminal_named(signing: Signing) -> None:
    signing.ask("POST", "/v1/pairing")
    body = {"code": signing.terminal[-1][1]}
    assert code_of(signing.ask("POST", "/v1/pairing/code", EVIL, body=body)) == "signer.code"
    signing.now_ms += CODE_LIFE_MS
    assert code_of(signing.ask("POST", "/v1/pairing/code", body=body)) == "signer.code"


def test_only_so_many_pages_are_paired(signing: Signing) -> None:
    for number in range(PAIRINGS_MAX):
        signing.pair(f"https://page-{number}.example")
    assert code_of(signing.ask("POST", "/v1/pairing", EVIL)) == "signer.busy"


# Another user of the machine.


def test_without_the_link_nobody_comes_to_the_desk(signing: Signing) -> None:
    signing.wish(signing.pair(), DEPOSIT)
    assert "LZ-2026-001" not in signing.http.get("/").text
    assert "builder" not in signing.http.get("/").text
    for path in (f"/desk/{'0' * 32}", f"/open/{'0' * 32}"):
        answer = signing.http.get(path)
        assert answer.status_code == 404 and "LZ-2026-001" not in answer.text
    assert signing.http.post(f"/desk/{'0' * 32}", data={}).status_code == 404


def test_the_link_in_the_terminal_is_good_for_once(signing: Signing) -> None:
    path = f"/open/{signing.front.opening[0]}"
    opened = signing.http.get(path)
    assert (opened.status_code, opened.headers["location"]) == (303, signing.desk)
    assert signing.http.get(path).status_code == 404


# A page that is paired and means harm.


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"issuer": "centre"}, "signer.request"),
        ({"nonce": "00" * 16}, "signer.request"),
        ({"private": {"root": "00" * 32, "names": ["a"]}}, "record.private_name"),
        ({"type": "no.such"}, "record.type"),
        ({"type": "ledger.alert_raised", "evidence": [], "fields": {}}, ""),
        ({"type": "tender.bid_submitted"}, "sealed.only"),
        ({"fields": {"unknown_field": "x"}}, "record.field_unknown"),
        ({"fields": {"method": "\u202egnp.exe"}}, ""),
        ({"subject": "x" * 201}, "signer.request"),
    ],
    ids=str,
)
def test_a_page_chooses_nothing_of_how_it_is_signed(
    signing: Signing, change: dict[str, Any], code: str
) -> None:
    """Neither issuer nor nonce, nor a commitment whose values nobody reads, nor a sealed record."""
    answer = signing.wish(signing.pair(), {**DEPOSIT, **change})
    assert answer.status_code != 202 or "\u202e" not in signing.shown()
    if code:
        assert code_of(answer) == code
        assert "ticket" not in signing.shown()


def test_every_value_is_in_the_words_and_no_mark_turns_them_around(signing: Signing) -> None:
    """Each leaf of what was asked for is looked up on the desk, however it is spelled there."""
    said = {
        **DEPOSIT,
        "fields": {"method": "<b>粗</b>\u202e", "source_system": "系统 " + "长" * 60},
        "refs": [{"relation": "amends", "record_id": "cd" * 32}],
        "private": {"holder": "只此一处"},
    }
    assert signing.wish(signing.pair(), said).status_code == 202
    shown = signing.shown()
    assert "&lt;b&gt;粗&lt;/b&gt;\N{REPLACEMENT CHARACTER}" in shown
    for value in ("系统 " + "长" * 60, "cd" * 32, "只此一处", "ab" * 32, "application/pdf", "9 B"):
        assert value in shown, value
    for key in ("method", "source_system", "amends", "holder"):
        assert f"<code>{key}</code>" in shown


def test_records_about_keys_and_roles_are_marked(signing: Signing) -> None:
    said = {
        "type": "ledger.delegated",
        "subject": "builder",
        "occurred_at_ms": START_MS,
        "fields": {"delegate": "agent"},
    }
    signing.wish(signing.pair(), said)
    assert 'class="grave"' in signing.shown()


def test_there_is_no_consent_without_the_box_that_every_line_was_read(signing: Signing) -> None:
    signing.wish(signing.pair(), DEPOSIT)
    assert code_of(signing.decide(checked="no")) == "signer.request"
    assert signing.audit() == []


def test_one_request_lies_on_the_counter_and_the_next_one_waits(signing: Signing) -> None:
    secret, other = signing.pair(), signing.pair("https://other.example")
    ticket = signing.wish(secret, DEPOSIT).json()["ticket"]
    refused = signing.wish(other, DEPOSIT, origin="https://other.example")
    assert (refused.status_code, code_of(refused)) == (429, "signer.busy")
    theirs = signing.ask("GET", f"/v1/sign/{ticket}", "https://other.example", other)
    assert code_of(theirs) == "signer.ticket", "nobody asks for another page's answer"


def test_a_page_that_is_declined_again_and_again_is_let_go(signing: Signing) -> None:
    secret = signing.pair()
    for _ in range(3):
        signing.wish(secret, DEPOSIT)
        signing.decide("decline")
    assert code_of(signing.wish(secret, DEPOSIT)) == "signer.unpaired"


def test_only_the_members_own_nodes_log_in_as_the_member(signing: Signing) -> None:
    """Else a page that was paired to sign could read as the member wherever it likes."""
    secret = signing.pair("https://oa.example")
    assert code_of(signing.login(secret, origin="https://oa.example")) == "signer.login"


def test_a_page_that_is_let_go_loses_its_login_and_its_request(signing: Signing) -> None:
    secret = signing.pair()
    signing.login(secret)
    signing.decide()
    signing.wish(secret, DEPOSIT)
    origin = {"Origin": f"http://{signing.host}"}
    signing.http.post(signing.desk, data={"end": PAGE}, headers=origin)
    assert code_of(signing.login(secret)) == "signer.unpaired"
    again = signing.pair()
    assert signing.login(again).status_code == 202, "its login ended as well"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"sign": "bytes"}', b'{"sign":"login"}', b"\xff", b"[" * 5000]
)
def test_what_is_no_request_is_refused_in_words(signing: Signing, body: bytes) -> None:
    headers = {"Origin": PAGE, "Bidwitness-Pairing": signing.pair()}
    answer = signing.http.post("/v1/sign", content=body, headers=headers)
    assert (answer.status_code, code_of(answer)) == (400, "signer.request")


def test_a_body_without_end_is_not_read(signing: Signing) -> None:
    headers = {"Origin": PAGE, "Bidwitness-Pairing": signing.pair()}
    answer = signing.http.post("/v1/sign", content=b" " * 300_000, headers=headers)
    assert (answer.status_code, code_of(answer)) == (413, "format.too_large")


def test_no_byte_of_the_key_leaves(signing: Signing) -> None:
    secret = signing.pair()
    ticket = signing.wish(secret, DEPOSIT).json()["ticket"]
    signing.decide()
    answers = [
        signing.ask("GET", f"/v1/sign/{ticket}", secret=secret).text,
        signing.ask("GET", "/v1/state", secret=secret).text,
        signing.shown(),
        json.dumps(signing.audit()),
    ]
    secret_part = seed("member builder").hex()
    assert all(secret_part not in each for each in answers)
