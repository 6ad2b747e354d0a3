"""Cover traffic: the bundle that a sealing system submits at each tick, with bids in it or without.

Every tick has exactly k commitments; real ones come first for a place, random bytes take the rest,
and the order is random, so that the ledger's bytes do not tell how many are real. Submitting it in
time is the caller's. Spec: ``docs/spec/sealed.md``.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.identifiers import DIGEST_BYTES, Digest, MemberId, NetworkId, RecordId, Subject
from ledger.core.record import NONCE_BYTES, Record
from ledger.core.sealed import COMMITMENT_TYPE, DIGEST_FIELD, Sealed, commitment_digest
from ledger.core.signing import Signer
from ledger.errors import InvariantBroken

Randomness = Callable[[int], bytes]
"""So many fresh random bytes: `secrets.token_bytes`, whenever it matters."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick's bundle, and what only the sealing system knows about it."""

    bundle: Bundle
    placed: tuple[tuple[RecordId, Sealed], ...]
    """The real commitments in it, by record id, in the order in which they were handed in."""


@dataclass(slots=True)
class SealingDesk:
    """What waits for a place in the stream of one sealing system."""

    signer: Signer
    network_id: NetworkId
    system: MemberId
    places_count: int
    """k: commitments of every tick; public, like the tick."""
    life_ms: int
    """How long a tick's bundle may be submitted again."""
    waiting: deque[Sealed] = field(default_factory=deque)

    def hand_in(self, sealed: Sealed) -> None:
        """Queue a sealed record; the next tick with a free place commits it."""
        self.waiting.append(sealed)

    def tick(self, tick_ms: int, random: Randomness) -> Tick:
        """The bundle of a tick.

        Args:
            tick_ms: its time: what the records say occurred, and when the bundle was made.
            random: fresh random bytes.

        Raises:
            InvariantBroken: a schedule without places.
        """
        if self.places_count < 1:
            raise InvariantBroken("a sealing schedule without places")
        count = min(self.places_count, len(self.waiting))
        real = [self.waiting.popleft() for _ in range(count)]
        digests = [commitment_digest(self.network_id, self.system, each) for each in real]
        covers = self.places_count - count
        digests += [Digest(random(DIGEST_BYTES)) for _ in range(covers)]
        records = [self._commitment(digest, tick_ms, random) for digest in digests]
        placed = tuple(zip((each.record_id for each in records), real, strict=False))
        # Ids are hashes over fresh nonces: their order is random, and says nothing.
        records.sort(key=lambda each: each.record_id)
        bundle = sign_bundle(
            self.signer,
            self.network_id,
            self.system,
            [each.encode() for each in records],
            tick_ms,
            tick_ms + self.life_ms,
            random(NONCE_BYTES),
        )
        return Tick(bundle, placed)

    def _commitment(self, digest: Digest, tick_ms: int, random: Randomness) -> Record:
        return Record(
            type=COMMITMENT_TYPE,
            issuer=self.system,
            subject=Subject(""),
            occurred_at_ms=tick_ms,
            evidence=(),
            fields={DIGEST_FIELD: digest},
            private=None,
            refs=(),
            nonce=random(NONCE_BYTES),
        )
