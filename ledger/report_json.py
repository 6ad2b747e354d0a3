"""Outcomes for machines: the same as `ledger.report` tells people, under stable names.

Spec: ``docs/spec/verifying.md``.
"""

from collections.abc import Mapping, Sequence

from ledger.bid_proofs import BidVerdict
from ledger.citations import Citation
from ledger.core.canonical import Value
from ledger.core.record import Record
from ledger.core.strict_json import JsonValue
from ledger.culprit import Culprit
from ledger.errors import LedgerError, VerificationError
from ledger.judging import Outcome
from ledger.status_answers import StatusVerdict
from ledger.trust import TrustRoot
from ledger.verdict import OpenedAt, VerifiedRecord
from ledger.words import sentence


def outcome_value(outcome: Outcome, language: str) -> dict[str, JsonValue]:
    """One outcome as JSON."""
    verdict = outcome.verdict
    return {
        "file": outcome.name,
        "verified": outcome.holds,
        "trust": None if outcome.trust is None else trust_value(outcome.trust),
        "problem": _problem_value(outcome.problem, language),
        "steps": [
            {"number": step.number, "applies": step.applies, "facts": dict(step.facts)}
            for step in outcome.steps
        ],
        "record": None if verdict is None else _verdict_value(verdict),
        "bid": None if outcome.bid is None else bid_value(outcome.bid),
        "sealed": None if outcome.inner is None else _inner_value(outcome.inner),
        "misconduct": None if outcome.culprit is None else _culprit_value(outcome.culprit),
        "status": None if outcome.status is None else status_value(outcome.status),
        "citations": [_citation_value(each) for each in outcome.citations],
        "disclosed": {each.name: plain(each.value) for each in outcome.disclosed},
    }


def trust_value(trust: TrustRoot) -> JsonValue:
    """A trust root that was used, as JSON."""
    return {
        "network_id": trust.network_id.hex(),
        "name": trust.genesis.name,
        "nodes_count": trust.committee.n,
        "quorum_count": trust.committee.q,
    }


def bid_value(bid: BidVerdict) -> dict[str, JsonValue]:
    """What became of a sealed bid, as JSON."""
    return {
        "standing": bid.standing.value,
        "bid_id": bid.bid_id.hex(),
        "author": bid.author,
        "subject": bid.subject,
        "received_at_ms": bid.received_at_ms,
        "deadline_ms": bid.deadline_ms,
        "grace_ms": bid.grace_ms,
        "part": bid.part,
        "parts": bid.parts,
        "count": bid.count,
    }


def status_value(status: StatusVerdict) -> dict[str, JsonValue]:
    """What a status row says, as JSON."""
    interval = status.interval
    return {
        "row": status.row,
        "standing": status.standing.value,
        "at_ms": status.at_ms,
        "from_time_ms": None if interval is None else interval.from_time_ms,
        "until_time_ms": None if interval is None else interval.until_time_ms,
        "value": plain(status.value),
        "height": status.height,
        "head_time_ms": status.head_time_ms,
        "statements": [
            {"node_id": node, "answered_at_ms": answered_ms} for node, answered_ms in status.stated
        ],
        "statements_needed": status.stated_needed,
    }


def _verdict_value(verdict: VerifiedRecord) -> JsonValue:
    record, opened = verdict.record, verdict.opened
    return {
        "record_id": verdict.record_id.hex(),
        "type": record.type,
        "issuer": record.issuer,
        "subject": record.subject,
        "fields": plain(record.fields),
        "height": verdict.height,
        "index": verdict.index,
        "tree_size": verdict.tree_size,
        "root": verdict.root.hex(),
        "occurred_at_ms": verdict.occurred_at_ms,
        "committed_at_ms": verdict.committed_at_ms,
        "existed_by_ms": verdict.existed_by_ms,
        "opened": None if opened is None else _opened_form(opened),
        "quorum": [
            {"node_id": each.node_id, "member_id": each.member_id, "time_ms": each.time_ms}
            for each in verdict.quorum
        ],
        "witnesses": [{"name": each.name, "time_ms": each.time_ms} for each in verdict.witnesses],
        "time_stamps": [
            {"name": each.name, "time_ms": each.time_ms, "tree_size": each.size}
            for each in verdict.stamps
        ],
        "quorum_needed": verdict.quorum_needed,
        "nodes_count": verdict.nodes_count,
        "documents": [each.sha256.hex() for each in verdict.documents],
        "not_proved": list(verdict.caveats),
    }


def _inner_value(inner: Record) -> JsonValue:
    """What an author's file holds under seal."""
    return {
        "record_id": inner.record_id.hex(),
        "type": inner.type,
        "issuer": inner.issuer,
        "subject": inner.subject,
        "occurred_at_ms": inner.occurred_at_ms,
        "fields": plain(inner.fields),
    }


def _culprit_value(culprit: Culprit) -> JsonValue:
    """Whom evidence names, and the two statements that contradict each other."""
    return {
        "kind": culprit.kind.value,
        "node_id": culprit.node_id,
        "member_id": culprit.member_id,
        "public_key": culprit.key.hex(),
        "epoch": culprit.epoch,
        "statements": [
            {
                "word": each.word,
                "height": each.height,
                "view": each.view,
                "size": each.size,
                "named": None if each.named is None else each.named.hex(),
            }
            for each in (culprit.first, culprit.second)
        ],
    }


def _citation_value(each: Citation) -> JsonValue:
    return {
        "relation": each.relation,
        "record_id": each.record_id.hex(),
        "network_id": each.network_id.hex(),
        "standing": each.standing.value,
        "file": each.file or None,
    }


def _opened_form(opened: OpenedAt) -> JsonValue:
    return {
        "record_id": opened.opening_id.hex(),
        "opened_by": opened.opened_by,
        "committed_by": opened.committed_by,
        "height": opened.height,
        "index": opened.index,
        "time_ms": opened.time_ms,
    }


def _problem_value(problem: LedgerError | None, language: str) -> JsonValue:
    if problem is None:
        return None
    return {
        "step": problem.step if isinstance(problem, VerificationError) else 0,
        "code": problem.code.value,
        "sentence": sentence(problem.code, problem.detail, language),
        "detail": dict(problem.detail),
    }


def plain(value: Value) -> JsonValue:
    """A canonical value as JSON: byte strings as lower-case hex."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(each) for each in value]
    return value
