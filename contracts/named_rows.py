"""Members that a record names in order (the qualified of T10, the candidates of T44), one row each.

Questions and writes only. A later record of the type names them anew: rows of an earlier one no
longer count. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Sequence
from typing import Final, cast

from contracts.state import State, seen_from
from ledger.core.canonical import decode_stored, encode

_NAMED: Final = b"named/"
_EVERYBODY: Final = ""
"""No member has an empty id: this row says which record named the members in force."""


def put_named(
    state: State, subject: str, type_key: str, members: Sequence[str], index: int
) -> None:
    """Keep whom a record of `type_key` at log index `index` names, in its order."""
    group = _group(subject, type_key)
    state.overlay.put(group, _EVERYBODY.encode(), encode((index, len(members))))
    for place, member in enumerate(members):
        state.overlay.put(group, member.encode(), encode((index, place)))


def are_named(state: State, subject: str, type_key: str) -> bool:
    """Whether any record of the type named members about the subject, or its project."""
    return _naming(state, subject, type_key) is not None


def place_of(state: State, subject: str, type_key: str, member: str) -> int | None:
    """Place of a member in the list last given, 0 being the first; None where it is not on it."""
    naming = _naming(state, subject, type_key)
    if naming is None:
        return None
    group, index = naming
    found = state.overlay.get(group + member.encode())
    if found is None:
        return None
    named_at, place = cast("tuple[int, int]", decode_stored(found))
    return place if named_at == index else None


def _naming(state: State, subject: str, type_key: str) -> tuple[bytes, int] | None:
    for each in seen_from(subject):
        group = _group(each, type_key)
        found = state.overlay.get(group + _EVERYBODY.encode())
        if found is not None:
            return group, cast("tuple[int, int]", decode_stored(found))[0]
    return None


def _group(subject: str, type_key: str) -> bytes:
    return _NAMED + f"{subject}\0{type_key}\0".encode()
