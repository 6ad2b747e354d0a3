"""A whole network in memory, from fixed seeds: four departments, a log, and receipts out of it.

It is written from the spec pages, not from `ledger.chain`, and keeps everything in lists: slow and
plain on purpose, so that vectors and tests have a second opinion about what a receipt holds.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ledger.core import merkle
from ledger.core.acknowledgement import Acknowledgement, acknowledge
from ledger.core.block import Header, block_bundle
from ledger.core.bundle import Bundle, BundleHeader, decode_header, record_leaf_hash, sign_bundle
from ledger.core.canonical import Value
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name, sign_log
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.entry import Entry
from ledger.core.genesis import Founder, Genesis, Role
from ledger.core.identifiers import (
    Digest,
    Epoch,
    HeaderHash,
    Height,
    LogIndex,
    MemberId,
    NodeId,
    RecordId,
    Subject,
    View,
)
from ledger.core.limits import Parameters
from ledger.core.note import Note
from ledger.core.payload import bundles_root
from ledger.core.receipt import Receipt
from ledger.core.receipt_parts import BundlePart, KeyPart, SealedPart
from ledger.core.record import Evidence, Private, Record, Ref, record_id
from ledger.core.sealed import sealed_of
from ledger.core.signing import Ed25519Signer, key_id
from ledger.core.status import (
    SINCE_GENESIS,
    KeyRow,
    StatusTree,
    genesis_state_hash,
    key_row_key,
    state_hash,
)
from ledger.trust import TrustRoot, trust_root

START_MS = 1_767_225_600_000
"""2026-01-01 08:00:00 +08:00."""
SECOND = 1_000
HOUR = 3_600_000

NAMES = {
    "centre": ("兰州公共资源交易中心", "Lanzhou Public Resources Trading Centre"),
    "supervisor": ("市发展和改革委员会", "Municipal Development and Reform Commission"),
    "registry": ("不动产登记事务中心", "Real Estate Registration Centre"),
    "notary": ("市公证处", "Municipal Notary Office"),
}


def seed(name: str) -> bytes:
    """32 bytes that follow from a name; never for a real key."""
    return hashlib.sha256(f"bidwitness vectors: {name}".encode()).digest()


def signer(name: str) -> Ed25519Signer:
    """The key pair of that name."""
    return Ed25519Signer(seed(name))


def nonce(name: str) -> bytes:
    """16 bytes that follow from a name."""
    return seed(f"nonce {name}")[:16]


def small_committee(members: Sequence[str]) -> Committee:
    """One node for each member."""
    return Committee(
        Epoch(0),
        tuple(
            CommitteeNode(
                NodeId(f"node-{member}"),
                MemberId(member),
                signer(f"node {member}").public_key,
                signer(f"log {member}").public_key,
                Digest(seed(f"tls {member}")),
            )
            for member in members
        ),
    )


def small_genesis(members: Sequence[str] = tuple(NAMES)) -> Genesis:
    """The constitution of a network with one node for each member."""
    return Genesis(
        name="样例网络",
        domain="vectors.bidwitness.example",
        created_at_ms=START_MS,
        committee=small_committee(members),
        members=tuple(
            Founder(
                MemberId(member),
                "organisation",
                *NAMES[member],
                "",
                (Role("trading_centre" if member == "centre" else member, ""),),
                (signer(f"member {member}").public_key,),
            )
            for member in members
        ),
        catalogue_hash=Digest(seed("catalogue")),
        parameters=Parameters(),
    )


def small_record(name: str, issuer: str = "centre", **parts: object) -> Record:
    """A record that announces a tender; `parts` replaces any of its fields."""
    given: dict[str, object] = {
        "type": "tender.announcement",
        "issuer": MemberId(issuer),
        "subject": Subject(f"GS-2026-{name}/1"),
        "occurred_at_ms": START_MS + 1,
        "evidence": (document(name),),
        "fields": {"title": f"项目 {name}", "budget_fen": 123_456_700},
        "private": None,
        "refs": (),
        "nonce": nonce(name),
    }
    return Record(**(given | parts))  # type: ignore[arg-type]


def document(name: str) -> Evidence:
    """The evidence line of the document whose bytes are `document_bytes(name)`."""
    data = document_bytes(name)
    return Evidence(
        f"{name}.pdf", Digest(hashlib.sha256(data).digest()), None, len(data), "application/pdf"
    )


def document_bytes(name: str) -> bytes:
    """A small document."""
    return f"招标文件 {name}\n".encode()


@dataclass(frozen=True)
class Placed:
    """What was logged with one entry."""

    record: bytes
    bundle: Bundle | None
    height: Height


@dataclass
class SmallNetwork:
    """The network; `commit` adds a block, `receipt` tells about any earlier record."""

    members: tuple[str, ...] = tuple(NAMES)
    genesis: Genesis = field(init=False)
    rows: dict[bytes, bytes] = field(init=False)
    leaves: list[bytes] = field(default_factory=list)
    placed: dict[int, Placed] = field(default_factory=dict)
    headers: list[Header] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.genesis = small_genesis(self.members)
        self.rows = {
            b"status/" + key_row_key(member.member_id, key_id(key)): KeyRow(
                SINCE_GENESIS, member.member_id, key
            ).encode()
            for member in self.genesis.members
            for key in member.keys
        }
        self.network_id = self.genesis.network_id
        self.trust: TrustRoot = trust_root(self.genesis)
        self.state = genesis_state_hash(self.network_id, self.rows)

    def bundle(self, records: Sequence[Record], issuer: str = "centre", key: str = "") -> Bundle:
        """A bundle of `records` under a member's key."""
        return sign_bundle(
            signer(key or f"member {issuer}"),
            self.network_id,
            MemberId(issuer),
            [record.encode() for record in records],
            START_MS,
            START_MS + HOUR,
            nonce("bundle"),
        )

    def commit(
        self,
        bundles: Sequence[Bundle] = (),
        derived: Sequence[Record] = (),
        writes: Mapping[bytes, bytes] | None = None,
        **header: object,
    ) -> Header:
        """Log one block; `header` replaces any field of its header, true or not."""
        height = Height(len(self.headers) + 1)
        time_ms = START_MS + height * SECOND
        count = 0
        for bundle in bundles:
            for data in bundle.records:
                count += 1
                self._log(Placed(data, bundle, height), time_ms)
        for record in derived:
            count += 1
            self._log(Placed(record.encode(), None, height), time_ms)
        changed = dict(sorted((writes or {}).items()))
        self.rows |= {key: value for key, value in changed.items() if key.startswith(b"status/")}
        self.state = state_hash(self.state, changed.items())
        tree = self.status_tree()
        held = [
            block_bundle(each.header_bytes, each.signature, each.record_ids, each.records)
            for each in bundles
        ]
        previous = self.headers[-1].hash() if self.headers else HeaderHash(self.network_id)
        facts: dict[str, object] = {
            "network_id": self.network_id,
            "height": height,
            "previous": previous,
            "time_ms": time_ms,
            "proposer": self.genesis.committee.primary(View(0)),
            "epoch": Epoch(0),
            "bundle_count": len(bundles),
            "bundles_root": bundles_root(held),
            "entry_count": count,
            "state_hash": self.state,
            "status_size": tree.size,
            "status_root": tree.root,
            "snapshot": None,
            "log_size": len(self.leaves) + 1,
            "log_root": Digest(bytes(32)),
        }
        block = Header(**(facts | header))  # type: ignore[arg-type]
        self.leaves.append(block.leaf())
        block = Header(**(facts | header | {"log_root": self.root()}))  # type: ignore[arg-type]
        self.headers.append(block)
        return block

    def _log(self, placed: Placed, time_ms: int) -> None:
        bundle_id = None if placed.bundle is None else placed.bundle.bundle_id
        entry = Entry(placed.height, time_ms, bundle_id, record_id(placed.record))
        self.placed[len(self.leaves)] = placed
        self.leaves.append(entry.leaf())

    def status_tree(self) -> StatusTree:
        """The rows of the slow state."""
        return StatusTree({key.removeprefix(b"status/"): row for key, row in self.rows.items()})

    def root(self) -> Digest:
        """Root of the whole log."""
        return merkle.root([merkle.leaf_hash(leaf) for leaf in self.leaves])

    def path(self, index: int) -> tuple[Digest, ...]:
        """Path of a leaf in the whole log."""
        return merkle.inclusion_path([merkle.leaf_hash(leaf) for leaf in self.leaves], index)

    def outside_note(self, bodies: Sequence[str], size: int = 0, origin: str = "") -> str:
        """A head, the newest or the one of `size`, as bodies outside the committee cosigned it."""
        hashes = [merkle.leaf_hash(leaf) for leaf in self.leaves[: size or None]]
        checkpoint = Checkpoint(origin or self.trust.origin, len(hashes), merkle.root(hashes))
        time_s = self.headers[-1].time_ms // SECOND + 10
        lines = [
            cosign(signer(f"witness {body}"), f"{body}.example/witness", checkpoint, time_s + place)
            for place, body in enumerate(bodies)
        ]
        return Note(checkpoint.text(), tuple(lines)).format().decode()

    def note(self, cosigners: Sequence[str] | None = None, origin: str = "") -> str:
        """The newest head, log-signed by the first node and cosigned."""
        checkpoint = Checkpoint(origin or self.trust.origin, len(self.leaves), self.root())
        lines = [sign_log(signer(f"log {self.members[0]}"), checkpoint.origin, checkpoint)]
        for place, member in enumerate(self.members if cosigners is None else cosigners):
            name = cosigner_name(checkpoint.origin, NodeId(f"node-{member}"))
            time_s = self.headers[-1].time_ms // SECOND + place
            lines.append(cosign(signer(f"node {member}"), name, checkpoint, time_s))
        return Note(checkpoint.text(), tuple(lines)).format().decode()

    def receipt(self, record: Record, cosigners: Sequence[str] | None = None) -> Receipt:
        """The receipt of a record under the newest head."""
        data = record.encode()
        index = next(at for at, each in self.placed.items() if each.record == data)
        placed = self.placed[index]
        last = len(self.leaves) - 1
        return Receipt(
            network_id=self.network_id,
            record=data,
            entry=self.leaves[index],
            index=LogIndex(index),
            path=self.path(index),
            last_leaf=self.leaves[last],
            last_path=self.path(last),
            checkpoint=self.note(cosigners),
            bundle=None if placed.bundle is None else self._bundle_part(placed.bundle, data),
            key=None if placed.bundle is None else self._key_part(placed.bundle.header),
        )

    def inner_receipt(self, opening: Record, commitment: Record) -> Receipt:
        """The receipt, under the newest head, of what `opening` let out of `commitment`."""
        sealed, outside, placed = (
            sealed_of(opening),
            self.receipt(opening),
            self.receipt(commitment),
        )
        part = SealedPart(
            opening=outside.record,
            commitment=placed.record,
            entry=placed.entry,
            index=placed.index,
            path=placed.path,
            key=self._key_part(decode_header(sealed.header)),
        )
        return replace(outside, record=sealed.record, sealed=part)

    def _bundle_part(self, bundle: Bundle, data: bytes) -> BundlePart:
        index = bundle.records.index(data)
        path = merkle.inclusion_path([record_leaf_hash(each) for each in bundle.record_ids], index)
        return BundlePart(bundle.header_bytes, bundle.signature, index, path)

    def _key_part(self, header: BundleHeader) -> KeyPart:
        key = key_row_key(header.issuer, header.key_id)
        tree = self.status_tree()
        index = tree.index(key)
        return KeyPart(tree.get(key) or b"", index, tree.path(index))

    def acknowledgement(self, bundle: Bundle, member: str) -> Acknowledgement:
        """A node's word that it received a bundle, half a second before the first block."""
        return acknowledge(
            signer(f"node {member}"),
            self.network_id,
            NodeId(f"node-{member}"),
            bundle.pool_key,
            START_MS + SECOND // 2,
        )


def alert_about(record: RecordId) -> tuple[str, int, tuple[Ref, ...], dict[str, Value]]:
    """What a rule concludes about a record, as `derived_record` takes it."""
    return "alert.al05", 1, (Ref("alert", record),), {"alert": "AL05", "severity": "warning"}


def private_of(root: Digest, names: Sequence[str]) -> Private:
    """A commitment with any root, true or not."""
    return Private(root, tuple(names))
