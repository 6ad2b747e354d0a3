"""Following what is new: events over whichever node tells them, and receipts line by line.

Whoever is cut off goes on behind the last place that it has, at this node or another one. An event
proves nothing; a receipt that is returned here was verified. Spec: ``docs/spec/events.md``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.client.asking import READ_MARGIN_S, Question
from api.client.core import Core
from api.client.flow import Away, Flow, HangUp, Head, Item, Items, Part, Pause
from api.client.lines import EventReader, Lines, Sent
from api.client.problems import ClientError, Pending
from ledger.codes import Code
from ledger.core.identifiers import DIGEST_BYTES, RecordId
from ledger.core.receipt import Receipt, decode_receipt

PATH: Final = "/v1/events"
SILENCE_S: Final = 45.0
"""Three times the span after which a node that has nothing to tell says so."""
EVENT_S: Final = 60.0
"""Of one event from its first byte on: who trickles is left."""
RETRY_S: Final = 2.0
RETRY_S_LEAST: Final = 0.1
RETRY_S_MAX: Final = 30.0
PATIENCE_S: Final = 300.0
"""How long no node may be there before that is raised."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something new on the ledger, as a node says."""

    kind: str
    """``record``, ``alert`` or ``block``; skip what you do not know."""
    place: int
    """Hand this to `events` as `behind`, and nothing is missed and nothing told twice; -1 where
    no place was named yet."""
    data: Mapping[str, Any]
    """As in ``/v1/records``, ``/v1/alerts`` or ``/v1/blocks``."""

    @property
    def record_id(self) -> RecordId:
        """Of a record or an alert.

        Raises:
            ClientError: `api.answer` where the event names none.
        """
        try:
            record_id = bytes.fromhex(self.data["record_id"])
        except (KeyError, TypeError, ValueError) as problem:
            raise _wrong("record_id") from problem
        if len(record_id) != DIGEST_BYTES:
            raise _wrong("record_id")
        return RecordId(record_id)


def events(
    core: Core,
    /,
    *,
    behind: int | None = None,
    wait_s: float | None = None,
    patience_s: float = PATIENCE_S,
    **parts: str | int,
) -> Items[Event]:
    """What is new on the ledger, while it happens, in the log's order.

    Reconnects by itself, to the next node where one is gone, and goes on behind the last place.

    Args:
        behind: `Event.place` of the last event that is known; None: begin at `since`, else now.
        wait_s: how long to listen; None: until the iteration is left.
        patience_s: how long no node may be there before that is raised.
        **parts: ``kinds="records,alerts"``, ``since=HEIGHT``, and the parts of a query.

    Raises:
        ClientError: `node.unreachable` after `patience_s`; what a node refused.
    """
    hearing = _Hearing(core, behind, wait_s, patience_s, parts)
    while not hearing.is_over():
        connected = yield from hearing.connect()
        while connected and not hearing.is_over():
            told = yield from hearing.next()
            if told is None:
                break
            for each in told:
                yield Item(each)
        yield HangUp()
        yield from hearing.rest()


def bundle_receipts(core: Core, /, record_id: RecordId) -> Items[Receipt]:
    """The verified receipts of all records that came in one bundle with a record, as they come.

    For bundles whose receipts are not to be held in memory all at once; else `submit` has them.

    Args:
        record_id: of any record of the bundle.

    Raises:
        ClientError: `record.unknown`, or that no node could be asked to the end.
        FormatError: a line is no receipt.
        Pending: `receipt.pending`.
        VerificationError: a receipt does not hold.
    """
    path = f"/v1/records/{record_id.hex()}/bundle/receipts"
    try:
        head = yield from core.asking.opened(Question(path))
    except ClientError as problem:
        if problem.code is Code.RECEIPT_PENDING:
            raise Pending(problem.code, **problem.detail) from problem
        raise
    lines, bundle, seen = Lines(head.url), None, set[RecordId]()
    while (part := (yield from _part(head, READ_MARGIN_S))) is not None:
        for line in lines.feed(part):
            given = decode_receipt(line)
            receipt = core.verified(line, given.record_id, head.url)
            part_of = receipt.bundle.header if receipt.bundle is not None else b""
            bundle = part_of if bundle is None else bundle
            if not part_of or part_of != bundle or receipt.record_id in seen:
                raise ClientError(Code.API_ANSWER, node=head.url, what="bundle")
            seen.add(receipt.record_id)
            yield Item(receipt)
    if not lines.is_whole or record_id not in seen:
        raise ClientError(Code.API_ANSWER, node=head.url, what="end")


