"""Questions about addresses: put on record, then asked of one node under the member's key.

What the node answers is not proved; each certificate that it names is, by its status answers and
its receipt. Spec: ``docs/spec/addresses.md``.
"""

from typing import Any, Final

from api.client.asking import Question
from api.client.core import Core
from api.client.flow import Flow
from api.client.problems import ClientError, json_of
from api.client.proving import Proof
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.core.openings import Openings
from ledger.core.signing import Signer

PATH: Final = "/v1/addresses/lookups"


def look_up(
    core: Core, /, member: MemberId, signer: Signer, question: Openings
) -> Flow[dict[str, Any]]:
    """The answer of the first node that gives one.

    Args:
        member: who asks; issuer of the question.
        signer: holds a key of `member`.
        question: the openings of the record that asks.

    Raises:
        ClientError: what the node refused; `api.answer`.
    """
    headers, data = {"Content-Type": "application/json"}, question.encode()
    proved = Proof(core, member, signer).header_for
    asked = Question(PATH, "POST", content=data, headers=headers, header_for=proved)
    answer = json_of((yield from core.asking.request(asked)))
    named = answer.get("question") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or named != question.record_id.hex():
        raise ClientError(Code.API_ANSWER, node=PATH, what="question")
    return answer
