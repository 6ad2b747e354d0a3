"""What the state keeps of reports of clocks: of each node the last one that entered.

    clock/MEMBER 0 NODE          block time, then id of the record

Questions and writes only. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contracts import layout
from contracts.state import State
from ledger.core.identifiers import MemberId, RecordId

_REPORTED: Final = b"clock/"
_TIME_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Reported:
    """The last report of one node's clock."""

    member: MemberId
    node: str
    time_ms: int
    """Of the block that it entered by."""
    record_id: RecordId


def reported(state: State, member: MemberId, node: str) -> Reported | None:
    """The last report of a node by that member; None before the first."""
    data = state.overlay.get(_group(member) + node.encode())
    return None if data is None else _row(member, node.encode(), data)


def reported_by(state: State, member: MemberId) -> Iterator[Reported]:
    """The last report of each node that the member ever reported of, by node."""
    return (_row(member, rest, data) for rest, data in state.overlay.rows(_group(member)))


def all_reported(state: State) -> Iterator[Reported]:
    """The last report of every node that anybody ever reported of, by member and node."""
    for rest, data in state.overlay.rows(_REPORTED):
        member, _, node = rest.partition(b"\0")
        yield _row(MemberId(member.decode()), node, data)


def put_reported(state: State, row: Reported) -> None:
    """Keep a report as the last one of its node."""
    data = layout.number(row.time_ms) + row.record_id
    state.overlay.put(_group(row.member), row.node.encode(), data)


def _group(member: MemberId) -> bytes:
    return _REPORTED + f"{member}\0".encode()


def _row(member: MemberId, rest: bytes, data: bytes) -> Reported:
    time_ms, record_id = data[:_TIME_BYTES], RecordId(data[_TIME_BYTES:])
    return Reported(member, rest.decode(), int.from_bytes(time_ms), record_id)
