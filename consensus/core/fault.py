"""What a Fault is: two signed statements of one key that no honest node makes.

The list is closed. Votes of different views, heights or epochs are never Faults. A Fault names a
key, not an intent. Detection never raises: misbehaviour is data. Inconsistent cosignatures are
found where the log is (`ledger.cosigned`), not here. Spec: ``docs/spec/consensus.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from consensus.core.messages import NewView, Phase, ViewChange, Vote
from ledger.codes import Code
from ledger.core.canonical import Value, decode
from ledger.core.committee import Committee
from ledger.core.hashing import Tag
from ledger.core.identifiers import NodeId
from ledger.core.shapes import array, integer
from ledger.core.signing import verify_tagged
from ledger.errors import VerificationError

_BODY_BYTES_MAX: Final = 1024


class FaultKind(StrEnum):
    """The closed list."""

    TWO_PREPARES = "two-prepares"
    """Two Prepares of one slot with different header hashes."""
    TWO_COMMITS = "two-commits"
    """Two Commits of one slot with different header hashes."""
    TWO_NEW_VIEWS = "two-new-views"
    """Two differing NEW-VIEWs of one slot."""
    FORGOTTEN_COMMIT = "forgotten-commit"
    """A Commit of (h, v), and a later VIEW-CHANGE that reports a prepared view below v, or none."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One signed statement, kept as the bytes that anybody can check."""

    tag: Tag
    body: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Evidence against the key of one node."""

    kind: FaultKind
    node: NodeId
    first: Statement
    second: Statement

    def __repr__(self) -> str:
        return f"Fault {self.kind.value} by {self.node}"

    def verify(self, committee: Committee) -> None:
        """Require that the accused node's key signed both statements, and that they are a Fault.

        Raises:
            VerificationError: `signature.invalid`, or `fault.none` where no rule forbids to say
                both.
            FormatError: `committee.invalid` for a stranger, a `format.*` code.
        """
        key = committee.node(self.node).node_key
        for said in (self.first, self.second):
            verify_tagged(key, said.tag, said.body, said.signature)
        if not self._contradicts():
            raise VerificationError(Code.FAULT_NONE, kind=self.kind.value, node=self.node)

    def _contradicts(self) -> bool:
        """Whether the closed list forbids one key to sign both statements."""
        first, second = (_items(said) for said in (self.first, self.second))
        tags = (self.first.tag, self.second.tag)
        if self.kind is FaultKind.FORGOTTEN_COMMIT:
            if tags != (Tag.COMMIT, Tag.VIEW_CHANGE):
                return False
            # Commit: [slot, header hash]. View change: [slot, parent, prepared view, its hash].
            at, asked = integer(first[3], "view"), integer(second[3], "view")
            later = first[:3] == second[:3] and asked > at
            hidden = second[5] is None or integer(second[5], "prepared view") < at
            return later and hidden
        return tags == (_TAGS[self.kind],) * 2 and first[:4] == second[:4] and first != second


_TAGS = MappingProxyType(
    {
        FaultKind.TWO_PREPARES: Tag.PREPARE,
        FaultKind.TWO_COMMITS: Tag.COMMIT,
        FaultKind.TWO_NEW_VIEWS: Tag.NEW_VIEW,
    }
)


_ITEMS = MappingProxyType({Tag.PREPARE: 5, Tag.COMMIT: 5, Tag.VIEW_CHANGE: 7, Tag.NEW_VIEW: 6})
"""Items of the body that each tag signs; a key may sign anything, and only these are statements."""


def _items(said: Statement) -> Sequence[Value]:
    return array(decode(said.body, _BODY_BYTES_MAX), "statement", _ITEMS.get(said.tag, 0))


def two_votes(known: Vote, new: Vote) -> Fault | None:
    """The Fault in two votes of one node, where they are of one phase and slot."""
    if known.phase is not new.phase or known.slot != new.slot or known.node != new.node:
        return None
    if known.header_hash == new.header_hash:
        return None
    kind = FaultKind.TWO_PREPARES if new.phase is Phase.PREPARE else FaultKind.TWO_COMMITS
    return Fault(kind, new.node, said_by_vote(known), said_by_vote(new))


def two_new_views(known: NewView, new: NewView) -> Fault | None:
    """The Fault in two NEW-VIEWs of one node, where they are of one slot."""
    if known.slot != new.slot or known.node != new.node or known.body == new.body:
        return None
    return Fault(
        FaultKind.TWO_NEW_VIEWS,
        new.node,
        Statement(Tag.NEW_VIEW, known.body, known.signature),
        Statement(Tag.NEW_VIEW, new.body, new.signature),
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
    said = Statement(Tag.VIEW_CHANGE, change.body, change.signature)
    return Fault(FaultKind.FORGOTTEN_COMMIT, change.node, said_by_vote(commit), said)


def said_by_vote(vote: Vote) -> Statement:
    """The statement that a vote makes."""
    return Statement(vote.phase.tag, vote.body, vote.signature)
