"""Finds Faults in what the replica has heard: two messages of one node that no honest one sends.

What a Fault is, and how anybody checks one, is `ledger.core.misconduct`. Detection never raises:
misbehaviour is data. Inconsistent cosignatures are found where the log is (`ledger.cosigned`).
Spec: ``docs/spec/misconduct.md``.
"""

from consensus.core.messages import NewView, Phase, ViewChange, Vote
from ledger.core.misconduct import Fault, FaultKind
from ledger.core.statements import Statement, Word


def two_votes(known: Vote, new: Vote) -> Fault | None:
    """The Fault in two votes of one node, where they are of one phase and slot."""
    if known.phase is not new.phase or known.slot != new.slot or known.node != new.node:
        return None
    if known.header_hash == new.header_hash:
        return None
    kind = FaultKind.TWO_PREPARES if new.phase is Phase.PREPARE else FaultKind.TWO_COMMITS
    at = new.slot
    first, second = said_by_vote(known), said_by_vote(new)
    return Fault(kind, at.network_id, at.epoch, new.node, first, second)


def two_new_views(known: NewView, new: NewView) -> Fault | None:
    """The Fault in two NEW-VIEWs of one node, where they are of one slot."""
    if known.slot != new.slot or known.node != new.node or known.body == new.body:
        return None
    return Fault(
        FaultKind.TWO_NEW_VIEWS,
        new.slot.network_id,
        new.slot.epoch,
        new.node,
        Statement(Word.NEW_VIEW, known.body, known.signature),
        Statement(Word.NEW_VIEW, new.body, new.signature),
    )


def forgotten_commit(commit: Vote, change: ViewChange) -> Fault | None:
    """The Fault in a Commit that a later VIEW-CHANGE of the same node does not account for."""
    if commit.phase is not Phase.COMMIT or commit.node != change.node:
        return None
    asked, at = change.slot, commit.slot
    same_height = (asked.network_id, asked.epoch, asked.height) == (
        at.network_id,
        at.epoch,
        at.height,
    )
    if not same_height or asked.view <= at.view:
        return None
    if change.prepared_view is not None and change.prepared_view >= at.view:
        return None
    said = Statement(Word.VIEW_CHANGE, change.body, change.signature)
    kind = FaultKind.FORGOTTEN_COMMIT
    return Fault(kind, at.network_id, at.epoch, change.node, said_by_vote(commit), said)


def said_by_vote(vote: Vote) -> Statement:
    """The statement that a vote makes."""
    word = Word.PREPARE if vote.phase is Phase.PREPARE else Word.COMMIT
    return Statement(word, vote.body, vote.signature)
