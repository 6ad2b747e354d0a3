"""Cosignatures of this node and its peers: what may be signed, when, and what is asked for again.

A node signs block ends only, after the durable batch, never a smaller size than before, never an
earlier time, and not while its clock is out of bound; while it catches up only the last head of a
chunk. So an honest node never cosigns two inconsistent heads, restarts included: what it signs is
durable before it is sent. Spec: C2SP tlog-cosignature 1.0.1; ``docs/spec/checkpoint.md``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from consensus.events import Events
from ledger.core.block import Head
from ledger.core.canonical import decode, encode
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.identifiers import Digest, Height, NodeId
from ledger.core.shapes import digest, integer, text, versioned
from ledger.core.signing import Signer
from ledger.errors import FormatError, InvariantBroken, VerificationError

VERSION: Final = 1
ASK_AGAIN_MS: Final = 1_000
"""So long the committee has to cosign a head before it is asked for it."""
AHEAD_MAX: Final = 8
"""Cosignatures per peer of heads that are not here yet: the newest are kept."""
LINE_BYTES_MAX: Final = 1024


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


@dataclass(frozen=True, slots=True)
class Signed:
    """The last head that this node has cosigned."""

    size: int
    root: Digest
    time_s: int


class Cosignatures(Protocol):
    """Where cosignatures are counted and kept: the chain, seen from here."""

    @property
    def last_signed(self) -> Signed | None:
        """The last head that this node has cosigned; durable."""
        ...

    def sign(self, signed: Signed) -> None:
        """Make `signed` the last; when this returns, it survives a crash."""
        ...

    def add(self, node_id: NodeId, size: int, root: Digest, line: str) -> bool:
        """Count a cosignature after verifying it; False where its head is not here yet.

        Raises:
            FormatError, VerificationError: the line does not hold.
        """
        ...

    @property
    def height(self) -> Height:
        """Of the newest head that a quorum has cosigned; 0 before the first."""
        ...


class Cosigner:
    """One node's part in cosigning."""

    def __init__(
        self,
        own: NodeId,
        origin: str,
        signer: Signer,
        kept: Cosignatures,
        send: Callable[[bytes], None],
        events: Events,
    ) -> None:
        """`send` broadcasts one opaque frame."""
        self._own = own
        self._origin = origin
        self._signer = signer
        self._kept = kept
        self._send = send
        self._events = events
        self._ahead: dict[NodeId, dict[int, Cosignature]] = {}
        self._asked_ms = 0

    @property
    def height(self) -> Height:
        """Of the newest cosigned head."""
        return self._kept.height

    def sign(self, head: Head, now_ms: int) -> None:
        """Cosign the present head, first or again, and tell everybody.

        Raises:
            InvariantBroken: the log is smaller than, or differs from, what was cosigned before.
        """
        if head.height == 0:
            return
        last = self._kept.last_signed
        if last is not None and head.log_size < last.size:
            raise InvariantBroken(f"cosigned size {last.size}, the log has {head.log_size}")
        if last is not None and head.log_size == last.size and head.log_root != last.root:
            raise InvariantBroken(f"cosigned another root at size {last.size}")
        time_s = max(now_ms // 1000, 0 if last is None else last.time_s)
        self._kept.sign(Signed(head.log_size, head.log_root, time_s))
        checkpoint = Checkpoint(self._origin, head.log_size, head.log_root)
        name = cosigner_name(self._origin, self._own)
        line = cosign(self._signer, name, checkpoint, time_s).line()
        self._kept.add(self._own, head.log_size, head.log_root, line)
        self._send(Cosignature(head.log_size, head.log_root, line).encode())

    def received(self, peer: NodeId, data: bytes) -> None:
        """Count what a peer cosigned; what is ahead of this node's log is kept for later.

        Raises:
            FormatError, VerificationError: the peer sent something else.
        """
        said = decode_cosignature(data)
        if not self._kept.add(peer, said.size, said.root, said.line):
            ahead = self._ahead.setdefault(peer, {})
            ahead[said.size] = said
            if len(ahead) > AHEAD_MAX:
                del ahead[min(ahead)]

    def committed(self, head: Head) -> None:
        """A block is durable: what was ahead may be here now."""
        for peer, ahead in self._ahead.items():
            for size in [size for size in ahead if size <= head.log_size]:
                said = ahead.pop(size)
                try:
                    self._kept.add(peer, said.size, said.root, said.line)
                except (FormatError, VerificationError) as problem:
                    self._events.add("cosignature.refused", peer=peer, reason=str(problem))

    def must_ask(self, head: Head, now_ms: int) -> bool:
        """Whether it is time to ask the peers for cosignatures of the head."""
        if self._kept.height >= head.height:
            self._asked_ms = now_ms
            return False
        if self._asked_ms + ASK_AGAIN_MS > now_ms:
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
