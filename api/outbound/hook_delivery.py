"""Delivery: one attempt to hand an event to a receiver, and what its answer means.

Spec: ``docs/spec/webhooks.md``.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol
from urllib.parse import urlsplit

from api.event import Event
from api.outbound.answer import Answer
from api.outbound.hook_file import NOTE_LABEL, HookFile
from api.outbound.hook_signature import body_of, headers_of, webhook_id
from api.outbound.hook_target import HookTarget
from api.outbound.post import Unanswered
from ledger.core.identifiers import NetworkId, NodeId

ANSWER_BYTES_MAX: Final = 4 * 1024
GONE: Final = 410
_LATER: Final = frozenset({408, 425, 429, 502, 503, 504})
"""The receiver, or a gateway before it, says that it cannot now: that is no word on the event."""


class SignedPost(Protocol):
    """The way to a receiver."""

    async def send(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer to one request; raises `Unanswered`."""
        ...

    async def close(self) -> None:
        """Nothing is sent any more."""
        ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an attempt came to nothing."""

    reason: str
    counts: bool = False
    """The receiver was there and did not take this event."""
    gone: bool = False
    """The receiver wants nothing any more."""
    rest_ms: int = 0
    """How long it asked to be left alone."""


class Delivery:
    """The attempts of one subscription."""

    def __init__(
        self,
        target: HookTarget,
        whence: tuple[NetworkId, NodeId],
        file: HookFile,
        post: SignedPost,
        now_ms: Callable[[], int],
    ) -> None:
        """Args:
        target: by the settings.
        whence: the network and the node that tell.
        file: keeps notes of what was answered.
        post: the way to it.
        now_ms: the clock, ms since the epoch.
        """
        self._target, self._file, self._post, self._now_ms = target, file, post, now_ms
        self._network_id, self._node_id = whence

    def identifier(self, event: Event) -> str:
        """By which the receiver knows the event again."""
        return webhook_id(self._network_id, event)

    async def attempt(self, event: Event) -> Refusal | None:
        """Post it once; None where it was taken."""
        identifier, sent_ms = webhook_id(self._network_id, event), self._now_ms()
        body = body_of(self._network_id, event)
        headers = headers_of(self._target.secrets, identifier, sent_ms // 1_000, body)
        try:
            answer = await self._post.send(body, headers)
        except Unanswered as problem:
            return Refusal(str(problem))
        if 200 <= answer.status < 300:
            await self._note(event, sent_ms, body, answer)
            return None
        later, gone = answer.status in _LATER, answer.status == GONE
        counts, rest_ms = not later and not gone, answer.retry_after_s * 1_000
        return Refusal(f"HTTP {answer.status}", counts, gone, rest_ms)

    async def _note(self, event: Event, sent_ms: int, body: bytes, answer: Answer) -> None:
        """Keep what the receiver answered, for the member that puts it on record."""
        if not self._target.notes or _is_note(event):
            return
        place = urlsplit(self._target.url)
        identifier = webhook_id(self._network_id, event)
        note: Mapping[str, object] = {
            "format": "bidwitness/webhook-delivery/1",
            "network_id": self._network_id.hex(),
            "node_id": self._node_id,
            "member": self._target.member,
            # Without the path, which may hold what only the two sides know.
            "receiver": f"{place.scheme}://{place.netloc}",
            "webhook_id": identifier,
            "kind": event.kind,
            "key": event.key,
            "index": event.index,
            "body_sha256": sha256(body).hexdigest(),
            "sent_at_ms": sent_ms,
            "answered_at_ms": self._now_ms(),
            "status": answer.status,
            "answer_sha256": sha256(answer.body).hexdigest(),
            "answer": answer.body.decode("utf-8", "replace"),
        }
        await asyncio.to_thread(self._file.note, identifier, dict(note))


def _is_note(event: Event) -> bool:
    """Whether it tells that a note is on record: one about that would have one of its own."""
    record = event.form.get("record") if isinstance(event.form, dict) else None
    evidence = record.get("evidence") if isinstance(record, dict) else None
    return isinstance(evidence, list) and any(
        isinstance(each, dict) and each.get("label") == NOTE_LABEL for each in evidence
    )
