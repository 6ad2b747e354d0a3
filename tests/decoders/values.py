"""Strategies for whatever travels or is kept: each gives values that honest software spells."""

import unicodedata

from hypothesis import strategies as st

from ledger.core.acknowledgement import Acknowledgement
from ledger.core.add_checkpoint import AddCheckpoint
from ledger.core.batch import DOCUMENT_BYTES_MAX, BatchProof
from ledger.core.bid_proof import BidProof
from ledger.core.block import BlockBundle, Header, Snapshot
from ledger.core.bundle import Bundle, BundleHeader, sign_bundle
from ledger.core.canonical import Value
from ledger.core.certificate import CommitCertificate, Slot
from ledger.core.checkpoint import Checkpoint
from ledger.core.court_code import CourtOrder, SignedOrder
from ledger.core.court_manifest import CourtManifest
from ledger.core.deposit import Deposit, DepositHeader, Recipient
from ledger.core.entry import Entry
from ledger.core.epoch_link import EpochLink
from ledger.core.epochs_file import EpochsFile
from ledger.core.genesis import Genesis
from ledger.core.identifiers import (
    BundleId,
    Digest,
    Epoch,
    HeaderHash,
    Height,
    KeyId,
    LogIndex,
    MemberId,
    NetworkId,
    NodeId,
    PublicKey,
    RecordId,
    Subject,
    View,
)
from ledger.core.limits import Parameters
from ledger.core.misconduct import Fault, FaultKind, Grown
from ledger.core.negative_list import KEYED_BYTES, ListProof, Neighbour
from ledger.core.note import Kind, Note, NoteKey, NoteSignature
from ledger.core.openings import Opening, Openings
from ledger.core.receipt import Receipt
from ledger.core.receipt_parts import BundlePart, KeyPart, SealedPart
from ledger.core.record import RELATIONS, Evidence, Private, Record, Ref
from ledger.core.sealed import Sealed
from ledger.core.sealed_file import SealedFile
from ledger.core.shapes import TIME_MAX
from ledger.core.signing import Ed25519Signer
from ledger.core.snapshot_offer import SnapshotOffer
from ledger.core.statements import Statement, Word
from ledger.core.status import Interval, KeyRow
from ledger.core.status_answer import AnsweredRow, StatusAnswer, StatusStatement
from ledger.core.tiles import INDEX_MAX, LEVEL_MAX, TilePath
from ledger.core.tlog_proof import TlogProof
from ledger.core.vrf import PROOF_BYTES
from ledger.follow import Chunk, FollowedBlock, KeptNote
from ledger.signed_heads import SignedHead
from tests.stamping.maker import Maker, integer, seq
from tests.vectors.generate.blocks import entered
from tests.vectors.generate.bundles import bundle_of
from tests.vectors.small_network import NAMES, small_genesis

# Unassigned characters (Cn) and surrogates (Cs) may not stand in a text.
texts = st.text(st.characters(exclude_categories=["Cn", "Cs"]), max_size=20).map(
    lambda text: unicodedata.normalize("NFC", text)
)
integers = st.integers(-(1 << 63), (1 << 64) - 1)
scalars = st.none() | st.booleans() | integers | st.binary(max_size=40) | texts
values: st.SearchStrategy[Value] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5).map(tuple) | st.dictionaries(texts, inner, max_size=5)
    ),
    max_leaves=20,
)
digests = st.binary(min_size=32, max_size=32).map(Digest)
signatures = st.binary(min_size=64, max_size=64)
times = st.integers(0, 1 << 53)
counts = st.integers(0, (1 << 63) - 1)
heights = st.integers(1, 1 << 60).map(Height)
names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)
short = st.text("abcdefgh_", min_size=1, max_size=12)
paths = st.lists(digests, max_size=4).map(tuple)
some_bytes = st.binary(max_size=99)

# Records and what carries them.

