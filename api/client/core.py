"""Core: what a client knows of its network, and how it judges a receipt that a node gives.

Shared by the client that blocks and the one in an event loop; opens no line.
"""

import httpx

from api.client.asking import Asking
from api.client.problems import ClientError, Pending, facts_of, json_of
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.core.receipt import Receipt, decode_receipt
from ledger.epoch_links import led
from ledger.trust import TrustRoot
from ledger.verify import verify_receipt


class Core:
    """One network as one client knows it."""

    __slots__ = ("asking", "node_ids", "trust")

    def __init__(self, asking: Asking, trust: TrustRoot) -> None:
        self.asking = asking
        """Its nodes."""
        self.trust = trust
        """Grows by the epochs that are met on the way."""
        self.node_ids: dict[str, str] = {}
        """Which node answers at a base URL, as it says; asked once."""

    def verified(self, data: bytes, record_id: RecordId, node: str) -> Receipt:
        """The receipt that `data` spells, proved and of the record that was asked for.

        Args:
            data: of the file.
            record_id: that was asked for.
            node: who gave it, for the words of an error.

        Raises:
            ClientError: `api.answer` where it is of another record.
            FormatError: it is no receipt.
            VerificationError: it does not hold.
        """
        receipt = decode_receipt(data)
        verify_receipt(receipt, self.trust)
        if len(receipt.epochs) > self.trust.committee.epoch:
            self.trust = led(self.trust, receipt.epochs)
        if receipt.record_id != record_id:
            what = f"{receipt.record_id.hex()} ≠ {record_id.hex()}"
            raise ClientError(Code.API_ANSWER, node=node, what=what)
        return receipt

    def pending(self, answer: httpx.Response) -> Pending:
        """That the receipt is not there yet, or not even the record, as a node says."""
        body = json_of(answer)
        facts = facts_of(body) if isinstance(body, dict) else {}
        height = body.get("height") if isinstance(body, dict) else None
        if isinstance(body, dict) and body.get("status") == "pending":
            return Pending(Code.RECEIPT_UNCOMMITTED)
        known = {"height": height if isinstance(height, int) else 0, "found": 0}
        return Pending(Code.RECEIPT_PENDING, **{**known, "needed": self.trust.committee.q, **facts})
