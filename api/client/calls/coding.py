"""Extraction codes on one node: made, listed and ended by a member, used by anybody.

The code is drawn here, and the node is told its hash only. A code is on one node, so these are
calls of a client that knows one. Spec: ``docs/spec/court_code.md``.
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any, Final

from api.client.asking import Question
from api.client.core import Core
from api.client.flow import Flow
from api.client.problems import ClientError, json_of, node_named
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
from ledger.core.identifiers import Digest, MemberId, RecordId, Subject
from ledger.core.signing import Signer

PATH: Final = "/v1/court-codes"


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A code that was just made. It is nowhere else: whoever loses it makes another one."""

    code: str
    told: dict[str, Any]
    """What the node keeps of it."""


def make_court_code(
    core: Core, /, about: RecordId | Subject, member: MemberId, signer: Signer
) -> Flow[MadeCode]:
    """Have the package of a record or a subject kept under a new code.

    Args:
        about: the record, or the subject with all its records.
        member: who answers for the code.
        signer: holds a key of `member`.

    Raises:
        ClientError: what the node refused, or that it could not be asked.
    """
    code = new_code(secrets.token_bytes(RANDOM_BYTES))
    told = yield from _ordered(core, MAKE, code_hash(code), about, (member, signer))
    return MadeCode(code, told)


def end_court_code(
    core: Core, /, code: Digest, member: MemberId, signer: Signer
) -> Flow[dict[str, Any]]:
    """Have a code open nothing any more, by its hash; raises as `make_court_code`."""
    return _ordered(core, END, code, None, (member, signer))


def court_codes(core: Core, /, member: MemberId, signer: Signer) -> Flow[list[dict[str, Any]]]:
    """A member's codes, or all of them for a supervisor; raises as `make_court_code`."""
    question = Question(PATH, header_for=Proof(core, member, signer).header_for)
    answer = json_of((yield from core.asking.request(question)))
    items = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise ClientError(Code.API_ANSWER, node=PATH, what="items")
    return items


def court_code(
    core: Core, /, code: Digest, member: MemberId, signer: Signer
) -> Flow[dict[str, Any]]:
    """One code with its uses, by its hash; raises as `make_court_code`."""
    path = f"{PATH}/{code.hex()}"
    question = Question(path, header_for=Proof(core, member, signer).header_for)
    answer = json_of((yield from core.asking.request(question)))
    if not isinstance(answer, dict):
        raise ClientError(Code.API_ANSWER, node=path, what="uses")
    return answer


def _ordered(
    core: Core,
    action: str,
    code: Digest,
    about: RecordId | Subject | None,
    by: tuple[MemberId, Signer],
) -> Flow[dict[str, Any]]:
    """What the node answers to a signed order, which names that node."""
    member, signer = by
    node_id = node_named((yield from core.asking.json("/v1/network")), "/v1/network")
    order = CourtOrder(
        action=action,
        network_id=core.trust.network_id,
        node_id=node_id,
        member_id=member,
        code_hash=code,
        record_id=RecordId(Digest(about)) if isinstance(about, bytes) else None,
        subject=about if isinstance(about, str) else Subject(""),
        made_at_ms=time.time_ns() // 1_000_000,
    )
    data, headers = sign_order(signer, order).encode(), {"Content-Type": "application/json"}
    question = Question(PATH, "POST", content=data, headers=headers)
    answer = json_of((yield from core.asking.request(question)))
    if not isinstance(answer, dict) or answer.get("code_hash") != code.hex():
        raise ClientError(Code.API_ANSWER, node=PATH, what="code_hash")
    return answer
