"""Opens the chain of a process that goes on, and logs how far an older store is brought up."""

from typing import Final

import structlog

from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.identifiers import Height
from ledger.opening import stored_height
from ledger.store.api import Store
from ledger.trust import TrustRoot
from ledger.upgrading import LAYOUT_KEY, bring_up, is_older

_LINES: Final = 20
"""In the log, for the whole of it."""


def opened_chain(store: Store, trust: TrustRoot) -> Chain:
    """The chain of a trust root's network in `store`.

    Raises:
        StoreError: as `Chain`.
    """
    if is_older(store.get(LAYOUT_KEY)):
        stored_height(store, trust.genesis)
        log = structlog.get_logger("store")
        said = -1

        def told(height: Height, head: Height) -> None:
            nonlocal said
            line = height * _LINES // max(1, head)
            if line != said:
                said = line
                log.info("store.upgrading", height=height, of=head)

        bring_up(store, told)
    return Chain(store, trust.genesis, genesis_rows(trust.genesis))
