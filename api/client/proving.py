"""Proving: a member's tokens, a fresh one for each request and for the one node that is asked.

Whoever asks without one is the public. A token tells the node's operator who reads: so nothing is
proved unless that was asked for. Spec: ``docs/spec/identity.md``.
"""

import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from api.client.asking import CALL_S, Question
from api.client.core import Core
from api.client.flow import Away, Flow
from api.client.problems import ClientError, json_of, node_named
from api.token import audience_of, make_token
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.core.signing import Signer

_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Proof:
    """Makes the header that proves a member to whichever of a client's nodes is asked."""

    def __init__(self, core: Core, member: MemberId, signer: Signer) -> None:
        """`signer` holds a key of `member`."""
        self._core = core
        self._member = member
        self._signer = signer

    def header_for(self, url: str) -> Flow[Mapping[str, str]]:
        """A token for the node at `url`.

        Raises:
            Away: the node does not say which it is.
            ClientError: `identity.plain` where the token would be read on the way; `api.answer`.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _THIS_MACHINE:
            raise ClientError(Code.IDENTITY_PLAIN, url=url)
        if url not in self._core.node_ids:
            self._core.node_ids[url] = yield from self._asked(url)
        audience = audience_of(self._core.trust.network_id, self._core.node_ids[url])
        now_ms = time.time_ns() // 1_000_000
        token = make_token(self._signer, self._member, audience, now_ms)
        return {"Authorization": f"Bearer {token}"}

    def _asked(self, url: str) -> Flow[str]:
        """Which node answers at an address, asked as the public."""
        question = Question("/v1/network", as_public=True)
        asking = self._core.asking
        answer = yield from asking.answered(url, question, asking.clock() + CALL_S)
        if answer is None:
            raise Away("does not say which node it is")
        return node_named(json_of(answer), url)
