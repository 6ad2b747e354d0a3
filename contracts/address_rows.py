"""What the state keeps of addresses: lists, owners, units, words of owners, and what rests on what.

Questions and writes only; certificates are `address_certificate_rows`. Spec:
``docs/spec/contracts.md``.
"""

from dataclasses import dataclass
from typing import Final, cast

from contracts.state import State
from ledger.core.canonical import decode_stored, encode
from ledger.core.identifiers import Digest, MemberId, RecordId
from ledger.core.negative_list import ListHead

_LIST: Final = b"list/"
_OWNER: Final = b"owner/"
_OWNED: Final = b"owned/"
_UNIT: Final = b"unit/"
_RECODED: Final = b"recoded/"
_WORD: Final = b"word/"
_BEHIND: Final = b"behind/"
_ASKED: Final = b"asked/"
_POOL: Final = b"pool/"
_PLACES: Final = b"places/"


@dataclass(frozen=True, slots=True)
class HeldList:
    """The newest version of a negative list."""

    head: ListHead
    published_by: RecordId
    authority: MemberId
    """Who keeps it: nobody else publishes a version."""
    valid_until_ms: int
    """Past this and the grace it lets nobody through."""


@dataclass(frozen=True, slots=True)
class HeldOwner:
    """Whose an address is, as the registry last shared it."""

    commitment: Digest
    shared_by: RecordId


@dataclass(frozen=True, slots=True)
class OwnersWord:
    """The last word of an owner about one applicant at one address."""

    said_by: RecordId
    decision: str
    """``confirmed`` or ``denied``."""
    commitment: Digest
    """That the owner opened: another one since means another owner."""


@dataclass(frozen=True, slots=True)
class DrawnPlaces:
    """The result of a draw, with the pool that it was drawn from."""

    of: str
    """``registrations`` or ``inspectors``."""
    pool_root: Digest
    pool_count: int
    places: tuple[int, ...]


def held_list(state: State, list_id: str) -> HeldList | None:
    """The newest version of a list; None where none was published."""
    data = state.overlay.get(_LIST + list_id.encode())
    if data is None:
        return None
    version, root, count, key, record_id, authority, until_ms = cast(
        "tuple[int, bytes, int, bytes, bytes, str, int]", decode_stored(data)
    )
    head = ListHead(list_id, version, Digest(root), count, key)
    return HeldList(head, RecordId(record_id), MemberId(authority), until_ms)


def put_list(state: State, held: HeldList) -> None:
    """Keep a list's newest version."""
    head, by = held.head, (held.published_by, held.authority, held.valid_until_ms)
    row = (head.version, head.root, head.count, head.key, *by)
    state.overlay.put(_LIST, head.list_id.encode(), encode(row))


def owner_of(state: State, address: str) -> HeldOwner | None:
    """Whose an address is; None where the registry said nothing of it."""
    data = state.overlay.get(_OWNER + address.encode())
    if data is None:
        return None
    commitment, record_id = cast("tuple[bytes, bytes]", decode_stored(data))
    return HeldOwner(Digest(commitment), RecordId(record_id))


def put_owner(state: State, address: str, held: HeldOwner) -> None:
    """Keep whose an address is."""
    row = (held.commitment, held.shared_by)
    state.overlay.put(_OWNER, address.encode(), encode(row))


def put_owned(state: State, owner: MemberId, address: str, commitment: Digest) -> None:
    """Keep that an owner showed itself as one: from here on it is found by its name."""
    state.overlay.put(_OWNED + f"{owner}\0".encode(), address.encode(), commitment)


def owned_by(state: State, owner: str, count_max: int) -> tuple[str, ...]:
    """Addresses of which a member showed itself as the owner, and still is; ascending."""
    found: list[str] = []
    for rest, commitment in state.overlay.rows(_OWNED + f"{owner}\0".encode()):
        held = owner_of(state, rest.decode())
        if held is not None and held.commitment == commitment:
            found.append(rest.decode())
        if len(found) == count_max:
            break
    return tuple(found)


def address_of_unit(state: State, unit: str) -> str | None:
    """The standard address that a property unit has; None where it has none."""
    data = state.overlay.get(_UNIT + unit.encode())
    return None if data is None else data.decode()


def put_unit(state: State, unit: str, address: str) -> None:
    """Keep which address a property unit has."""
    state.overlay.put(_UNIT, unit.encode(), address.encode())


def recoded(state: State, address: str) -> str | None:
    """The address that took the place of this one; None while it is the one."""
    data = state.overlay.get(_RECODED + address.encode())
    return None if data is None else data.decode()


def put_recoded(state: State, address: str, now: str) -> None:
    """Keep that an address was coded anew."""
    state.overlay.put(_RECODED, address.encode(), now.encode())


def owners_word(state: State, address: str, applicant: str) -> OwnersWord | None:
    """The last word of whoever owned the address then about an applicant; None where none was."""
    data = state.overlay.get(_WORD + f"{address}\0".encode() + applicant.encode())
    if data is None:
        return None
    said_by, decision, commitment = cast("tuple[bytes, str, bytes]", decode_stored(data))
    return OwnersWord(RecordId(said_by), decision, Digest(commitment))


def put_word(state: State, address: str, applicant: str, word: OwnersWord) -> None:
    """Keep an owner's word as the last one."""
    value = encode((word.said_by, word.decision, word.commitment))
    state.overlay.put(_WORD + f"{address}\0".encode(), applicant.encode(), value)


def behind(state: State, record_id: RecordId) -> RecordId | None:
    """What a record rests on: a call and a registration on a certificate, the rest on the latter.

    A notice, an objection, its decision and an inspection have a registration behind them.
    """
    found = state.overlay.get(_BEHIND + record_id)
    return None if found is None else RecordId(found)


def put_behind(state: State, record_id: RecordId, other: RecordId) -> None:
    """Keep what a record rests on."""
    state.overlay.put(_BEHIND, record_id, other)


def asked_today(state: State, member: str, day: int) -> int:
    """How many questions about addresses a member put on record on a day."""
    data = state.overlay.get(_ASKED + member.encode())
    last, count = (0, 0) if data is None else cast("tuple[int, int]", decode_stored(data))
    return count if last == day else 0


def put_asked(state: State, member: str, day: int, count: int) -> None:
    """Keep how many they were."""
    state.overlay.put(_ASKED, member.encode(), encode((day, count)))


def pool_root(state: State, request: RecordId) -> Digest | None:
    """The root of the pool that a draw was asked for; None for other records."""
    found = state.overlay.get(_POOL + request)
    return None if found is None else Digest(found)


def put_pool(state: State, request: RecordId, root: Digest) -> None:
    """Keep the root of a pool."""
    state.overlay.put(_POOL, request, root)


def drawn_places(state: State, drawn: RecordId) -> DrawnPlaces | None:
    """What a draw drew; None for other records."""
    data = state.overlay.get(_PLACES + drawn)
    if data is None:
        return None
    of, root, count, places = cast("tuple[str, bytes, int, tuple[int, ...]]", decode_stored(data))
    return DrawnPlaces(of, Digest(root), count, places)


def put_places(state: State, drawn: RecordId, held: DrawnPlaces) -> None:
    """Keep what a draw drew."""
    value = encode((held.of, held.pool_root, held.pool_count, held.places))
    state.overlay.put(_PLACES, drawn, value)
