"""Node: what the HTTP service needs of the running node besides the chain.

`consensus.runner.Runner` fits it by shape. Calls come from the node's own event loop.
"""

from collections.abc import Awaitable
from typing import Protocol

from consensus.bundle_desk import Answer
from consensus.fates import Fate
from consensus.status import NodeStatus
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Digest


class Node(Protocol):
    """A node at work."""

    @property
    def status(self) -> NodeStatus:
        """Where the node stands, in facts."""
        ...

    @property
    def failure(self) -> Exception | None:
        """What ended the node's part; None while it works."""
        ...

    def submit(self, bundle: Bundle) -> Answer:
        """Take in a bundle: an acknowledgement, the height it is at already, or why not.

        Raises:
            StoreError: it could not be made durable, so nothing was promised.
        """
        ...

    def fate(self, pool_key: Digest) -> Fate:
        """What became of a bundle, as far as the node remembers."""
        ...

    def moved(self, timeout_s: float) -> Awaitable[None]:
        """Returns at the next commit, settled bundle or cosigned head, or after `timeout_s`."""
        ...
