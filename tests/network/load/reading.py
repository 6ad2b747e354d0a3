"""Readers under load: single questions, each answer verified or written down to be held to the log."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from cli.demo.processes import NodeProcess
from ledger.certificate_pdfs import decode_certificate_pdf, verify_certificate
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.note import parse_note
from ledger.core.receipt import decode_receipt
from ledger.core.tlog_proof import parse_tlog_proof, receipt_in
from ledger.court_bundles import check_court_bundle, read_court_bundle
from ledger.heads import verify_head
from ledger.verify import verify_receipt
from tests.network.load.asking import Asker
from tests.network.load.book import Page
from tests.network.real_network import MEMBERS, RealNetwork

_PAGE = 40
_PAGES_MAX = 30
"""Then a reader begins anew, so that short lists are read as often as long ones."""


class Readers:
    """Everybody who asks."""

    def __init__(self, network: RealNetwork, asker: Asker, folder: Path) -> None:
        self.network, self.asker, self.book = network, asker, asker.book
        self.folder = folder

    async def records(self) -> None:
        """One record after the other: what it says, its proofs, and its subject's list."""
        while not self.asker.stopped:
            await self.asker.rest(0.02, 0.2)
            record = self._some()
            if record is not None:
                ask = self.asker.random.choice(
                    (self._record, self._receipt, self._proof, self._subject, self._fate)
                )
                await ask(self.asker.one(), record)

    async def network_facts(self) -> None:
        """Blocks, heads and what a node says of itself."""
        while not self.asker.stopped:
            await self.asker.rest(0.05, 0.4)
            ask = self.asker.random.choice((self._blocks, self._head, self._said, self._alerts))
            await ask(self.asker.one())

    async def lists(self, member: str | None) -> None:
        """Turns the pages of a list, each at another node, in both orders."""
        while not self.asker.stopped:
            await self._turned(member, newest_first=self.asker.random.random() < 0.3)
            await self.asker.rest(0.1, 0.5)

    async def exports(self) -> None:
        """Takes the records of a member away as JSON Lines, from some height on."""
        while not self.asker.stopped:
            await self.asker.rest(0.5, 2)
            await self._exported(self.asker.one(), self.asker.random.choice(MEMBERS))

    async def downloads(self) -> None:
        """Certificates and evidence packages, opened and verified."""
        while not self.asker.stopped:
            await self.asker.rest(0.5, 2)
            record = self._some()
            if record is not None:
                ask = self.asker.random.choice((self._certificate, self._bundle))
                await ask(self.asker.one(), record)

    def _some(self) -> str | None:
        """A record that some node has said to be committed."""
        places = self.book.places
        if not places:
            return None
        latest = list(places)[-200:]
        return self.asker.random.choice(
            latest if self.asker.random.random() < 0.5 else list(places)
        )

    def _here(self, node: NodeProcess, answer: httpx.Response | None) -> bool:
        """Whether the node has the record; one that had it never loses it."""
        if answer is None:
            return False
        assert answer.status_code in (200, 202, 404), answer.text[:500]
        reached = {404: 0, 202: 1, 200: 2}[answer.status_code]
        self.book.state(node.node_id, answer.url.path, reached)
        return answer.status_code == 200

    async def _record(self, node: NodeProcess, record: str) -> None:
        answer = await self.asker.get("GET /v1/records/{record}", node, f"/v1/records/{record}")
        if self._here(node, answer) and answer is not None:
            said = answer.json()
            assert said["record_id"] == record
            self._placed(said)

    async def _receipt(self, node: NodeProcess, record: str) -> None:
        route = "GET /v1/records/{record}/receipt"
        answer = await self.asker.get(route, node, f"/v1/records/{record}/receipt")
        if self._here(node, answer) and answer is not None:
            verified = verify_receipt(decode_receipt(answer.content), self.network.trust)
            assert verified.record_id.hex() == record
            self.book.place(record, verified.index, verified.height)
            self.book.verified["receipts"] += 1

    async def _proof(self, node: NodeProcess, record: str) -> None:
        route = "GET /v1/records/{record}/tlog-proof"
        answer = await self.asker.get(route, node, f"/v1/records/{record}/tlog-proof")
        if self._here(node, answer) and answer is not None:
            receipt = receipt_in(parse_tlog_proof(answer.content))
            assert verify_receipt(receipt, self.network.trust).record_id.hex() == record
            self.book.verified["C2SP proofs"] += 1

    async def _subject(self, node: NodeProcess, record: str) -> None:
        """The list of a subject about which there is one record."""
        told = await self.asker.get("GET /v1/records/{record}", node, f"/v1/records/{record}")
        if not self._here(node, told) or told is None:
            return
        subject = told.json()["record"]["subject"]
        asked = {"GET /v1/subjects": ("/v1/subjects", "key"), "GET /v1/search": ("/v1/search", "q")}
        route = self.asker.random.choice([*asked])
        path, name = asked[route]
        answer = await self.asker.get(route, node, path, **{name: subject})
        if answer is None:
            return
        said = answer.json()
        items = said["items"] if "items" in said else said["hits"][0]["records"]
        assert [each["record_id"] for each in items] == [record], f"{route} {subject}"

    async def _fate(self, node: NodeProcess, record: str) -> None:
        """How it stands, and its trace."""
        name = self.asker.random.choice(("standing", "trace"))
        route = f"GET /v1/records/{{record}}/{name}"
        answer = await self.asker.get(route, node, f"/v1/records/{record}/{name}")
        if self._here(node, answer) and answer is not None:
            said = answer.json()
            assert said["record_id"] == record
            assert name == "trace" or said["stands"] == "valid"

    async def _blocks(self, node: NodeProcess) -> None:
        answer = await self.asker.get("GET /v1/blocks", node, "/v1/blocks", limit=20)
        if answer is None:
            return
        items = answer.json()["items"]
        for each in items:
            self.book.block(each["header"]["height"], each["header"]["hash"])
        for newer, older in pairwise(items):
            assert newer["header"]["previous"] == older["header"]["hash"]
        if items:
            await self._block(node, items[-1]["header"])

    async def _block(self, node: NodeProcess, header: dict[str, Any]) -> None:
        height = header["height"]
        route = "GET /v1/blocks/{height}"
        answer = await self.asker.get(route, node, f"/v1/blocks/{height}", limit=500)
        if answer is not None:
            said = answer.json()
            assert said["header"] == header
            for each in said["records"]["items"]:
                self._placed(each)

    async def _head(self, node: NodeProcess) -> None:
        """The newest cosigned head; a node's never shrinks."""
        answer = await self.asker.get("GET /v1/checkpoint", node, "/v1/checkpoint")
        if answer is None or answer.status_code == 404:
            return
        note = parse_note(answer.content)
        head = verify_head(note, self.network.trust)
        assert head == parse_checkpoint(note.text)
        self.book.head(head.size, head.root.hex())
        self.book.state(node.node_id, "cosigned head", head.size)
        self.book.verified["heads"] += 1

    async def _said(self, node: NodeProcess) -> None:
        answer = await self.asker.get("GET /v1/network", node, "/v1/network")
        if answer is not None:
            self.book.state(node.node_id, "height", answer.json()["height"])

    async def _alerts(self, node: NodeProcess) -> None:
        """Nothing that these members say raises one."""
        answer = await self.asker.get("GET /v1/alerts", node, "/v1/alerts")
        assert answer is None or answer.json()["items"] == []

    async def _turned(self, member: str | None, *, newest_first: bool) -> None:
        """The pages of one list; each request at any node, since cursors mean the same at all."""
        cursor: str | None = None
        behind: int | None = None
        for _ in range(_PAGES_MAX):
            params: dict[str, str | int] = {"limit": _PAGE, "newest_first": str(newest_first)}
            params |= {} if member is None else {"member": member}
            params |= {} if cursor is None else {"cursor": cursor}
            route = "GET /v1/records?member" if member else "GET /v1/records"
            answer = await self.asker.get(route, self.asker.one(), "/v1/records", **params)
            # Who is behind leaves the next page to others.
            if answer is None or (cursor is not None and answer.status_code == 421):
                continue
            assert answer.status_code == 200, answer.text[:500]
            said = answer.json()
            items = tuple((each["index"], each["record_id"]) for each in said["items"])
            for each in said["items"]:
                self._placed(each)
            cursor = said["cursor"]
            ends, height = cursor is None, said["height"]
            self.book.pages.append(Page(member, newest_first, behind, items, ends, height))
            behind = items[-1][0] if items else behind
            if cursor is None or self.asker.stopped:
                return
            await self.asker.rest(0, 0.1)

    async def _exported(self, node: NodeProcess, member: str) -> None:
        since = self.asker.random.randint(0, max(self.book.blocks, default=0))
        path = "/v1/export/records"
        answer = await self.asker.get(
            f"GET {path}", node, path, member=member, limit=300, since=since
        )
        if answer is None:
            return
        assert answer.status_code == 200, answer.text[:500]
        lines = [json.loads(line) for line in answer.text.splitlines()]
        end = lines.pop()["end"]
        for each in lines:
            assert each["record"]["issuer"] == member and each["height"] > since
            self._placed(each)
        found = tuple((each["index"], each["record_id"]) for each in lines)
        if since == 0:
            ends = end["cursor"] is None
            self.book.pages.append(Page(member, False, None, found, ends, end["height"]))

    async def _certificate(self, node: NodeProcess, record: str) -> None:
        route = "GET /v1/records/{record}/certificate.pdf"
        answer = await self.asker.get(route, node, f"/v1/records/{record}/certificate.pdf")
        if self._here(node, answer) and answer is not None:
            await asyncio.to_thread(self._certified, answer.content, record)

    def _certified(self, data: bytes, record: str) -> None:
        found = verify_certificate(decode_certificate_pdf(data), self.network.trust)
        assert found.record_id.hex() == record
        self.book.verified["certificates"] += 1

    async def _bundle(self, node: NodeProcess, record: str) -> None:
        route = "GET /v1/records/{record}/bundle.zip"
        answer = await self.asker.get(route, node, f"/v1/records/{record}/bundle.zip")
        if self._here(node, answer) and answer is not None:
            await asyncio.to_thread(self._opened, answer.content, record)

    def _opened(self, data: bytes, record: str) -> None:
        path = self.folder / f"{record}.zip"
        path.write_bytes(data)
        bundle = read_court_bundle(path)
        check_court_bundle(bundle)
        (receipt,) = bundle.receipts.values()
        assert verify_receipt(receipt, self.network.trust).record_id.hex() == record
        path.unlink()
        self.book.verified["evidence packages"] += 1

    def _placed(self, said: dict[str, Any]) -> None:
        """A record that an answer names."""
        self.book.place(said["record_id"], said["index"], said["height"])
