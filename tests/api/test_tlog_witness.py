"""A witness: what it cosigns, what it refuses, and that its word is durable before it is given."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.tlog_witness.app import create_witness_app
from api.tlog_witness.service import Witness, WitnessedLog
from consensus.append_file import File
from ledger.codes import Code
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.note import NoteKey, parse_note, parse_vkey, verify_note
from ledger.errors import StoreError
from ledger.trust import decode_trust
from ledger.witnessing import origin_hash
from tests.consensus.memory_file import MemoryFile
from tests.vectors.generate.add_checkpoint import (
    KEY,
    NAME,
    TIME_S,
    grown,
    head_of,
    request_for,
)
from tests.vectors.reading import cases
from tests.vectors.small_network import signer

ABOUT = cases("add_checkpoint/witness")[0].values[0]
TRUST = decode_trust(json.dumps(ABOUT["trust"]).encode())
VKEY: NoteKey = parse_vkey(ABOUT["vkey"])
LOG = grown(5)


@dataclass
class Client:
    """Speaks to an application in this process."""

    app: FastAPI

    def get(self, path: str) -> httpx.Response:
        return self._ask("GET", path, b"")

    def post(self, path: str, content: bytes) -> httpx.Response:
        return self._ask("POST", path, content)

    def _ask(self, method: str, path: str, content: bytes) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://witness") as client:
                return await client.request(method, path, content=content)

        return asyncio.run(asked())


def witness_on(disk: File, time_s: int = TIME_S) -> Client:
    """A witness that takes up what is on a disk."""
    log = WitnessedLog(TRUST, disk, signer(KEY), NAME)
    return Client(create_witness_app(Witness([log], lambda: time_s)))


def disk_with(note: str | None) -> MemoryFile:
    return MemoryFile("head", (note or "").encode())


def add(client: Client, old: int, new: int) -> Any:
    return client.post("/add-checkpoint", content=request_for(LOG, old, new).format())


@pytest.mark.parametrize("case", cases("add_checkpoint/exchanges"))
def test_a_request_is_answered_as_the_vectors_say(case: Any) -> None:
    disk = disk_with(case["held"])
    before = disk.read()
    answer = witness_on(disk).post("/add-checkpoint", content=case["request"].encode())
    assert answer.status_code == case["status"]
    if case["answer"] is not None:
        assert answer.text == case["answer"]
    if case["status"] == 200:
        kept = parse_note(disk.read())
        verify_note(kept, [VKEY])
        assert kept.text == case["request"].partition("\n\n")[2].partition("\n\n")[0] + "\n"
        return
    assert disk.read() == before
    if case["status"] == 409:
        assert answer.headers["content-type"] == "text/x.tlog.size"
    else:
        assert answer.json()["code"] == case["code"]


def test_what_was_cosigned_is_known_after_a_restart_and_time_does_not_go_back() -> None:
    disk = disk_with(None)
    assert add(witness_on(disk), 0, 4).status_code == 200
    later = witness_on(disk, TIME_S - 3600)
    assert (add(later, 0, 8).status_code, add(later, 0, 8).text) == (409, "4\n")
    line = add(later, 4, 8)
    assert line.status_code == 200
    (said,) = verify_note(parse_note(disk.read()), [VKEY])
    assert said.time_s == TIME_S
    assert line.text in disk.read().decode()


def test_a_head_that_is_asked_for_again_and_again_is_written_once_a_second() -> None:
    """Each request went to the disk, and a stranger needs nothing but a published head for one."""
    disk = disk_with(None)
    client = witness_on(disk)
    first = add(client, 0, 4)
    assert [add(client, 4, 4).text for _ in range(5)] == [first.text] * 5
    assert disk.calls == ["replace"]
    later = witness_on(disk, TIME_S + 1)
    fresh = add(later, 4, 4)
    assert (fresh.status_code, fresh.text == first.text) == (200, False)
    assert disk.calls == ["replace"] * 2 and fresh.text in disk.read().decode()


def test_where_the_disk_fails_nothing_is_cosigned_and_nothing_believed() -> None:
    disk = disk_with(None)
    client = witness_on(disk)
    assert add(client, 0, 4).status_code == 200

    def full(data: bytes) -> None:
        raise StoreError(Code.STORE_DISK_FULL, path="head")

    disk.replace = full  # type: ignore[method-assign]
    refused = add(client, 4, 8)
    assert (refused.status_code, refused.json()["code"]) == (503, "store.disk_full")
    assert add(client, 8, 10).text == "4\n"
    assert parse_checkpoint(parse_note(disk.read()).text).size == 4


@pytest.mark.parametrize("damage", ["another witness's", "another log's", "cut", "flipped"])
def test_a_head_that_is_not_its_own_word_is_not_taken_up(damage: str) -> None:
    disk = disk_with(None)
    add(witness_on(disk), 0, 4)
    good = disk.read()
    if damage == "another log's":
        bad = good.replace(LOG.trust.origin.encode(), b"other.example/1")
    elif damage == "another witness's":
        bad = good.replace(NAME.encode(), b"other.example/w1")
    else:
        bad = good[:-20] if damage == "cut" else good.replace(b"\n4\n", b"\n5\n")
    with pytest.raises(StoreError) as refused:
        witness_on(MemoryFile("head", bad))
    assert refused.value.code is Code.WITNESS_STATE


def test_monitors_read_the_last_head_with_the_lines_that_were_verified() -> None:
    client = witness_on(disk_with(None))
    where = f"/{origin_hash(TRUST.origin)}/checkpoint"
    assert client.get(where).json()["code"] == "checkpoint.none"
    assert client.get(f"/{origin_hash('other.example/1')}/checkpoint").status_code == 404
    line = add(client, 0, 4).text
    shown = client.get(where)
    assert shown.status_code == 200
    note = parse_note(shown.content)
    assert note.text == head_of(LOG, 4).text()
    assert shown.text.endswith(line)
    assert len(note.signatures) == 1 + len(TRUST.committee.nodes) + 1


def test_what_is_too_large_or_asked_otherwise_is_refused() -> None:
    client = witness_on(disk_with(None))
    assert client.post("/add-checkpoint", content=b"x" * 20_000).status_code == 413
    assert client.get("/add-checkpoint").status_code == 405
    assert client.post("/sign-subtree", content=b"").status_code == 404
    assert client.get("/healthz").status_code == 200


def test_who_leaves_in_the_middle_of_a_request_leaves_no_trace() -> None:
    """Any stranger could fill the log with traces of mistakes that were none of ours."""
    came = iter(({"type": "http.request", "body": b"old", "more_body": True},))
    sent: list[Any] = []

    async def receive() -> Any:
        return next(came, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    path = "/add-checkpoint"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode()}
    rest = {"headers": [], "query_string": b"", "root_path": "", "http_version": "1.1"}
    asyncio.run(witness_on(disk_with(None)).app(scope | rest, receive, send))
    assert sent[0]["status"] == 400
