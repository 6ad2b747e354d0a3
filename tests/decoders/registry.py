"""The one list of everything that reads foreign bytes: how it is called, and what it promises.

A function of `ledger` or `consensus` whose name says that it decodes is either the `reads` of an
entry here, or stands in `INSIDE` with the entry through which it is reached. `test_decoders` holds
the list against the code.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from hypothesis import strategies as st

from consensus import append_file, cosigning, intake, journal
from consensus.build import Identity, codec_of
from consensus.core.config import Config
from consensus.core.message_decoding import decode_message, decode_prepared
from consensus.core.message_encoding import encode_message, encode_prepared
from consensus.core.promises import Promises
from consensus.core.ready import EntryKind, JournalEntry
from consensus.journal import Journal
from consensus.signed_mark import Mark, SignedMark
from consensus.wire import Codec
from ledger.certificate_pdfs import decode_certificate_pdf
from ledger.core import note, strict_json
from ledger.core.add_checkpoint import parse_add_checkpoint
from ledger.core.batch import decode_batch_proof
from ledger.core.bid_proof import decode_bid_proof
from ledger.core.block import decode_header_of_block, header_from_leaf
from ledger.core.bundle import decode_bundle, decode_header
from ledger.core.canonical import decode, encode
from ledger.core.certificate import decode_certificate
from ledger.core.certificate_number import certificate_number, parse_certificate_number
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.committee_change import committee_bytes, decode_committee
from ledger.core.court_code import decode_order
from ledger.core.court_manifest import decode_manifest, encode_digests, parse_digests
from ledger.core.deposit import decode_deposit
from ledger.core.entry import decode_entry
from ledger.core.epochs_file import decode_epochs_file
from ledger.core.genesis import decode_genesis
from ledger.core.identifiers import Digest, Epoch, Height, LogIndex, NodeId
from ledger.core.limits import DEFAULT
from ledger.core.misconduct import decode_fault
from ledger.core.misconduct_file import MisconductFile, decode_misconduct_file
from ledger.core.negative_list import decode_list_proof
from ledger.core.openings import decode_openings
from ledger.core.payload import decode_payload, encode_payload, pool_keys
from ledger.core.policy import committee_policy, parse_policy
from ledger.core.receipt import decode_receipt
from ledger.core.record import decode_record
from ledger.core.sealed_file import decode_sealed_file
from ledger.core.snapshot_chunk import decode_state_chunk, encode_state_chunk
from ledger.core.snapshot_offer import decode_snapshot_offer
from ledger.core.status import key_row
from ledger.core.status_answer import decode_status_answer
from ledger.core.tiles import encode_bundle, parse_tile_path, split_bundle
from ledger.core.time_stamp import decode_token, granted_token
from ledger.core.tlog_proof import parse_tlog_proof
from ledger.errors import FormatError, LedgerError, StoreError, VerificationError
from ledger.follow import decode_chunk
from ledger.strange_heads import strange_head_from, strange_row
from ledger.trust import TrustRoot, decode_trust, trust_root
from tests.consensus.core import world
from tests.consensus.memory_file import MemoryFile
from tests.decoders import said, values
from tests.vectors.generate.certificate_pdf import spelled_paper
from tests.vectors.small_network import SmallNetwork, signer

Values = st.SearchStrategy[Any]
Same = Callable[[Any, bytes], bool]
"""Whether a value that was accepted is spelled again as it came."""


class Spelling(Enum):
    """What damage can be done to it."""

    MSGPACK = auto()
    FRAME = auto()
    """One byte, then msgpack."""
    JSON = auto()
    TEXT = auto()
    """Lines, or bytes behind their lengths."""
    FILE = auto()
    """Records with checksums."""


@dataclass(frozen=True, repr=False)
class Decoder:
    """One reader of foreign bytes."""

    name: str
    reads: Callable[..., Any]
    """The function that is meant, as the package defines it."""
    decode: Callable[[bytes], Any]
    """It, with whatever else it needs."""
    spell: Callable[[Any], bytes]
    values: Values
    spelling: Spelling = Spelling.MSGPACK
    same: Same | None = None
    """None: the very bytes."""
    refusals: tuple[type[LedgerError], ...] = (FormatError, VerificationError)
    whole: bool = True
    """What is read back is the value itself, and not only a part of it."""

    def __repr__(self) -> str:
        return self.name

    def is_spelled_again(self, value: Any, data: bytes) -> bool:
        """Whether `data`, which was accepted as `value`, is its spelling."""
        return self.spell(value) == data if self.same is None else self.same(value, data)


def _json(spell: Callable[[Any], bytes]) -> Same:
    """JSON keeps its whitespace and the order of its names to itself."""

    def same(value: Any, data: bytes) -> bool:
        again, given = (
            json.dumps(json.loads(each), sort_keys=True) for each in (spell(value), data)
        )
        return again == given

    return same


def _text(parse: Callable[[str], Any]) -> Callable[[bytes], Any]:
    """A parser of text, given what may be no text at all."""
    return lambda data: parse(data.decode(errors="surrogateescape"))


def _method(name: str) -> Callable[[Any], bytes]:
    """Spelled by a method."""

    def spell(value: Any) -> bytes:
        spelled = getattr(value, name)()
        return spelled if isinstance(spelled, bytes) else spelled.encode()

    return spell


ENCODE = _method("encode")


def binary(reads: Callable[..., Any], strategy: Values, **more: Any) -> Decoder:
    """A decoder of one canonical value that spells itself."""
    given = {"decode": reads, "spell": ENCODE} | more
    return Decoder(reads.__qualname__, reads, values=strategy, **given)


def file(reads: Callable[..., Any], strategy: Values) -> Decoder:
    """A decoder of a JSON file."""
    return binary(reads, strategy, spelling=Spelling.JSON, same=_json(ENCODE))


def text(reads: Callable[[str], Any], strategy: Values, method: str) -> Decoder:
    """A parser of text."""
    spell = _method(method)
    return binary(reads, strategy, decode=_text(reads), spell=spell, spelling=Spelling.TEXT)


def _anchored(trust: TrustRoot, epochs: int) -> TrustRoot:
    """The trust root with so many anchors."""
    for epoch in range(1, epochs + 1):
        later = trust.epochs.then(replace(trust.committee, epoch=Epoch(epoch)), 10 * epoch)
        trust = replace(trust, epochs=later)
    return trust


def _unworded(data: bytes) -> Any:
    """A trust root without its words, which nobody looks at."""
    return {name: value for name, value in json.loads(data).items() if name != "words"}


# The ledger.

NO_ROOT = Digest(bytes(32))
GIVEN_BYTES: dict[str, Any] = {
    "spell": bytes,
    "same": lambda value, data: bool(data),
    "whole": False,
    "spelling": Spelling.TEXT,
}
"""Of what is read and never spelled here: the values are the bytes themselves."""
LEDGER = [
    binary(decode, values.values, decode=lambda data: decode(data, 1 << 20), spell=encode),
    binary(decode_record, values.records),
    binary(decode_entry, values.entries, spell=_method("leaf")),
    binary(decode_header, values.bundle_headers),
    binary(decode_bundle, values.bundles),
    binary(decode_payload, values.payloads, spell=encode_payload),
    binary(
        pool_keys,
        values.payloads,
        spell=encode_payload,
        same=lambda keys, data: bool(data),
        whole=False,
    ),
    binary(
        decode_state_chunk,
        values.state_chunks,
        decode=lambda data: decode_state_chunk(data, DEFAULT),
        spell=encode_state_chunk,
    ),
    binary(decode_snapshot_offer, values.snapshot_offers),
    binary(decode_header_of_block, values.headers),
    binary(
        header_from_leaf,
        values.headers,
        decode=lambda data: header_from_leaf(data, 1, NO_ROOT),
        spell=_method("leaf"),
        whole=False,
    ),
    binary(decode_certificate, values.certificates),
    file(decode_manifest, values.court_manifests),
    binary(
        parse_digests,
        values.court_digests,
        spell=encode_digests,
        spelling=Spelling.TEXT,
    ),
    binary(decode_token, values.stamp_tokens, **GIVEN_BYTES),
    binary(granted_token, values.stamp_answers, **GIVEN_BYTES),
    binary(decode_genesis, values.genesis_values),
    binary(
        decode_committee,
        values.genesis_values.map(lambda genesis: genesis.committee),
        decode=lambda data: decode_committee(data, Epoch(0)),
        spell=committee_bytes,
    ),
    binary(
        decode_chunk,
        values.chunks,
        decode=lambda data: decode_chunk(data, DEFAULT),
        spelling=Spelling.MSGPACK,
    ),
    binary(key_row, values.key_rows),
    binary(decode_list_proof, values.list_proofs),
    text(note.parse_vkey, values.note_keys, "vkey"),
    text(note.parse_line, values.lines, "line"),
    text(parse_checkpoint, values.checkpoints, "text"),
    binary(note.parse_note, values.notes, spell=_method("format"), spelling=Spelling.TEXT),
    text(parse_tile_path, values.tile_paths, "__str__"),
    binary(
        split_bundle,
        values.pairs_of_leaves,
        decode=lambda data: split_bundle(data, 2),
        spell=encode_bundle,
        spelling=Spelling.TEXT,
    ),
    binary(
        parse_policy,
        values.genesis_values.map(
            lambda genesis: committee_policy(
                genesis.origin, genesis.committee, genesis.committee.nodes[0].node_id
            )
        ),
        spell=_method("format"),
        # Blanks, comments and addresses are free; what a policy means is not.
        same=lambda policy, data: parse_policy(policy.format()) == policy,
        spelling=Spelling.TEXT,
    ),
    binary(
        parse_add_checkpoint,
        values.add_checkpoints,
        spell=_method("format"),
        spelling=Spelling.TEXT,
    ),
    binary(
        parse_tlog_proof,
        values.tlog_proofs,
        spell=_method("format"),
        spelling=Spelling.TEXT,
    ),
    binary(
        strict_json.load,
        values.receipts.map(lambda receipt: receipt.value()),
        decode=lambda data: strict_json.load(data, 1 << 20),
        spell=strict_json.dump,
        spelling=Spelling.JSON,
        same=_json(lambda value: json.dumps(value).encode()),
    ),
    file(decode_receipt, values.receipts),
    file(decode_openings, values.openings),
    file(decode_deposit, values.deposits),
    file(decode_order, values.court_orders),
    binary(
        decode_certificate_pdf,
        values.receipts.map(lambda receipt: spelled_paper("vectors.example", receipt).file()),
        **GIVEN_BYTES,
    ),
    binary(
        parse_certificate_number,
        values.counts.map(lambda index: certificate_number("one.example", LogIndex(index))),
        decode=_text(lambda given: parse_certificate_number(given, "one.example")),
        spell=str.encode,
        same=lambda index, data: (
            certificate_number("one.example", index) == data.decode().strip().upper()
        ),
        whole=False,
        spelling=Spelling.TEXT,
    ),
    file(decode_batch_proof, values.batch_proofs),
    file(decode_sealed_file, values.sealed_files),
    file(decode_bid_proof, values.bid_proofs),
    binary(decode_fault, values.faults),
    file(decode_misconduct_file, values.faults.map(MisconductFile)),
    file(decode_status_answer, values.status_answers),
    file(decode_epochs_file, values.epochs_files),
    binary(
        decode_trust,
        st.builds(_anchored, values.genesis_values.map(trust_root), st.integers(0, 2)),
        spelling=Spelling.JSON,
        same=lambda trust, data: _unworded(trust.encode()) == _unworded(data),
    ),
]

# Consensus.

CONFIG = Config(world.NETWORK, NodeId("a"), world.rebuilds)
NETWORK = SmallNetwork()
CODEC = codec_of(
    Identity(
        NETWORK.network_id,
        NodeId("node-centre"),
        NETWORK.genesis.origin,
        signer("node centre"),
        NETWORK.genesis.parameters,
    )
)


def _promised(data: bytes) -> Promises:
    """What a node takes back from one entry of its journal; the first byte says the kind."""
    kinds = list(EntryKind)
    promises = Promises(NodeId("b"), world.signer_of("b"))
    kind = kinds[data[0] % len(kinds)] if data else kinds[0]
    promises.restore([JournalEntry(kind, Height(1), data[1:])], CONFIG)
    return promises


def _promise(entry: JournalEntry) -> bytes:
    return bytes((list(EntryKind).index(entry.kind),)) + entry.body


def _opened(data: bytes) -> Journal:
    return Journal(MemoryFile("journal", data), world.NETWORK, NodeId("a"))


def _journal(entries: list[JournalEntry]) -> bytes:
    disk = MemoryFile("journal")
    Journal(disk, world.NETWORK, NodeId("a")).append(entries)
    return disk.read()


def _same_journal(kept: Journal, data: bytes) -> bool:
    return _opened(_journal(list(kept.entries))).entries == kept.entries


def _marked(data: bytes) -> SignedMark:
    return SignedMark(MemoryFile("signed", data), world.NETWORK, NodeId("a"))


def _mark(mark: Mark) -> bytes:
    disk = MemoryFile("signed")
    kept = SignedMark(disk, world.NETWORK, NodeId("a"))
    kept._keep(mark)
    return disk.read()


def _bodies(found: append_file.Scan) -> bytes:
    return b"".join(map(append_file.frame, found.bodies))


IN_FILE: dict[str, Any] = {"refusals": (StoreError,), "spelling": Spelling.FILE}
CONSENSUS = [
    binary(
        decode_message,
        said.messages,
        decode=lambda data: decode_message(data, CONFIG),
        spell=encode_message,
    ),
    binary(decode_prepared, said.prepared, spell=encode_prepared),
    binary(
        Codec.decode,
        said.frames,
        decode=CODEC.decode,
        spell=CODEC.encode,
        spelling=Spelling.FRAME,
    ),
    binary(cosigning.decode_cosignature, said.cosignatures),
    binary(
        append_file.scan,
        st.lists(values.some_bytes, max_size=4).map(
            lambda bodies: append_file.Scan(tuple(bodies), sum(len(each) + 14 for each in bodies))
        ),
        decode=lambda data: append_file.scan(data, "file"),
        spell=_bodies,
        same=lambda found, data: _bodies(found) == data[: found.size],
        **IN_FILE,
    ),
    binary(journal._decode_entries, said.journal_entries, spell=journal._encode_entries),
    binary(journal._decode_abstain, values.counts.map(Height), spell=journal._encode_abstain),
    binary(
        intake._decode,
        said.taken_in,
        decode=lambda data: intake._decode(data, DEFAULT),
        spell=lambda taken: intake._encode(taken[1], taken[0]),
    ),
    binary(intake._decode_refusal, said.refused, spell=intake._encode_refusal),
    binary(intake._decode_moot, values.digests, spell=intake._encode_moot),
]
KEPT = [
    binary(
        Journal,
        said.journal_entries,
        decode=_opened,
        spell=_journal,
        same=_same_journal,
        whole=False,
        **IN_FILE,
    ),
    binary(
        SignedMark,
        said.marks,
        decode=_marked,
        spell=_mark,
        same=lambda kept, data: _marked(_mark(kept.mark)).mark == kept.mark,
        whole=False,
        **IN_FILE,
    ),
    binary(
        Promises.restore,
        st.deferred(lambda: st.sampled_from(said.promises_of_a_view_change())),
        decode=_promised,
        spell=_promise,
        spelling=Spelling.FRAME,
        same=lambda promises, data: bool(promises),
        whole=False,
        refusals=(StoreError,),
    ),
    binary(
        strange_head_from,
        values.strange_heads,
        spell=strange_row,
        spelling=Spelling.TEXT,
        refusals=(StoreError,),
    ),
]
ALL = LEDGER + CONSENSUS + KEPT

INSIDE = {
    "consensus.signed_mark.SignedMark._load": "SignedMark",
    "consensus.signed_mark._decode": "SignedMark",
    "consensus.journal.Journal._load": "Journal",
    "ledger.core.canonical.decode_stored": "bytes that `decode` accepted before they were stored",
    "consensus.snapshot_frames.decode_snapshot_answer": "Codec.decode",
    "consensus.snapshot_frames.decode_snapshot_request": "Codec.decode",
    "ledger.core.committee.committee_from": "decode_genesis",
    "ledger.core.anchors.anchors_from": "decode_trust",
    "ledger.core.snapshot_offer.link_from": "decode_snapshot_offer",
    "ledger.core.epoch_link.links_from": "decode_receipt",
    "ledger.core.limits.parameters_from": "decode_genesis",
    "ledger.core.note.from_base64": "parse_line",
    "ledger.core.receipt.receipt_from": "decode_receipt",
    "ledger.core.receipt_parts.bundle_part_from": "decode_receipt",
    "ledger.core.receipt_parts.key_part_from": "decode_receipt",
    "ledger.core.receipt_parts.outside_heads_from": "decode_receipt",
    "ledger.core.receipt_parts.sealed_part_from": "decode_receipt",
    "ledger.core.receipt_parts.stamped_heads_from": "decode_receipt",
    "ledger.core.sealed_file.sealed_file_from": "decode_sealed_file",
    "ledger.stamped_heads.token_from": "a row of our own store, compared with what is written anew",
    "ledger.stamp_certificates.certificate_from": "decode_token, whose certificates these are",
    "ledger.stamp_roots.authority_from": "a file that the reader put beside the trust root",
    "ledger.presented.decode_presented": "hands each kind to its decoder above",
    "ledger.core.status.interval_from": "key_row",
}
"""Functions that only a decoder of the list calls, or why they are none."""
