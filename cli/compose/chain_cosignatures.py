"""The chain as consensus sees it when it cosigns: counts lines, keeps the last promise."""

from dataclasses import dataclass

from consensus.cosigning import Signed
from ledger.chain import Chain
from ledger.core.identifiers import Digest, Height, NodeId
from ledger.cosigned import Counted
from ledger.store.rows import LastSigned


@dataclass(frozen=True, slots=True)
class ChainCosignatures:
    """Satisfies `consensus.cosigning.Cosignatures` over a chain."""

    chain: Chain

    @property
    def last_signed(self) -> Signed | None:
        """The last head that this node has cosigned."""
        last = self.chain.last_signed
        return None if last is None else Signed(last.size, last.root, last.time_s)

    def sign(self, signed: Signed) -> None:
        """Make `signed` the last; when this returns, it survives a crash."""
        self.chain.keep_last_signed(LastSigned(signed.size, signed.root, signed.time_s))

    def add(self, node_id: NodeId, size: int, root: Digest, line: str) -> bool:
        """Count a cosignature after verifying it; False where its head is not here yet."""
        return self.chain.add_cosignature(node_id, size, root, line) is not Counted.AHEAD

    @property
    def height(self) -> Height:
        """Of the newest head that a quorum has cosigned; 0 before the first."""
        return self.chain.cosigned_height
