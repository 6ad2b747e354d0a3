"""The committee changes by its own quorum: what may be proposed, and the change that it becomes.

`judge_proposed` is asked when a proposal enters and again when the last confirmation lets it take
effect; `judge_change` asks all of it once more, and for the approvals and the ready statement. Of
what is about the past only the state is believed. Spec: ``docs/spec/committee.md``.
"""

from collections.abc import Iterator
from typing import Final, cast

from contracts import committee_rows, standing
from contracts.case import Case
from contracts.committee_rows import Approved
from contracts.confirmations import CONFIRMED
from contracts.schema import COMMITTEE_ROLE
from ledger.codes import Code
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.committee_change import (
    PROPOSED_TYPE,
    READY_WITHIN,
    Ready,
    Step,
    decode_committee,
    step_between,
    verify_node,
)
from ledger.core.epochs import CommitteeRow, Epochs
from ledger.core.identifiers import Epoch, HeaderHash, Height, MemberId, RecordId
from ledger.errors import FormatError, InvariantBroken, Rejected, VerificationError

NODES_MIN: Final = 4
"""Fewer survive no Byzantine node; a network that began with fewer does not shrink."""
OPERATOR: Final = "node_operator"
_PROOFS: Final = ("node_possession", "log_possession")
_WORDS: Final = ("ready_height", "ready_header", "ready")


def judge_proposed(case: Case) -> Rejected | None:
    """Refuse a committee that may not follow the present one."""
    found = _following(case)
    if isinstance(found, Rejected):
        return found
    _, step = found
    fields, about = case.record.fields, step.about
    if (fields["action"], fields["node"]) != (step.action.value, about.node_id):
        return Rejected(Code.COMMITTEE_STEP, {"what": f"{step.action.value} {about.node_id}"})
    if str(case.record.subject) != about.member_id:
        return Rejected(Code.COMMITTEE_STEP, {"what": about.member_id})
    return _check_possession(case, step)


def apply_proposed(case: Case) -> None:
    """Keep what the quorum approved."""
    found = _following(case)
    if isinstance(found, Rejected):
        raise InvariantBroken(f"a committee was approved that may not follow: {found}")
    fields = case.record.fields
    row = Approved(
        RecordId(case.facts.record_id),
        standing.since(case.times),
        found[0],
        str(fields.get("address", "")),
        cast(bytes, fields.get("tls_certificate", b"")),
    )
    committee_rows.put_approved(case.state, row)


def judge_change(case: Case) -> Rejected | None:
    """Refuse a change that no quorum approved, or whose new node is not ready."""
    found = _following(case)
    if isinstance(found, Rejected):
        return found
    committee, step = found
    proposals = [each for each in _cited(case) if _type(case, each) == PROPOSED_TYPE]
    if len(proposals) != 1:
        return _unapproved("proposal")
    approved = committee_rows.approved(case.state, proposals[0])
    if approved is None or approved.committee != committee:
        return _unapproved("committee")
    if str(case.record.subject) != step.about.member_id:
        return Rejected(Code.COMMITTEE_STEP, {"what": step.about.member_id})
    return _check_approvals(case, proposals[0]) or _check_ready(case, step)


def apply_change(case: Case) -> None:
    """Begin the next epoch; where exactly, the block says once it is whole."""
    found = _following(case)
    if isinstance(found, Rejected):
        raise InvariantBroken(f"a committee follows that may not: {found}")
    committee, step = found
    committee_rows.put_epoch(case.state, CommitteeRow(standing.since(case.times), committee))
    if step.entered is not None:
        for key in (step.entered.node_key, step.entered.log_key):
            standing.put_key_taken(case.state, key, step.entered.node_id)


def _following(case: Case) -> tuple[Committee, Step] | Rejected:
    """The committee that the record holds, and the step to it; or why it may not follow."""
    past, fields = committee_rows.epochs(case.state), case.record.fields
    present = past.newest
    expected, named = present.epoch + 1, cast(int, fields["epoch"])
    if named != expected:
        return Rejected(Code.COMMITTEE_EPOCH, {"found": named, "expected": expected})
    try:
        committee = decode_committee(cast(bytes, fields["committee"]), Epoch(expected))
        step = step_between(present, committee)
    except (FormatError, VerificationError) as problem:
        return problem.rejected()
    refusal = _check_size(case, present, committee)
    if refusal is None and step.entered is not None:
        refusal = _check_entering(case, past, step, step.entered)
    return refusal or (committee, step)


def _check_size(case: Case, present: Committee, committee: Committee) -> Rejected | None:
    least, most = min(NODES_MIN, present.n), case.facts.world.parameters.committee_max
    if not least <= committee.n <= most:
        detail = {"found": committee.n, "least": least, "most": most}
        return Rejected(Code.COMMITTEE_SIZE, detail)
    members = {node.member_id for node in committee.nodes}
    if len(members) < committee.q:
        return Rejected(Code.COMMITTEE_MEMBERS, {"found": len(members), "needed": committee.q})
    return None