evidence = st.builds(
    Evidence, texts, digests, st.none() | digests, times, st.just("application/pdf")
)
refs = st.builds(
    Ref,
    st.sampled_from(sorted(RELATIONS)),
    digests.map(RecordId),
    st.none() | digests.map(NetworkId),
)
privates = st.builds(
    Private, digests, st.lists(short, min_size=1, max_size=6, unique=True).map(sorted).map(tuple)
)
records = st.builds(
    Record,
    type=short,
    issuer=names.map(MemberId),
    subject=texts.map(Subject),
    occurred_at_ms=times,
    evidence=st.lists(evidence, max_size=3).map(tuple),
    fields=st.dictionaries(short, values, max_size=4),
    private=st.none() | privates,
    refs=st.lists(refs, max_size=3).map(tuple),
    nonce=st.binary(min_size=16, max_size=16),
)
entries = st.builds(Entry, heights, times, st.none() | digests.map(BundleId), digests.map(RecordId))


def _bundle(of: list[Record]) -> Bundle:
    encoded = [record.encode() for record in of]
    network, issuer = NetworkId(bytes(32)), MemberId("centre")
    return sign_bundle(Ed25519Signer(bytes(32)), network, issuer, encoded, 0, 1, bytes(16))


bundle_headers = st.builds(
    BundleHeader,
    digests.map(NetworkId),
    names.map(MemberId),
    digests.map(KeyId),
    times,
    times,
    st.integers(1, 1 << 31),
    digests,
    st.binary(min_size=16, max_size=16),
)
bundles = st.lists(records, min_size=1, max_size=3, unique_by=lambda r: r.encode()).map(_bundle)


def _entered(of: tuple[set[int], set[int]]) -> tuple[BlockBundle, ...]:
    return entered(bundle_of(9), *of[0]), entered(bundle_of(2), *of[1])


payloads = st.tuples(
    st.sets(st.integers(0, 8), min_size=1), st.sets(st.integers(0, 1), min_size=1)
).map(_entered)

state_chunks = st.dictionaries(st.binary(max_size=40), st.binary(max_size=300), min_size=1).map(
    lambda rows: tuple(sorted(rows.items()))
)

# Blocks and what certifies them.

headers = st.builds(
    Header,
    network_id=digests.map(NetworkId),
    height=heights,
    previous=digests.map(HeaderHash),
    time_ms=times,
    proposer=names.map(NodeId),
    epoch=counts.map(Epoch),
    bundle_count=counts,
    bundles_root=digests,
    entry_count=counts,
    state_hash=digests,
    status_size=counts,
    status_root=digests,
    snapshot=st.none() | st.builds(Snapshot, heights, counts, digests),
    log_size=counts,
    log_root=digests,
)
slots = st.builds(Slot, digests.map(NetworkId), counts.map(Epoch), heights, counts.map(View))
votes = st.lists(st.tuples(names.map(NodeId), signatures), max_size=4).map(tuple)
certificates = st.builds(CommitCertificate, slots, digests.map(HeaderHash), votes)
epoch_links = st.builds(
    EpochLink,
    record=some_bytes,
    entry=some_bytes,
    index=counts.map(LogIndex),
    path=st.lists(digests, max_size=3).map(tuple),
    header=some_bytes,
    certificate=some_bytes,
)
snapshot_offers = st.builds(
    SnapshotOffer,
    header=some_bytes,
    certificate=some_bytes,
    stating_header=some_bytes,
    stating_certificate=some_bytes,
    links=st.lists(epoch_links, max_size=2).map(tuple),
    edge=st.lists(some_bytes, max_size=3).map(tuple),
)
genesis_values: st.SearchStrategy[Genesis] = st.builds(
    lambda size, name, domain, time, digest, grace: Genesis(
        name,
        domain,
        time,
        small_genesis(tuple(NAMES)[:size]).committee,
        small_genesis(tuple(NAMES)[:size]).members,
        digest,
        Parameters(deadline_grace_ms=grace),
    ),
    st.integers(1, len(NAMES)),
    texts,
    st.from_regex(r"[a-z]{1,9}\.example(/[a-z]{1,9})?", fullmatch=True),
    times,
    digests,
    st.integers(12_500, 1 << 40),
)
key_rows = st.builds(
    KeyRow,
    st.builds(Interval, *[st.none() | counts.map(LogIndex), st.none() | times] * 2),
    names.map(MemberId),
    digests.map(PublicKey),
)

