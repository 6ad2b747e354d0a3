"""Questions about addresses: put on record, then asked of one node under the member's key.

What the node answers is not proved; each certificate that it names is, by its status answers and
its receipt. Spec: ``docs/spec/addresses.md``.
"""

from typing import Any, Final

from api.client.client import Client
from api.client.nodes import ClientError, json_of
from api.client.proving import Proof
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.core.openings import Openings
from ledger.core.signing import Signer

PATH: Final = "/v1/addresses/lookups"


def look_up(client: Client, member: MemberId, signer: Signer, question: Openings) -> dict[str, Any]:
    """The answer of the first node that gives one.

    Args:
        client: speaks to nodes that have the question on their ledger.
        member: who asks; issuer of the question.
        signer: holds a key of `member`.
        question: the openings of the record that asks.

    Raises:
        ClientError: what the node refused; `api.answer`.
    """
    headers, data = {"Content-Type": "application/json"}, question.encode()
    proved = Proof(client.core, member, signer).header_for
    answer = json_of(
        client.nodes.request("POST", PATH, content=data, headers=headers, header_for=proved)
    )
    named = answer.get("question") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or named != question.record_id.hex():
        raise ClientError(Code.API_ANSWER, node=PATH, what="question")
    return answer
