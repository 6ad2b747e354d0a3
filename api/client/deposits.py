"""Deposits on one node, asked for by a member under its key.

What is put is signed by itself; to fetch, the member proves who it is with a token for this node.
Whatever comes is checked against its name. Spec: ``docs/spec/deposits.md``.
"""

from collections.abc import Iterator
from typing import Any, Final

from api.client.client import Client
from api.client.nodes import ClientError, json_of
from api.client.proving import Proof
from ledger.codes import Code
from ledger.core.deposit import DEPOSIT_BYTES_MAX
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId
from ledger.core.signing import Signer

PATH: Final = "/v1/deposits"
LISTED_MAX: Final = 100_000


class NodeDeposits:
    """The store of one node, as one member sees it."""

    def __init__(self, client: Client, member: MemberId, signer: Signer) -> None:
        """`client` knows one node; `signer` holds a key of `member`."""
        self._client = client
        self._proof = Proof(client.core, member, signer)

    def put(self, data: bytes) -> str:
        """Have a deposit kept; returns its digest in hex.

        Raises:
            ClientError: what the node refused, or that it could not be asked.
        """
        headers = {"Content-Type": "application/json"}
        answer = self._client.nodes.request("POST", PATH, content=data, headers=headers)
        told, digest = json_of(answer), sha256(data).hex()
        if not isinstance(told, dict) or told.get("digest") != digest:
            raise ClientError(Code.API_ANSWER, node=PATH, what="digest")
        return digest

    def listed(self) -> Iterator[str]:
        """Digests of the deposits that the member may fetch, ascending.

        Raises:
            ClientError: what the node refused, or that it could not be asked.
        """
        after, count = "", 0
        while True:
            found = self._asked(PATH, after)
            items, cursor = found.get("items"), found.get("cursor")
            if not isinstance(items, list):
                raise ClientError(Code.API_ANSWER, node=PATH, what="items")
            for item in items:
                count += 1
                digest = item.get("digest") if isinstance(item, dict) else None
                if not isinstance(digest, str) or digest <= after or count > LISTED_MAX:
                    raise ClientError(Code.API_ANSWER, node=PATH, what="items")
                after = digest
                yield digest
            if cursor is None:
                return
            if cursor != after:
                raise ClientError(Code.API_ANSWER, node=PATH, what="cursor")

    def fetch(self, digest: str) -> bytes:
        """One deposit; what it holds is judged by whoever opens it.

        Raises:
            ClientError: what the node refused; `api.answer` for other bytes than the name's.
        """
        path = f"{PATH}/{digest}"
        data = self._client.nodes.request("GET", path, header_for=self._proof.header_for).content
        if len(data) > DEPOSIT_BYTES_MAX or sha256(data).hex() != digest:
            raise ClientError(Code.API_ANSWER, node=path, what="SHA-256")
        return data

    def _asked(self, path: str, after: str) -> dict[str, Any]:
        # A fresh token each time: it lives for a minute, and a long list takes longer.
        proved, params = self._proof.header_for, {"after": after}
        answer = json_of(self._client.nodes.request("GET", path, params=params, header_for=proved))
        if not isinstance(answer, dict):
            raise ClientError(Code.API_ANSWER, node=path, what="items")
        return answer
