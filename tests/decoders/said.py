"""Strategies for what nodes say to each other, and for what they write down about it."""

from dataclasses import replace
from functools import cache

from hypothesis import strategies as st

from consensus.core.messages import (
    Blocks,
    BlocksRequest,
    CertifiedBlock,
    Decided,
    NewView,
    PayloadAnswer,
    PayloadRequest,
    Phase,
    PreparedCertificate,
    PrePrepare,
    Status,
    ViewChange,
    Vote,
)
from consensus.core.ready import EntryKind, JournalEntry
from consensus.cosigning import Cosignature
from consensus.fates import Refused
from consensus.presence import INCARNATION_BYTES, Presence
from consensus.signed_mark import Mark
from consensus.snapshot_frames import ChunkGiven, ChunkRequest, Offered, OfferRequest
from consensus.wire import CosignatureRequest, Cosigned, Hello, Relayed, Report, Said
from ledger.codes import Code
from ledger.core.acknowledgement import SignedRefusal
from ledger.core.block import Header
from ledger.core.certificate import CommitCertificate, Slot
from ledger.core.identifiers import HeaderHash, Height, NetworkId, NodeId, View
from ledger.errors import Rejected
from tests.consensus.core.world import World
from tests.decoders.values import (
    bundles,
    counts,
    digests,
    headers,
    heights,
    integers,
    names,
    signatures,
    slots,
    some_bytes,
    texts,
    times,
    votes,
)

hashes = digests.map(HeaderHash)
nodes = names.map(NodeId)

# Messages of the replicas.


def _certified(header: Header, view: int, signed: tuple[tuple[NodeId, bytes], ...]) -> Decided:
    slot = Slot(header.network_id, header.epoch, header.height, View(view))
    return Decided(header, CommitCertificate(slot, header.hash(), signed))


def _chunk(first: Decided, payloads: list[bytes]) -> Blocks:
    blocks = []
    for place, payload in enumerate(payloads):
        header = replace(first.header, height=Height(first.header.height + place))
        slot = replace(first.certificate.slot, height=header.height)
        certificate = replace(first.certificate, slot=slot, header_hash=header.hash())
        blocks.append(CertifiedBlock(header, payload, certificate))
    return Blocks(tuple(blocks))


def _proposal(vote: Vote, made: Decided, first: bool, payload: bytes) -> PrePrepare:
    prepare = replace(vote, phase=Phase.PREPARE, header_hash=made.header.hash())
    return PrePrepare(prepare, made.header, None if first else made.certificate, payload)


def _change(
    slot: Slot,
    parent: HeaderHash,
    proof: PreparedCertificate | None,
    word: tuple[NodeId, bytes],
) -> ViewChange:
    view, hashed = (None, None) if proof is None else (proof.slot.view, proof.header_hash)
    return ViewChange(slot, parent, view, hashed, *word, proof)


def _new_view(
    changes: list[ViewChange], proof: PreparedCertificate | None, word: tuple[NodeId, bytes]
) -> NewView:
    slot = changes[0].slot
    chosen = None if proof is None else proof.header_hash
    asked = tuple(replace(change, slot=slot, proof=None) for change in changes)
    return NewView(slot, chosen, asked, proof, *word)


words = st.tuples(nodes, signatures)
ballots = st.builds(Vote, st.sampled_from(Phase), slots, hashes, nodes, signatures)
decided = st.builds(_certified, headers, counts, votes)
prepared = st.builds(
    lambda slot, header, signed: PreparedCertificate(slot, header, header.hash(), signed),
    slots,
    headers,
    votes,
)
changes = st.builds(_change, slots, hashes, st.none() | prepared, words)
messages = st.one_of(
    ballots,
    st.builds(_proposal, ballots, decided, st.booleans(), some_bytes),
    changes,
    st.builds(_new_view, st.lists(changes, min_size=1, max_size=3), st.none() | prepared, words),
    st.builds(Status, slots, hashes, times, nodes, signatures),
    decided,
    st.builds(PayloadRequest, heights, hashes),
    st.builds(lambda header, data: PayloadAnswer(header, header.hash(), data), headers, some_bytes),
    st.builds(BlocksRequest, heights),
    st.builds(_chunk, decided, st.lists(some_bytes, min_size=1, max_size=3)),
)

# Frames between two nodes.

refusals = st.builds(
    SignedRefusal,
    digests.map(NetworkId),
    nodes,
    digests,
    st.sampled_from(Code),
    hashes,
    signatures,
)
cosignatures = st.builds(Cosignature, st.integers(1, (1 << 64) - 1), digests, texts)
numbers = st.binary(min_size=INCARNATION_BYTES, max_size=INCARNATION_BYTES)
presences = st.builds(Presence, numbers, st.none() | numbers, signatures)
frames = st.one_of(
    st.builds(
        Hello,
        digests.map(NetworkId),
        nodes,
        integers.map(abs).map(Height),
        presences,
        st.none() | presences,
    ),
    st.builds(Said, messages),
    st.builds(Relayed, bundles),
    st.builds(Report, refusals),
    st.builds(Cosigned, some_bytes),
    st.builds(CosignatureRequest, counts.map(Height)),
    st.just(OfferRequest()),
    st.builds(ChunkRequest, heights, counts),
    st.builds(Offered, some_bytes),
    st.builds(ChunkGiven, heights, counts, st.lists(digests, max_size=3).map(tuple), some_bytes),
)

# What a node keeps.

journal_entries = st.lists(
    st.builds(JournalEntry, st.sampled_from(EntryKind), counts.map(Height), some_bytes), max_size=4
)
taken_in = st.tuples(counts, bundles)
facts = st.dictionaries(texts, texts | counts, max_size=3)
refused = st.builds(
    lambda signed, detail, at_ms: Refused(Rejected(signed.code, detail), signed, at_ms),
    refusals,
    facts,
    times,
)
marks = st.builds(
    Mark,
    height=st.just(Height(0)),
    promises=st.just(0),
    head=counts.map(Height),
    size=counts,
    root=digests,
    time_s=counts,
)


@cache
def promises_of_a_view_change() -> list[JournalEntry]:
    """Every kind of entry, as b wrote them: its block is prepared, and then a is cut off."""
    world = World(view_timeout_ms=1_000)
    world.drop = lambda mail: isinstance(mail.message, Vote) and mail.message.phase is Phase.COMMIT
    world.wait(b"work")
    world.run(100)
    world.drop = lambda mail: "a" in (mail.origin, mail.to)
    world.run(5_000)
    return world.actors["b"].journal