# Notes.

keys = st.binary(min_size=32, max_size=32).map(lambda seed: Ed25519Signer(seed).public_key)
note_keys = st.builds(NoteKey, names, st.sampled_from(Kind), keys)
lines = st.builds(
    NoteSignature,
    names,
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=1, max_size=72),
)
checkpoints = st.builds(Checkpoint, names, counts, digests)
notes = st.builds(
    Note,
    checkpoints.map(Checkpoint.text) | names.map("{}\n\nmore\n".format),
    st.lists(lines, min_size=1, max_size=4, unique_by=lambda e: (e.name, e.key_id)).map(tuple),
)

strange_heads = st.builds(
    lambda head, line: SignedHead(
        head, Word.LOG if line.name == head.origin else Word.COSIGNATURE, line
    ),
    checkpoints,
    lines,
)

tile_paths = st.builds(
    TilePath, st.none() | st.integers(0, LEVEL_MAX), st.integers(0, INDEX_MAX), st.integers(1, 256)
)
add_checkpoints = st.builds(AddCheckpoint, counts, paths, notes)
tlog_proofs = st.builds(
    TlogProof,
    counts.map(LogIndex),
    paths,
    notes.map(lambda note: note.format().decode()),
    some_bytes,
)
pairs_of_leaves = st.lists(some_bytes, min_size=2, max_size=2)

# The files that people keep, and other proofs.

