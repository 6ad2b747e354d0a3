"""The clerk of a network whose committee changes: sees each planned step through, whatever befalls.

It looks at the longest honest chain, submits what the step lacks next (admission, proposal,
confirmations, change) at nodes of the committee, and again where it does not come through. All that
it submits is real records under real keys; the ledger's rules decide.
"""

from collections.abc import Iterator

from ledger.chain import Chain
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.canonical import Value
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.committee_change import Ready, committee_bytes, prove_node, step_between
from ledger.core.identifiers import Digest, Epoch, MemberId, NodeId, Subject
from ledger.core.record import Record, Ref
from tests.simulation.town import HOUR_MS, MEMBERS, trust_of
from tests.vectors.small_network import nonce, seed, signer

LOOKS_EVERY_MS = 400
NEXT = " again"
"""What the names of a node's second keys end with."""


def keys_named(member: str, which: str = "") -> CommitteeNode:
    """The node of a member under its first keys, or under its second."""
    return CommitteeNode(
        NodeId(f"node-{member}"),
        MemberId(member),
        signer(f"node {member}{which}").public_key,
        signer(f"log {member}{which}").public_key,
        Digest(seed(f"tls {member}{which}")),
    )


def after(committee: Committee, step: str) -> Committee:
    """The committee that a step such as ``add builder`` leads to."""
    action, member = step.split()
    nodes = committee.nodes
    if action == "add":
        nodes = (*nodes, keys_named(member))
    elif action == "remove":
        nodes = tuple(node for node in nodes if node.member_id != member)
    else:
        renewed = keys_named(member, NEXT)
        nodes = tuple(renewed if node.member_id == member else node for node in nodes)
    return Committee(Epoch(committee.epoch + 1), nodes)


