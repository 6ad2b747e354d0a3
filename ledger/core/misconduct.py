"""What a Fault is: two signed statements of one key that no honest node makes.

The list is closed. Votes of different views, heights or epochs, and cosignatures that differ in
time only, are never Faults. A Fault names a key, not an intent. Its bytes are the proof that a
record of misconduct carries and the file ``X.misconduct.json`` holds. Spec:
``docs/spec/misconduct.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ledger.codes import Code
from ledger.core.canonical import Value, decode, encode
from ledger.core.committee import Committee
from ledger.core.identifiers import Digest, Epoch, NetworkId, NodeId, check_name
from ledger.core.merkle import verify_consistency
from ledger.core.shapes import array, digest, integer, signature, text, versioned
from ledger.core.statements import (
    HEADS,
    STATEMENT_BYTES_MAX,
    Said,
    Statement,
    Word,
    head_in,
    said_in,
)
from ledger.core.strict_json import PATH_MAX
from ledger.errors import FormatError, VerificationError

VERSION: Final = 1
PROOF_BYTES_MAX: Final = 6 * 1024
"""Two bodies, two signatures and a path of 63 hashes."""
_ORIGIN_DIGITS: Final = 16
"""Hex digits of the network id at the end of a log's origin."""


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
    TWO_HEADS = "two-heads"
    """Two heads of one log, signed by one key, that no one log can have."""


@dataclass(frozen=True, slots=True)
class Grown:
    """How the larger of two heads came to be, which is not from the smaller one."""

    root: Digest
    """Of the larger head's log at the size of the smaller head."""
    path: tuple[Digest, ...]
    """RFC 6962 consistency, from that root to the larger head's."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Evidence against the key of one node."""

    kind: FaultKind
    network_id: NetworkId
    epoch: Epoch
    """Whose committee the node's key is of."""
    node: NodeId
    first: Statement
    """Of two heads the smaller; of a forgotten Commit that Commit."""
    second: Statement
    grown: Grown | None = None
    """For two heads of different sizes."""

    def __repr__(self) -> str:
        return f"Fault {self.kind.value} by {self.node}"

    @property
    def place(self) -> tuple[int, int]:
        """(height, view) of the slot of the first statement; (size, 0) of the smaller head.

        More evidence of one kind at one place says nothing new.
        """
        if self.kind is FaultKind.TWO_HEADS:
            return head_in(self.first).size, 0
        at = said_in(self.first).slot
        return at.height, at.view

    def encode(self) -> bytes:
        """The canonical array of ``docs/spec/misconduct.md``."""
        first, second = (
            (each.word.value, each.body, each.signature) for each in (self.first, self.second)
        )
        grown = None if self.grown is None else (self.grown.root, self.grown.path)
        named = (self.network_id, self.epoch, self.node, self.kind.value)
        return encode(("misconduct", VERSION, *named, first, second, grown))

    def verify(self, network_id: NetworkId, committee: Committee) -> None:
        """Require that the accused node's key signed both statements, and that they are a Fault.

        Args:
            network_id: of the network that the caller judges.
            committee: of the epoch that the evidence names.

        Raises:
            VerificationError: `fault.network`, `fault.epoch`, `fault.node` for a stranger,
                `signature.invalid`, `proof.consistency`, or `fault.none` where no rule forbids
                to say both.
            FormatError: `format.*` or `note.invalid` where a statement says nothing.
        """
        if self.network_id != network_id:
            raise VerificationError(Code.FAULT_NETWORK, network=self.network_id.hex())
        if self.epoch != committee.epoch:
            raise VerificationError(Code.FAULT_EPOCH, found=self.epoch, expected=committee.epoch)
        if self.node not in committee:
            raise VerificationError(Code.FAULT_NODE, node=self.node, epoch=self.epoch)
        for said in (self.first, self.second):
            said.verify(committee.node(self.node))
        if self.kind is FaultKind.TWO_HEADS:
            self._check_heads()
        elif not self._slots_contradict():
            raise self._none()

    def _slots_contradict(self) -> bool:
        """Whether the closed list forbids one key to sign both statements."""
        words = (self.first.word, self.second.word)
        if words != _WORDS[self.kind] or self.grown is not None:
            return False
        first, second = said_in(self.first), said_in(self.second)
        if not all(self._here(said) for said in (first, second)):
            return False
        if self.kind is FaultKind.FORGOTTEN_COMMIT:
            return _forgets(first, second)
        return first.slot == second.slot and first.rest != second.rest

    def _here(self, said: Said) -> bool:
        """A slot binds its network and epoch: another's key may be the same."""
        return (said.slot.network_id, said.slot.epoch) == (self.network_id, self.epoch)

    def _check_heads(self) -> None:
        """Require heads of this network's log, of which the larger did not grow from the other."""
        if self.first.word is not self.second.word or self.first.word not in HEADS:
            raise self._none()
        small, large = head_in(self.first), head_in(self.second)
        ours = small.origin.endswith(f"/{self.network_id.hex()[:_ORIGIN_DIGITS]}")
        if not ours or small.origin != large.origin or small.size > large.size:
            raise self._none()
        if (self.grown is None) != (small.size == large.size):
            raise self._none()
        before = large.root
        if self.grown is not None:
            before = self.grown.root
            verify_consistency(small.size, large.size, self.grown.path, before, large.root)
        if before == small.root:
            raise self._none()

    def _none(self) -> VerificationError:
        return VerificationError(Code.FAULT_NONE, kind=self.kind.value, node=self.node)


