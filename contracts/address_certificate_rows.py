"""Address certificates in the slow state, and credit records: who may rely on what, and until when.

A certificate is three slow rows: itself, the property fact, and the owner's will or what stands for
it (双真实), so that either fact can end alone and the certificate's history stays provable. Spec:
``docs/spec/status.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from contracts.standing import ended, since
from contracts.state import State
from contracts.verdict import Times
from ledger.core.canonical import Value, decode_stored, encode
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.status import PREFIX, Interval, interval_from

PROPERTY: Final = "property"
WILL: Final = "will"
FACTS: Final = {"property": (PROPERTY,), "use": (PROPERTY, WILL)}
"""What a certificate shows, by its kind."""
CERTIFIED: Final = ("address.property_certified", "address.use_certified")
_CALLED: Final = b"called/"


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One certificate, apart from its facts."""

    interval: Interval
    address: str
    kind: str
    """``property`` or ``use``."""
    applicant: str | None
    list_id: str | None
    list_version: int | None
    until_ms: int | None
    """Past this it is valid no more, whatever else holds; None for no end."""


def certificate(state: State, record_id: RecordId) -> CertificateRow | None:
    """The row of a certificate, in force or not; None for any other record."""
    data = state.overlay.get(_key(record_id, ""))
    if data is None:
        return None
    interval, *about = cast("tuple[Value, ...]", decode_stored(data))
    address, kind, applicant, list_id, version, until_ms = cast(
        "tuple[str, str, str | None, str | None, int | None, int | None]", tuple(about)
    )
    return CertificateRow(
        interval_from(interval), address, kind, applicant, list_id, version, until_ms
    )


def fact(state: State, record_id: RecordId, name: str) -> tuple[Interval, RecordId] | None:
    """A fact that a certificate shows, with the time it holds; None where it shows none."""
    data = state.overlay.get(_key(record_id, f"/{name}"))
    if data is None:
        return None
    interval, stated_by = cast("tuple[Value, bytes]", decode_stored(data))
    return interval_from(interval), RecordId(stated_by)


def lacking(state: State, record_id: RecordId, times: Times, limit_ms: int) -> str | None:
    """What a certificate lacks to be valid at a position; None where it is.

    Args:
        state: the state.
        record_id: of the certificate.
        times: the position.
        limit_ms: what ended before this moment is over, grace included.

    Returns:
        ``certificate``, ``property``, ``will`` or ``until_ms``.
    """
    row = certificate(state, record_id)
    if row is None or not row.interval.in_force(times.index):
        return "certificate"
    for name in FACTS[row.kind]:
        held = fact(state, record_id, name)
        if held is None or not held[0].in_force(times.index):
            return name
    return "until_ms" if row.until_ms is not None and limit_ms > row.until_ms else None


def put_certificate(
    state: State, record_id: RecordId, about: tuple[Value, ...], times: Times
) -> None:
    """Begin a certificate.

    Args:
        state: the state.
        record_id: of the certificate.
        about: address, kind, applicant, list, list version and end; nil for what its kind lacks.
        times: where it takes effect.
    """
    _put(state, record_id, "", since(times), about)


def put_fact(state: State, record_id: RecordId, name: str, stated_by: bytes, times: Times) -> None:
    """Begin one of the facts that a certificate shows, `PROPERTY` or `WILL`."""
    _put(state, record_id, f"/{name}", since(times), (stated_by,))


def end_certificate(state: State, record_id: RecordId, times: Times) -> None:
    """End a certificate; its facts go on, for they may still be true."""
    _end(state, record_id, "", times)


def end_fact(state: State, record_id: RecordId, name: str, times: Times) -> None:
    """End one of the facts that a certificate shows; nothing happens where it has ended."""
    _end(state, record_id, f"/{name}", times)


def standing_at(state: State, address: str, times: Times) -> Iterator[tuple[RecordId, str]]:
    """The certificates of an address that nobody revoked, each with its type."""
    for type_key in CERTIFIED:
        for record_id in state.open(address, type_key, times):
            yield record_id, type_key


def called_by(state: State, record_id: RecordId) -> RecordId | None:
    """The call of a certificate; None while it was not called."""
    found = state.overlay.get(_CALLED + record_id)
    return None if found is None else RecordId(found)


def put_called(state: State, record_id: RecordId, by: RecordId) -> None:
    """Keep that a certificate was called: it serves once."""
    state.overlay.put(_CALLED, record_id, by)


def discredited(state: State, member: str, times: Times, limit_ms: int) -> RecordId | None:
    """The credit record that stands against a member; None where none does."""
    for rest, data in state.overlay.rows(_credits(member)):
        interval, _, _, until_ms = cast("tuple[Value, str, str, int]", decode_stored(data))
        if interval_from(interval).in_force(times.index) and limit_ms <= until_ms:
            return RecordId(bytes.fromhex(rest.decode()))
    return None


def put_credit(
    state: State, record_id: RecordId, member: MemberId, address: str, until_ms: int, times: Times
) -> None:
    """Begin a credit record against a member."""
    value = encode((since(times).value(), member, address, until_ms))
    state.overlay.put(_credits(member), record_id.hex().encode(), value)


def end_credit(state: State, record_id: RecordId, member: str, times: Times) -> None:
    """End a credit record: an appeal withdrew it."""
    rest = record_id.hex().encode()
    data = state.overlay.get(_credits(member) + rest)
    if data is not None:
        interval, *about = cast("tuple[Value, ...]", decode_stored(data))
        value = encode((ended(interval_from(interval), times).value(), *about))
        state.overlay.put(_credits(member), rest, value)


def _end(state: State, record_id: RecordId, rest: str, times: Times) -> None:
    data = state.overlay.get(_key(record_id, rest))
    if data is None:
        return
    held, *about = cast("tuple[Value, ...]", decode_stored(data))
    interval = interval_from(held)
    if interval.until_index is None:
        _put(state, record_id, rest, ended(interval, times), tuple(about))


def _put(
    state: State, record_id: RecordId, rest: str, interval: Interval, about: tuple[Value, ...]
) -> None:
    key = _key(record_id, rest).removeprefix(PREFIX)
    state.overlay.put(PREFIX, key, encode((interval.value(), *about)))


def _credits(member: str) -> bytes:
    return PREFIX + f"credit/{member}/".encode()


def _key(record_id: RecordId, rest: str) -> bytes:
    return PREFIX + f"certificate/{record_id.hex()}{rest}".encode()
