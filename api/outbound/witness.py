"""OutsideWitness: one body outside the committee, asked to cosign each head that is published.

One request at a time, for the newest head only: whoever cosigned that one vouches for all before.
Its verified line is durable before anything else is done with it. Spec: C2SP tlog-witness
(``docs/spec/witness_server.md``), ``docs/spec/checkpoint.md``.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from api.outbound.answer import Cosigned, Failed, Fault, Holds, Reply, judge
from api.outbound.attempts import Attempts
from api.outbound.line import keep_going
from api.outbound.post import Post, Unanswered
from api.published import Published
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.add_checkpoint import AddCheckpoint
from ledger.core.checkpoint import Checkpoint
from ledger.core.identifiers import Height
from ledger.core.note import TIME_BYTES, NoteKey, NoteSignature
from ledger.errors import StoreError

TURNS_MAX: Final = 4
"""Requests of one attempt: other nodes ask this witness too, and each moves it on."""


@dataclass(frozen=True, slots=True)
class WitnessStanding:
    """How one witness does, as this node knows it."""

    key: NoteKey
    size: int
    """Leaves of the newest head whose line is kept here; 0 before the first."""
    time_ms: int | None
    """When it cosigned that head, by its own clock, to the second."""
    failed_count: int
    """Attempts that failed since this node was started."""
    missing_count: int
    """Heads offered since, of which none was cosigned for this node."""
    missing_since_ms: int | None
    """When the first of these was offered; None where none is missing."""
    reason: str
    """Why the last attempt failed; empty where it did not."""
    faults: Mapping[Fault, str]
    """What is wrong with its answers, and the last that was. A contradiction stays until this node
    is started again, so that nobody misses it; a false signature until one holds."""


class OutsideWitness:
    """The line to one witness, and what came of it."""

    def __init__(
        self,
        key: NoteKey,
        post: Post,
        chain: Chain,
        published: Published,
        attempts: Attempts,
        now_ms: Callable[[], int],
    ) -> None:
        """Take up what the chain keeps of this witness.

        Args:
            key: only lines under it are kept.
            post: the way to it.
            chain: keeps its lines.
            published: gives a head as it is shown to everybody.
            attempts: its own.
            now_ms: the clock, ms since the epoch.
        """
        self.key = key
        self._post = post
        self._chain = chain
        self._published = published
        self._attempts = attempts
        self._now_ms = now_ms
        self._log = structlog.get_logger("outbound").bind(witness=key.name)
        self._wanted: Height | None = None
        self._tried: Height | None = None
        self._outrun = False
        self._woken = asyncio.Event()
        self._missing_count, self._missing_since_ms = 0, 0
        self._faults: dict[Fault, str] = {}
        self._size, self._time_ms = 0, 0
        newest = chain.outside.newest(key)
        line = chain.outside.line(key, newest) if newest else None
        if line is not None:
            self._size, self._time_ms = chain.outside.checkpoint(newest).size, _time_ms(line)
        self._held = self._size
        """Of the head that it cosigned last, for whomever, as far as it is known here."""

    @property
    def standing(self) -> WitnessStanding:
        """How it does."""
        missing = self._missing_count
        return WitnessStanding(
            key=self.key,
            size=self._size,
            time_ms=self._time_ms if self._size else None,
            failed_count=self._attempts.failed_count,
            missing_count=missing,
            missing_since_ms=self._missing_since_ms if missing else None,
            reason=self._attempts.reason,
            faults=dict(self._faults),
        )

    def offer(self, height: Height) -> None:
        """Ask for the head at `height` from now on, and for no earlier one."""
        if self._chain.outside.line(self.key, height) is not None:
            self._wanted = None
            return
        self._missing_count += 1
        if self._missing_count == 1:
            self._missing_since_ms = self._now_ms()
        self._wanted = height
        if self._outrun:
            # It waited for a later head, and this is one.
            self._outrun = False
            self._attempts.hurry()
        self._woken.set()

    def settled(self, height: Height) -> bool:
        """Whether nothing is to be waited for: it answered for that head, or rests now."""
        return self._wanted != height or self._tried == height or self._left_ms() > 0

    async def run(self, moved: Callable[[], None]) -> None:
        """Ask whenever there is something to ask, until cancelled.

        Args:
            moved: is called after each attempt.

        Raises:
            StoreError: a line could not be made durable.
        """
        await keep_going(self.step, self._woken, self._post, moved)

    async def step(self) -> int | None:
        """Make an attempt if one is due.

        Returns:
            How long to rest, ms; None where there is nothing to ask until the next `offer`.

        Raises:
            StoreError: a line could not be made durable.
        """
        wanted = self._wanted
        if wanted is not None and not self._left_ms():
            await self._attempt(wanted)
        return None if self._wanted is None else self._left_ms()

    def _left_ms(self) -> int:
        return self._attempts.left_ms(self._now_ms())

    async def _attempt(self, height: Height) -> None:
        """Ask for one head, and do what follows from the reply."""
        head = self._chain.outside.checkpoint(height)
        reply = await self._ask_in_turns(height, head)
        self._tried = height
        match reply:
            case Cosigned(line):
                self._chain.outside.keep(self.key, height, line)
                self._published.refresh()
                self._keep_up(height, head, line)
            case Failed():
                self._fall_behind(reply)
            case Holds(size):
                # Other nodes were faster: a later head here will be beyond theirs.
                self._outrun = self._wanted == height
                if self._outrun:
                    self._attempts.rest(self._now_ms(), f"HTTP 409: {size}, {head.size}")

    async def _ask_in_turns(self, height: Height, head: Checkpoint) -> Reply:
        """Ask until it cosigns, or says something that asking again at once does not mend."""
        turns_count = 1
        while True:
            reply = await self._ask(height, head)
            beyond = isinstance(reply, Holds) and reply.size > head.size
            if not isinstance(reply, Holds) or beyond or turns_count == TURNS_MAX:
                return reply
            turns_count += 1

    async def _ask(self, height: Height, head: Checkpoint) -> Reply:
        """One request, from the size that the witness is thought to hold."""
        # Where that is beyond this head, from one that it did hold: it may have been a lie.
        old = self._held if self._held <= head.size else self._size
        try:
            path = self._chain.consistency(old, head.size) if old else ()
        except StoreError as problem:
            if problem.code is not Code.BLOCK_NOT_KEPT:
                raise
            # Nodes that were there before bring the witness on; then this one can prove it, too.
            return Failed(str(problem))
        request = AddCheckpoint(old, path, self._published.head(height))
        try:
            answer = await self._post.send(request.format())
        except Unanswered as problem:
            return Failed(str(problem))
        reply = judge(answer, head, self.key)
        if isinstance(reply, Holds):
            known, self._held = self._held, reply.size
            if reply.size < known or reply.size == old:
                return Failed(f"HTTP 409: {reply.size}, {max(known, old)}", Fault.VIEW)
        return reply

    def _keep_up(self, height: Height, head: Checkpoint, line: NoteSignature) -> None:
        self._attempts.worked()
        self._size, self._held, self._time_ms = head.size, head.size, _time_ms(line)
        self._missing_count = 0
        if self._wanted == height:
            self._wanted = None
        else:
            # A later head was offered meanwhile.
            self._missing_count, self._missing_since_ms = 1, self._now_ms()
        self._faults.pop(Fault.SIGNATURE, None)
        self._log.debug("witness.cosigned", size=head.size)

    def _fall_behind(self, failed: Failed) -> None:
        if not self._attempts.reason or failed.fault is not None:
            self._log.warning("witness.failed", reason=failed.reason, fault=str(failed.fault))
        self._attempts.failed(self._now_ms(), failed.reason)
        if failed.fault is not None:
            self._faults[failed.fault] = failed.reason


def _time_ms(line: NoteSignature) -> int:
    return int.from_bytes(line.signature[:TIME_BYTES]) * 1_000
