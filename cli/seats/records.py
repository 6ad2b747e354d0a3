"""The records of a committee change, out of what a node says of the network and its ledger.

What a node says here is not believed: it decides only what is submitted, and the rules of every
node judge that. Spec: ``docs/spec/committee.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nacl.utils import random

from api.client.writing import WrittenRecord
from cli.failures import CommandError, Exit
from cli.seats.files import NodeRequest, node_from
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.committee_change import (
    CHANGE_TYPE,
    PROPOSED_TYPE,
    Action,
    Ready,
    Step,
    committee_bytes,
    decode_committee,
    step_between,
)
from ledger.core.identifiers import Epoch, MemberId, NodeId, RecordId, Subject
from ledger.core.record import NONCE_BYTES, Record, Ref
from ledger.core.signing import Signer

CONFIRMED: Final = "ledger.confirmed"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal on the ledger, as a node gives it."""

    record_id: RecordId
    subject: str
    issuer: str
    committee: Committee


def committee_told(network: Any) -> Committee:
    """The committee that a node says is in force."""
    nodes = tuple(node_from(dict(each)) for each in network["committee"])
    return Committee(Epoch(int(network["epoch"])), nodes)


def with_request(present: Committee, request: NodeRequest, instead: NodeId | None) -> Committee:
    """The committee in which the node of a request stands.

    Args:
        present: in force.
        request: of the node.
        instead: whose place it takes; None: its own, or a new one at the end.
    """
    epoch = Epoch(present.epoch + 1)
    taken = request.node.node_id if instead is None else instead
    if taken in present:
        nodes = tuple(request.node if n.node_id == taken else n for n in present.nodes)
        return Committee(epoch, nodes)
    if instead is not None:
        raise CommandError(Exit.USAGE, Code.NODE_NOT_MEMBER, node=instead)
    return Committee(epoch, (*present.nodes, request.node))


def without(present: Committee, node: NodeId) -> Committee:
    """The committee that a node has left.

    Raises:
        CommandError: `node.not_member`.
    """
    if node not in present:
        raise CommandError(Exit.USAGE, Code.NODE_NOT_MEMBER, node=node)
    staying = tuple(each for each in present.nodes if each.node_id != node)
    return Committee(Epoch(present.epoch + 1), staying)


def proposal_record(
    issuer: MemberId,
    present: Committee,
    wanted: Committee,
    request: NodeRequest | None,
    reason: str,
    now_ms: int,
) -> WrittenRecord:
    """`committee.proposed` for the step from `present` to `wanted`."""
    step = step_between(present, wanted)
    fields: dict[str, Value] = {
        "epoch": wanted.epoch,
        "action": step.action.value,
        "node": step.about.node_id,
        "committee": committee_bytes(wanted),
    }
    if request is not None:
        fields |= {
            "node_possession": request.node_possession,
            "log_possession": request.log_possession,
            "address": request.address,
            "tls_certificate": request.certificate,
        }
    if reason:
        fields["reason"] = reason
    return written(PROPOSED_TYPE, issuer, step.about.member_id, fields, (), now_ms)


def proposal_told(told: Any) -> Proposal:
    """The proposal in what a node says of a record.

    Raises:
        CommandError: `committee.approval` where it is none.
    """
    said = told["record"]
    if said["type"] != PROPOSED_TYPE:
        raise CommandError(Exit.USAGE, Code.COMMITTEE_APPROVAL, what=str(said["type"]))
    data = bytes.fromhex(said["fields"]["committee"]["hex"])
    return Proposal(
        RecordId(bytes.fromhex(told["record_id"])),
        str(said["subject"]),
        str(said["issuer"]),
        decode_committee(data, Epoch(int(said["fields"]["epoch"]))),
    )


def approval_record(issuer: MemberId, proposal: Proposal, now_ms: int) -> WrittenRecord:
    """`ledger.confirmed` of a proposal, for its epoch."""
    fields: dict[str, Value] = {"epoch": proposal.committee.epoch}
    refs = (Ref("confirms", proposal.record_id),)
    return written(CONFIRMED, issuer, proposal.subject, fields, refs, now_ms)


def approvals_among(told: list[Any], proposal: Proposal) -> Mapping[str, RecordId]:
    """Who confirmed a proposal, by member, among the records about its subject."""
    found: dict[str, RecordId] = {}
    for each in told:
        said = each.get("record") or {}
        cited = {ref["record_id"] for ref in said.get("refs", ())}
        if said.get("type") == CONFIRMED and proposal.record_id.hex() in cited:
            found.setdefault(str(said["issuer"]), RecordId(bytes.fromhex(each["record_id"])))
    return found


def require_approved(proposal: Proposal, given: Mapping[str, RecordId], present: Committee) -> None:
    """That a quorum has approved, before a change is submitted that would be refused.

    Raises:
        CommandError: `committee.few`.
    """
    found = len({proposal.issuer, *given})
    # One on another committee than the present is refused for that, however many approved it.
    if proposal.committee.epoch == present.epoch + 1 and found < present.q:
        named = proposal.record_id.hex()
        raise CommandError(
            Exit.REFUSED, Code.COMMITTEE_FEW, found=found, needed=present.q, proposal=named
        )


def change_record(
    issuer: MemberId,
    proposal: Proposal,
    approvals: Mapping[str, RecordId],
    ready: tuple[Ready, bytes] | None,
    now_ms: int,
) -> WrittenRecord:
    """`committee.change`, which cites the proposal and who approved it."""
    fields: dict[str, Value] = {
        "epoch": proposal.committee.epoch,
        "committee": committee_bytes(proposal.committee),
    }
    if ready is not None:
        said, signature = ready
        fields |= {
            "ready_height": said.height,
            "ready_header": said.header_hash,
            "ready": signature,
        }
    refs = tuple(Ref("follows", each) for each in (proposal.record_id, *approvals.values()))
    return written(CHANGE_TYPE, issuer, proposal.subject, fields, refs, now_ms)


def signed_ready(said: Ready, signer: Signer) -> tuple[Ready, bytes]:
    """A ready statement with its signature."""
    return said, said.sign(signer)


def needs_ready(present: Committee, wanted: Committee) -> Step | None:
    """The step to a committee, where a key will vote that has not voted; else None."""
    step = step_between(present, wanted)
    return step if step.new_node_key else None


def about(step: Step) -> tuple[Action, CommitteeNode]:
    """What a step does, and to which node."""
    return step.action, step.about


def written(
    kind: str,
    issuer: MemberId,
    subject: str,
    fields: dict[str, Value],
    refs: tuple[Ref, ...],
    now_ms: int,
) -> WrittenRecord:
    """A record of a committee, whole: public fields, no documents."""
    record = Record(
        type=kind,
        issuer=issuer,
        subject=Subject(subject),
        occurred_at_ms=now_ms,
        evidence=(),
        fields=fields,
        private=None,
        refs=refs,
        nonce=random(NONCE_BYTES),
    )
    return WrittenRecord(record, ())
