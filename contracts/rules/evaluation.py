"""The committee (T35) and its scores (T40, T41), private until the report (T43) opens them.

The report carries, for every expert and every bid, the score in force, its value and salt; it is
refused where one does not open what the expert committed. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from contracts import evaluation_rows, standing
from contracts.case import Case
from contracts.evaluation_rows import Panel, Score
from contracts.rules.bidding import BID
from contracts.state import seen_from
from ledger.codes import Code
from ledger.core.identifiers import Digest, MemberId, RecordId
from ledger.core.merkle import leaf_hash
from ledger.core.openings import SALT_BYTES, field_leaf
from ledger.errors import InvariantBroken, Rejected

FIELD: Final = "score"
REJECTED: Final = "tender.bid_rejected"


@dataclass(frozen=True, slots=True)
class Opened:
    """One score that a report opens."""

    bid: RecordId
    expert: MemberId
    record_id: RecordId
    value: int
    """In hundredths of a point."""


def judge_formed(case: Case) -> Rejected | None:
    """Refuse a committee that names somebody twice, a stranger, or a chair from outside of it."""
    formed = _formed(case)
    if len(set(formed.members)) != len(formed.members) or not formed.members:
        return _not_committee(case, "members")
    if formed.chair not in formed.members:
        return _not_committee(case, "chair")
    for member in formed.members:
        if not standing.holds_role(
            case.facts.world, case.state, member, "expert", case.times
        ) or standing.label_project(case.state, member) not in {"", _project(case)}:
            return _not_committee(case, str(member))
    return None


def apply_formed(case: Case) -> None:
    """Keep the committee."""
    evaluation_rows.put_panel(case.state, case.record.subject, _formed(case))


def judge_chair(case: Case) -> Rejected | None:
    """Refuse what only the chair of the section's committee submits."""
    panel = evaluation_rows.panel(case.state, case.record.subject)
    if panel is None or panel.chair != case.record.issuer:
        return _not_committee(case, "chair")
    return None


def judge_member(case: Case) -> Rejected | None:
    """Refuse what only a member of the section's committee submits."""
    return _check_member(case)


def judge_score(case: Case) -> Rejected | None:
    """Refuse a score by a stranger, of another form, or a second one for the same bid."""
    bids = _cited(case, "follows")
    refusal = _check_member(case) or _check_form(case, bids)
    if refusal is not None:
        return refusal
    if evaluation_rows.score(case.state, bids[0], case.record.issuer) is not None:
        return _not_score(bids[0], "scored before")
    return None


def apply_score(case: Case) -> None:
    """Keep the score as the one in force."""
    _put(case, _cited(case, "follows")[0])


def judge_revision(case: Case) -> Rejected | None:
    """Refuse to revise another's score, more than one, or in another form."""
    refusal = _check_member(case) or _check_form(case, _cited(case, "amends"))
    if refusal is not None:
        return refusal
    (amended,) = _cited(case, "amends")
    row = case.state.record(amended)
    if row is None or row.issuer != case.record.issuer:
        return Rejected(Code.RECORD_NOT_AUTHOR, {"record": amended.hex()})
    return None


def apply_revision(case: Case) -> None:
    """Keep the revised score as the one in force."""
    bid = evaluation_rows.scored_bid(case.state, _cited(case, "amends")[0])
    if bid is None:
        raise InvariantBroken("a revision entered without the score that it revises")
    _put(case, bid)