def _check_entering(
    case: Case, past: Epochs, step: Step, entered: CommitteeNode
) -> Rejected | None:
    """Whose node it is, that its id was nobody else's, and that its new keys were nobody's."""
    known = [node for committee in past.committees for node in committee.nodes]
    others = any(
        node.node_id == entered.node_id and node.member_id != entered.member_id for node in known
    )
    if others or not _may_run(case, entered.member_id):
        detail = {"node": entered.node_id, "member": entered.member_id}
        return Rejected(Code.COMMITTEE_NODE, detail)
    left = step.left
    same = left is not None and left.node_id == entered.node_id
    keys = [(entered.node_key, left and left.node_key), (entered.log_key, left and left.log_key)]
    for key, before in keys:
        if not (same and key == before) and standing.key_taken(case.state, key):
            return Rejected(Code.COMMITTEE_KEY, {"node": entered.node_id, "key": key.hex()})
    pin = entered.tls_key_digest
    kept = same and left is not None and pin == left.tls_key_digest
    if not kept and any(node.tls_key_digest == pin for node in known):
        return Rejected(Code.COMMITTEE_KEY, {"node": entered.node_id, "key": pin.hex()})
    return None


def _may_run(case: Case, member: MemberId) -> bool:
    """Whether a member in force runs a node already, or was admitted to run one."""
    world, state, as_of = case.facts.world, case.state, case.times
    return standing.is_member(state, member, as_of) and any(
        standing.holds_role(world, state, member, role, as_of)
        for role in (COMMITTEE_ROLE, OPERATOR)
    )


def _check_possession(case: Case, step: Step) -> Rejected | None:
    """Whoever enters shows that it holds its keys; who leaves has nothing to show."""
    fields, entered = case.record.fields, step.entered
    if (refusal := _check_given(case, _PROOFS, wanted=entered is not None)) or entered is None:
        return refusal
    by_node, by_log = (cast(bytes, fields[name]) for name in _PROOFS)
    network, epoch = case.facts.world.network_id, Epoch(cast(int, fields["epoch"]))
    try:
        verify_node(network, epoch, entered, by_node, by_log)
    except VerificationError:
        return Rejected(Code.COMMITTEE_POSSESSION, {"node": entered.node_id})
    return None


def _check_approvals(case: Case, proposal: RecordId) -> Rejected | None:
    """The change cites a quorum of members: who proposed, and who confirmed."""
    row = case.state.record(proposal)
    if row is None:
        return _unapproved("proposal")
    members = {row.issuer}
    confirmed_at = set(case.state.cited_at(proposal, CONFIRMED, case.times))
    for record_id in _cited(case):
        if record_id == proposal:
            continue
        cited = case.state.record(record_id)
        at = None if cited is None else cited.effective
        if cited is None or at is None or cited.type != CONFIRMED or at.index not in confirmed_at:
            return _unapproved(record_id.hex())
        members.add(cited.issuer)
    needed = case.facts.world.quorum_count
    return None if len(members) >= needed else _unapproved(f"{len(members)} < {needed}")


def _check_ready(case: Case, step: Step) -> Rejected | None:
    """A key that has not voted before belongs to a node that holds the chain."""
    fields, node = case.record.fields, step.about
    if (refusal := _check_given(case, _WORDS, wanted=step.new_node_key)) or not step.new_node_key:
        return refusal
    height = Height(cast(int, fields["ready_height"]))
    if not case.facts.height - READY_WITHIN <= height < case.facts.height:
        return _unready(node, f"{height} / {case.facts.height}")
    header_hash = HeaderHash(cast("HeaderHash", fields["ready_header"]))
    if committee_rows.recent(case.state, height) != header_hash:
        return _unready(node, "header")
    network, epoch = case.facts.world.network_id, Epoch(cast(int, fields["epoch"]))
    said = Ready(network, epoch, node.node_id, height, header_hash)
    try:
        said.verify(node.node_key, cast(bytes, fields["ready"]))
    except VerificationError:
        return _unready(node, "signature")
    return None


def _check_given(case: Case, names: tuple[str, ...], *, wanted: bool) -> Rejected | None:
    """Either all of these fields are there, or none of them."""
    for name in names:
        if (name in case.record.fields) != wanted:
            code = Code.RECORD_FIELD_MISSING if wanted else Code.RECORD_FIELD_VALUE
            return Rejected(code, {"type": case.kind.key, "field": name})
    return None


def _cited(case: Case) -> Iterator[RecordId]:
    return (ref.record_id for ref in case.record.refs if ref.network_id is None)


def _type(case: Case, record_id: RecordId) -> str:
    row = case.state.record(record_id)
    return "" if row is None else row.type


def _unapproved(what: str) -> Rejected:
    return Rejected(Code.COMMITTEE_APPROVAL, {"what": what})


def _unready(node: CommitteeNode, what: str) -> Rejected:
    return Rejected(Code.COMMITTEE_READY, {"node": node.node_id, "what": what})
