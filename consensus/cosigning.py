"""Cosignatures of this node and its peers: what may be signed, when, and what is asked for again.

A node signs block ends only, after the durable batch, never a smaller size than before, never an
earlier time, and not while its clock is out of bound; while it catches up only the last head of a
chunk. So an honest node never cosigns two inconsistent heads, restarts included: what it signs is
durable before it is sent. Spec: C2SP tlog-cosignature 1.0.1; ``docs/spec/checkpoint.md``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from consensus.core.own_keys import key_in
from consensus.events import Events
from consensus.signed_mark import Mark, SignedMark
from ledger.codes import Code
from ledger.core.block import Head
from ledger.core.canonical import decode, encode
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.epochs import Epochs
from ledger.core.identifiers import Digest, Height, NodeId
from ledger.core.misconduct import Fault
from ledger.core.note import parse_line
from ledger.core.shapes import digest, integer, text, versioned
from ledger.core.signing import Signer
from ledger.cosigned import Counted
from ledger.errors import FormatError, InvariantBroken, StoreError, VerificationError
from ledger.store.rows import LastSigned

VERSION: Final = 1
ASK_AGAIN_MS: Final = 1_000
"""So long the committee has to cosign a head before it is asked for it."""
AHEAD_MAX: Final = 8
"""Cosignatures per peer of heads that are not here yet: the newest are kept."""
LINE_BYTES_MAX: Final = 1024
STRANGE_MAX: Final = 256
"""Heads of other logs that are handed on in the life of a process."""


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One node's word for one head, as it travels."""

    size: int
    root: Digest
    line: str
    """C2SP signature line, without newline."""

    def encode(self) -> bytes:
        """``["cosignature", 1, size, root, line]``."""
        return encode(("cosignature", VERSION, self.size, self.root, self.line))


class HeldHeads(Protocol):
    """`ledger.cosigned.CosignedHeads` fits by shape."""

    def take_faults(self) -> tuple[Fault, ...]:
        """Evidence against keys that signed heads this log never had, since the last call."""
        ...


class CosignedChain(Protocol):
    """Where cosignatures are counted and kept; `ledger.chain.Chain` fits by shape."""

    @property
    def epochs(self) -> Epochs:
        """Whose heads are whose."""
        ...

    @property
    def last_signed(self) -> LastSigned | None:
        """The newest head that this node has cosigned; durable."""
        ...

    def keep_last_signed(self, promise: LastSigned) -> None:
        """Make `promise` the last one; when this returns, it survives a crash.

        Raises:
            InvariantBroken: it contradicts the one before.
        """
        ...

    def add_cosignature(self, node_id: NodeId, size: int, root: Digest, line: str) -> Counted:
        """Verify a cosignature and count it.

        Raises:
            FormatError, VerificationError: the line does not hold.
        """
        ...

    @property
    def head(self) -> Head:
        """The newest durable block."""
        ...

    @property
    def heads(self) -> HeldHeads:
        """Where words about heads are held against this log."""
        ...

    def root_of(self, size: int) -> Digest:
        """The root of the first `size` leaves, at least one and no more than the head's."""
        ...

    @property
    def cosigned_height(self) -> Height:
        """Of the newest head that a quorum has cosigned; 0 before the first."""
        ...


