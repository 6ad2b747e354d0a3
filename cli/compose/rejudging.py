"""A second chain in memory that judges every block again, for the audit.

It starts from the genesis and believes nothing of the audited store; memory grows with the chain.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cli.compose.catalogues import catalogues_at_hand
from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.block import Header
from ledger.core.certificate import CommitCertificate
from ledger.core.genesis import Genesis
from ledger.errors import Rejected
from ledger.store.api import Reader
from ledger.store.memory import MemoryStore


class Rejudging:
    """Satisfies `ledger.audit.Judge`."""

    def __init__(self, store: MemoryStore, executor: BlockExecutor) -> None:
        self._store = store
        self._executor = executor

    @classmethod
    def over(cls, genesis: Genesis, catalogues: Sequence[Path] = ()) -> Self:
        """A judge that stands before the first block.

        Args:
            genesis: of the network.
            catalogues: folders of further versions of the catalogue.

        Raises:
            FormatError: `catalogue.other` where these are not the rules of that network.
        """
        store = MemoryStore()
        chain = Chain(store, genesis, genesis_rows(genesis))
        catalogue, more = catalogues_at_hand(catalogues)
        return cls(store, BlockExecutor(chain, catalogue, more))

    @property
    def reader(self) -> Reader:
        """The state that the blocks so far give."""
        return self._store

    def check(self, header: Header, payload: bytes) -> Rejected | None:
        """Judge the next block."""
        return self._executor.check(header, payload)

    def commit(self, header: Header, payload: bytes, certificate: CommitCertificate) -> object:
        """Go on to the next height."""
        return self._executor.commit(header, payload, certificate)
