"""Which block the present view votes on: making one, admitting one, fetching one, judging it.

A block is admitted only if it is *fresh* (its proposer is the sender and the primary of a free
view, it stands on the head, its time is right) or *chosen* by NEW-VIEW (no clock rule, proposer as
it was). Bytes that do not rebuild their header are dropped before anybody judges them. PBFT
(OSDI '99) §4.2; spec: ``docs/spec/consensus.md``.
"""

from consensus.core.instance import Instance, Node, Proposal, may_sign
from consensus.core.messages import PayloadAnswer, PrePrepare
from consensus.core.ready import Propose, Validate
from consensus.core.verification import check_commits
from ledger.core.block import Header
from ledger.core.certificate import Slot
from ledger.core.identifiers import HeaderHash
from ledger.errors import InvariantBroken, LedgerError


class Proposals:
    """The proposal of the present view at the open height."""

    __slots__ = ("_here", "_node")

    def __init__(self, node: Node, here: Instance) -> None:
        self._node = node
        self._here = here

    def admit(self, proposal: PrePrepare, arrived_ms: int) -> None:
        """A verified PRE-PREPARE on this head: for now, for a later view, or for nothing.

        Raises:
            VerificationError: its parent's certificate does not hold.
        """
        here, slot = self._here, proposal.slot
        self._move_up(proposal)
        if slot.view > here.view or (slot.view == here.view and not here.active):
            here.early[proposal.prepare.node] = (arrived_ms, proposal)
        elif slot.view == here.view:
            self._take(proposal, arrived_ms)

    def on_block(self, block: PayloadAnswer) -> bool:
        """A block that was asked for; False where it is another, or does not rebuild its header.

        An answer that comes when nothing is wanted any more is late, and no fault of its sender.
        """
        wanted = self._here.wanted()
        if wanted is None:
            return True
        if block.header_hash != wanted or not self._rebuilt(block.header, block.payload):
            return False
        self._here.candidates[block.header_hash] = block
        return True

    def on_proposed(self, slot: Slot, header: Header | None, payload: bytes, now_ms: int) -> None:
        """The block that the driver assembled, or nothing; dropped where its slot was left.

        Raises:
            InvariantBroken: it was not assembled on this head by this node.
        """
        here, config = self._here, self._node.config
        if here.proposing != slot:
            return
        here.proposing = None
        here.propose_at_ms = now_ms + max(config.batch_ms, config.answer_ms)
        if header is None or not may_sign(self._node, here, now_ms) or not self._may_propose():
            return
        if (header.previous, header.proposer) != (here.head.header_hash, config.node_id):
            raise InvariantBroken(f"assembled on another head: {header!r}")
        block = PayloadAnswer(header, header.hash(), payload)
        here.candidates[block.header_hash] = block
        here.verdicts[block.header_hash] = True
        here.proposal = Proposal(header, block.header_hash, chosen=False)

    def on_validated(self, header_hash: HeaderHash, ok: bool, now_ms: int) -> None:
        """The executor's verdict on a candidate.

        Raises:
            InvariantBroken: a block that a quorum has prepared judges invalid here.
        """
        here = self._here
        if here.judging != header_hash:
            return
        here.judging = None
        here.verdicts[header_hash] = ok
        self._node.pacemaker.resume(now_ms)
        proposal = here.proposal
        if not ok and proposal and proposal.chosen and proposal.header_hash == header_hash:
            raise InvariantBroken(f"a prepared block judges invalid: {header_hash.hex()}")

    def replay(self, _now_ms: int) -> bool:
        """A proposal that came before its view was entered."""
        here = self._here
        if not here.active or here.proposal is not None:
            return False
        primary = here.committee.primary(here.view)
        arrived_ms, proposal = here.early.get(primary, (0, None))
        if proposal is None or proposal.slot.view > here.view:
            return False
        del here.early[primary]
        if proposal.slot.view == here.view:
            self._take(proposal, arrived_ms)
        return True

    def judge(self, now_ms: int) -> bool:
        """A candidate that no verdict is known of goes to the executor, one at a time."""
        here, proposal = self._here, self._here.proposal
        if proposal is None or here.judging or proposal.header_hash in here.verdicts:
            return False
        block = here.block(proposal.header_hash)
        if block is None or not may_sign(self._node, here, now_ms):
            return False
        here.judging = block.header_hash
        self._node.out.validate = Validate(block.header, block.header_hash, block.payload)
        self._node.pacemaker.pause(now_ms)
        return True

    def ask_for_block(self, now_ms: int) -> bool:
        """The primary of a free view asks its driver for a block, once work has gathered."""
        here, node = self._here, self._node
        if not self.waits_to_propose() or now_ms < self.propose_at_ms:
            return False
        trusted = node.clock.trusted(here.committee, now_ms)
        if not trusted or not may_sign(node, here, now_ms):
            return False
        here.proposing = here.slot(here.view)
        node.out.propose = Propose(here.proposing, max(now_ms, here.head.time_ms + 1))
        return True

    @property
    def propose_at_ms(self) -> int:
        """When a primary with waiting work asks for a block."""
        gathered = self._node.work_since_ms + self._node.config.batch_ms
        return max(gathered, self._here.propose_at_ms)

    def waits_to_propose(self) -> bool:
        """Whether only time stands between this primary and its proposal."""
        return self._node.work and self._here.proposing is None and self._may_propose()

    def _may_propose(self) -> bool:
        here = self._here
        me = here.committee.primary(here.view) == self._node.config.node_id
        silent = here.proposal is None and here.view not in here.promises.prepares
        return me and here.free and silent

    def _move_up(self, proposal: PrePrepare) -> None:
        """A node that has signed nothing here starts where the proposal's parent certificate says.

        At height 1 and at the first height of an epoch that certificate moves nobody.
        """
        here, parent, view = self._here, proposal.parent, proposal.slot.view
        if parent is None or view <= here.view or not here.promises.silent:
            return
        at = parent.slot
        if (at.view, at.epoch, at.height) != (view, here.committee.epoch, here.head.height):
            return
        if parent.header_hash != here.head.header_hash:
            return
        check_commits(parent, here.head.network_id, here.committee)
        here.move_up(view)

    def _take(self, proposal: PrePrepare, arrived_ms: int) -> None:
        """Make a fresh proposal the one that this view votes on, where it may be."""
        here, header, node = self._here, proposal.header, self._node
        if here.proposal is not None or not here.free or here.view in here.promises.prepares:
            return
        if header.time_ms <= here.head.time_ms or (here.head.height and proposal.parent is None):
            return
        punctual = node.clock.punctual(header.time_ms, arrived_ms, here.changed, here.committee)
        if not punctual or not self._room(proposal):
            return
        if not self._rebuilt(header, proposal.payload):
            return
        hashed = proposal.prepare.header_hash
        here.candidates[hashed] = PayloadAnswer(header, hashed, proposal.payload)
        votable_at_ms = node.clock.votable_at(header.time_ms, here.committee)
        here.proposal = Proposal(header, hashed, chosen=False, votable_at_ms=votable_at_ms)

    def _room(self, proposal: PrePrepare) -> bool:
        """Whether one more block of this height can be held until the height is decided."""
        held, config = self._here.promises.blocks, self._node.config
        size = sum(len(block.payload) for block in held.values()) + len(proposal.payload)
        return len(held) < config.kept_blocks_max and size <= config.kept_bytes_max

    def _rebuilt(self, header: Header, payload: bytes) -> bool:
        """Bytes that do not rebuild the header are malformed: no verdict, no memory of them."""
        try:
            self._node.config.rebuilds(header, payload)
        except LedgerError:
            return False
        return True