key_parts = st.builds(KeyPart, some_bytes, counts, paths)
links = st.builds(
    EpochLink, some_bytes, some_bytes, counts.map(LogIndex), paths, some_bytes, some_bytes
)
epochs_files = st.builds(EpochsFile, digests.map(NetworkId), st.lists(links, max_size=2).map(tuple))
receipts = st.builds(
    lambda network, **parts: Receipt(
        network_id=network,
        acknowledgements=tuple(
            Acknowledgement(network, *each) for each in parts.pop("acknowledged")
        ),
        **parts,
    ),
    digests.map(NetworkId),
    record=some_bytes,
    entry=some_bytes,
    index=counts.map(LogIndex),
    path=paths,
    last_leaf=some_bytes,
    last_path=paths,
    checkpoint=texts,
    bundle=st.none() | st.builds(BundlePart, some_bytes, signatures, counts, paths),
    key=st.none() | key_parts,
    sealed=st.none()
    | st.builds(
        SealedPart, some_bytes, some_bytes, some_bytes, counts.map(LogIndex), paths, key_parts
    ),
    acknowledged=st.lists(st.tuples(names.map(NodeId), digests, times, signatures), max_size=2),
)
openings = st.builds(
    Openings,
    digests.map(RecordId),
    st.lists(
        st.builds(Opening, short, values, st.binary(min_size=16, max_size=16), paths),
        min_size=1,
        max_size=3,
        unique_by=lambda opening: opening.name,
    ).map(lambda found: tuple(sorted(found, key=lambda opening: opening.name))),
    st.none() | receipts,
)
court_orders = st.builds(
    SignedOrder,
    st.builds(
        CourtOrder,
        st.just("make"),
        digests.map(NetworkId),
        names.map(NodeId),
        names.map(MemberId),
        digests,
        digests.map(RecordId),
        st.just(Subject("")),
        times,
    )
    | st.builds(
        CourtOrder,
        st.just("end"),
        digests.map(NetworkId),
        names.map(NodeId),
        names.map(MemberId),
        digests,
        st.none(),
        st.just(Subject("")),
        times,
    ),
    st.binary(min_size=32, max_size=32).map(PublicKey),
    signatures,
)
deposits = st.lists(names, min_size=1, max_size=3, unique=True).flatmap(
    lambda members: st.builds(
        Deposit,
        st.builds(
            DepositHeader,
            digests.map(NetworkId),
            digests.map(RecordId),
            names.map(MemberId),
            digests,
            st.lists(short, min_size=1, max_size=3, unique=True).map(
                lambda found: tuple(sorted(found))
            ),
            st.tuples(
                *(
                    st.builds(
                        Recipient, st.just(MemberId(each)), st.binary(min_size=32, max_size=32)
                    )
                    for each in sorted(members)
                )
            ),
            digests,
            st.binary(min_size=24, max_size=24),
        ),
        st.tuples(*(st.binary(min_size=80, max_size=80) for _ in members)),
        some_bytes,
        st.binary(min_size=32, max_size=32).map(PublicKey),
        signatures,
    )
)
batch_proofs = st.builds(
    BatchProof,
    digests,
    st.integers(0, DOCUMENT_BYTES_MAX),
    counts,
    st.integers(1, 1 << 62),
    paths,
    receipts,
)
status_answers = st.builds(
    StatusAnswer,
    st.text(alphabet="abcSEAL-/0", min_size=1, max_size=40),
    st.none() | st.integers(0, TIME_MAX),
    st.lists(
        st.builds(
            AnsweredRow,
            st.text(alphabet="abcSEAL-/0", max_size=40),
            st.binary(max_size=200),
            counts,
            paths,
        ),
        max_size=2,
    ).map(tuple),
    st.lists(
        st.builds(
            StatusStatement,
            st.sampled_from([NodeId("node-centre")]),
            st.integers(0, TIME_MAX),
            signatures,
        ),
        max_size=3,
    ).map(tuple),
    receipts,
)
sealed_files = st.builds(
    SealedFile,
    digests.map(NetworkId),
    names.map(MemberId),
    st.builds(Sealed, some_bytes, signatures, some_bytes, digests),
    st.none() | receipts,
)
faults = st.builds(
    Fault,
    st.sampled_from(FaultKind),
    digests.map(NetworkId),
    counts.map(Epoch),
    names.map(NodeId),
    *[st.builds(Statement, st.sampled_from(Word), some_bytes, signatures)] * 2,
    st.none() | st.builds(Grown, digests, paths),
)
bid_proofs = st.builds(BidProof, sealed_files, receipts, st.lists(receipts, max_size=2).map(tuple))
neighbours = st.builds(
    Neighbour, counts, st.binary(min_size=KEYED_BYTES, max_size=KEYED_BYTES).map(Digest), paths
)
list_proofs = st.builds(
    ListProof,
    st.binary(min_size=PROOF_BYTES, max_size=PROOF_BYTES),
    st.none() | st.tuples(counts, paths),
    st.none() | neighbours,
    st.none() | neighbours,
)
chunks = st.builds(
    Chunk,
    digests.map(NetworkId),
    heights,
    st.lists(st.builds(FollowedBlock, some_bytes, some_bytes, some_bytes), max_size=3).map(tuple),
    st.lists(st.builds(KeptNote, heights, texts), max_size=3, unique_by=lambda e: e.height).map(
        lambda notes: tuple(sorted(notes, key=lambda each: each.height))
    ),
)


_time = Maker("time")
_stamps = [
    _time.stamp("x"),
    _time.token(_time.info(b"x", accuracy=seq(integer(1)), nonce=integer(1 << 60))),
]
stamp_tokens = st.sampled_from(_stamps)
stamp_answers = st.sampled_from([seq(seq(integer(2))), *(seq(seq(integer(0)), t) for t in _stamps)])

court_manifests = st.builds(
    CourtManifest,
    st.binary(min_size=32, max_size=32).map(NetworkId),
    st.text("招标ab ", max_size=20),
    st.text("招标ab ", max_size=20),
    st.integers(0, 1 << 53),
    st.integers(0, 1000),
)
court_digests = st.dictionaries(
    st.from_regex(r"[a-z]{1,8}/[a-z0-9.-]{1,20}", fullmatch=True),
    st.binary(min_size=32, max_size=32).map(Digest),
    max_size=5,
)
