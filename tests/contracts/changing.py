"""A town whose committee changes: proposals, approvals, ready statements, and blocks that close.

Blocks are certified by the committee in force, with the keys that its nodes have then, and heads are
cosigned by it, so that receipts of every epoch can be verified.
"""

from collections.abc import Sequence

from ledger.core.block import Header
from ledger.core.bundle import Bundle
from ledger.core.canonical import Value
from ledger.core.certificate import CommitCertificate, Slot, vote_body
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.committee_change import Ready, Step, committee_bytes, prove_node, step_between
from ledger.core.hashing import Tag
from ledger.core.identifiers import Digest, Epoch, MemberId, NodeId, RecordId, View
from ledger.core.signing import Ed25519Signer, sign_tagged
from tests.contracts.town import DEPARTMENTS, SECOND, Town
from tests.vectors.small_network import seed, signer

_SIGNERS: dict[bytes, Ed25519Signer] = {}


def keys_of(name: str) -> tuple[Ed25519Signer, Ed25519Signer]:
    """Node key and log key of that name."""
    node, log = signer(f"node {name}"), signer(f"log {name}")
    _SIGNERS[node.public_key] = node
    _SIGNERS[log.public_key] = log
    return node, log


def member_node(member: str, keys: str = "", node_id: str = "") -> CommitteeNode:
    """The node of a member, under the keys of that name (its own by default)."""
    node, log = keys_of(keys or member)
    pin = Digest(seed(f"tls {keys or member}"))
    name = NodeId(node_id or f"node-{member}")
    return CommitteeNode(name, MemberId(member), node.public_key, log.public_key, pin)


for _department in DEPARTMENTS:
    keys_of(_department)


