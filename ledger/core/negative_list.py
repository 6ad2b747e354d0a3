"""A list that stays with its keeper, and the proof that an address is on it, or is not.

One version of a list is a sorted Merkle tree of keyed hashes. Absence is proven by the two leaves
between which the hash would stand. The key is a VRF's: who holds only tree and proofs can try no
guess, and yet anyone can check the hash of an address that is shown. Spec:
``docs/spec/negative_list.md``.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.canonical import Value, decode, encode
from ledger.core.hashing import LeafKind, Tag, leaf_data
from ledger.core.identifiers import Digest
from ledger.core.shapes import array, digest, integer, octets, versioned
from ledger.core.vrf import PROOF_BYTES, VrfKey, verify_vrf
from ledger.errors import FormatError, VerificationError

WORD: Final = "negative-list-proof"
VERSION: Final = 1
PROOF_BYTES_MAX: Final = 4096
"""Two paths of the deepest tree that a list can need, and room to spare."""
PATH_MAX: Final = 40
KEYED_BYTES: Final = 32
LISTED: Final = "listed"
ABSENT: Final = "absent"


@dataclass(frozen=True, slots=True)
class ListHead:
    """What is published of one version of a list (A06)."""

    list_id: str
    version: int
    """From 1."""
    root: Digest
    count: int
    """Addresses on it."""
    key: bytes
    """The VRF's public key."""

    def fields(self) -> dict[str, Value]:
        """As the record that publishes it says it."""
        return {
            "version": self.version,
            "root": self.root,
            "count": self.count,
            "list_key": self.key,
        }

    @staticmethod
    def of_fields(list_id: str, fields: Mapping[str, Value]) -> "ListHead":
        """What the record about `list_id` says in its fields.

        Raises:
            FormatError: `format.shape`.
        """
        return ListHead(
            list_id,
            integer(fields.get("version"), "version", 1),
            digest(fields.get("root"), "root"),
            integer(fields.get("count"), "count"),
            octets(fields.get("list_key"), "list_key", KEYED_BYTES),
        )


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A leaf beside the place where an address would stand."""

    index: int
    keyed: Digest
    path: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class ListProof:
    """That an address is on one version of a list, or is not."""

    vrf: bytes
    """The proof of the address's keyed hash."""
    own: tuple[int, tuple[Digest, ...]] | None
    """Index and path of its own leaf; None where it is absent."""
    left: Neighbour | None
    """The last leaf below; None where it would be the first, or is listed."""
    right: Neighbour | None
    """The first leaf above; None where it would be the last, or is listed."""

    def encode(self) -> bytes:
        """``["negative-list-proof", 1, vrf, own, left, right]``."""
        sides = (_neighbour_value(self.left), _neighbour_value(self.right))
        return encode((WORD, VERSION, self.vrf, self.own, *sides))


class NegativeList:
    """One version of a list, in its keeper's hands: never published, only its head and proofs."""

    __slots__ = ("_key", "_keyed", "_tree", "head")

    def __init__(self, list_id: str, version: int, addresses: Iterable[str], key: VrfKey) -> None:
        """Make the tree.

        Args:
            list_id: subject of the list's records, ``LIST-`` and the region.
            version: one more than the last that was published; from 1.
            addresses: address codes, in any order; one named twice counts once.
            key: the keeper's; its seed is to be kept like a signing key.
        """
        hashes = {key.hash(_input(list_id, version, each)) for each in addresses}
        self._key = key
        self._keyed = sorted(each[:KEYED_BYTES] for each in hashes)
        self._tree = merkle.Tree([merkle.leaf_hash(listed_leaf(each)) for each in self._keyed])
        self.head = ListHead(list_id, version, self._tree.root, self._tree.size, key.public_key)

    def prove(self, address: str) -> ListProof:
        """That `address` is on the list, or is not: whichever is so."""
        data = _input(self.head.list_id, self.head.version, address)
        keyed, vrf = self._key.hash(data)[:KEYED_BYTES], self._key.prove(data)
        at = bisect_left(self._keyed, keyed)
        if at < len(self._keyed) and self._keyed[at] == keyed:
            return ListProof(vrf, (at, self._tree.path(at)), None, None)
        return ListProof(vrf, None, self.leaf(at - 1), self.leaf(at))

    def check(self, address: str) -> dict[str, Value]:
        """The fields of the record (A07) that says whether `address` is on the list."""
        proof = self.prove(address)
        return {
            "list": self.head.list_id,
            "version": self.head.version,
            "result": ABSENT if proof.own is None else LISTED,
            "proof": proof.encode(),
        }

    def leaf(self, index: int) -> Neighbour | None:
        """The leaf at a place of the tree, with its path; None where there is none."""
        if not 0 <= index < len(self._keyed):
            return None
        return Neighbour(index, Digest(self._keyed[index]), self._tree.path(index))


