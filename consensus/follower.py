"""Takes in what an upstream gives and believes nothing of it: certificate, payload, the rules.

The same check and commit as on a node that catches up. What an upstream can be blamed for raises
`FormatError` or `VerificationError`; a certified block that the rules do not give raises `Unfit`
and ends the observer. Not asyncio's: a step a block, so that others get their turn between two.
Spec: ``docs/spec/follow.md``.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from consensus.application import Application
from ledger.codes import Code
from ledger.core.block import Header, decode_header_of_block
from ledger.core.certificate import CommitCertificate, decode_certificate
from ledger.core.identifiers import Height
from ledger.core.limits import Parameters
from ledger.core.misconduct import Fault
from ledger.core.payload import rebuild
from ledger.errors import LedgerError, Rejected, VerificationError
from ledger.follow import Chunk, FollowedBlock, KeptNote

_REASON_MAX: Final = 200


class Unfit(LedgerError):  # noqa: N818 - a verdict about a quorum, and no mistake of a caller
    """A quorum signed what the rules do not give: a conspiracy, or our own mistake."""

    def __init__(self, block: FollowedBlock, height: Height, verdict: Rejected) -> None:
        self.block = block
        """The evidence."""
        reason = f"{verdict.code.value} {dict(verdict.detail)}"[:_REASON_MAX]
        super().__init__(Code.FOLLOW_UNFIT, height=height, reason=reason)


class FollowedHeads(Protocol):
    """Where heads of followed nodes are kept; `ledger.cosigned.CosignedHeads` fits by shape."""

    @property
    def newest(self) -> Height:
        """Height of the newest cosigned head."""
        ...

    def take_faults(self) -> tuple[Fault, ...]:
        """Evidence against keys that signed heads this log never had, since the last call."""
        ...

    def follow(self, height: Height, data: bytes) -> None:
        """Verify a head that a node shows, and keep it durably.

        Raises:
            FormatError, VerificationError: the node lies.
        """
        ...


class Follower:
    """The chain of an observer, as it grows."""

    __slots__ = ("_application", "_heads", "_limits")

    def __init__(self, application: Application, heads: FollowedHeads, limits: Parameters) -> None:
        self._application = application
        self._heads = heads
        self._limits = limits

    @property
    def progress(self) -> tuple[Height, Height]:
        """(head, cosigned head): while it stands still, nothing new has come."""
        return self._application.head.height, Height(self._heads.newest)

    def take(self, chunk: Chunk) -> Iterator[None]:
        """Judge and append what a chunk brings, one step for each block or note.

        What stands before the first fault stays: each was judged by itself.

        Raises:
            FormatError, VerificationError: the upstream lies.
            Unfit: `follow.unfit`.
            StoreError, InvariantBroken: as `Application.commit`.
        """
        self.check_network(chunk)
        for block in chunk.blocks:
            self._block(block)
            yield
        for note in chunk.notes:
            self._note(note)
            yield
        if chunk.head > self._application.head.height and not chunk.blocks:
            open_height = self._application.head.height + 1
            raise VerificationError(Code.FOLLOW_GAP, found=chunk.head, expected=open_height)

    def take_faults(self) -> tuple[Fault, ...]:
        """Evidence that shown heads gave since the last call."""
        return self._heads.take_faults()

    def check_network(self, chunk: Chunk) -> None:
        """Require that a chunk is of this network.

        Raises:
            VerificationError: `follow.network`.
        """
        expected = self._application.head.network_id
        if chunk.network_id != expected:
            found = chunk.network_id.hex()[:16]
            raise VerificationError(Code.FOLLOW_NETWORK, found=found, expected=expected.hex()[:16])

    def _block(self, block: FollowedBlock) -> None:
        header = decode_header_of_block(block.header)
        certificate = decode_certificate(block.certificate)
        open_height = self._application.head.height + 1
        if header.height != open_height:
            raise VerificationError(Code.FOLLOW_GAP, found=header.height, expected=open_height)
        self._check_certified(header, certificate)
        # A header that a quorum signed under a payload that is not its own: the upstream's doing.
        rebuild(header, block.payload, self._limits)
        verdict = self._application.check(header, block.payload)
        if verdict is not None:
            raise Unfit(block, header.height, verdict)
        self._application.commit(header, block.payload, certificate)

    def _check_certified(self, header: Header, certificate: CommitCertificate) -> None:
        """Require q votes of one slot of the committee in force, for exactly this header."""
        slot, network_id = certificate.slot, self._application.head.network_id
        said = (slot.network_id, slot.epoch, slot.height, certificate.header_hash)
        if said != (network_id, header.epoch, header.height, header.hash()):
            raise VerificationError(Code.CERTIFICATE_INVALID, what="slot")
        certificate.verify(network_id, self._application.committee)

    def _note(self, note: KeptNote) -> None:
        head = self._application.head.height
        if note.height > head:
            raise VerificationError(Code.FOLLOW_GAP, found=note.height, expected=head)
        self._heads.follow(note.height, note.note.encode())
