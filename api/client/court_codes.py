"""Extraction codes on one node: made, listed and ended by a member, used by anybody.

The code is drawn here, and the node is told its hash only. Spec: ``docs/spec/court_code.md``.
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any, Final

from api.client.client import Client
from api.client.nodes import ClientError, json_of
from api.client.proving import Proof
from ledger.codes import Code
from ledger.core.court_code import (
    END,
    MAKE,
    RANDOM_BYTES,
    CourtOrder,
    code_hash,
    new_code,
    sign_order,
)
from ledger.core.identifiers import Digest, MemberId, NodeId, RecordId, Subject
from ledger.core.signing import Signer

PATH: Final = "/v1/court-codes"


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A code that was just made. It is nowhere else: whoever loses it makes another one."""

    code: str
    told: dict[str, Any]
    """What the node keeps of it."""


class NodeCodes:
    """The codes of one node, as one member sees them."""

    def __init__(self, client: Client, member: MemberId, signer: Signer) -> None:
        """`client` knows one node; `signer` holds a key of `member`."""
        self._client = client
        self._member = member
        self._signer = signer
        self._proof = Proof(client.core, member, signer)
        self._node_id = ""

    def make(self, about: RecordId | Subject) -> MadeCode:
        """Have the package of a record or a subject kept under a new code.

        Raises:
            ClientError: what the node refused, or that it could not be asked.
        """
        code = new_code(secrets.token_bytes(RANDOM_BYTES))
        return MadeCode(code, self._ordered(MAKE, code_hash(code), about))

    def end(self, code: Digest) -> dict[str, Any]:
        """Have a code open nothing any more, by its hash; raises as `make`."""
        return self._ordered(END, code, None)

    def listed(self) -> list[dict[str, Any]]:
        """The member's codes, or all of them for a supervisor; raises as `make`."""
        proved = self._proof.header_for
        answer = json_of(self._client.nodes.request("GET", PATH, header_for=proved))
        items = answer.get("items") if isinstance(answer, dict) else None
        if not isinstance(items, list):
            raise ClientError(Code.API_ANSWER, node=PATH, what="items")
        return items

    def shown(self, code: Digest) -> dict[str, Any]:
        """One code with its uses, by its hash; raises as `make`."""
        path = f"{PATH}/{code.hex()}"
        proved = self._proof.header_for
        answer = json_of(self._client.nodes.request("GET", path, header_for=proved))
        if not isinstance(answer, dict):
            raise ClientError(Code.API_ANSWER, node=path, what="uses")
        return answer

    def _ordered(
        self, action: str, code: Digest, about: RecordId | Subject | None
    ) -> dict[str, Any]:
        order = CourtOrder(
            action=action,
            network_id=self._client.trust.network_id,
            node_id=NodeId(self._node()),
            member_id=self._member,
            code_hash=code,
            record_id=RecordId(Digest(about)) if isinstance(about, bytes) else None,
            subject=about if isinstance(about, str) else Subject(""),
            made_at_ms=time.time_ns() // 1_000_000,
        )
        data = sign_order(self._signer, order).encode()
        headers = {"Content-Type": "application/json"}
        answer = json_of(self._client.nodes.request("POST", PATH, content=data, headers=headers))
        if not isinstance(answer, dict) or answer.get("code_hash") != code.hex():
            raise ClientError(Code.API_ANSWER, node=PATH, what="code_hash")
        return answer

    def _node(self) -> str:
        if not self._node_id:
            told = self._client.network()
            self._node_id = str(told.get("this_node")) if isinstance(told, dict) else ""
        return self._node_id
