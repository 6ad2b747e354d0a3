"""What an organisation records of the clock of its node: read from the node, told in a record.

The node has no key of a member, so it cannot say it by itself; whoever holds the key asks the node
over the organisation's own line and answers for what it repeats. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.client.writing import WrittenRecord, new_nonce
from consensus.depths import ClockSource
from contracts.rules.clock_report import PER_DAY_MAX, STRATUM_MAX
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId, Subject
from ledger.core.record import Record

TYPE: Final = "ledger.clock_reported"
SCHEDULE: Final = "schedule"
STATE_CHANGE: Final = "state_change"
_STATE: Final = ("time_source", "in_step", "peers")
_STEP: Final = {True: "yes", False: "no", None: "unknown"}
_MS_MAX: Final = 1 << 52


class NotOurs(Exception):  # noqa: N818 - a node to pass over, not a mistake
    """The node is another's, or says nothing of its clock."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one node says of its clock, and what was recorded of it last."""

    node: str
    fields: Mapping[str, Value]
    """Those of the record but `node` and `cause`."""
    recorded_ms: int | None
    """Block time of the last record; None before the first."""
    recorded: Mapping[str, Value]
    """What that one said of source, step and peers."""

    @property
    def changed(self) -> bool:
        """Whether the state is another than was recorded."""
        return any(self.fields[name] != self.recorded.get(name) for name in _STATE)

    def due(self, now_ms: int, every_ms: int, least_ms: int) -> str:
        """Why a report is due; empty where none is.

        Args:
            now_ms: ms since the epoch.
            every_ms: how long a record stands where nothing changes.
            least_ms: sooner after the last one the rules let no other enter.
        """
        if self.recorded_ms is None:
            return SCHEDULE
        age_ms = now_ms - self.recorded_ms
        if age_ms < least_ms:
            return ""
        if self.changed:
            return STATE_CHANGE
        return SCHEDULE if age_ms >= every_ms else ""

    def record(self, issuer: MemberId, cause: str, now_ms: int) -> WrittenRecord:
        """The report, for its issuer to sign."""
        fields = {"node": self.node, "cause": cause, **self.fields}
        heard_ms = fields.get("synchronised_at_ms")
        if isinstance(heard_ms, int):
            # This machine's clock may be a little behind the node's.
            fields["synchronised_at_ms"] = min(heard_ms, now_ms)
        record = Record(
            type=TYPE,
            issuer=issuer,
            subject=Subject(issuer),
            occurred_at_ms=now_ms,
            evidence=(),
            fields=fields,
            private=None,
            refs=(),
            nonce=new_nonce(),
        )
        return WrittenRecord(record, ())


def least_ms(day_ms: int) -> int:
    """Within how long of block time no second report of a node enters."""
    return day_ms // PER_DAY_MAX


def reading(told: Any, member: MemberId) -> Reading:
    """What a node's answer to ``GET /v1/network`` says.

    Args:
        told: as it came; the node is believed about its own clock, within what the rules take.
        member: whose node it has to be. An observer is nobody's of the committee: the rules say
            who may report it.

    Raises:
        NotOurs: it is another's, or it does not say.
        LookupError, TypeError, ValueError: it is no such answer.
    """
    node = str(told["this_node"])
    owners = {each["node_id"]: each["member_id"] for each in told["committee"]}
    if told["clock"] is None or owners.get(node, member) != member:
        raise NotOurs
    observes = told["observer"] is not None
    last = next((each for each in told["clock_reports"] if _is(each, node, member)), None)
    fields = {**_clock(told["clock"]), "peers": "unknown" if observes else _peers(told)}
    return Reading(
        node,
        fields,
        None if last is None else _number(last["time_ms"]),
        {} if last is None else {name: str(last[name]) for name in _STATE},
    )


def _is(report: Any, node: str, member: MemberId) -> bool:
    return bool(report["node_id"] == node and report["member_id"] == member)


def _clock(told: Any) -> dict[str, Value]:
    """What the machine says, in the fields of the record."""
    source, step = ClockSource(told["source"]), told["synchronised"]
    offset_us, bound_us, stratum = told["offset_us"], told["bound_us"], told["stratum"]
    if source is ClockSource.UNKNOWN:
        step = None
    fields: dict[str, Value] = {"time_source": source.value, "in_step": _STEP[step]}
    if step is True and offset_us is not None and bound_us is not None:
        offset, bound = _number(offset_us), _number(bound_us)
        fields["slow_most_ms"] = max(0, _up(bound + offset))
        fields["fast_most_ms"] = max(0, _up(bound - offset))
    if step is True and stratum is not None and 1 <= _number(stratum) <= STRATUM_MAX:
        fields["stratum"] = _number(stratum)
    if told["synchronised_at_ms"] is not None:
        fields["synchronised_at_ms"] = _number(told["synchronised_at_ms"])
    return fields


def _peers(told: Any) -> str:
    """Whether the node's clock is within the genesis bound of the others, as far as it hears."""
    if "clock" in told["troubles"]:
        return "beyond_bound"
    nodes: Sequence[Any] = told["nodes"]
    heard = [each for each in nodes if each["reachable"] and each["offset_ms"] is not None]
    # The node itself is among them; of the others f + 1 are needed to say anything.
    return "within_bound" if len(heard) > _number(told["f"]) + 1 else "unknown"


def _number(given: object) -> int:
    if type(given) is not int or abs(given) > _MS_MAX:
        raise ValueError(str(given)[:40])
    return given


def _up(microseconds: int) -> int:
    """In whole milliseconds, never less."""
    return -(-microseconds // 1_000)