def decode_fault(data: bytes) -> Fault:
    """The evidence that `data` spells; nothing in it is judged here.

    Raises:
        FormatError: a `format.*` code.
    """
    items = versioned(decode(data, PROOF_BYTES_MAX), "misconduct", VERSION, 9)
    return Fault(
        _kind(items[5]),
        NetworkId(digest(items[2], "network_id")),
        Epoch(integer(items[3], "epoch")),
        NodeId(check_name(text(items[4], "node", 32), "node")),
        _statement(items[6], "first"),
        _statement(items[7], "second"),
        None if items[8] is None else _grown(items[8]),
    )


_WORDS = MappingProxyType(
    {
        FaultKind.TWO_PREPARES: (Word.PREPARE, Word.PREPARE),
        FaultKind.TWO_COMMITS: (Word.COMMIT, Word.COMMIT),
        FaultKind.TWO_NEW_VIEWS: (Word.NEW_VIEW, Word.NEW_VIEW),
        FaultKind.FORGOTTEN_COMMIT: (Word.COMMIT, Word.VIEW_CHANGE),
    }
)


def _forgets(commit: Said, change: Said) -> bool:
    """Whether a VIEW-CHANGE hides an earlier Commit of the same height."""
    at, asked = commit.slot, change.slot
    prepared = change.rest[1]
    hidden = not isinstance(prepared, int) or prepared < at.view
    return at.height == asked.height and asked.view > at.view and hidden


def _kind(value: Value) -> FaultKind:
    try:
        return FaultKind(text(value, "kind", 32))
    except ValueError as problem:
        raise FormatError(Code.FORMAT_SHAPE, what="kind") from problem


def _statement(value: Value, what: str) -> Statement:
    word, body, signed = array(value, what, 3)
    if type(body) is not bytes or len(body) > STATEMENT_BYTES_MAX:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    try:
        return Statement(Word(text(word, what, 32)), body, signature(signed, what))
    except ValueError as problem:
        raise FormatError(Code.FORMAT_SHAPE, what=what) from problem


def _grown(value: Value) -> Grown:
    root, path = array(value, "grown", 2)
    hashes: Sequence[Value] = array(path, "path")
    if len(hashes) > PATH_MAX:
        raise FormatError(Code.FORMAT_SHAPE, what="path")
    return Grown(digest(root, "root"), tuple(digest(each, "path") for each in hashes))
