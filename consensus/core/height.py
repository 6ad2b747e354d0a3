"""The open height with its rules, and the table of what happens next.

Every transition of a height is in `OpenHeight.rules`, in the order in which it is tried; after one
has done something the table is tried again from the top. PBFT (OSDI '99) §4; spec:
``docs/spec/consensus.md``.
"""

from collections.abc import Callable
from typing import TypeAlias

from consensus.core.agreement import Agreement
from consensus.core.instance import Instance, Node
from consensus.core.messages import CertifiedBlock, PayloadAnswer
from consensus.core.proposals import Proposals
from consensus.core.view_change import ViewChanges
from ledger.core.identifiers import NodeId
from ledger.errors import LedgerError

Rule: TypeAlias = Callable[[int], bool]
"""Given the time, does what it may and says whether it did anything."""


class OpenHeight:
    """One instance and everything that acts on it."""

    __slots__ = ("_node", "agreement", "here", "proposals", "rules", "view_changes")

    def __init__(self, node: Node, here: Instance) -> None:
        self._node = node
        self.here = here
        self.agreement = Agreement(node, here)
        self.proposals = Proposals(node, here)
        self.view_changes = ViewChanges(node, here)
        self.rules: tuple[Rule, ...] = (
            self.agreement.decide,
            self.follow,
            self.view_changes.join,
            self.view_changes.start,
            self.proposals.replay,
            self.proposals.judge,
            self.agreement.prepare,
            self.agreement.commit,
            self.proposals.ask_for_block,
        )

    def advance(self, now_ms: int) -> None:
        """Apply the rules until none of them does anything more."""
        while any(rule(now_ms) for rule in self.rules):
            pass

    def follow(self, now_ms: int) -> bool:
        """The next block of the chunk in hand, believed for its certificate and nothing else."""
        if self.here.delivering:
            return False
        block = self._node.catch_up.next_block()
        if block is None:
            return False
        try:
            self._believe(block)
        except LedgerError:
            self._node.catch_up.chunk_wrong(now_ms)
        return True

    def pace(self, now_ms: int) -> None:
        """Let the clocks run exactly while this height waits for something they can bring about."""
        here, pacemaker = self.here, self._node.pacemaker
        mine = here.committee.primary(here.view) == self._node.config.node_id
        backup = here.active and not mine
        pacemaker.passed_over(self._node.passed_over and backup, now_ms)
        if self._patient(backup):
            pacemaker.run((here.height, here.view, here.active), here.changed, now_ms)
        else:
            pacemaker.stop()

    def holders(self) -> list[NodeId]:
        """Whom to ask for the wanted block: who voted for it first, then everybody else."""
        here = self.here
        wanted = here.wanted()
        if wanted is None:
            return []
        certificate, new_view = here.decided, here.new_view
        if certificate is not None:
            voted = [node for node, _ in certificate.votes]
        elif new_view is not None and new_view.proof is not None:
            voted = [node for node, _ in new_view.proof.votes]
        else:
            voted = []
        everybody = dict.fromkeys((*voted, *here.committee))
        return [node for node in everybody if node != self._node.config.node_id]

    def _patient(self, backup: bool) -> bool:
        """Whether the view's clock runs: work waits for the primary, or q nodes want this view."""
        here = self.here
        if here.delivering or self._node.catch_up.target >= here.height:
            return False
        if not here.active:
            return self.view_changes.wanted_by_quorum()
        chosen = here.new_view is not None and here.new_view.chosen is not None
        opened = here.proposal is not None or bool(here.promises.prepares) or chosen
        return backup and (self._node.work or opened)

    def _believe(self, block: CertifiedBlock) -> None:
        """Take a decided block of this height in.

        Raises:
            VerificationError: its certificate does not hold.
            FormatError: it is not of this height, or its payload does not rebuild its header.
        """
        here, header, certificate = self.here, block.header, block.certificate
        self._node.config.rebuilds(header, block.payload)
        self.agreement.on_certificate(certificate)
        hashed = certificate.header_hash
        here.candidates[hashed] = PayloadAnswer(header, hashed, block.payload)
