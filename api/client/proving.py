"""Proving: a member's tokens, a fresh one for each request and for the one node that is asked.

Whoever asks without one is the public. A token tells the node's operator who reads: so nothing is
proved unless that was asked for. Spec: ``docs/spec/identity.md``.
"""

import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import httpx

from api.client.client import Client
from api.client.nodes import ClientError, json_of
from api.token import audience_of, make_token
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.core.signing import Signer

_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def read_as(client: Client, member: MemberId, signer: Signer) -> None:
    """Have `client` ask as a member from now on.

    Args:
        client: whose nodes are asked.
        member: who asks.
        signer: holds a key of it.
    """
    client.nodes.prove(Proof(client, member, signer).header_for)


class Proof:
    """Makes the header that proves a member to whichever of a client's nodes is asked."""

    def __init__(self, client: Client, member: MemberId, signer: Signer) -> None:
        """As for `read_as`."""
        self._client = client
        self._member = member
        self._signer = signer
        self._node_ids: dict[str, str] = {}

    def header_for(self, url: str) -> Mapping[str, str]:
        """A token for the node at `url`.

        Raises:
            ClientError: `identity.plain` where it would be read on the way; `api.answer`.
            httpx.HTTPError: the node could not be asked who it is.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _THIS_MACHINE:
            raise ClientError(Code.IDENTITY_PLAIN, url=url)
        if url not in self._node_ids:
            self._node_ids[url] = self._asked(url)
        audience = audience_of(self._client.trust.network_id, self._node_ids[url])
        now_ms = time.time_ns() // 1_000_000
        token = make_token(self._signer, self._member, audience, now_ms)
        return {"Authorization": f"Bearer {token}"}

    def _asked(self, url: str) -> str:
        # Which node answers at an address is asked as the public.
        answer = self._client.nodes.ask_one(url, "/v1/network")
        if not answer.is_success:
            # Like one that is away: another node may answer.
            raise httpx.HTTPError(f"{url}: HTTP {answer.status_code}")
        told = json_of(answer)
        node_id = told.get("this_node") if isinstance(told, dict) else None
        if not isinstance(node_id, str):
            raise ClientError(Code.API_ANSWER, node=url, what="this_node")
        return node_id
