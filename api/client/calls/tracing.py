"""Gathers the records of amendment traces: each with its receipt, verified on this side.

A node is asked which records belong to a trace and is not believed about any of them; what it
leaves out is missing, never wrong. Put together by `ledger.traces`. Spec: ``docs/spec/traces.md``.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from api.client.calls import telling
from api.client.calls.witnessing import witnessed_receipt
from api.client.core import Core
from api.client.flow import Flow
from api.client.problems import ClientError
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.field_changes import Said
from ledger.traces import CONFIRMED, Sets
from ledger.verify import verify_receipt

SECTIONS_MAX: Final = 500
RECEIPT_WAIT_S: Final = 15.0
"""How long a record that was just committed may lack its receipt."""
_PATH: Final = "/v1/subjects"
_TYING: Final = frozenset({"amends", "voids"})


def sections(core: Core, /, project: str) -> Flow[list[str]]:
    """The subjects below a project that a node names, ascending; at most `SECTIONS_MAX`.

    Raises:
        ClientError: `api.answer`, or that no node could be asked.
    """
    if "/" in project:
        return []
    below = f"{project}/"
    try:
        told, hits = (
            (yield from telling.completeness(core, project)),
            (yield from _hits(core, below)),
        )
        found = {str(each) for each in told["sections"]}
        found |= {str(hit["name"]) for hit in hits if hit["kind"] == "subject"}
    except (KeyError, TypeError) as problem:
        raise ClientError(Code.API_ANSWER, node="/v1/search", what=repr(problem)) from problem
    return sorted(each for each in found if each.startswith(below))[:SECTIONS_MAX]


def gather_said(
    core: Core,
    /,
    subjects: Iterable[str],
    sets: Sets = MappingProxyType({}),
    only: RecordId | None = None,
    told: Callable[[int, int], object] = lambda _done, _all: None,
) -> Flow[tuple[Said, ...]]:
    """The records of some subjects that amend, replace or void, and what they do it to.

    Args:
        subjects: whose records are looked at.
        sets: of the catalogue in force: which fields replace which; none of them where it is not
            at hand, and then only records that cite one another are tied.
        only: keep what is tied to this record; None for everything.
        told: is told how many receipts were verified, and of how many.

    Raises:
        ClientError: `api.answer`, or that no node could be asked.
        Pending: a receipt that is not there yet.
        VerificationError: a node's receipt does not hold.
    """
    ties = _Ties(sets)
    try:
        for subject in subjects:
            yield from telling.each_about(core, subject, ties.see)
        wanted = ties.wanted(only)
    except (KeyError, TypeError, ValueError) as problem:
        raise ClientError(Code.API_ANSWER, node=_PATH, what=repr(problem)) from problem
    said: list[Said] = []
    for record_id in wanted:
        receipt = yield from witnessed_receipt(core, record_id, None, RECEIPT_WAIT_S)
        proved = verify_receipt(receipt, core.trust)
        place = (proved.height, proved.index, proved.committed_at_ms)
        said.append(Said(record_id, proved.record, *place))
        told(len(said), len(wanted))
    return tuple(said)


class _Ties:
    """Which records a node says are tied together; what they say is proved later."""

    def __init__(self, sets: Sets) -> None:
        self._sets = sets
        self._tied: dict[str, set[str]] = {}
        self._listed: dict[str, None] = {}
        self._by_type: dict[tuple[str, str], list[str]] = {}
        self._replacing: list[tuple[str, str, str]] = []
        self._confirming: list[tuple[str, str]] = []

    def see(self, item: Any) -> None:
        """Take in one record of a list."""
        record, name = item["record"], str(item["record_id"])
        kind, subject = str(record["type"]), str(record["subject"])
        self._listed[name] = None
        self._by_type.setdefault((subject, kind), []).append(name)
        for ref in record["refs"]:
            if ref["network_id"] is not None:
                continue
            if ref["relation"] in _TYING:
                self._tie(name, str(ref["record_id"]))
            elif ref["relation"] == "confirms" and kind == CONFIRMED:
                self._confirming.append((name, str(ref["record_id"])))
        for own, target in self._sets.get(kind, {}).items():
            if own in record["fields"]:
                self._replacing.append((name, subject, target.rpartition(".")[0]))

    def wanted(self, only: RecordId | None) -> list[RecordId]:
        """The records that are tied to another one, in the order of the lists."""
        for name, subject, target in self._replacing:
            for where in (subject, subject.partition("/")[0]):
                for each in self._by_type.get((where, target), ()):
                    self._tie(name, each)
        for name, voiding in self._confirming:
            if voiding in self._tied:
                self._tie(name, voiding)
        names = self._tied.keys() if only is None else self._reached(only.hex())
        return [RecordId(bytes.fromhex(each)) for each in self._listed if each in names]

    def _tie(self, one: str, other: str) -> None:
        self._tied.setdefault(one, set()).add(other)
        self._tied.setdefault(other, set()).add(one)

    def _reached(self, start: str) -> Mapping[str, None]:
        """Everything that is tied to `start`, however far."""
        reached: dict[str, None] = {}
        waiting = [start]
        while waiting:
            current = waiting.pop()
            if current not in reached:
                reached[current] = None
                waiting += self._tied.get(current, ())
        return reached


def _hits(core: Core, query: str) -> Flow[Any]:
    """What a node finds under a name; nothing where it finds nothing."""
    try:
        return (yield from telling.search(core, query))["hits"]
    except ClientError as problem:
        if problem.code is Code.API_NOT_FOUND:
            return []
        raise