def verify_listing(head: ListHead, address: str, proof: bytes) -> str:
    """What `proof` shows: `LISTED` or `ABSENT`.

    Args:
        head: from the record that published the version.
        address: its code.
        proof: canonical bytes of a `ListProof`.

    Raises:
        VerificationError: `proof.negative_list`, `proof.inclusion`, `proof.vrf` or `key.weak`.
        FormatError: a `format.*` code.
    """
    shown = decode_list_proof(proof)
    hashed = verify_vrf(head.key, _input(head.list_id, head.version, address), shown.vrf)
    keyed = hashed[:KEYED_BYTES]
    if shown.own is not None:
        if shown.left is not None or shown.right is not None:
            raise _wrong("both")
        index, path = shown.own
        leaf = merkle.leaf_hash(listed_leaf(keyed))
        merkle.verify_inclusion(leaf, index, head.count, path, head.root)
        return LISTED
    _verify_absence(head, keyed, shown.left, shown.right)
    return ABSENT


def decode_list_proof(data: bytes) -> ListProof:
    """The proof that `data` spells; nothing in it is judged here.

    Raises:
        FormatError: a `format.*` code.
    """
    items = versioned(decode(data, PROOF_BYTES_MAX), WORD, VERSION, 6)
    return ListProof(
        octets(items[2], "vrf", PROOF_BYTES),
        _own(items[3]),
        _neighbour(items[4], "left"),
        _neighbour(items[5], "right"),
    )


def listed_leaf(keyed: bytes) -> bytes:
    """Data of a leaf: ``["listed", keyed hash]``."""
    return leaf_data(LeafKind.LISTED, keyed)


def _verify_absence(
    head: ListHead, keyed: bytes, left: Neighbour | None, right: Neighbour | None
) -> None:
    """Two neighbours without room between them, the hash between; or one at the tree's end."""
    first = 0 if left is None else left.index + 1
    if (head.count if right is None else right.index) != first:
        raise _wrong("gap")
    for each, below in ((left, True), (right, False)):
        if each is None:
            continue
        if each.keyed == keyed or (each.keyed < keyed) is not below:
            raise _wrong("order")
        leaf = merkle.leaf_hash(listed_leaf(each.keyed))
        merkle.verify_inclusion(leaf, each.index, head.count, each.path, head.root)


def _input(list_id: str, version: int, address: str) -> bytes:
    """What is hashed: bound to list and version, so that two versions have nothing in common."""
    return Tag.LISTED.prefix + encode((list_id, version, address))


def _own(value: Value) -> tuple[int, tuple[Digest, ...]] | None:
    if value is None:
        return None
    index, path = array(value, "own", 2)
    return integer(index, "index"), _path(path)


def _neighbour(value: Value, what: str) -> Neighbour | None:
    if value is None:
        return None
    index, keyed, path = array(value, what, 3)
    return Neighbour(integer(index, "index"), digest(keyed, "keyed"), _path(path))


def _path(value: Value) -> tuple[Digest, ...]:
    items = array(value, "path")
    if len(items) > PATH_MAX:
        raise FormatError(Code.FORMAT_SHAPE, what="path")
    return tuple(digest(each, "path") for each in items)


def _neighbour_value(side: Neighbour | None) -> Value:
    return None if side is None else (side.index, side.keyed, side.path)


def _wrong(reason: str) -> VerificationError:
    return VerificationError(Code.PROOF_NEGATIVE_LIST, reason=reason)
