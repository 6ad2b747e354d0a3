"""The door of the core: every input comes in here, and every output leaves as one `Ready`.

After each input the rules of the open height are applied until none does anything more, then what
is lacking is asked for and what is due is said again. A misbehaving peer never raises here. The
contract, and the whole list of inputs, is written on `consensus.core.ready`.
"""

from collections.abc import Sequence

from consensus.core.catch_up import CatchUp
from consensus.core.clock_rule import ClockRule
from consensus.core.config import Config
from consensus.core.height import OpenHeight
from consensus.core.instance import Node, open_height, restore
from consensus.core.last_words import last_words, own_words_of
from consensus.core.messages import Message, Status, status_body
from consensus.core.own_keys import OwnKeys, key_in
from consensus.core.pacemaker import Pacemaker
from consensus.core.ready import JournalEntry, Outbox, Ready, Send
from consensus.core.reception import Reception
from consensus.core.situation import Situation, situation_of
from ledger.codes import Code
from ledger.core.block import Head, Header
from ledger.core.certificate import CommitCertificate, Slot
from ledger.core.committee import Committee
from ledger.core.hashing import Tag
from ledger.core.identifiers import HeaderHash, Height, NodeId, View
from ledger.core.signing import Signer, sign_tagged
from ledger.errors import InvariantBroken, StoreError


