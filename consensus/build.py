"""Puts one driver together from its ports: the only place that knows all of its parts.

Production, the tests on loopback and the simulator build their nodes here, so that what is
simulated is what runs.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from consensus.append_file import File
from consensus.application import Application
from consensus.bundle_desk import BundleDesk
from consensus.core.config import Config
from consensus.core.own_keys import OwnKeys
from consensus.core.replica import Replica
from consensus.core.testimony import HEIGHTS_MAX
from consensus.cosigning import CosignedChain, Cosigner
from consensus.driver import Driver
from consensus.duties import Ports
from consensus.events import Events
from consensus.evidence import Evidence, EvidenceInMemory
from consensus.intake import Intake
from consensus.journal import Journal
from consensus.pool_limits import PoolLimits
from consensus.presence import INCARNATION_BYTES, Presences
from consensus.signed_mark import SignedMark
from consensus.snapshot_desk import SnapshotSide
from consensus.transport import Transport
from consensus.wire import Codec
from ledger.codes import Code
from ledger.core.block import Header, decode_header_of_block
from ledger.core.certificate import decode_certificate
from ledger.core.epochs import Epochs
from ledger.core.identifiers import Height, NetworkId, NodeId
from ledger.core.limits import Parameters
from ledger.core.payload import rebuild
from ledger.core.signing import Signer
from ledger.errors import StoreError


@dataclass(frozen=True, slots=True)
class Identity:
    """Which node of which network this is."""

    network_id: NetworkId
    node_id: NodeId
    origin: str
    """C2SP origin of the network's log."""
    signer: Signer
    """Holds the node key: votes, cosigns, acknowledges."""
    limits: Parameters
    """Of the genesis."""
    spare: Sequence[Signer] = ()
    """Further node keys: one that takes over where a committee change renews the key. It is looked
    at anew each time, so a key may join it meanwhile."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where a node keeps what must survive a crash."""

    application: Application
    chain: CosignedChain
    journal: File
    """Promises of the open height."""
    intake: File
    """Bundles that were acknowledged and wait."""
    signed: File
    """How far this node has signed: on another disk than all else, and in no backup."""
    evidence: Evidence = field(default_factory=EvidenceInMemory)
    """Faults that were found here."""
    snapshots: SnapshotSide = field(default_factory=SnapshotSide)
    """What it gives to nodes that join, and where it takes in what it lacks itself."""


def config_of(identity: Identity) -> Config:
    """The core's constants: the genesis decides the limits, the rest has defaults."""
    limits = identity.limits
    return Config(
        identity.network_id,
        identity.node_id,
        partial(rebuild, limits=limits),
        clock_ahead_ms=limits.clock_ahead_ms,
        clock_behind_ms=limits.clock_behind_ms,
        payload_bytes_max=limits.block_bytes_max,
    )


def codec_of(identity: Identity, config: Config | None = None) -> Codec:
    """The frames of this node's network."""
    return Codec(config or config_of(identity), identity.limits)


def open_driver(
    identity: Identity,
    storage: Storage,
    transport: Transport,
    config: Config | None = None,
    pool_limits: PoolLimits | None = None,
    incarnation: bytes | None = None,
) -> Driver:
    """A driver that goes on where the storage left off; say `start` to it.

    The incarnation tells this process from any other: 16 bytes, drawn here where none are given.

    Raises:
        StoreError: the journal or the intake is damaged or another node's; `store.restored` where
            the only node of a network has signed beyond its store.
    """
    codec, events = codec_of(identity, config), Events()
    application, own, signer = storage.application, identity.node_id, identity.signer
    keys = OwnKeys(signer, identity.spare)
    journal = Journal(storage.journal, identity.network_id, own)
    intake = Intake(storage.intake, identity.limits)
    head = application.head
    mark = SignedMark(storage.signed, identity.network_id, own)
    restored = mark.abstain_until(head.height, journal.entries)
    if restored <= journal.abstain_until:
        # The journal was repaired: it says so itself.
        restored = Height(0)
    if restored and application.committee.n == 1:
        raise StoreError(Code.STORE_RESTORED, head=head.height, signed=restored)
    journal.decided(head.height)
    replica = Replica(
        codec.config,
        signer,
        application.committee,
        head,
        _newest(application),
        journal.entries,
        identity.spare,
    )
    replica.abstain(max(journal.abstain_until, restored))
    _recall(replica, application, storage.chain.epochs)
    desk = BundleDesk(own, keys, application, intake, transport, codec, events, pool_limits)
    cosigner = Cosigner(own, identity.origin, keys, storage.chain, mark, events)
    evidence = storage.evidence
    number = incarnation or secrets.token_bytes(INCARNATION_BYTES)
    presences = Presences(identity.network_id, own, keys, number)
    parts = (journal, mark, desk, cosigner, codec, events, evidence, presences, storage.snapshots)
    ports = Ports(application, transport, *parts)
    return Driver(ports, replica, restored)


def _newest(application: Application) -> Header | None:
    """The header of the newest block, if there is one."""
    served = application.serve(application.head.height, 0) if application.head.height else ()
    return decode_header_of_block(served[0][0]) if served else None


def _recall(replica: Replica, application: Application, epochs: Epochs) -> None:
    """The Commits of the last decided heights, from the chain: all else ended with a process."""
    head = application.head.height
    for height in range(max(1, head - HEIGHTS_MAX + 1), head + 1):
        for _, _, certified in application.serve(Height(height), 0)[:1]:
            certificate = decode_certificate(certified)
            committee = epochs.get(certificate.slot.epoch)
            if committee is not None:
                replica.recall(committee, certificate)
