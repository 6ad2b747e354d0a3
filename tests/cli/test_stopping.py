"""A node at work over HTTPS, stopped in the midst of it: nothing acknowledged is lost, streams end,
and its log leads from an answer to a line and tells no secret.
"""

import json
import re
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from api.client.https import trusting
from api.clock import now_ms
from api.token import audience_of, make_token
from cli.compose.serving import GOODBYE_S
from cli.demo.processes import stop_all
from cli.keyfiles import open_key
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.identifiers import Digest, MemberId, Subject
from ledger.core.record import Evidence, Record
from ledger.core.signing import Ed25519Signer
from ledger.reliance import read_trust
from tests.cli.one_node import READY_S, OneNode, new_network

pytestmark = pytest.mark.network
WORK_S = 1.5
HOUR_MS = 3_600_000
CENTRE = MemberId("centre")
PASSPHRASE = b"correct horse"


@dataclass
class Busy:
    """Those who use the node, and what it promised them."""

    made: OneNode
    url: str
    key: Ed25519Signer
    promised: list[Bundle] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """Of all answers to submissions."""
    ended: list[str] = field(default_factory=list)
    """How each stream ended."""
    stopping: threading.Event = field(default_factory=threading.Event)
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self) -> httpx.Client:
        """One that pins the node's own certificate."""
        pinned = trusting(self.made.node.folder / "tls" / "api.pem")
        return httpx.Client(base_url=self.url, verify=pinned, timeout=30, trust_env=False)

    def bundle(self) -> Bundle:
        """One fresh record."""
        with self._lock:
            self._count += 1
            number = self._count.to_bytes(16)
        now = now_ms()
        document = Evidence("file", Digest(number * 2), None, 1, "application/pdf")
        record = Record(
            "evidence.deposited", CENTRE, Subject("S"), now, (document,), {}, None, (), number
        )
        network_id = read_trust(self.made.trust).network_id
        data = [record.encode()]
        return sign_bundle(self.key, network_id, CENTRE, data, now, now + HOUR_MS, bytes(16))

    def submit(self, wait_s: int) -> None:
        """One bundle after the other until the line is cut."""
        with self.client() as client:
            while not self.stopping.is_set():
                bundle = self.bundle()
                try:
                    answer = client.post(
                        "/v1/bundles",
                        params={"wait": wait_s, "receipts": "none"},
                        content=bundle.encode(),
                        headers={"Content-Type": "application/msgpack"},
                    )
                except httpx.HTTPError:
                    return
                self.statuses.append(answer.status_code)
                if answer.status_code in (201, 202):
                    self.promised.append(bundle)

    def follow(self) -> None:
        """One stream to its end."""
        try:
            with self.client() as client, client.stream("GET", "/v1/events?since=0") as answer:
                told = sum(1 for line in answer.iter_lines() if line.startswith("event: "))
            self.ended.append("whole" if told else "empty")
        except httpx.HTTPError as problem:
            self.ended.append(repr(problem))


def wait_ready(busy: Busy) -> None:
    until = time.monotonic() + READY_S
    with busy.client() as client:
        while time.monotonic() < until:
            assert busy.made.node.running, busy.made.node.last_words()
            try:
                if client.get("/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.ConnectError:
                time.sleep(0.05)
    raise AssertionError("not ready")


@pytest.fixture
def busy(tmp_path: Path) -> Busy:
    made = new_network(tmp_path, https=True)
    key = open_key(made.network.member_folder("centre") / "member.key", PASSPHRASE)
    return Busy(made, made.node.api, key)


def test_a_node_that_is_stopped_at_work_keeps_what_it_promised_and_tells_no_secret(
    busy: Busy,
) -> None:
    node, log = busy.made.node, busy.made.node.folder / "node.log"
    node.start()
    try:
        wait_ready(busy)
        audience = audience_of(read_trust(busy.made.trust).network_id, node.node_id)
        token = make_token(busy.key, CENTRE, audience, now_ms())
        with busy.client() as client:
            proof = {"Authorization": f"Bearer {token}", "X-Request-Id": "mine-0123456789"}
            proved = client.get("/v1/deposits", headers=proof)
            assert proved.status_code == 200
            assert proved.headers["X-Request-Id"] == "mine-0123456789"
            refused = client.post("/v1/bundles", content=b"?", headers={"X-Request-Id": "a\tb"})
            wrong = client.get("/v1/deposits", headers={"Authorization": f"Bearer {token}x"})
            assert (refused.status_code, wrong.status_code) == (415, 401)
        users = [threading.Thread(target=busy.submit, args=(wait,)) for wait in (0, 0, 20, 20)]
        users += [threading.Thread(target=busy.follow) for _ in range(2)]
        for user in users:
            user.start()
        time.sleep(WORK_S)
        process = node._process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(READY_S) == 0
        took_s = time.monotonic() - began
        busy.stopping.set()
        for user in users:
            user.join(READY_S)
        node.ask_to_stop()
        # Nothing waits for streams or waiting members, which would last until they are cut off.
        assert took_s < 10 * GOODBYE_S
        assert busy.ended == ["whole", "whole"]
        assert busy.promised and set(busy.statuses) <= {201, 202, 503}
        check_log(log, refused, [token.encode(), PASSPHRASE, *private_parts(busy)])
        node.start()
        wait_ready(busy)
        check_kept(busy)
    finally:
        stop_all([node])


def private_parts(busy: Busy) -> list[bytes]:
    """The node's private keys as its files have them, and their spellings in hexadecimal."""
    folder = busy.made.node.folder
    files = [*folder.glob("keys/*.key"), *folder.glob("tls/*key.pem")]
    assert len(files) >= 4
    lines = [line for each in files for line in each.read_bytes().splitlines()]
    return [line for line in lines if len(line) > 40 and b"PRIVATE KEY" not in line]


def check_log(log: Path, refused: httpx.Response, secrets: list[bytes]) -> None:
    """Lines are JSON, one leads from the answer to what happened, and none has a secret."""
    data = log.read_bytes()
    told = [json.loads(line) for line in data.splitlines()]
    assert told[-1]["event"] == "node.stopped"
    own = refused.headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{32}", own) and refused.json()["request_id"] == own
    (line,) = (each for each in told if each.get("request") == own)
    assert (line["event"], line["route"], line["status"]) == (
        "request.answered",
        "/v1/bundles",
        415,
    )
    for secret in secrets:
        assert secret not in data and secret.hex().encode() not in data


def check_kept(busy: Busy) -> None:
    """Every bundle that was acknowledged is on the ledger, or goes there now."""
    with busy.client() as client:
        for bundle in busy.promised:
            asked = f"/v1/bundles/{bundle.pool_key.hex()}?record={bundle.record_ids[0].hex()}"
            until = time.monotonic() + READY_S
            while (answer := client.get(asked)).status_code == 202 and time.monotonic() < until:
                time.sleep(0.05)
            assert answer.status_code == 200, answer.text
            assert answer.json()["status"] == "committed"
