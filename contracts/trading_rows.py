"""What the state keeps of an auction: the best price said in time, by whom and when.

Questions and writes only. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import dataclass
from typing import Final, cast

from contracts.state import State, seen_from
from contracts.verdict import Times
from ledger.core.canonical import decode_stored, encode
from ledger.core.identifiers import MemberId, RecordId

OPENED: Final = "tender.auction_opened"
_BEST: Final = b"best/"


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of an auction (T64)."""

    up: bool
    start_fen: int
    step_fen: int
    until_ms: int
    extension_ms: int


@dataclass(frozen=True, slots=True)
class Best:
    """The best price so far (T65)."""

    record_id: RecordId
    member: MemberId
    price_fen: int
    time_ms: int
    feature: bytes
    """Of the machine or key that said it; empty where the record named none."""


def terms(state: State, subject: str, as_of: Times) -> Terms | None:
    """The terms of the auction that the subject sees; None where none was opened."""
    for each in seen_from(subject):
        for record_id in state.records(each, OPENED, as_of):
            row = state.record(record_id)
            if row is not None:
                return Terms(
                    row.kept["direction"] == "up",
                    *(
                        cast(int, row.kept[name])
                        for name in ("start_fen", "step_fen", "until_ms", "extension_ms")
                    ),
                )
    return None


def end_ms(held: Terms, best: Best | None) -> int:
    """When the auction ends: as said, or so long after the last price."""
    if best is None or not held.extension_ms:
        return held.until_ms
    return max(held.until_ms, best.time_ms + held.extension_ms)


def best(state: State, subject: str) -> Best | None:
    """The best price about a subject; None where none was said."""
    found = state.overlay.get(_BEST + subject.encode())
    if found is None:
        return None
    record_id, member, price_fen, time_ms, feature = cast(
        "tuple[bytes, str, int, int, bytes]", decode_stored(found)
    )
    return Best(RecordId(record_id), MemberId(member), price_fen, time_ms, feature)


def put_best(state: State, subject: str, held: Best) -> None:
    """Keep the best price."""
    value = encode((held.record_id, held.member, held.price_fen, held.time_ms, held.feature))
    state.overlay.put(_BEST, subject.encode(), value)