class Cosigner:
    """One node's part in cosigning."""

    def __init__(
        self,
        own: NodeId,
        origin: str,
        keys: Iterable[Signer],
        chain: CosignedChain,
        mark: SignedMark,
        events: Events,
    ) -> None:
        self._own = own
        self._origin = origin
        self._keys = keys
        self._chain = chain
        self._mark = mark
        self._events = events
        self._ahead: dict[NodeId, dict[int, Cosignature]] = {}
        self._said: tuple[LastSigned, bytes] | None = None
        self._asked_ms = 0
        self._strange: list[bytes] = []
        self._handed_on: set[tuple[NodeId, int]] = set()

    @property
    def height(self) -> Height:
        """Of the newest cosigned head."""
        return self._chain.cosigned_height

    def sign(self, head: Head, now_ms: int) -> bytes | None:
        """Cosign the present head, first or again.

        The head of the block that closed an epoch is the old committee's, the next one the new's.

        Returns:
            What every peer is told; None before the first block, below what was signed, and where
            this node has no part in the committee of the head.

        Raises:
            InvariantBroken: the log is smaller than, or differs from, what was cosigned before.
        """
        signer = key_in(self._chain.epochs.at_size(head.log_size), self._own, self._keys)
        if head.height == 0 or signer is None:
            return None
        last, mark = self._chain.last_signed, self._mark.mark
        forgotten = last is None or last.size < mark.size
        if forgotten and head.log_size < mark.size:
            # The store is older than what was signed: nothing below that is signed again.
            return None
        if mark.size and not self._is_of_this_log(mark):
            raise InvariantBroken(f"cosigned another log of {mark.size} leaves than this one")
        # Time never goes back, though the clock may.
        time_s = max(now_ms // 1000, mark.time_s, 0 if last is None else last.time_s)
        promise = LastSigned(head.log_size, head.log_root, time_s)
        if self._said is not None and self._said[0] == promise:
            # Asked again within the second: the signature would be the same to the byte.
            return self._said[1]
        self._chain.keep_last_signed(promise)
        self._mark.cosigned(head.height, head.log_size, head.log_root, time_s)
        checkpoint = Checkpoint(self._origin, head.log_size, head.log_root)
        name = cosigner_name(self._origin, self._own)
        line = cosign(signer, name, checkpoint, time_s).line()
        self._chain.add_cosignature(self._own, head.log_size, head.log_root, line)
        self._said = (promise, Cosignature(head.log_size, head.log_root, line).encode())
        return self._said[1]

    def _is_of_this_log(self, mark: Mark) -> bool:
        """Whether what was cosigned last is a head of this log.

        Of one from below the snapshot with which the store began nobody can tell here; what follows
        it was certified by a quorum of the committee that this node was of.
        """
        try:
            return self._chain.root_of(mark.size) == mark.root
        except StoreError as problem:
            if problem.code is not Code.BLOCK_NOT_KEPT:
                raise
            return True

    def received(self, peer: NodeId, data: bytes) -> None:
        """Count what a peer cosigned; what is ahead of this node's log is kept for later.

        Raises:
            FormatError, VerificationError: the peer sent something else.
        """
        said = decode_cosignature(data)
        author = self._author(peer, said)
        try:
            counted = self._chain.add_cosignature(author, said.size, said.root, said.line)
        except VerificationError as problem:
            if problem.code is Code.CHECKPOINT_CONFLICT:
                self._hand_on(author, said.size, data)
            raise
        if counted is Counted.AHEAD:
            ahead = self._ahead.setdefault(peer, {})
            ahead[said.size] = said
            if len(ahead) > AHEAD_MAX:
                del ahead[min(ahead)]

    def take_strange(self) -> tuple[bytes, ...]:
        """Cosignatures of heads that this log never had, to be handed on to every peer, once each.

        The two halves of a contradiction meet only if somebody brings them together.
        """
        taken = tuple(self._strange)
        self._strange.clear()
        return taken

    def committed(self, head: Head) -> None:
        """A block is durable: what was ahead may be here now."""
        for peer, ahead in self._ahead.items():
            for size in [size for size in ahead if size <= head.log_size]:
                said = ahead.pop(size)
                try:
                    self._chain.add_cosignature(peer, said.size, said.root, said.line)
                except (FormatError, VerificationError) as problem:
                    if problem.code is Code.CHECKPOINT_CONFLICT:
                        self._hand_on(peer, said.size, said.encode())
                    self._events.add("cosignature.refused", peer=peer, reason=str(problem))

    def take_faults(self) -> tuple[Fault, ...]:
        """Evidence that cosignatures gave since the last call."""
        return self._chain.heads.take_faults()

    def _author(self, peer: NodeId, said: Cosignature) -> NodeId:
        """Whose line it is: the peer's, unless it hands on what another said of another log."""
        name = parse_line(said.line).name
        author = NodeId(name.removeprefix(f"{self._origin}/"))
        size = self._chain.head.log_size
        strange = said.size <= size and self._chain.root_of(said.size) != said.root
        return author if strange and cosigner_name(self._origin, author) == name else peer

    def _hand_on(self, author: NodeId, size: int, data: bytes) -> None:
        if (author, size) not in self._handed_on and len(self._handed_on) < STRANGE_MAX:
            self._handed_on.add((author, size))
            self._strange.append(data)

    def must_ask(self, head: Head, now_ms: int) -> bool:
        """Whether it is time to ask the peers for cosignatures of the head."""
        if self._chain.cosigned_height >= head.height:
            self._asked_ms = now_ms
            return False
        if 0 <= now_ms - self._asked_ms < ASK_AGAIN_MS:
            return False
        self._asked_ms = now_ms
        return True


def decode_cosignature(data: bytes) -> Cosignature:
    """The cosignature that `data` spells; it is not verified here.

    Raises:
        FormatError: a `format.*` code.
    """
    items = versioned(decode(data, 2 * LINE_BYTES_MAX), "cosignature", VERSION, 5)
    return Cosignature(
        integer(items[2], "size", 1),
        digest(items[3], "root"),
        text(items[4], "line", LINE_BYTES_MAX),
    )
