"""Why a node gives nobody its word for a bundle: each answer names the nodes that would.

Spec: ``docs/spec/pool.md``.
"""

from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.identifiers import NodeId
from ledger.errors import Rejected


def observes(committee: Committee) -> Rejected:
    """Nobody would hold it to its word, and no block of its own can bring the bundle in."""
    return Rejected(Code.OBSERVER_SUBMISSION, {"nodes": ", ".join(committee)})


def cloned(own: NodeId, committee: Committee) -> Rejected:
    """Nobody could tell which of two processes gave its word, so neither gives it."""
    others = ", ".join(each for each in committee if each != own)
    return Rejected(Code.NODE_CLONED, {"node": own, "nodes": others})