class ChangingTown(Town):
    """The town, and the committees that follow its first one."""

    @property
    def committee(self) -> Committee:
        """In force for the next block."""
        return self.chain.committee

    def block(self, *bundles: Bundle, at: int | None = None) -> tuple[Header, bytes] | None:
        self.now_ms = self.now_ms + SECOND if at is None else at
        return self.executor.assemble(bundles, self.now_ms, self.committee.primary(View(0)))

    def commit(self, *bundles: Bundle, at: int | None = None) -> Header | None:
        made = self.block(*bundles, at=at)
        if made is None:
            return None
        header, payload = made
        committee = self.committee
        assert self.executor.check(header, payload) is None
        self.executor.commit(header, payload, certified(committee, header))
        self.cosigned(committee, header)
        return header

    def cosigned(self, committee: Committee, header: Header) -> None:
        """The first q nodes of a committee cosign the head after a block."""
        for node in committee.nodes[: committee.q]:
            checkpoint = Checkpoint(self.chain.origin, header.log_size, header.log_root)
            name = cosigner_name(self.chain.origin, node.node_id)
            line = cosign(_SIGNERS[node.node_key], name, checkpoint, header.time_ms // 1000).line()
            self.chain.add_cosignature(node.node_id, header.log_size, header.log_root, line)

    def admitted(self, member: str) -> None:
        """A quorum admits a member to run a node."""
        self.decided(member, "admit", roles=("node_operator",))

    def decided(self, member: str, action: str, **fields: Value) -> None:
        """A quorum admits a member to run nodes, or removes it."""
        first, *others = [node.member_id for node in self.committee.nodes]
        record = self.say(first, "ledger.node_admitted", member, action=action, fields=fields)
        for by in others[: self.committee.q - 1]:
            self.say(by, "ledger.confirmed", member, refs=[("confirms", record)])

    def following(self, *nodes: CommitteeNode) -> Committee:
        """The committee that these nodes would be in the next epoch."""
        return Committee(Epoch(self.committee.epoch + 1), nodes)

    def with_node(self, node: CommitteeNode) -> Committee:
        """The present committee and one node more."""
        return self.following(*self.committee.nodes, node)

    def without(self, member: str) -> Committee:
        """The present committee without a member's node."""
        return self.following(*(n for n in self.committee.nodes if n.member_id != member))

    def with_instead(self, member: str, node: CommitteeNode) -> Committee:
        """The present committee with another node in the place of a member's."""
        return self.following(*(node if n.member_id == member else n for n in self.committee.nodes))

    def proposal(self, committee: Committee, **other: Value) -> tuple[str, dict[str, Value]]:
        """Subject and fields of the proposal of `committee`; `other` replaces fields."""
        step = step_between(self.committee, committee)
        fields: dict[str, Value] = {
            "epoch": committee.epoch,
            "action": step.action.value,
            "node": step.about.node_id,
            "committee": committee_bytes(committee),
            **self.possession(committee.epoch, step.entered),
        }
        given: dict[str, Value] = {
            name: value for name, value in (fields | other).items() if value is not None
        }
        return str(step.about.member_id), given

    def possession(self, epoch: Epoch, entered: CommitteeNode | None) -> dict[str, Value]:
        """What a node that enters signs with both of its keys."""
        if entered is None:
            return {}
        network = self.genesis.network_id
        keys = (("node_possession", entered.node_key), ("log_possession", entered.log_key))
        held = [(name, _SIGNERS[key]) for name, key in keys if key in _SIGNERS]
        return {name: prove_node(key, network, epoch, entered) for name, key in held}

    def proposed(self, committee: Committee, by: str = "centre") -> RecordId:
        """Propose `committee`; it must be accepted."""
        subject, fields = self.proposal(committee)
        return self.say(by, "committee.proposed", subject, fields=fields)

    def approve(
        self, proposal: RecordId, subject: str, members: Sequence[str], epoch: int | None = None
    ) -> list[RecordId]:
        """Members confirm a proposal, each in a block of its own."""
        named = self.committee.epoch + 1 if epoch is None else epoch
        refs = [("confirms", proposal)]
        return [self.say(by, "ledger.confirmed", subject, refs=refs, epoch=named) for by in members]

    def ready(self, epoch: Epoch, entered: CommitteeNode) -> dict[str, Value]:
        """The word of a node that it holds the chain up to the last block but one."""
        height = self.chain.head.height
        header_hash = self.chain.blocks.header(height).hash()
        said = Ready(self.genesis.network_id, epoch, entered.node_id, height, header_hash)
        signed = said.sign(_SIGNERS[entered.node_key])
        return {"ready_height": height, "ready_header": header_hash, "ready": signed}

    def change(self, committee: Committee) -> dict[str, Value]:
        """The fields of the change to `committee`."""
        step: Step = step_between(self.committee, committee)
        fields: dict[str, Value] = {
            "epoch": committee.epoch,
            "committee": committee_bytes(committee),
        }
        if step.new_node_key and step.entered is not None:
            fields |= self.ready(committee.epoch, step.entered)
        return fields

    def approved(
        self, committee: Committee, by: Sequence[str] = ()
    ) -> tuple[str, list[tuple[str, RecordId]]]:
        """A committee that a quorum approved: subject of its change, and what that must cite."""
        members = list(by or [node.member_id for node in self.committee.nodes])
        subject = step_between(self.committee, committee).about.member_id
        proposal = self.proposed(committee, members[0])
        confirmed = self.approve(proposal, subject, members[1 : self.committee.q])
        return subject, [("follows", each) for each in (proposal, *confirmed)]

    def changed(self, committee: Committee) -> RecordId:
        """Propose, approve and make a change."""
        subject, refs = self.approved(committee)
        by = self.committee.nodes[0].member_id
        return self.say(by, "committee.change", subject, refs=refs, fields=self.change(committee))


def certified(committee: Committee, header: Header, view: int = 0) -> CommitCertificate:
    """The commit certificate of the first q nodes of `committee`."""
    slot = Slot(header.network_id, committee.epoch, header.height, View(view))
    body = vote_body(slot, header.hash())
    votes = tuple(
        (node.node_id, sign_tagged(_SIGNERS[node.node_key], Tag.COMMIT, body))
        for node in committee.nodes[: committee.q]
    )
    return CommitCertificate(slot, header.hash(), votes)
