"""Deposits on one node, asked for by a member under its key.

What is put is signed by itself; to fetch, the member proves who it is with a token for the node
that is asked. Whatever comes is checked against its name. Spec: ``docs/spec/deposits.md``.
"""

from typing import Any, Final

import httpx

from api.client.asking import Question
from api.client.core import Core
from api.client.flow import Flow, Item, Items
from api.client.problems import ClientError, json_of
from api.client.proving import Proof
from ledger.codes import Code
from ledger.core.deposit import DEPOSIT_BYTES_MAX
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId
from ledger.core.signing import Signer

PATH: Final = "/v1/deposits"
LISTED_MAX: Final = 100_000


def put_deposit(core: Core, /, data: bytes) -> Flow[str]:
    """Have a deposit kept by the first node that takes it; returns its digest in hex.

    Args:
        data: of the deposit, signed by its member.

    Raises:
        ClientError: what the node refused, or that none could be asked.
    """
    question = Question(PATH, "POST", content=data, headers={"Content-Type": "application/json"})
    told, digest = json_of((yield from core.asking.request(question))), sha256(data).hex()
    if not isinstance(told, dict) or told.get("digest") != digest:
        raise ClientError(Code.API_ANSWER, node=PATH, what="digest")
    return digest


def deposits(core: Core, /, member: MemberId, signer: Signer) -> Items[str]:
    """Digests of the deposits that a member may fetch, ascending.

    Args:
        member: who asks.
        signer: holds a key of `member`.

    Raises:
        ClientError: what the node refused, or that none could be asked.
    """
    after, count, proof = "", 0, Proof(core, member, signer)
    while True:
        found = yield from _page(core, proof, after)
        items, cursor = found.get("items"), found.get("cursor")
        if not isinstance(items, list):
            raise ClientError(Code.API_ANSWER, node=PATH, what="items")
        for item in items:
            count += 1
            digest = item.get("digest") if isinstance(item, dict) else None
            if not isinstance(digest, str) or digest <= after or count > LISTED_MAX:
                raise ClientError(Code.API_ANSWER, node=PATH, what="items")
            after = digest
            yield Item(digest)
        if cursor is None:
            return
        if not items or cursor != after:
            # Behind nothing there is no next page: a node that never moves on would hold us.
            raise ClientError(Code.API_ANSWER, node=PATH, what="cursor")


def deposit(core: Core, /, digest: str, member: MemberId, signer: Signer) -> Flow[bytes]:
    """One deposit; what it holds is judged by whoever opens it.

    Args:
        digest: in hex, as `deposits` and `put_deposit` give it.
        member: who asks.
        signer: holds a key of `member`.

    Raises:
        ClientError: what the node refused; `api.answer` for other bytes than the name's.
    """
    path = f"{PATH}/{digest}"

    def judged(answer: httpx.Response) -> bytes:
        data = answer.content
        if len(data) > DEPOSIT_BYTES_MAX or sha256(data).hex() != digest:
            raise ClientError(Code.API_ANSWER, node=path, what="SHA-256")
        return data

    question = Question(path, header_for=Proof(core, member, signer).header_for)
    return (yield from core.asking.judged(judged, question))


def _page(core: Core, proof: Proof, after: str) -> Flow[dict[str, Any]]:
    # A fresh token each time: it lives for a minute, and a long list takes longer.
    question = Question(PATH, params={"after": after}, header_for=proof.header_for)
    answer = json_of((yield from core.asking.request(question)))
    if not isinstance(answer, dict):
        raise ClientError(Code.API_ANSWER, node=PATH, what="items")
    return answer
