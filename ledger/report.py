"""Outcomes for readers: lines that a person can follow.

Whatever came from a presented file is shown with its control characters replaced: a receipt from
anyone must not be able to write on the reader's terminal.
"""

from collections.abc import Iterator

from ledger.bid_proofs import BidVerdict
from ledger.citations import Citation, Standing
from ledger.core.identifiers import MemberId
from ledger.core.record import Record
from ledger.errors import LedgerError, VerificationError
from ledger.judging import Outcome
from ledger.report_culprit import culprit_lines
from ledger.report_json import plain
from ledger.status_answers import StatusVerdict
from ledger.terminal import printable
from ledger.trust import TrustRoot
from ledger.verdict import Caveat, OpenedAt, Step, VerifiedRecord
from ledger.words import sentence
from ledger.words.moments import beijing_time
from ledger.words.verdict import phrase


def trust_line(trust: TrustRoot, language: str) -> str:
    """Whom the reader trusts, in one line."""
    name, network = printable(trust.genesis.name), trust.network_id.hex()[:16]
    n, q = trust.committee.n, trust.committee.q
    return phrase("label.trust", language, name=name, network=network, n=n, q=q)


def outcome_lines(outcome: Outcome, language: str, *, several: bool = False) -> Iterator[str]:
    """One file's numbered checks and its verdict.

    Args:
        outcome: of the file.
        language: ``zh`` or ``en``.
        several: the reader has several trust roots, so each file says which one was used.

    Yields:
        Lines without newline.
    """
    yield printable(outcome.name)
    if several and outcome.trust is not None:
        yield f"  {trust_line(outcome.trust, language)}"
    for step in outcome.steps:
        yield _step_line(step, language)
    if outcome.problem is not None:
        yield from _refusal_lines(outcome.problem, language)
    if outcome.culprit is not None and outcome.trust is not None:
        yield from culprit_lines(outcome.culprit, outcome.trust, language)
    if outcome.verdict is None or outcome.trust is None:
        return
    yield f"  {phrase('label.ok', language)}"
    if outcome.status is not None:
        yield from (f"     {each}" for each in _status_lines(outcome.status, language))
    if outcome.bid is not None:
        yield from (f"     {each}" for each in _bid_lines(outcome.bid, language))
    for label, value in _facts(outcome, outcome.verdict, outcome.trust, language):
        yield f"     {told_as(label, printable(value), language)}"
    for citation in outcome.citations:
        yield f"     {_citation_line(citation, language)}"
    yield f"     {phrase('label.not_proved', language)}"
    for caveat in outcome.verdict.caveats:
        yield f"       - {phrase(f'caveat.{caveat}', language)}"


def problem_sentence(problem: LedgerError, language: str) -> str:
    """Why something was refused, for people."""
    return printable(sentence(problem.code, problem.detail, language))


def bid_standing(bid: BidVerdict, language: str) -> str:
    """What became of a sealed bid, in one sentence."""
    told = phrase(
        f"bid.{bid.standing}",
        language,
        subject=bid.subject,
        part=bid.part,
        parts=bid.parts,
        count=bid.count,
    )
    return printable(told)


def _bid_lines(bid: BidVerdict, language: str) -> Iterator[str]:
    yield told_as(phrase("bid.standing", language), bid_standing(bid, language), language)
    received = beijing_time(bid.received_at_ms)
    yield told_as(phrase("bid.received", language), received, language)
    time = beijing_time(bid.deadline_ms)
    limit = phrase("bid.deadline_value", language, time=time, grace=bid.grace_ms)
    yield told_as(phrase("bid.deadline", language), limit, language)


def told_as(label: str, value: str, language: str) -> str:
    """A label and what it labels, with the colon of the language."""
    return phrase("label.told", language, label=label, value=value)


def _named(trust: TrustRoot, member: MemberId, language: str) -> str:
    """A member's name with its id; the id alone where the trust root knows no name."""
    name = trust.member_name(member, language)
    return name if name == member else f"{name} ({member})"


def status_told(status: StatusVerdict, language: str) -> str:
    """What a status row says, in one sentence."""
    said = " ".join(f"{plain(each)}" for each in status.value[:3] if isinstance(each, str))
    time = beijing_time(status.at_ms)
    told = phrase(f"status.{status.standing}", language, row=status.row, time=time, value=said)
    return printable(told)


def _status_lines(status: StatusVerdict, language: str) -> Iterator[str]:
    yield told_as(phrase("status.name", language), status_told(status, language), language)
    told = phrase("status.head_value", language, height=status.height)
    head = f"{beijing_time(status.head_time_ms)} {told}"
    yield told_as(phrase("status.head", language), head, language)
    for node, answered_ms in status.stated:
        label = phrase("status.stated", language, node=node)
        yield told_as(label, beijing_time(answered_ms), language)


