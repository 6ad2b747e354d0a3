"""What comes out of a sealed record: judged as of its commitment's place, and let in or set aside.

The opening itself has been accepted, so nothing here refuses it: an inner record that fails its
judgement is opened-and-invalid, and raises an alert. An inner record that holds counts as on the
ledger from now on, at its commitment's position. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import dataclass

from contracts import entering, sealed_rows, timers
from contracts.admission import Seen, check_bundle, decode_entering
from contracts.case import Case
from contracts.judge import judge
from contracts.judging import world_of
from contracts.rules.bidding import OPENING_PERIOD
from contracts.rules.sealing import author_of, inner_record
from contracts.shape import is_plain
from contracts.verdict import Accepted, Effect, Facts, Raised, Times, Unsealed
from ledger.core.identifiers import Subject
from ledger.core.record import Record
from ledger.core.sealed import Sealed, opens, sealed_of
from ledger.errors import FormatError, InvariantBroken, Rejected


@dataclass(frozen=True, slots=True)
class CameOut:
    """What became of the record inside an opening."""

    sealed: Sealed
    entered: bool
    """Whether it counts as on the ledger from now on; where not, it is opened-and-invalid."""
    effects: tuple[Effect, ...]
    """What follows, alerts above all; they are logged in the opening's block."""


def unseal(case: Case, seen: Seen) -> CameOut:
    """Judge and enter the record inside an opening that has just entered.

    Args:
        case: the opening, at its own position.
        seen: what was computed before.
    """
    sealed, commitment = sealed_of(case.record), opens(case.record)
    row = case.state.record(commitment)
    if row is None or row.effective is None:
        raise InvariantBroken("an opening entered without its commitment")
    timers.stop(case.state.overlay, commitment, OPENING_PERIOD)
    unsealed = Unsealed(commitment, row.issuer, case.record.issuer, case.times)
    inner = _judged(case, sealed, unsealed, row.effective, seen)
    if isinstance(inner, Rejected):
        found: tuple[Effect, ...] = (_invalid(case, sealed, row.effective.index),)
    else:
        inner_case, verdict = inner
        found = verdict.raised + entering.enter(inner_case, sealed.record, verdict)
    _advance(case, sealed, unsealed, row.effective)
    return CameOut(sealed, not isinstance(inner, Rejected), found)


def _judged(
    case: Case, sealed: Sealed, unsealed: Unsealed, times: Times, seen: Seen
) -> tuple[Case, Accepted] | Rejected:
    """The inner record as if it had entered where its commitment did, but for what has come since.

    Signature, expiry, key and role are those of that position: they are kept as intervals.
    """
    world = case.facts.world
    try:
        bundle = sealed.bundle()
    except FormatError as problem:
        return problem.rejected()
    refusal = check_bundle(bundle, world, case.state, times, seen)
    if refusal is not None:
        return refusal
    record = decode_entering(bundle, world, sealed.record_id, sealed.record, seen)
    if isinstance(record, Rejected):
        return record
    world = world_of(world, record, times.index, case.state)
    facts = Facts(sealed.record_id, bundle.header.key_id, world, unsealed)
    verdict = judge(record, facts, case.state, times)
    if isinstance(verdict, Rejected):
        return verdict
    return Case(record, world.catalogue.types[record.type], facts, case.state, times), verdict


def _advance(case: Case, sealed: Sealed, unsealed: Unsealed, times: Times) -> None:
    """Remember how far the sealing system has opened; an author's own proof does not count."""
    subject, system = _subject(case, sealed), unsealed.committed_by
    if not subject or unsealed.opened_by != system:
        return
    reached = sealed_rows.furthest(case.state, subject, system)
    if reached is None or reached < times.index:
        sealed_rows.put_furthest(case.state, subject, system, times.index)


def _invalid(case: Case, sealed: Sealed, index: int) -> Raised:
    """AL21: what was sealed breaks the rules."""
    inner = inner_record(case, sealed)
    known = inner is not None and _is_known(case, inner, index)
    about = inner.type if inner is not None and known else case.record.type
    member = author_of(sealed) or case.record.issuer
    rests_on = (case.facts.record_id,)
    return Raised("AL21", _subject(case, sealed), about, member, "opened_invalid", rests_on)


def _is_known(case: Case, inner: Record, index: int) -> bool:
    """Whether the version that holds for the inner record has its type."""
    return inner.type in world_of(case.facts.world, inner, index, case.state).catalogue.types


def _subject(case: Case, sealed: Sealed) -> Subject:
    """What the inner record is about; nothing where that cannot be read, or not be shown."""
    inner = inner_record(case, sealed)
    return inner.subject if inner is not None and is_plain(inner.subject) else Subject("")
