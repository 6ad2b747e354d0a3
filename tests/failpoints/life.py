"""One node over many lives: each is a real process, and ends by a stop, a fail point or a fault."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from ledger.core.bundle import Bundle
from ledger.core.identifiers import RecordId
from ledger.core.receipt import decode_receipt
from ledger.trust import TrustRoot
from ledger.verify import verify_receipt
from tests.failpoints.disk import new_boot
from tests.failpoints.nursery import Nursery
from tests.failpoints.plan import Places, Plan

LONG_S = 120
_POLL_S = 0.05


class Ended(Exception):
    """The node is gone: at its fail point, or with a sentence."""


@dataclass
class Node:
    """A node's folder, its process while there is one, and what it promised to clients."""

    nursery: Nursery
    folder: Path
    api: str
    trust: TrustRoot
    pid: int = 0
    promised: dict[RecordId, bytes] = field(default_factory=dict)
    """Every record that was acknowledged, and its receipt once one was served."""

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.api, timeout=LONG_S, trust_env=False)
        self.places = Places(
            self.folder, self.folder.with_suffix(".steps"), self.folder.with_suffix(".graves")
        )
        self.console = self.folder.with_suffix(".console")
        new_boot(self.places)

    def start(self, plan: Plan | None = None) -> None:
        """Begin a life."""
        self.console.unlink(missing_ok=True)
        environment = self.places.environment(plan or Plan())
        self.pid = self.nursery.start(self.folder, environment, self.console)

    def ended(self) -> int | None:
        """The exit code of this life; None while it lasts."""
        if self.pid == 0:
            return 0
        return self.nursery.ended(self.pid)

    def wait_ready(self) -> None:
        """Until it takes records.

        Raises:
            Ended: it is gone before that.
        """
        self._until(lambda: self._ask("GET", "/readyz").status_code == httpx.codes.OK)

    def stop(self) -> int:
        """Ask it to stop, and wait; its exit code."""
        if self.ended() is None:
            os.kill(self.pid, signal.SIGTERM)
        return self.wait_ended()

    def kill(self) -> None:
        """End this life wherever it is."""
        if self.ended() is None:
            os.kill(self.pid, signal.SIGKILL)
        self.wait_ended()

    def wait_ended(self) -> int:
        """The exit code of this life, once it is over."""
        until = time.monotonic() + LONG_S
        while (code := self.ended()) is None:
            assert time.monotonic() < until, "the node neither works nor ends"
            time.sleep(_POLL_S)
        return code

    def submit(self, bundle: Bundle) -> None:
        """Hand in a bundle, and wait for the receipt of its last record.

        Raises:
            Ended: the node is gone before that; what it promised is in `promised`.
        """
        answer = self._ask(
            "POST",
            "/v1/bundles",
            params={"wait": 0, "receipts": "none"},
            content=bundle.encode(),
            headers={"content-type": "application/msgpack"},
        )
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise Ended(answer.text)
        assert answer.status_code in (201, 202), answer.text
        record = bundle.record_ids[-1]
        self.promised.setdefault(record, b"")
        self._until(lambda: self.receipt(record) != b"")

    def receipt(self, record: RecordId) -> bytes:
        """The verified receipt, always the same one; empty while there is none yet."""
        answer = self._ask("GET", f"/v1/records/{record.hex()}/receipt")
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise Ended(answer.text)
        if answer.status_code != httpx.codes.OK:
            assert answer.status_code in (202, 404), answer.text
            return b""
        verified = verify_receipt(decode_receipt(answer.content), self.trust)
        assert verified.record_id == record
        before = self.promised.get(record) or answer.content
        assert answer.content == before, "another receipt than the one that was served before"
        self.promised[record] = before
        return before

    def require(self, record: RecordId) -> None:
        """A node that is ready has the receipt of a record that it ever acknowledged.

        One that was served before is there at once; one that never was comes when the node has done
        what it had in hand when it ended.

        Raises:
            Ended: its fail point came before the answer.
        """
        try:
            if not self.promised.get(record):
                self._until(lambda: self.receipt(record) != b"")
            assert self.receipt(record), f"{record.hex()} was acknowledged and is lost"
        except httpx.TransportError as problem:
            self.wait_ended()
            raise Ended(self.said()) from problem

    def said(self) -> str:
        """What this life wrote on its console."""
        return self.console.read_text(encoding="utf-8") if self.console.exists() else ""

    def _until(self, holds: Callable[[], bool]) -> None:
        until = time.monotonic() + LONG_S
        while True:
            try:
                if holds():
                    return
            except httpx.HTTPError as problem:
                if self.ended() is not None:
                    raise Ended(self.said()) from problem
            if self.ended() is not None:
                raise Ended(self.said())
            assert time.monotonic() < until, "the node neither works nor ends"
            time.sleep(_POLL_S)

    def _ask(self, method: str, path: str, **more: object) -> httpx.Response:
        """One request; a node that dies meanwhile has given no answer."""
        try:
            return self.http.request(method, path, **more)  # type: ignore[arg-type]
        except httpx.TransportError as problem:
            if method == "POST":
                self.wait_ended()
                raise Ended(self.said()) from problem
            raise