def step_words(step: Step | int, language: str) -> tuple[str, str]:
    """Name and sentence of a check that passed; of a bare number only the name."""
    if isinstance(step, int):
        return phrase(f"step.{step}.name", language), ""
    table = f"step.{step.number}"
    spelling = "passed" if step.applies else "absent"
    if step.number == 4 and "rule" in step.facts:
        spelling = "derived"
    if step.number == 15 and "untrusted" in step.facts:
        spelling = "whole"
    if step.number == 8 and "outside" in step.facts:
        spelling = "policy"
    told = phrase(f"{table}.{spelling}", language, **step.facts)
    for word in ("stamper", "listed"):
        if step.number == 15 and word in step.facts:
            told += phrase(f"step.15.{word}", language, **step.facts)
    if "stamps" in step.facts:
        told += phrase("step.8.stamps", language, **step.facts)
    return phrase(f"{table}.name", language), printable(told)


def _step_line(step: Step, language: str) -> str:
    name, told = step_words(step, language)
    mark = "✓" if step.applies else "–"
    return f"  {step.number:>2} {mark} {told_as(name, told, language)}"


def _refusal_lines(problem: LedgerError, language: str) -> Iterator[str]:
    told = problem_sentence(problem, language)
    step = problem.step if isinstance(problem, VerificationError) else 0
    if not step:
        yield f"   ✗ {told} [{problem.code}]"
        yield f"  {phrase('label.refused_file', language)}"
        return
    name = phrase(f"step.{step}.name", language)
    yield f"  {step:>2} ✗ {told_as(name, told, language)} [{problem.code}]"
    yield f"  {phrase('label.refused', language, number=step, name=name)}"


def _facts(
    outcome: Outcome, verdict: VerifiedRecord, trust: TrustRoot, language: str
) -> Iterator[tuple[str, str]]:
    """What is proved, as label and value."""
    record = verdict.record

    def label(name: str, **detail: str | int) -> str:
        return phrase(f"label.{name}", language, **detail)

    yield label("record"), verdict.record_id.hex()
    yield label("type"), record.type
    yield label("issuer"), _named(trust, record.issuer, language)
    if record.subject:
        yield label("subject"), record.subject
    yield label("occurred"), beijing_time(verdict.occurred_at_ms)
    for each in verdict.received:
        yield label("received", node=each.node_id), beijing_time(each.received_at_ms)
    yield label("committed"), beijing_time(verdict.committed_at_ms)
    yield label("existed_by"), beijing_time(verdict.existed_by_ms)
    for stamp in verdict.stamps:
        yield label("stamped", authority=stamp.name), beijing_time(stamp.time_ms)
    yield label("place"), label("place_value", height=verdict.height, index=verdict.index)
    if verdict.opened is not None:
        yield label("opened"), _opened_value(verdict.opened, trust, language)
    yield label("root"), label("root_value", root=verdict.root.hex(), size=verdict.tree_size)
    for node in verdict.quorum:
        member = trust.member_name(node.member_id, language)
        yield label("quorum"), label("quorum_value", node=node.node_id, member=member)
    for witness in verdict.witnesses:
        yield label("witnessed"), f"{witness.name} {beijing_time(witness.time_ms)}"
    for item in record.evidence:
        yield label("evidence"), f"{item.label} SHA-256 {item.sha256.hex()}"
    if Caveat.PAGES in verdict.caveats:
        # What a certificate's pages show is to be compared with these.
        for name, value in record.fields.items():
            yield label("field"), f"{name} = {plain(value)}"
    for document in verdict.documents:
        yield label("document"), f"SHA-256 {document.sha256.hex()} ✓"
    if outcome.inner is not None:
        yield label("inner"), _inner_told(outcome.inner, trust, language)
    for opening in outcome.disclosed:
        yield label("disclosed"), f"{opening.name} = {plain(opening.value)}"


def _opened_value(opened: OpenedAt, trust: TrustRoot, language: str) -> str:
    return phrase(
        "label.opened_value",
        language,
        time=beijing_time(opened.time_ms),
        by=trust.member_name(opened.opened_by, language),
        committed_by=trust.member_name(opened.committed_by, language),
        height=opened.height,
        index=opened.index,
    )


def _inner_told(inner: Record, trust: TrustRoot, language: str) -> str:
    issuer = _named(trust, inner.issuer, language)
    told = {"type": inner.type, "issuer": issuer, "subject": inner.subject}
    return phrase("label.inner_value", language, record=inner.record_id.hex(), **told)


def _citation_line(each: Citation, language: str) -> str:
    """What a record cites of another ledger, and whether that was proved."""
    mark = "✓" if each.standing is Standing.FOLLOWED else "–"
    if each.standing is Standing.REFUSED:
        mark = "✗"
    network = f"{each.network or '?'} ({each.network_id.hex()[:16]})"
    cited = phrase(
        "citation.cites",
        language,
        relation=phrase(f"relation.{each.relation}", language),
        record=each.record_id.hex(),
        network=network,
    )
    facts: dict[str, str | int] = {"file": each.file}
    if each.record is not None:
        facts["type"] = each.record.record.type
        facts["time"] = beijing_time(each.record.committed_at_ms)
    told = phrase(f"citation.{each.standing}", language, **facts)
    return printable(f"{mark} {told_as(cited, told, language)}")
