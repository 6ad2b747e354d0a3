"""What the state keeps of an evaluation: the committee of a section, and the scores in force.

Questions and writes only; judging is the rules'. A score is its private root here: its value comes
to light with the report. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import dataclass
from typing import Final, cast

from contracts.state import State, seen_from
from ledger.core.canonical import decode_stored, encode
from ledger.core.identifiers import Digest, MemberId, RecordId

_COMMITTEE: Final = b"committee/"
_SCORED: Final = b"scored/"
_SCORE: Final = b"score/"


@dataclass(frozen=True, slots=True)
class Panel:
    """An evaluation committee (T35)."""

    chair: MemberId
    members: tuple[MemberId, ...]
    """The chair included."""


@dataclass(frozen=True, slots=True)
class Score:
    """The score in force of one expert for one bid (T40, or its last T41)."""

    record_id: RecordId
    root: Digest
    """Over the one private field ``score``."""


def panel(state: State, subject: str) -> Panel | None:
    """The committee last formed for a section, or its project; None where there is none."""
    for each in seen_from(subject):
        found = state.overlay.get(_COMMITTEE + each.encode())
        if found is not None:
            chair, members = cast("tuple[str, tuple[str, ...]]", decode_stored(found))
            return Panel(MemberId(chair), tuple(MemberId(name) for name in members))
    return None


def put_panel(state: State, subject: str, formed: Panel) -> None:
    """Keep the committee of a section."""
    state.overlay.put(_COMMITTEE, subject.encode(), encode((formed.chair, formed.members)))


def score(state: State, bid: RecordId, expert: MemberId) -> Score | None:
    """The score in force of an expert for a bid; None where there is none."""
    found = state.overlay.get(_SCORE + bid + expert.encode())
    if found is None:
        return None
    return Score(RecordId(found[:32]), Digest(found[32:]))


def scored_bid(state: State, score_id: RecordId) -> RecordId | None:
    """The bid that a score or a revision is about; None for any other record."""
    found = state.overlay.get(_SCORED + score_id)
    return None if found is None else RecordId(found)


def put_score(state: State, bid: RecordId, expert: MemberId, held: Score) -> None:
    """Keep a score as the one in force of its expert for a bid."""
    state.overlay.put(_SCORE, bid + expert.encode(), held.record_id + held.root)
    state.overlay.put(_SCORED, held.record_id, bid)
