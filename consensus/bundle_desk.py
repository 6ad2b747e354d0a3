"""The way of a bundle around the pool: taken in, acknowledged, relayed, judged again, reported.

A bundle is durable before it is acknowledged, acknowledged before it is relayed, and judged (its
signature included) before either. Spec: ``docs/spec/pool.md``.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from consensus.application import Application
from consensus.core.own_keys import OwnKeys, key_in
from consensus.deferral import Deferral, Deferred
from consensus.depths import PoolDepth
from consensus.events import Events
from consensus.fates import Committed, Fate, Fates, Pending, Refused
from consensus.intake import Intake
from consensus.mempool import Mempool, Pooled, Unfit
from consensus.pool_limits import PoolLimits
from consensus.transport import Transport
from consensus.wire import Codec, Relayed, Report
from consensus.withheld import cloned, observes
from ledger.codes import Code
from ledger.core.acknowledgement import Acknowledgement, SignedRefusal, acknowledge, refuse
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Digest, NodeId
from ledger.core.payload import pool_keys
from ledger.core.signing import Signer
from ledger.errors import Rejected, VerificationError

RELAY_AGAIN_MS: Final = 10_000
"""A bundle still waiting is relayed again: a frame may have been dropped."""
RELAY_AGAIN_BYTES_MAX: Final = 16 << 20
EAGER_MS: Final = 60_000
"""After an unfit bundle of a peer, so long whatever it relays is judged at once."""
_FINAL: Final = frozenset(
    {Code.BUNDLE_SIGNATURE, Code.BUNDLE_NETWORK, Code.POOL_FULL, Code.POOL_NODE_FULL}
)
"""Verdicts that no later head changes."""

Answer: TypeAlias = Acknowledgement | Committed | Rejected
"""To a submission: a signed promise, the height it is at already, or why not."""


class BundleDesk:
    """All that one node does with bundles; time is an argument, frames go to the transport."""

    def __init__(
        self,
        own: NodeId,
        keys: OwnKeys,
        application: Application,
        intake: Intake,
        transport: Transport,
        codec: Codec,
        events: Events,
        limits: PoolLimits | None = None,
    ) -> None:
        self._own = own
        self._keys = keys
        self._application = application
        self._intake = intake
        self._transport = transport
        self._codec = codec
        self._events = events
        self.pool = Mempool(self._judge, limits or PoolLimits())
        self._fates = Fates()
        self._deferred = Deferral()
        self.settled_count = 0
        """Bundles whose fate was settled since the start: who waits for one looks again."""
        self._relayed_ms = 0
        self._eager_until_ms: dict[NodeId, int] = {}
        self._silenced = False

    def silence(self) -> None:
        """Acknowledge nothing more: another process has this key. What was taken in is kept."""
        self._silenced = True

    def start(self, now_ms: int) -> None:
        """Pool again what was acknowledged before the restart and still waits; refusals stand."""
        unfit: list[tuple[Digest, Rejected]] = []
        for each in self._intake.take_found():
            if isinstance(each, Refused):
                self._fates.refused(each.signed.pool_key, each)
                continue
            received_at_ms, bundle = each
            pooled = self._admit(bundle, self._own, received_at_ms)
            if isinstance(pooled, Rejected) and pooled.code is not Code.BUNDLE_KNOWN:
                unfit.append((bundle.pool_key, pooled))
        self._refuse(unfit, now_ms)
        self._fates.forget(now_ms)
        self._events.add("pool.restored", count=len(self.pool))
        self._relayed_ms = now_ms

    def submit(self, bundle: Bundle, now_ms: int) -> Answer:
        """Take a bundle in; when this returns an acknowledgement, it survives a crash.

        Raises:
            StoreError: it could not be made durable, so nothing was promised.
        """
        key, signer = bundle.pool_key, self._signer
        committee = self._application.committee
        if signer is None:
            return observes(committee)
        if self._silenced:
            settled = self._fates.of(key)
            return settled if isinstance(settled, Committed) else cloned(self._own, committee)
        known = self.pool.get(key)
        if known is None or not known.fit or self._own not in known.sources:
            settled = self._fates.of(key)
            if isinstance(settled, Committed):
                return settled
            pooled = self._admit(bundle, self._own, now_ms)
            if isinstance(pooled, Rejected):
                return pooled
            known = pooled
            self._intake.take(bundle, known.received_at_ms)
            self._transport.broadcast(self._codec.encode(Relayed(bundle)))
        network_id = self._application.head.network_id
        return acknowledge(signer, network_id, self._own, key, known.received_at_ms)

    def relayed(self, peer: NodeId, bundle: Bundle, now_ms: int) -> None:
        """A peer took this bundle in."""
        key = bundle.pool_key
        if isinstance(self._fates.of(key), Committed) or key in self._deferred:
            return
        held = self._eager_until_ms.get(peer, 0) <= now_ms
        pooled = self._admit(bundle, peer, now_ms, held=held)
        if isinstance(pooled, Rejected):
            self._unfit_here(peer, bundle, pooled, now_ms)

    def reported(self, peer: NodeId, refusal: SignedRefusal, now_ms: int) -> None:
        """A peer refused a bundle that this node took in: a line in the log, and no verdict.

        What becomes of a bundle is this node's own judgement, or its block; one peer's word could
        else tell people that anything was refused, and push out the refusals that hold.

        Raises:
            VerificationError: the peer did not sign it.
        """
        if refusal.node_id != peer:
            raise VerificationError(Code.SIGNATURE_INVALID, key=refusal.node_id)
        refusal.verify(self._application.committee.node(peer).node_key)
        facts = {"peer": peer, "bundle": refusal.pool_key.hex(), "code": refusal.code.value}
        self._events.add("bundle.refused_by_peer", **facts)

    def connected(self, peer: NodeId) -> None:
        """Relay to a peer that has just come what this node took in and still waits."""
        for each in self.pool.taken_in_by(self._own):
            self._transport.send(peer, self._codec.encode(Relayed(each.bundle)))

    def committed(self, payload: bytes, now_ms: int) -> None:
        """A block is durable: settle its bundles; what waits is judged on the new head when due."""
        height = self._application.head.height
        keys = pool_keys(payload, self._codec.limits)
        self._intake.moot([key for key in keys if self._fates.committed(key, height)])
        for key in keys:
            self._deferred.drop(key)
        self.pool.committed(keys, height, now_ms)
        self.settled_count += len(keys)
        self.judge_again(now_ms)
        self._judge_deferred(now_ms)
        self._compact()

    def judge_again(self, now_ms: int) -> None:
        """Judge waiting bundles that are due on the newest head, as many as fit in one go."""
        self._leave(self.pool.judge_again(now_ms), now_ms)

    def doubt(self, now_ms: int) -> None:
        """Nothing of the pool went into a block: judge it all again before work is claimed."""
        self._leave(self.pool.doubt(now_ms), now_ms)

    def tick(self, now_ms: int) -> None:
        """What is done now and then: go on judging, forget, relay again."""
        self.judge_again(now_ms)
        self._fates.forget(now_ms)
        self._compact()
        for each in self._deferred.take_expired(now_ms):
            self._report(each.source, each.bundle.pool_key, each.verdict)
        self._relayed_ms = min(self._relayed_ms, now_ms)
        if self._relayed_ms + RELAY_AGAIN_MS <= now_ms:
            self._relayed_ms = now_ms
            self._relay_again(now_ms)

    @property
    def depth(self) -> PoolDepth:
        """How much waits here."""
        pool = self.pool
        return PoolDepth(
            len(pool),
            pool.size_bytes,
            pool.fit_count,
            pool.count_of(self._own),
            len(pool.passed_over),
            len(self._deferred),
        )

    def fate(self, pool_key: Digest) -> Fate:
        """What became of a bundle, as far as this node remembers."""
        pooled = self.pool.get(pool_key)
        return self._fates.of(pool_key) if pooled is None else Pending(pooled.received_at_ms)

    def _leave(self, unfit: list[Unfit], now_ms: int) -> None:
        """Tell whoever took these bundles in; what was never fit here may still become so."""
        known = [each for each, verdict in unfit if verdict.code is Code.BUNDLE_KNOWN]
        # Their records entered by other bundles: whoever waits gets these receipts.
        height = self._application.head.height
        keys = [each.pool_key for each in known]
        self._intake.moot([key for key in keys if self._fates.committed(key, height)])
        self.settled_count += len(known)
        left = [(each, verdict) for each, verdict in unfit if verdict.code is not Code.BUNDLE_KNOWN]
        own = [(each.pool_key, verdict) for each, verdict in left if self._own in each.sources]
        self._refuse(own, now_ms)
        for each, verdict in left:
            self._events.add("bundle.unfit", bundle=each.pool_key.hex(), code=verdict.code.value)
            for source in sorted(each.sources - {self._own}):
                if each.fit:
                    self._report(source, each.pool_key, verdict)
                else:
                    self._unfit_here(source, each.bundle, verdict, now_ms)

    def _unfit_here(self, peer: NodeId, bundle: Bundle, verdict: Rejected, now_ms: int) -> None:
        """A peer's bundle is unfit on this head: judge it again with the next blocks, or report it.

        Until further notice, what this peer relays is judged at once.
        """
        self._eager_until_ms[peer] = now_ms + EAGER_MS
        late = Deferred(bundle, verdict, peer, now_ms)
        if verdict.code in _FINAL or not self._deferred.add(late):
            self._report(peer, bundle.pool_key, verdict)

    def _judge(self, bundle: Bundle, time_ms: int) -> object:
        """On the time that the next block can have at the earliest."""
        return self._application.judge(bundle, max(time_ms, self._application.head.time_ms + 1))

    def _admit(
        self, bundle: Bundle, source: NodeId, now_ms: int, *, held: bool = False
    ) -> Pooled | Rejected:
        height = self._application.head.height
        pooled = self.pool.admit(bundle, source, height, now_ms, held=held)
        if isinstance(pooled, Pooled) and self._fates.pooled(pooled.pool_key):
            self._intake.moot([pooled.pool_key])
        return pooled

    def _judge_deferred(self, now_ms: int) -> None:
        """What rested on a block that has just come is fit now; oldest first, within a limit."""
        for each in self._deferred.due():
            if not isinstance(self._admit(each.bundle, each.source, now_ms), Rejected):
                self._deferred.drop(each.bundle.pool_key)

    def _compact(self) -> None:
        """Drop from the file what no longer waits; also while no block comes, when it grows on."""
        if self._intake.outgrown:
            self._intake.compact(self.pool.taken_in_by(self._own), self._fates.refusals)

    def _refuse(self, unfit: Sequence[tuple[Digest, Rejected]], now_ms: int) -> None:
        """Refuse what this node took in: durable before anybody is told, all with one fsync."""
        refused = [
            Refused(verdict, self._signed_refusal(pool_key, verdict), now_ms)
            for pool_key, verdict in unfit
        ]
        self._intake.refuse(refused)
        for each in refused:
            self._fates.refused(each.signed.pool_key, each)
        self.settled_count += len(refused)

    def _report(self, peer: NodeId, pool_key: Digest, verdict: Rejected) -> None:
        if self._silenced:
            return
        frame = self._codec.encode(Report(self._signed_refusal(pool_key, verdict)))
        self._transport.send(peer, frame)

    def _signed_refusal(self, pool_key: Digest, verdict: Rejected) -> SignedRefusal:
        head = self._application.head
        signer = self._signer or self._keys.first
        return refuse(signer, head.network_id, self._own, pool_key, verdict.code, head.header_hash)

    @property
    def _signer(self) -> Signer | None:
        """The key by which this node stands in the committee; None where it has no part in it."""
        return key_in(self._application.committee, self._own, self._keys)

    def _relay_again(self, now_ms: int) -> None:
        size = 0
        for each in self.pool.taken_in_by(self._own):
            size += each.size_bytes
            old = each.received_at_ms + RELAY_AGAIN_MS <= now_ms
            if old and size <= RELAY_AGAIN_BYTES_MAX:
                self._transport.broadcast(self._codec.encode(Relayed(each.bundle)))
