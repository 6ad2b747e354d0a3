"""Who is a member, holds which key and which role, and since when: the slow rows of the state.

Rows are intervals in log indexes and block times under ``status/``, so that anyone can prove them
from a signed head. A row is never deleted; it ends. Spec: ``docs/spec/status.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

from contracts import layout
from contracts.schema import ANY_MEMBER, COMMITTEE_ROLE
from contracts.state import State
from contracts.verdict import Times, World
from ledger.core.canonical import Value, decode_stored, encode
from ledger.core.identifiers import KeyId, LogIndex, MemberId, PublicKey, RecordId
from ledger.core.signing import key_id
from ledger.core.status import (
    PREFIX,
    Interval,
    KeyRow,
    interval_from,
    key_row,
    key_row_key,
)

GENESIS: Final = "genesis"
_DECODED_MAX: Final = 4096
"""Rows whose decoding is remembered: it follows from their bytes alone."""


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One grant of a role."""

    interval: Interval
    role: str
    scope: str
    """Empty for the whole network."""
    rest: bytes
    """The end of its key, by which it can be ended."""


def since(times: Times) -> Interval:
    """An interval that begins at `times`."""
    return Interval(LogIndex(times.index), times.time_ms)


def ended(interval: Interval, times: Times) -> Interval:
    """`interval`, ending at `times`."""
    return Interval(
        interval.from_index, interval.from_time_ms, LogIndex(times.index), times.time_ms
    )


def is_member(state: State, member: MemberId, as_of: Times) -> bool:
    """Whether a member is enrolled and in force."""
    data = state.overlay.get(PREFIX + f"member/{member}".encode())
    return data is not None and _member_interval(data).in_force(as_of.index)


def enrolled(state: State, member: MemberId) -> bool:
    """Whether a member id was ever enrolled."""
    return state.overlay.get(PREFIX + f"member/{member}".encode()) is not None


def label_project(state: State, member: MemberId) -> str:
    """The one project in which a label may act; empty for a member that is no label."""
    data = state.overlay.get(PREFIX + f"member/{member}".encode())
    return "" if data is None else _label_project(data)


def facts_of(state: State, member: MemberId) -> Mapping[str, Value]:
    """Kind, names and credit code under which a member was enrolled; nothing of nobody."""
    data = state.overlay.get(PREFIX + f"member/{member}".encode())
    return {} if data is None else _member_facts(data)


def kind(state: State, member: MemberId) -> str:
    """What a member is: ``organisation``, ``system``, ``person`` or ``label``; empty for nobody."""
    return str(facts_of(state, member).get("kind", ""))


def key(state: State, member: MemberId, key_id_: KeyId) -> KeyRow | None:
    """The row of a member's key, in force or not; None where it was never bound."""
    data = state.overlay.get(PREFIX + key_row_key(member, key_id_))
    return None if data is None else key_row(data)


def key_taken(state: State, public_key: bytes) -> bool:
    """Whether a key was ever enrolled, by anyone and for any use."""
    return state.overlay.get(layout.KEY + key_id(public_key)) is not None


def grants(state: State, member: MemberId, role: str) -> tuple[RoleRow, ...]:
    """Every grant of a role to a member, in force or not."""
    found = []
    for rest, data in state.overlay.rows(_role_group(member, role)):
        found.append(RoleRow(*_grant(data), rest))
    return tuple(found)


def holds_role(world: World, state: State, member: MemberId, role: str, as_of: Times) -> bool:
    """Whether a member holds a role, whatever its scope; members and nodes included."""
    if role == ANY_MEMBER:
        return is_member(state, member, as_of)
    if role == COMMITTEE_ROLE:
        return member in world.committee_members
    return any(row.interval.in_force(as_of.index) for row in grants(state, member, role))


def holders(state: State, role: str, as_of: Times) -> tuple[MemberId, ...]:
    """Every member that holds a role, whatever its scope; looks through all grants there are."""
    found: dict[MemberId, None] = {}
    for rest, data in state.overlay.rows(PREFIX + b"role/"):
        interval, held, _ = _grant(data)
        if held == role and interval.in_force(as_of.index):
            found[MemberId(rest.split(b"/", 1)[0].decode())] = None
    return tuple(found)


def put_member(
    state: State, member: MemberId, interval: Interval, facts: Mapping[str, Value]
) -> None:
    """Enrol a member; `facts` are its kind, names and credit code."""
    value = encode((interval.value(), member, facts))
    state.overlay.put(PREFIX + b"member/", member.encode(), value)


def put_key(state: State, member: MemberId, public_key: PublicKey, interval: Interval) -> None:
    """Bind a key to a member, or end it."""
    row = KeyRow(interval, member, public_key)
    state.overlay.put(PREFIX, key_row_key(member, key_id(public_key)), row.encode())
    put_key_taken(state, public_key, member)


def put_key_taken(state: State, public_key: bytes, holder: str) -> None:
    """Keep that a key is in use, so that no other use can claim it."""
    state.overlay.put(layout.KEY, key_id(public_key), holder.encode())


def put_role(
    state: State,
    member: MemberId,
    role: str,
    scope: str,
    granted_by: RecordId | None,
    interval: Interval,
) -> None:
    """Grant a role; None stands for the genesis."""
    by = GENESIS if granted_by is None else granted_by.hex()
    value = encode((interval.value(), member, role, scope))
    state.overlay.put(_role_group(member, role), f"{scope}/{by}".encode(), value)


def end_role(state: State, member: MemberId, row: RoleRow, times: Times) -> None:
    """End one grant."""
    value = encode((ended(row.interval, times).value(), member, row.role, row.scope))
    state.overlay.put(_role_group(member, row.role), row.rest, value)


@lru_cache(maxsize=_DECODED_MAX)
def _member_interval(data: bytes) -> Interval:
    row = cast("tuple[Value, ...]", decode_stored(data))
    return interval_from(row[0])


@lru_cache(maxsize=_DECODED_MAX)
def _label_project(data: bytes) -> str:
    return str(_member_facts(data).get("project", ""))


def _member_facts(data: bytes) -> Mapping[str, Value]:
    return cast("tuple[Value, str, Mapping[str, Value]]", decode_stored(data))[2]


@lru_cache(maxsize=_DECODED_MAX)
def _grant(data: bytes) -> tuple[Interval, str, str]:
    """Interval, role and scope of a role's row."""
    interval, _, role, scope = cast("tuple[Value, ...]", decode_stored(data))
    return interval_from(interval), str(role), str(scope)


def _role_group(member: MemberId, role: str) -> bytes:
    return PREFIX + f"role/{member}/{role}/".encode()
