"""Why it moves, or does not: the facts of `consensus.status` as sentences a person can act on."""

from collections.abc import Mapping, Sequence
from typing import Final

from api.words import say
from consensus.status import NodeStatus
from ledger.core.identifiers import NodeId
from ledger.errors import DetailValue, LedgerError
from ledger.words import sentence

_COMMA: Final = {"zh": "、", "en": ", "}


def diagnose(
    status: NodeStatus, unsigned: Sequence[NodeId], failure: Exception | None, language: str
) -> list[str]:
    """Sentences, the worst first; one that says all is well where nothing is wrong.

    Args:
        status: of this node.
        unsigned: nodes whose cosignature of the head is not here yet.
        failure: what ended the node's part, if anything did.
        language: ``zh`` or ``en``.
    """
    facts = _facts(status, unsigned, _COMMA[language])
    said = []
    if failure is not None:
        said.append(say(language, "stopped", {"reason": reason(failure, language)}))
    said += [say(language, trouble.value, facts) for trouble in status.troubles]
    if not said:
        said.append(say(language, "fine", facts))
    if status.committee.f == 0:
        said.append(say(language, "development", facts))
    missing = status.missing
    if missing and status.has_quorum:
        said += [say(language, "silent", {"node": node}) for node in missing]
    for node, peer in status.peers.items():
        lag = 0 if peer.height is None else status.head.height - peer.height
        if node not in missing and lag > 1:
            said.append(say(language, "lag", {"node": node, "lag": lag}))
    return said


def reason(failure: Exception, language: str) -> str:
    """What ended a node, in words where it has any."""
    if isinstance(failure, LedgerError):
        return sentence(failure.code, failure.detail, language)
    return str(failure)


def _facts(status: NodeStatus, unsigned: Sequence[NodeId], comma: str) -> Mapping[str, DetailValue]:
    """Everything that a sentence may name."""
    at, committee = status.situation, status.committee
    return {
        "n": committee.n,
        "q": committee.q,
        "reachable": committee.n - len(status.missing),
        "missing": comma.join(status.missing),
        "height": status.head.height,
        "certified": at.certified,
        "view": at.view,
        "primary": at.primary,
        "asking": comma.join(at.asking),
        "cosigned": status.cosigned_height,
        "unsigned": comma.join(unsigned),
        "faults": status.faults_count,
    }
