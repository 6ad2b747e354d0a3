"""Client: what members and readers do with a network, with every proof checked on this side."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from api.client.coverage import coverage_pages
from api.client.epochs import followed
from api.client.nodes import ClientError, Nodes, Pending, facts_of, json_of
from api.client.seals import SealStatus, collected, seal_status
from api.client.witness import differs
from ledger.codes import Code
from ledger.core.bundle import Bundle
from ledger.core.checkpoint import Checkpoint
from ledger.core.identifiers import RecordId
from ledger.core.note import parse_note
from ledger.core.receipt import Receipt, decode_receipt
from ledger.core.status_answer import StatusAnswer
from ledger.core.tlog_proof import TlogProof, parse_tlog_proof, receipt_in
from ledger.epoch_links import led
from ledger.heads import verify_head
from ledger.status_answers import VerifiedStatus
from ledger.trust import TrustRoot
from ledger.verify import verify_receipt

BUNDLE_TYPE: Final = "application/vnd.bidwitness.bundle"
JSON_LINES: Final = "application/jsonl"
WAIT_S_MAX: Final = 20.0
"""Longest time that one request is held open; the client asks again."""
_PAGE: Final = 500


class Client:
    """Speaks to several nodes of one network and believes none of them."""

    def __init__(
        self,
        nodes: Sequence[str],
        trust: TrustRoot,
        transport: httpx.BaseTransport | None = None,
        certificate_file: Path | None = None,
    ) -> None:
        """`nodes` are base URLs, the preferred one first; the rest is as for `Nodes`.

        `trust` grows by the epochs of the network that are met on the way.
        """
        self.trust, self.certificate_file = trust, certificate_file
        self.nodes = Nodes(nodes, transport, certificate_file)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.nodes.close()

    def follow(self) -> TrustRoot:
        """The trust root with every later epoch to which the nodes lead; kept from now on."""
        self.trust = followed(self.nodes, self.trust).trust
        return self.trust

    def head(self) -> Checkpoint:
        """The newest head that the first node that answers shows, verified.

        By the committee of its epoch, for which all nodes are asked where it may be a later one.

        Raises:
            ClientError: `checkpoint.none`, or that no node could be asked.
            FormatError: `note.invalid`.
            VerificationError: as `ledger.heads.verify_head`.
        """
        note = parse_note(self.nodes.request("GET", "/checkpoint").content)
        return verify_head(note, self.follow())

    def submit(
        self,
        bundle: Bundle,
        wait_s: float = 60.0,
        taken: Callable[[int], object] = lambda _: None,
    ) -> tuple[Receipt, ...]:
        """Submit a bundle and return the verified receipt of each record, in its order.

        May be called again with the same bundle, at any node, any number of times.

        Args:
            bundle: signed for this network.
            wait_s: how long to wait for the receipts.
            taken: is told how many bytes of receipts have come.

        Raises:
            ClientError: what a node refused, or that no node could be asked.
            Pending: `receipt.pending`; the bundle was taken in and its receipts will come.
            VerificationError: a node's receipt does not hold.
        """
        data, until = bundle.encode(), time.monotonic() + wait_s
        while True:
            left_s = max(0.0, until - time.monotonic())
            answer = self.nodes.request(
                "POST",
                "/v1/bundles",
                params={"wait": min(left_s, WAIT_S_MAX), "receipts": "all"},
                content=data,
                headers={"Content-Type": BUNDLE_TYPE, "Accept": JSON_LINES},
                patience_s=left_s,
                taken=taken,
            )
            if answer.status_code == httpx.codes.CREATED:
                return self._receipts(answer, bundle)
            if time.monotonic() >= until:
                raise self._pending(answer)

    def receipt(self, record_id: RecordId) -> Receipt:
        """The verified receipt of a record.

        Raises:
            ClientError: `record.unknown`, or that no node could be asked.
            Pending: `receipt.pending`.
            VerificationError: the node's receipt does not hold.
        """
        answer = self.nodes.request("GET", f"/v1/records/{record_id.hex()}/receipt")
        if answer.status_code == httpx.codes.ACCEPTED:
            raise self._pending(answer)
        return self._verified(answer.content, record_id, answer)

    def tlog_proof(self, record_id: RecordId) -> TlogProof:
        """A record's receipt as a C2SP proof, verified; it has the log signature of one node.

        Raises:
            ClientError: `record.unknown`, or that no node could be asked.
            FormatError: the node's proof is none.
            Pending: `receipt.pending`.
            VerificationError: the receipt in it does not hold.
        """
        answer = self.nodes.request("GET", f"/v1/records/{record_id.hex()}/tlog-proof")
        if answer.status_code == httpx.codes.ACCEPTED:
            raise self._pending(answer)
        proof = parse_tlog_proof(answer.content)
        self._verified(receipt_in(proof).encode(), record_id, answer)
        return proof

    def record(self, record_id: RecordId) -> Any:
        """What the API says about a record; not proved, its receipt is."""
        return self.nodes.json(f"/v1/records/{record_id.hex()}")

    def trace(self, record_id: RecordId) -> Any:
        """What a node says befell a record; not proved, receipts of its records are."""
        return self.nodes.json(f"/v1/records/{record_id.hex()}/trace")

    def knows(self, record_id: RecordId) -> bool:
        """Whether the node says that the record is on the ledger."""
        try:
            self.record(record_id)
        except ClientError as problem:
            if problem.code is Code.RECORD_UNKNOWN:
                return False
            if problem.code is not Code.API_NOT_PUBLIC:
                raise
        return True

    def subject(self, key: str) -> Iterator[Any]:
        """All records about a subject, in the log's order."""
        return self._paged("/v1/subjects", key=key)

    def alerts(self, **wanted: str) -> Iterator[Any]:
        """Alerts, filtered by `subject`, `code` or `severity`."""
        return self._paged("/v1/alerts", **wanted)

    def completeness(self, key: str) -> Any:
        """What a section shows of its procedure, as a node says; see `witness`."""
        return self.nodes.json("/v1/completeness", key=key)

    def coverage(self, key: str) -> Any:
        """How a project or section stands to each function point, as a node says."""
        return self.nodes.json("/v1/coverage", key=key)

    def coverage_pages(self) -> Iterator[Any]:
        """What every section says of its function points, page by page, as a node says."""
        return coverage_pages(self.nodes)

    def witness(self, told: Any) -> Receipt | None:
        """The verified receipt of the certificate that an answer of `completeness` names.

        Returns:
            None where the answer names none. The certificate is of the records that it lists.

        Raises:
            ClientError: the certificate is of something else, or what `receipt` raises.
            Pending: `receipt.pending`.
            VerificationError: the node's receipt does not hold.
        """
        try:
            if told["certificate"] is None:
                return None
            receipt = self.receipt(RecordId(bytes.fromhex(told["certificate"]["record_id"])))
            different = differs(receipt, told)
        except (KeyError, TypeError, ValueError) as problem:
            raise ClientError(
                Code.API_ANSWER, node="/v1/completeness", what=repr(problem)
            ) from problem
        if different:
            raise ClientError(Code.API_ANSWER, node="/v1/completeness", what=different)
        return receipt

    def seal_status(self, seal: str) -> SealStatus:
        """What a node says about a seal now, to be asked before each use.

        Raises:
            ClientError: `api.not_found` where it was never published; `api.answer`.
        """
        return seal_status(self.nodes.json(f"/v1/status/seal/{quote(seal, safe='')}"), seal)

    def status_answer(
        self, row: str, at_ms: int | None = None
    ) -> tuple[StatusAnswer, VerifiedStatus]:
        """A verified answer about a status row, with the statements of nodes that give the same.

        Args:
            row: a key; with a slash at its end, the spells below it (`seals.seal_row`).
            at_ms: the time that is asked about; None for now.

        Raises:
            ClientError: `node.unreachable` where no node gave an answer that holds.
        """
        params = {} if at_ms is None else {"at": at_ms}
        answers = self.nodes.each(f"/v1/status-answers/{quote(row)}", **params)
        return collected(answers, self.trust, row, at_ms, self.nodes.urls)

    def search(self, query: str) -> Any:
        """Everything that `query` names."""
        return self.nodes.json("/v1/search", q=query)

    def network(self) -> Any:
        """What the network is and how it is, as the first node that answers says."""
        return self.nodes.json("/v1/network")

    def _paged(self, path: str, **params: str) -> Iterator[Any]:
        """Every item of a list, page by page."""
        after = -1
        while True:
            turn = {} if after < 0 else {"after": after}
            found = self.nodes.json(path, limit=_PAGE, **params, **turn)
            if not isinstance(found, dict) or not isinstance(found.get("items"), list):
                raise ClientError(Code.API_ANSWER, node=path, what="items")
            yield from found["items"]
            cursor = found.get("cursor")
            if cursor is None:
                return
            if not isinstance(cursor, int) or cursor <= after:
                # A node that never moves on would hold us for ever.
                raise ClientError(Code.API_ANSWER, node=path, what="cursor")
            after = cursor

    def _receipts(self, answer: httpx.Response, bundle: Bundle) -> tuple[Receipt, ...]:
        """One verified receipt on each line, for exactly the bundle's records."""
        lines = answer.content.splitlines()
        if len(lines) != len(bundle.record_ids):
            what = f"{len(lines)} ≠ {len(bundle.record_ids)}"
            raise ClientError(Code.API_ANSWER, node=str(answer.request.url), what=what)
        return tuple(
            self._verified(line, record_id, answer)
            for line, record_id in zip(lines, bundle.record_ids, strict=True)
        )

    def _verified(self, data: bytes, record_id: RecordId, answer: httpx.Response) -> Receipt:
        """The receipt that `data` spells, proved and of the record that was asked for."""
        receipt = decode_receipt(data)
        verify_receipt(receipt, self.trust)
        if len(receipt.epochs) > self.trust.committee.epoch:
            self.trust = led(self.trust, receipt.epochs)
        if receipt.record_id != record_id:
            what = f"{receipt.record_id.hex()} ≠ {record_id.hex()}"
            raise ClientError(Code.API_ANSWER, node=str(answer.request.url), what=what)
        return receipt

    def _pending(self, answer: httpx.Response) -> Pending:
        """That the receipt is not there yet, as far as the node says why."""
        body = json_of(answer)
        facts = facts_of(body) if isinstance(body, dict) else {}
        height = body.get("height") if isinstance(body, dict) else None
        known = {"height": height if isinstance(height, int) else 0, "found": 0}
        return Pending(Code.RECEIPT_PENDING, **{**known, "needed": self.trust.committee.q, **facts})