class Clerk:
    """What is to be submitted next, for a list of steps."""

    def __init__(self, founders: int, steps: tuple[str, ...]) -> None:
        self._founders = founders
        self._steps = steps
        self._trust = trust_of(founders)
        self._kept: dict[tuple[int, str], Record] = {}

    def done(self, chain: Chain) -> bool:
        """Whether every step was made."""
        return chain.committee.epoch == len(self._steps)

    def next_bundles(self, chain: Chain, now_ms: int) -> Iterator[tuple[str, Bundle]]:
        """Who submits what next, as far as this chain shows; nothing once all is done."""
        if self.done(chain):
            return
        epoch = chain.committee.epoch
        wanted = after(chain.committee, self._steps[epoch])
        step = step_between(chain.committee, wanted)
        subject = step.about.member_id
        first, *others = [node.member_id for node in chain.committee.nodes]
        confirming = others[: chain.committee.q - 1]
        wave: list[Record] = []
        if step.entered is not None and step.left is None:
            wave = [self._admission(epoch, first, subject, now_ms)]
            wave += [
                self._confirmation(epoch, f"admit by {by}", by, wave[0], {}, now_ms)
                for by in confirming
            ]
        for records in (wave[:1], wave):
            if lacking := list(self._lacking(chain, records, now_ms)):
                yield from lacking
                return
        proposal = self._proposal(epoch, first, wanted, now_ms)
        named: dict[str, Value] = {"epoch": wanted.epoch}
        if lacking := list(self._lacking(chain, [proposal], now_ms)):
            yield from lacking
            return
        confirmed = [
            self._confirmation(epoch, f"confirm by {by}", by, proposal, named, now_ms)
            for by in confirming
        ]
        if lacking := list(self._lacking(chain, confirmed, now_ms)):
            yield from lacking
            return
        change = self._change(epoch, first, wanted, [proposal, *confirmed], chain, now_ms)
        yield from self._lacking(chain, [change], now_ms)

    def _lacking(
        self, chain: Chain, records: list[Record], now_ms: int
    ) -> Iterator[tuple[str, Bundle]]:
        for record in records:
            if chain.blocks.record_bytes(record.record_id) is None:
                yield record.issuer, self._bundle(record, now_ms)

    def _bundle(self, record: Record, now_ms: int) -> Bundle:
        return sign_bundle(
            signer(f"member {record.issuer}"),
            self._trust.network_id,
            record.issuer,
            [record.encode()],
            now_ms - 200,
            now_ms + HOUR_MS,
            bytes(16),
        )

    def _admission(self, epoch: int, by: str, member: MemberId, now_ms: int) -> Record:
        fields: dict[str, Value] = {"action": "admit", "roles": ("node_operator",)}
        return self._record(epoch, "admit", "ledger.node_admitted", by, member, fields, (), now_ms)

    def _confirmation(
        self,
        epoch: int,
        name: str,
        by: str,
        record: Record,
        fields: dict[str, Value],
        now_ms: int,
    ) -> Record:
        refs = (Ref("confirms", record.record_id),)
        return self._record(
            epoch, name, "ledger.confirmed", by, MemberId(record.subject), fields, refs, now_ms
        )

    def _proposal(self, epoch: int, by: str, wanted: Committee, now_ms: int) -> Record:
        step = step_between(after_before(wanted, self._steps, self._founders), wanted)
        fields: dict[str, Value] = {
            "epoch": wanted.epoch,
            "action": step.action.value,
            "node": step.about.node_id,
            "committee": committee_bytes(wanted),
        }
        entered = step.entered
        if entered is not None:
            keys = [f"{kind} {entered.member_id}{_which(entered)}" for kind in ("node", "log")]
            for name, key in zip(("node_possession", "log_possession"), keys, strict=True):
                signed = prove_node(signer(key), self._trust.network_id, wanted.epoch, entered)
                fields[name] = signed
        subject = step.about.member_id
        return self._record(epoch, "propose", "committee.proposed", by, subject, fields, (), now_ms)

    def _change(
        self,
        epoch: int,
        by: str,
        wanted: Committee,
        cited: list[Record],
        chain: Chain,
        now_ms: int,
    ) -> Record:
        step = step_between(chain.committee, wanted)
        fields: dict[str, Value] = {"epoch": wanted.epoch, "committee": committee_bytes(wanted)}
        entered = step.entered
        if entered is not None and step.new_node_key:
            height = chain.head.height
            hashed = chain.blocks.header(height).hash()
            word = Ready(self._trust.network_id, wanted.epoch, entered.node_id, height, hashed)
            key = signer(f"node {entered.member_id}{_which(entered)}")
            fields |= {"ready_height": height, "ready_header": hashed, "ready": word.sign(key)}
        refs = tuple(Ref("follows", each.record_id) for each in cited)
        subject = step.about.member_id
        return self._record(epoch, "change", "committee.change", by, subject, fields, refs, now_ms)

    def _record(
        self,
        epoch: int,
        name: str,
        kind: str,
        by: str,
        subject: MemberId,
        fields: dict[str, Value],
        refs: tuple[Ref, ...],
        now_ms: int,
    ) -> Record:
        """Said once: later looks find the same record."""
        known = self._kept.get((epoch, name))
        if known is None:
            known = Record(
                kind,
                MemberId(by),
                Subject(subject),
                now_ms - 200,
                (),
                fields,
                None,
                refs,
                nonce(f"clerk {epoch} {name}"),
            )
            self._kept[epoch, name] = known
        return known


def after_before(wanted: Committee, steps: tuple[str, ...], founders: int) -> Committee:
    """The committee before `wanted`, by the steps alone."""
    committee = trust_of(founders).genesis.committee
    for step in steps[: wanted.epoch - 1]:
        committee = after(committee, step)
    return committee


def _which(node: CommitteeNode) -> str:
    return "" if node == keys_named(node.member_id) else NEXT


def steps_valid(founders: int, steps: tuple[str, ...]) -> bool:
    """Whether the rules allow these steps one after the other."""
    committee = trust_of(founders).genesis.committee
    gone: set[str] = set()
    for step in steps:
        action, member = step.split()
        there = {str(node.member_id) for node in committee.nodes}
        if (member in there) == (action == "add") or member in gone:
            return False
        if action == "rotate" and keys_named(member, NEXT) in committee.nodes:
            return False
        if action == "remove" and (committee.n <= 4 or committee.n <= 1):
            return False
        committee = after(committee, step)
        if action == "remove":
            gone.add(member)
    return all(step.split()[1] in MEMBERS for step in steps)