def judge_report(case: Case) -> Rejected | None:
    """Refuse a report that leaves out a score, opens another one, or opens it wrongly."""
    refusal = judge_chair(case)
    if refusal is not None:
        return refusal
    fields = case.record.fields
    panel = evaluation_rows.panel(case.state, case.record.subject)
    refused = frozenset(cast("tuple[MemberId, ...]", fields.get("refused", ())))
    if panel is None or not _signs(panel, refused):
        return _not_committee(case, "refused")
    listed = cast("tuple[bytes, ...]", fields["scores"])
    values, salts = cast("tuple[int, ...]", fields["values"]), cast(bytes, fields["salts"])
    if len(values) != len(listed) or len(salts) != SALT_BYTES * len(listed):
        return _not_report("", "count")
    wanted = tuple(_in_force(case))
    expected = {score.record_id: (expert, score) for _, expert, score in wanted if score}
    for place, (record_id, value) in enumerate(zip(listed, values, strict=True)):
        found = expected.pop(RecordId(record_id), None)
        if found is None:
            return _not_report(record_id.hex(), "not in force")
        salt = salts[SALT_BYTES * place : SALT_BYTES * (place + 1)]
        if leaf_hash(field_leaf(found[0], FIELD, value, salt)) != found[1].root:
            return _not_report(record_id.hex(), "value or salt")
    if expected or len(listed) != len(wanted):
        return _not_report(min(expected, default=b"").hex(), "missing")
    return None


def _signs(panel: Panel, refused: frozenset[MemberId]) -> bool:
    """Whether most of the committee signs, its chair among them, and nobody else refuses."""
    others = frozenset(panel.members) - {panel.chair}
    return refused <= others and 2 * len(refused) < len(panel.members)


def opened(case: Case) -> Iterator[Opened]:
    """The scores that a report opens, which was judged before; by bid, then by expert."""
    fields = case.record.fields
    listed = cast("tuple[bytes, ...]", fields["scores"])
    values = dict(zip(listed, cast("tuple[int, ...]", fields["values"]), strict=True))
    for bid, expert, score in _in_force(case):
        if score is not None and score.record_id in values:
            yield Opened(bid, expert, score.record_id, values[score.record_id])


def apply_nothing(_: Case) -> None:
    """Nothing to write beside what data says."""


def _in_force(case: Case) -> Iterator[tuple[RecordId, MemberId, Score | None]]:
    """Each bid that was not rejected, with each member of the committee and its score for it."""
    state, as_of = case.state, case.times
    panel = evaluation_rows.panel(state, case.record.subject)
    for subject in seen_from(case.record.subject):
        for bid in state.records(subject, BID, as_of):
            if next(state.citing(bid, REJECTED, as_of), None) is not None:
                continue
            for expert in panel.members if panel is not None else ():
                yield bid, expert, evaluation_rows.score(state, bid, expert)


def _put(case: Case, bid: RecordId) -> None:
    private = case.record.private
    if private is None:
        raise InvariantBroken("a score entered without its private field")
    held = Score(case.facts.record_id, Digest(private.root))
    evaluation_rows.put_score(case.state, bid, case.record.issuer, held)


def _check_member(case: Case) -> Rejected | None:
    panel = evaluation_rows.panel(case.state, case.record.subject)
    if panel is None or case.record.issuer not in panel.members:
        return _not_committee(case, str(case.record.issuer))
    return None


def _check_form(case: Case, cited: tuple[RecordId, ...]) -> Rejected | None:
    """One record is cited, and one private field committed: its leaf is then the root."""
    private = case.record.private
    if len(cited) != 1:
        return _not_score(cited[0] if cited else RecordId(b""), "more than one")
    if private is None or private.names != (FIELD,):
        return _not_score(cited[0], "private")
    return None


def _formed(case: Case) -> Panel:
    fields = case.record.fields
    members = cast("tuple[str, ...]", fields["members"])
    return Panel(MemberId(cast(str, fields["chair"])), tuple(MemberId(each) for each in members))


def _project(case: Case) -> str:
    return seen_from(case.record.subject)[-1]


def _cited(case: Case, relation: str) -> tuple[RecordId, ...]:
    refs = case.record.refs
    return tuple(ref.record_id for ref in refs if ref.relation == relation and not ref.network_id)


def _not_committee(case: Case, what: str) -> Rejected:
    detail = {"subject": str(case.record.subject), "what": what}
    return Rejected(Code.EVALUATION_COMMITTEE, detail)


def _not_score(bid: RecordId, what: str) -> Rejected:
    return Rejected(Code.EVALUATION_SCORE, {"record": bid.hex(), "what": what})


def _not_report(record: str, what: str) -> Rejected:
    return Rejected(Code.EVALUATION_REPORT, {"record": record, "what": what})
