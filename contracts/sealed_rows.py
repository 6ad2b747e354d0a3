"""What the state keeps of sealed records: digests committed, what was opened, and the bid sets.

Questions and writes only; judging is the rules'. Nothing here tells a cover from a bid before the
opening, because nobody but the bid system can. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from contracts import layout
from contracts.state import State
from ledger.core.canonical import decode_stored, encode
from ledger.core.identifiers import Digest, RecordId

_COMMITTED: Final = b"committed/"
_OPENED: Final = b"opened/"
_SET_OF: Final = b"set-of/"
_SET: Final = b"set/"


@dataclass(frozen=True, slots=True)
class BidSet:
    """A bid set (T22), as far as its parts are on the ledger."""

    parts: int
    """How many parts it has in all."""
    part: int
    """The last one that is there."""
    count: int
    """How many commitments it lists in all."""
    listed: int
    """How many its parts have listed so far."""
    last: bytes
    """The last commitment listed; empty for none."""

    @property
    def complete(self) -> bool:
        """Whether every part is there."""
        return self.part == self.parts


def committed(state: State, issuer: str, digest: Digest) -> RecordId | None:
    """The commitment by which `issuer` committed `digest`; None where there is none."""
    found = state.overlay.get(_committed_group(issuer) + digest)
    return None if found is None else RecordId(found)


def put_committed(state: State, issuer: str, digest: Digest, record_id: RecordId) -> None:
    """Keep a commitment."""
    state.overlay.put(_committed_group(issuer), digest, record_id)


def opened(state: State, commitment: RecordId) -> bool:
    """Whether a commitment was opened."""
    return state.overlay.get(_OPENED + commitment) is not None


def put_opened(state: State, commitment: RecordId, opening: RecordId) -> None:
    """Keep which opening opened a commitment."""
    state.overlay.put(_OPENED, commitment, opening)


def furthest(state: State, subject: str, system: str) -> int | None:
    """Log index of the last commitment, in log order, that a system opened about a subject."""
    found = state.overlay.get(_furthest_group(subject) + system.encode())
    return None if found is None else layout.index_of(found)


def put_furthest(state: State, subject: str, system: str, index: int) -> None:
    """Keep how far a system has opened."""
    state.overlay.put(_furthest_group(subject), system.encode(), layout.place(index))


def bid_set(state: State, subject: str) -> BidSet | None:
    """The bid set of exactly `subject`; None where no part of it is there."""
    found = state.overlay.get(_SET + subject.encode())
    if found is None:
        return None
    parts, part, count, listed, last = cast(
        "tuple[int, int, int, int, bytes]", decode_stored(found)
    )
    return BidSet(parts, part, count, listed, last)


def put_bid_set(state: State, subject: str, held: BidSet, fresh: Sequence[RecordId]) -> None:
    """Keep a bid set, and the commitments that its newest part lists."""
    value = encode((held.parts, held.part, held.count, held.listed, held.last))
    state.overlay.put(_SET, subject.encode(), value)
    for each in fresh:
        state.overlay.put(_SET_OF, each, subject.encode())
        state.overlay.put(_members_group(subject), each, b"\x01")


def set_of(state: State, commitment: RecordId) -> str | None:
    """The subject whose bid set lists a commitment; None where none does."""
    found = state.overlay.get(_SET_OF + commitment)
    return None if found is None else found.decode()


def members(state: State, subject: str) -> Iterator[RecordId]:
    """The commitments that the bid set of `subject` lists, ascending."""
    return (RecordId(rest) for rest, _ in state.overlay.rows(_members_group(subject)))


def bid_of(state: State, subject: str, bidder: str) -> RecordId | None:
    """The opened bid of a bidder that is in the bid set; None where there is none."""
    found = state.overlay.get(_bid_group(subject) + bidder.encode())
    return None if found is None else RecordId(found)


def put_bid(state: State, subject: str, bidder: str, record_id: RecordId) -> None:
    """Keep the first bid of a bidder that was opened out of the bid set."""
    state.overlay.put(_bid_group(subject), bidder.encode(), record_id)


def _committed_group(issuer: str) -> bytes:
    return _COMMITTED + f"{issuer}\0".encode()


def _furthest_group(subject: str) -> bytes:
    return f"furthest/{subject}\0".encode()


def _members_group(subject: str) -> bytes:
    return f"in-set/{subject}\0".encode()


def _bid_group(subject: str) -> bytes:
    return f"bid/{subject}\0".encode()
