"""Replay: judges a stored chain again, block by block, over a second and empty store.

What an audit asks of the rules: it satisfies `ledger.audit.Judge` by shape. Never sees the store
that is audited. Spec: ``docs/architecture.md``.
"""

from collections.abc import Sequence

from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from contracts.tables import Catalogue
from ledger.chain import Chain
from ledger.core.block import Header
from ledger.core.certificate import CommitCertificate
from ledger.core.genesis import Genesis
from ledger.errors import Rejected
from ledger.store.api import Reader, Store


class Replay:
    """The rules, applied anew from the genesis on."""

    def __init__(
        self,
        genesis: Genesis,
        catalogue: Catalogue,
        store: Store,
        more: Sequence[Catalogue] = (),
    ) -> None:
        """Begin before the first block.

        Args:
            genesis: of the network.
            catalogue: the one of this software.
            store: empty, and nobody else's; it will hold a second copy of the chain.
            more: further ones: the genesis's and each that was adopted are to be among them.

        Raises:
            FormatError: `catalogue.other`.
        """
        self.reader: Reader = store
        chain = Chain(store, genesis, genesis_rows(genesis))
        self._executor = BlockExecutor(chain, catalogue, more)

    def check(self, header: Header, payload: bytes) -> Rejected | None:
        """Judge the block that follows those committed so far."""
        return self._executor.check(header, payload)

    def commit(self, header: Header, payload: bytes, certificate: CommitCertificate) -> None:
        """Go on to the next height; only after `check` found no fault."""
        self._executor.commit(header, payload, certificate)