class _Hearing:
    """One call of `events`: where it is, and for how long it goes on."""

    def __init__(
        self,
        core: Core,
        behind: int | None,
        wait_s: float | None,
        patience_s: float,
        parts: Mapping[str, str | int],
    ) -> None:
        self._core, self._parts = core, parts
        self._clock = core.asking.clock
        self._place = -1 if behind is None else behind
        self._until = None if wait_s is None else self._clock() + wait_s
        self._patience_s, self._heard_at = patience_s, self._clock()
        self._retry_s = RETRY_S
        self._head: Head | None = None
        self._lines, self._reader = Lines(""), EventReader()
        self._event_until: float | None = None
        self._is_broken = False

    def is_over(self) -> bool:
        """Whether it was listened as long as was wanted."""
        return self._until is not None and self._clock() >= self._until

    def connect(self) -> Flow[bool]:
        """Have a stream open; False where nobody is there at the moment."""
        resume = {"Last-Event-ID": str(self._place)} if self._place >= 0 else {}
        headers = {"Accept": "text/event-stream", **resume}
        question = Question(PATH, params=self._parts, headers=headers, silence_s=SILENCE_S)
        try:
            self._head = yield from self._core.asking.opened(question, self._until)
        except ClientError as problem:
            patient = self._clock() < self._heard_at + self._patience_s
            if not self.is_over() and not (problem.code in _PASSING and patient):
                raise
            return False
        self._lines, self._reader = Lines(self._head.url), EventReader()
        self._event_until, self._is_broken = None, False
        return True

    def next(self) -> Flow[list[Event] | None]:
        """What the next bytes tell; None where the stream is over or is left."""
        now = self._clock()
        ends = [now + SILENCE_S, *(e for e in (self._until, self._event_until) if e is not None)]
        try:
            part = None if self._is_broken else (yield Part(min(ends) - now))
        except Away:
            self._is_broken, part = True, None
        if part is None:
            if self._is_broken and self._head is not None and not self.is_over():
                self._core.asking.put_off(self._head.url)
            return None
        self._heard_at = self._clock()
        told = self._told(part)
        if self._lines.is_whole:
            self._event_until = None
        elif self._event_until is None:
            self._event_until = self._heard_at + EVENT_S
        return told

    def rest(self) -> Flow[None]:
        """Wait as long as the node asked for before the next connection."""
        left_s = self._retry_s if self._until is None else self._until - self._clock()
        if left_s > 0:
            yield Pause(min(self._retry_s, left_s))

    def _told(self, part: bytes) -> list[Event]:
        """The events that end in this part, up to the first that is none."""
        told = []
        try:
            for line in self._lines.feed(part):
                sent = self._reader.line(line)
                event = None if sent is None else self._event(sent)
                if event is not None:
                    told.append(event)
        except (ValueError, RecursionError, ClientError):
            # What came before stands; the rest is asked of the next node.
            self._is_broken = True
        return told

    def _event(self, sent: Sent) -> Event | None:
        if sent.retry_ms is not None:
            self._retry_s = min(max(sent.retry_ms / 1000, RETRY_S_LEAST), RETRY_S_MAX)
        place = int(sent.place) if sent.place else self._place
        if place < self._place or (sent.data and sent.place and place == self._place):
            # Whoever goes back, or tells what has its place already, would do so for ever.
            raise _wrong("id")
        data = json.loads(sent.data) if sent.data else None
        if sent.data and not isinstance(data, dict):
            raise _wrong("data")
        self._place = place
        return Event(sent.kind, place, data) if data is not None else None


_PASSING: Final = frozenset(
    {Code.NODE_UNREACHABLE, Code.API_STREAMS, Code.API_BUSY, Code.API_STOPPED, Code.API_ANSWER}
)
"""What is over after a while, also that something in front of a node answers in its place."""


def _part(head: Head, within_s: float) -> Flow[bytes | None]:
    """The next bytes of an answer that must come whole."""
    try:
        part: bytes | None = yield Part(within_s)
    except Away as away:
        raise ClientError(Code.NODE_UNREACHABLE, url=head.url, reason=str(away)) from away
    return part


def _wrong(what: str) -> ClientError:
    return ClientError(Code.API_ANSWER, node=PATH, what=what)
