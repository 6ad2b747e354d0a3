"""Why it moves, or does not: the facts of `consensus.status` as sentences a person can act on."""

from api.words import say
from consensus.status import NodeStatus

NAMES_SEPARATOR = ", "


def diagnose(status: NodeStatus, failure: Exception | None, language: str) -> list[str]:
    """Sentences, the worst first; one that says all is well where nothing is wrong.

    Args:
        status: of this node.
        failure: what ended the node's part, if anything did.
        language: ``zh`` or ``en``.
    """
    at, committee, missing = status.situation, status.committee, status.missing
    facts: dict[str, str | int] = {
        "n": committee.n,
        "q": committee.q,
        "reachable": committee.n - len(missing),
        "missing": NAMES_SEPARATOR.join(missing),
        "height": status.head.height,
        "certified": at.certified,
        "view": at.view,
        "primary": at.primary,
        "asking": NAMES_SEPARATOR.join(at.asking),
        "cosigned": status.cosigned_height,
        "faults": status.faults_count,
    }
    said = [] if failure is None else [say(language, "stopped", {"reason": str(failure)})]
    said += [say(language, trouble.value, facts) for trouble in status.troubles]
    if not said:
        said = [say(language, "fine", facts)]
    said += [say(language, "silent", {"node": node}) for node in missing]
    for node, peer in status.peers.items():
        lag = 0 if peer.height is None else status.head.height - peer.height
        if node not in missing and lag > 1:
            said.append(say(language, "lag", {"node": node, "lag": lag}))
    return said