class Replica:
    """One node's part in PBFT."""

    def __init__(
        self,
        config: Config,
        signer: Signer,
        committee: Committee,
        head: Head,
        newest: Header | None = None,
        journal: Sequence[JournalEntry] = (),
        spare: Sequence[Signer] = (),
    ) -> None:
        """A replica that stands on `head`; say `start` to it first.

        Args:
            config: this node's limits and timeouts.
            signer: holds this node's key.
            committee: certifies the height above `head`.
            head: the newest durable block.
            newest: its header; None at height 0.
            journal: every entry above `head`, in the order written.
            spare: further node keys of this node, which one that a committee change brings may
                join meanwhile.

        Raises:
            StoreError: `store.damaged` where an entry does not decode, or speaks of a height that
                cannot have been open: the chain is then older than the journal.
        """
        if any(entry.height > head.height + 1 for entry in journal):
            raise StoreError(Code.STORE_DAMAGED, what="journal above the head")
        self._keys = OwnKeys(signer, spare)
        signer = key_in(committee, config.node_id, self._keys) or signer
        node = Node(
            config,
            signer,
            Outbox(),
            ClockRule(config),
            Pacemaker(config),
            CatchUp(config),
        )
        here = open_height(config, signer, committee, head)
        current = [entry for entry in journal if entry.height == here.height]
        here.promises.restore(current, config)
        restore(here)
        self._node = node
        self._at = OpenHeight(node, here)
        self._peers = _others(committee, config.node_id)
        self._reception = Reception(node, newest)
        self._restarted = head.height > 0 or bool(journal)
        self._now_ms = 0
        self._status_at_ms = 0
        self._resend_at_ms = 0

    def recall(self, committee: Committee, certificate: CommitCertificate) -> None:
        """Before `start`: the certificate of a stored block, against which late words are held."""
        self._reception.recall(committee, certificate)

    def abstain(self, until: Height) -> None:
        """Before `start`: up to this height promises of this node are lost; 0 for none."""
        self._node.abstains_until = until

    def start(self, now_ms: int) -> Ready:
        """Begin: the last words of the open height go out again, the same bytes."""
        config = self._node.config
        if self._restarted and self._at.here.committee.n > 1:
            self._node.listens_until_ms = now_ms + config.listen_ms
        self._now_ms = self._status_at_ms = self._resend_at_ms = now_ms
        return self._finish(now_ms)

    def connected(self, peer: NodeId, now_ms: int) -> Ready:
        """`peer` can be reached (again): it is told where we stand and what was said last."""
        self._enter(now_ms)
        here, me = self._at.here, self._node.config.node_id
        if peer != me:
            self._node.catch_up.connected(peer)
            words = (Send(peer, word.message) for word in last_words(here, me)
                     if word.to in (None, peer))  # fmt: skip
            self._node.out.to(peer, self._status(now_ms))
            self._node.out.send.extend((*words, *own_words_of(here, peer)))
        return self._finish(now_ms)

    def receive(self, peer: NodeId, message: Message, now_ms: int) -> Ready:
        """A decoded message from the connection of `peer`; the transport knows who that is."""
        self._enter(now_ms)
        if peer != self._node.config.node_id:
            self._reception.receive(self._at, peer, message, now_ms, now_ms)
        return self._finish(now_ms)

    def silence(self) -> None:
        """Sign nothing more in the life of this process: another one has its key, and runs."""
        self._node.silenced = True

    def waiting(self, yes: bool, now_ms: int, *, passed_over: bool = False) -> Ready:
        """Whether work waits.

        Args:
            yes: a bundle judged fit on the present head waits here, or a timer is due.
            now_ms: the time.
            passed_over: a bundle waits here while later ones of its member were committed.
        """
        self._enter(now_ms)
        if yes and not self._node.work:
            self._node.work_since_ms = now_ms
        self._node.work = yes
        self._node.passed_over = yes and passed_over
        return self._finish(now_ms)

    def propose(self, slot: Slot, header: Header | None, payload: bytes, now_ms: int) -> Ready:
        """The answer to `Ready.propose`: the block assembled, or None where there is nothing."""
        self._enter(now_ms)
        self._at.proposals.on_proposed(slot, header, payload, now_ms)
        return self._finish(now_ms)

    def validated(self, header_hash: HeaderHash, ok: bool, now_ms: int) -> Ready:
        """The answer to `Ready.validate`.

        Raises:
            InvariantBroken: a block that a quorum has certified judges invalid here.
        """
        self._enter(now_ms)
        self._at.proposals.on_validated(header_hash, ok, now_ms)
        return self._finish(now_ms)

    def delivered(self, head: Head, committee: Committee, now_ms: int) -> Ready:
        """The answer to `Ready.deliver`: the block is durable, `head` stands on it.

        Args:
            head: the application's new head.
            committee: certifies the height above it.
            now_ms: the time.

        Raises:
            InvariantBroken: `head` is not the block that was delivered.
        """
        self._enter(now_ms)
        here, node = self._at.here, self._node
        decided = here.decided
        block = decided and here.block(decided.header_hash)
        if not here.delivering or not block or head.header_hash != block.header_hash:
            raise InvariantBroken(f"committed {head.header_hash.hex()}, which was not delivered")
        self._reception.newest = block.header
        node.work_since_ms = now_ms
        node.pacemaker.stop()
        node.pacemaker.resume(now_ms)
        self._reception.close(here)
        node.signer = key_in(committee, node.config.node_id, self._keys) or node.signer
        self._at = OpenHeight(node, open_height(node.config, node.signer, committee, head))
        self._peers = _others(committee, node.config.node_id)
        self._reception.open(self._at, now_ms)
        return self._finish(now_ms)

    def tick(self, now_ms: int) -> Ready:
        """The clock reached `deadline_ms`."""
        self._enter(now_ms)
        return self._finish(now_ms)

    @property
    def deadline_ms(self) -> int:
        """When `tick` is wanted; always later than the last input."""
        here, node = self._at.here, self._node
        times: list[int | None] = [
            self._status_at_ms,
            self._resend_at_ms,
            node.pacemaker.deadline_ms,
            node.listens_until_ms,
            node.catch_up.deadline_ms(here.head.height, self._peers, self._at.holders()),
        ]
        if here.proposal is not None:
            times.append(here.proposal.votable_at_ms)
        if self._at.proposals.waits_to_propose():
            times.append(self._at.proposals.propose_at_ms)
        later = [time for time in times if time is not None and time > self._now_ms]
        return min(later, default=self._now_ms + node.config.status_ms)

    @property
    def situation(self) -> Situation:
        """Where this replica stands, for people."""
        reception, now_ms = self._reception, self._now_ms
        dropped = (reception.dropped_count, reception.dropped_last)
        return situation_of(self._node, self._at, dropped, reception.early, now_ms)

    @property
    def primary(self) -> NodeId:
        """Of the present view."""
        return self._at.here.committee.primary(self._at.here.view)

    @property
    def clock_trusted(self) -> bool:
        """Whether this clock may judge fresh blocks; a node whose clock may not does not cosign."""
        return self._node.clock.trusted(self._at.here.committee, self._now_ms)

    def _enter(self, now_ms: int) -> None:
        """What every input begins with: a clock that stepped back takes every timer along."""
        by_ms, node = self._now_ms - now_ms, self._node
        self._now_ms = now_ms
        if by_ms <= 0:
            return
        node.pacemaker.rewind(by_ms)
        node.catch_up.rewind(by_ms)
        node.work_since_ms -= by_ms
        node.listens_until_ms -= by_ms
        self._at.here.propose_at_ms -= by_ms
        self._status_at_ms -= by_ms
        self._resend_at_ms -= by_ms

    def _finish(self, now_ms: int) -> Ready:
        """What every input ends with."""
        at, node = self._at, self._node
        at.advance(now_ms)
        at.pace(now_ms)
        if node.pacemaker.expired(now_ms):
            at.view_changes.leave(View(at.here.view + 1), now_ms)
            at.advance(now_ms)
            at.pace(now_ms)
        self._fetch(now_ms)
        self._repeat(now_ms)
        return node.out.take()

    def _fetch(self, now_ms: int) -> None:
        """Ask for what is lacking: a block of this height by its hash, decided blocks by height."""
        here, catch_up, out = self._at.here, self._node.catch_up, self._node.out
        if here.delivering:
            return
        wanted, holders = here.wanted(), self._at.holders()
        if wanted is not None and (
            asked := catch_up.request_payload(here.height, wanted, holders, now_ms)
        ):
            out.to(*asked)
        if request := catch_up.request_blocks(here.head.height, self._peers, now_ms):
            out.to(*request)

    def _repeat(self, now_ms: int) -> None:
        """Say again what may have been lost."""
        config, here, out = self._node.config, self._at.here, self._node.out
        if tuple(here.committee) == (config.node_id,):
            return
        if now_ms >= self._status_at_ms:
            self._status_at_ms = now_ms + config.status_ms
            out.to_all(self._status(now_ms))
        if now_ms >= self._resend_at_ms:
            self._resend_at_ms = now_ms + config.resend_ms
            if not here.delivering:
                out.send.extend(last_words(here, config.node_id))

    def _status(self, now_ms: int) -> Status:
        here, me = self._at.here, self._node.config.node_id
        slot, head_hash = here.slot(here.view), here.head.header_hash
        body = status_body(slot, head_hash, now_ms)
        signed = sign_tagged(self._node.signer, Tag.STATUS, body)
        return Status(slot, head_hash, now_ms, me, signed)


def _others(committee: Committee, me: NodeId) -> list[NodeId]:
    """The other nodes, beginning behind this one, so that not all ask the same donor."""
    nodes = list(committee)
    place = nodes.index(me) if me in nodes else 0
    return [node for node in (*nodes[place:], *nodes[:place]) if node != me]
