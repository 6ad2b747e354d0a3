"""StampedHeads: which heads time stamping authorities stamped, as one node keeps it.

An authority stamps the head that it is shown last, and a receipt stands on an earlier one: so the
question here is which head, at or above a height, it stamped first. Spec:
``docs/spec/time_stamps.md``, ``docs/spec/store.md``.
"""

from collections.abc import Iterable
from hashlib import sha256

from ledger.block_store import BlockStore
from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint
from ledger.core.identifiers import DIGEST_BYTES, Height
from ledger.core.merkle_stored import consistency_path_from
from ledger.core.receipt_parts import StampedHead
from ledger.errors import StoreError
from ledger.log_tree import LogTree
from ledger.store.api import Store
from ledger.store.keys import Table, last_number, number, text


class StampedHeads:
    """The verified tokens of authorities, by the operator's name for each and by height."""

    __slots__ = ("_blocks", "_origin", "_store", "_tree")

    def __init__(self, store: Store, blocks: BlockStore, tree: LogTree, origin: str) -> None:
        self._store = store
        self._blocks = blocks
        self._tree = tree
        self._origin = origin

    def checkpoint(self, height: Height) -> Checkpoint:
        """The head of the log after the block at `height`."""
        header = self._blocks.header(height)
        return Checkpoint(self._origin, header.log_size, header.log_root)

    def keep(self, name: str, height: Height, token: bytes) -> None:
        """Keep an authority's token over a head; when this returns, it survives any crash.

        Args:
            name: of the authority.
            height: of the block that the head ends with.
            token: DER, verified by the caller: of this authority, over this head.

        Raises:
            StoreError: it could not be made durable.
        """
        self._store.write([(_row(name, height), stamp_row(token))])

    def newest(self, name: str) -> tuple[Height, bytes] | None:
        """The newest head that an authority stamped, and its token."""
        rows = self._store.scan(*Table.STAMP.range(text(name)), reverse=True)
        return next((_found(row, data) for row, data in rows), None)

    def first(self, name: str, height: Height) -> tuple[Height, bytes] | None:
        """The lowest head at or above `height` that an authority stamped, and its token."""
        stop = Table.STAMP.range(text(name))[1]
        rows = self._store.scan(_row(name, height), stop)
        return next((_found(row, data) for row, data in rows), None)

    def heads(self, names: Iterable[str], height: Height) -> tuple[StampedHead, ...]:
        """For each of `names` its first head at or above `height`, ascending: a receipt's slot.

        Args:
            names: of authorities.
            height: of the head that the receipt stands on; the paths lead from there.
        """
        found = [each for each in (self.first(name, height) for name in names) if each is not None]
        size = self._blocks.header(height).log_size
        return tuple(
            StampedHead(
                self.checkpoint(at).text(),
                consistency_path_from(self._tree, size, self._blocks.header(at).log_size),
                token,
            )
            for at, token in sorted(found)
        )


def stamp_row(token: bytes) -> bytes:
    """How a token is kept: behind its digest, because no reader here could miss one of its bits."""
    return sha256(token).digest() + token


def token_from(data: bytes) -> bytes:
    """The token in a row.

    Raises:
        StoreError: `store.damaged`.
    """
    token = data[DIGEST_BYTES:]
    if stamp_row(token) != data:
        raise StoreError(Code.STORE_DAMAGED, what=f"stamp {token[:8].hex()}")
    return token


def _found(row: bytes, data: bytes) -> tuple[Height, bytes]:
    return Height(last_number(row)), token_from(data)


def _row(name: str, height: Height) -> bytes:
    return Table.STAMP.key(text(name), number(height))
