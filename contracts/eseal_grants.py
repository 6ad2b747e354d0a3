"""What the state keeps of who may use a seal by what: grants and connected systems, as slow rows.

A grant is one row, so that "authorised at t" is proven by it; a system has a row for each spell
of its connection. How much of a grant was used is plain state. Spec: ``docs/spec/status.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from contracts.standing import ended, since
from contracts.state import State
from contracts.verdict import Times
from ledger.core.canonical import Value, decode_stored, encode
from ledger.core.identifiers import Digest, MemberId, RecordId
from ledger.core.status import PREFIX, Interval, interval_from

_USES: Final = b"seal-uses/"
_STAMPED: Final = b"seal-stamped/"
_LAST: Final = b"seal-last/"
STATE_COUNCIL: Final = "000000"
_PROVINCE: Final = "0000"
"""How the code of a province ends (GB/T 2260)."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One spell of a system's connection."""

    interval: Interval
    member: MemberId
    region: str
    standard: str
    version: str
    """Of the standard by which the system was tested; empty where the test did not say."""
    connected_by: RecordId

    def encode(self) -> bytes:
        """``[interval, member, region, standard, version, record id]``."""
        about = (self.member, self.region, self.standard, self.version, self.connected_by)
        return encode((self.interval.value(), *about))


def connection(state: State, member: str) -> Connection | None:
    """The spell of a system's connection that has not ended; None where there is none."""
    for _, data in state.overlay.rows(_systems(member)):
        interval, system, region, standard, version, by = cast(
            "tuple[Value, ...]", decode_stored(data)
        )
        held = interval_from(interval)
        if held.until_index is None:
            return Connection(
                held,
                MemberId(str(system)),
                str(region),
                str(standard),
                str(version),
                RecordId(cast(bytes, by)),
            )
    return None


def put_connection(state: State, row: Connection) -> None:
    """Begin or end a spell of a system's connection."""
    index = row.interval.from_index or 0
    state.overlay.put(_systems(row.member), f"{index:016x}".encode(), row.encode())


def direction(system_region: str, seal: str) -> str:
    """How a system of a region stands to a seal by the codes of both; a word of S10's field."""
    region = seal.split("-")[1]
    if system_region == region:
        return "same_region"
    if system_region == STATE_COUNCIL:
        return "state_to_province"
    of_system, of_seal = system_region.endswith(_PROVINCE), region.endswith(_PROVINCE)
    if of_system and of_seal:
        return "between_provinces"
    if of_system:
        return "province_to_city"
    return "city_to_province" if of_seal else "city_to_city"


def put_grant(state: State, record_id: RecordId, seal: str, terms: Value, times: Times) -> None:
    """Begin a grant: ``[interval, seal, record id, terms]``."""
    value = encode((since(times).value(), seal, record_id, terms))
    state.overlay.put(_grants(seal), record_id.hex().encode(), value)


def end_grant(state: State, record_id: RecordId, seal: str, times: Times) -> None:
    """End a grant; nothing happens where there is none."""
    data = state.overlay.get(_grants(seal) + record_id.hex().encode())
    if data is None:
        return
    interval, *rest = cast("tuple[Value, ...]", decode_stored(data))
    value = encode((ended(interval_from(interval), times).value(), *rest))
    state.overlay.put(_grants(seal), record_id.hex().encode(), value)


def granted(state: State, record_id: RecordId, seal: str, as_of: Times) -> bool:
    """Whether a grant was not withdrawn at a position."""
    data = state.overlay.get(_grants(seal) + record_id.hex().encode())
    if data is None:
        return False
    return interval_from(cast("tuple[Value, ...]", decode_stored(data))[0]).in_force(as_of.index)


def permitted_root(state: State, record_id: RecordId, seal: str) -> bytes | None:
    """The root over exactly the documents that were permitted; None where any may be stamped."""
    data = state.overlay.get(_grants(seal) + record_id.hex().encode())
    if data is None:
        return None
    terms = cast("tuple[Value, str, bytes, Mapping[str, Value]]", decode_stored(data))[3]
    return cast("bytes | None", terms.get("permitted_root"))


def uses(state: State, grant: RecordId) -> int:
    """How many documents were stamped on a grant."""
    data = state.overlay.get(_USES + grant)
    return 0 if data is None else cast(int, decode_stored(data))


def put_use(state: State, grant: RecordId, documents: int) -> None:
    """Count `documents` more."""
    state.overlay.put(_USES, grant, encode(uses(state, grant) + documents))


def stamped(state: State, use: RecordId) -> frozenset[bytes]:
    """SHA-256 of each document that a use stamped; empty for any other record."""
    data = state.overlay.get(_STAMPED + use)
    documents = () if data is None else cast("tuple[bytes, ...]", decode_stored(data))
    return frozenset(documents)


def put_stamped(
    state: State, seal: str, use: RecordId, documents: tuple[Digest, ...], times: Times
) -> None:
    """Keep what a use stamped, and that it is the seal's last."""
    state.overlay.put(_STAMPED, use, encode(documents))
    put_last(state, seal, use, times)


def last(state: State, seal: str) -> tuple[RecordId, int] | None:
    """The last use of a seal and its block time; None where it was never used."""
    data = state.overlay.get(_LAST + seal.encode())
    if data is None:
        return None
    use, time_ms = cast("tuple[bytes, int]", decode_stored(data))
    return RecordId(use), time_ms


def put_last(state: State, seal: str, use: RecordId, times: Times) -> None:
    """Keep which use of a seal was the last."""
    state.overlay.put(_LAST, seal.encode(), encode((use, times.time_ms)))


def _grants(seal: str) -> bytes:
    return PREFIX + f"grant/{seal}/".encode()


def _systems(member: str) -> bytes:
    return PREFIX + f"system/{member}/".encode()
