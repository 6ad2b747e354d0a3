"""Presence: each process says a number of its own, and is told of another that has the same key.

Two processes with one key are told apart while nothing is signed yet: whoever is greeted by both
shows each the other's word. A word that names this process's number was signed after this process
began, and by somebody else: no peer can make it up, and no earlier process has said it.
Pure. Spec: ``docs/spec/wire.md``.
"""

from dataclasses import dataclass
from typing import Final

from consensus.core.own_keys import OwnKeys, key_in
from ledger.core.canonical import Value, encode
from ledger.core.committee import Committee
from ledger.core.hashing import Tag
from ledger.core.identifiers import NetworkId, NodeId, PublicKey
from ledger.core.shapes import array, octets, signature
from ledger.core.signing import sign_tagged, verify_tagged
from ledger.errors import VerificationError

INCARNATION_BYTES: Final = 16
DOUBLE_MS: Final = 60_000
"""So long a node that was seen twice is reported; both dial again every few seconds."""


@dataclass(frozen=True, slots=True)
class Presence:
    """One process's word that it runs as a node."""

    incarnation: bytes
    """16 random bytes, drawn when the process begins."""
    heard: bytes | None
    """Another number, under which the receiver was greeted in this node's name, if any."""
    signature: bytes
    """By the node key over `body`, tag `presence`."""

    def body(self, network_id: NetworkId, node_id: NodeId) -> bytes:
        """What is signed: ``[network id, node id, incarnation, heard or nil]``."""
        return encode((network_id, node_id, self.incarnation, self.heard))

    def verify(self, network_id: NetworkId, node_id: NodeId, key: PublicKey) -> None:
        """Require that the node's key signed it.

        Raises:
            VerificationError: `signature.invalid`.
        """
        verify_tagged(key, Tag.PRESENCE, self.body(network_id, node_id), self.signature)

    def names(self, other: "Presence") -> bool:
        """Whether it was said after the process behind `other` had begun, and by another one."""
        return self.heard == other.incarnation != self.incarnation

    def values(self) -> Value:
        """``[incarnation, heard or nil, signature]``."""
        return (self.incarnation, self.heard, self.signature)


class Presences:
    """This process's own word for each peer, and what the peers' processes have said."""

    __slots__ = (
        "_heard",
        "_incarnation",
        "_keys",
        "_last",
        "_network_id",
        "_own",
        "_seen_ms",
        "_speaks",
        "cloned",
    )

    def __init__(
        self, network_id: NetworkId, own: NodeId, keys: OwnKeys, incarnation: bytes
    ) -> None:
        self._network_id = network_id
        self._own = own
        self._keys = keys
        self._incarnation = incarnation
        self._heard: dict[NodeId, bytes] = {}
        self._last: dict[NodeId, tuple[Presence, Presence | None]] = {}
        self._speaks: dict[NodeId, bytes] = {}
        self._seen_ms: dict[NodeId, int] = {}
        self.cloned = False
        """Another process has this node's key, and ran while this one ran."""

    def own(self, peer: NodeId, committee: Committee) -> Presence:
        """What this process says of itself to a peer."""
        signer = key_in(committee, self._own, self._keys) or self._keys.first
        word = Presence(self._incarnation, self._heard.get(peer), b"")
        signed = sign_tagged(signer, Tag.PRESENCE, word.body(self._network_id, self._own))
        return Presence(word.incarnation, word.heard, signed)

    def other(self, peer: NodeId) -> Presence | None:
        """The last word of another process than the one that spoke as `peer` last."""
        last, other = self._last.get(peer, (None, None))
        speaks = self._speaks.get(peer)
        return other if last is None or last.incarnation == speaks else last

    def told(self, peer: NodeId, other: Presence | None) -> bool:
        """A peer shows what somebody said in this node's name; True where it proves a clone first.

        What this node's key has not signed says nothing. An older process of this node may have
        said it, unless it names this one.
        """
        if other is None or other.incarnation == self._incarnation or not self._ours(other):
            return False
        self._heard[peer] = other.incarnation
        found = other.heard == self._incarnation and not self.cloned
        self.cloned = self.cloned or found
        return found

    def greeted(self, peer: NodeId, word: Presence, committee: Committee, now_ms: int) -> bool:
        """A peer greets; True where two processes are seen to have its key, and were not before."""
        if peer not in committee:
            return False
        self._speaks[peer] = word.incarnation
        try:
            word.verify(self._network_id, peer, committee.node(peer).node_key)
        except VerificationError:
            # Its key may have been renewed without it: it is told who spoke last all the same.
            return False
        last, other = self._last.get(peer, (word, None))
        if last.incarnation != word.incarnation:
            other = last
        self._last[peer] = (word, other)
        # Each names the other: neither had ended when the other began.
        if other is None or not (word.names(other) and other.names(word)):
            return False
        known = peer in self.doubled(now_ms)
        self._seen_ms[peer] = now_ms
        return not known

    def doubled(self, now_ms: int) -> tuple[NodeId, ...]:
        """Peers whose key two processes were seen to have lately."""
        lately = (peer for peer, at_ms in self._seen_ms.items() if now_ms - at_ms < DOUBLE_MS)
        return tuple(sorted(lately))

    def _ours(self, word: Presence) -> bool:
        for key in self._keys:
            try:
                word.verify(self._network_id, self._own, key.public_key)
            except VerificationError:
                continue
            return True
        return False


def presence_of(value: Value) -> Presence:
    """The word that an array spells; nothing is verified here.

    Raises:
        FormatError: `format.shape`.
    """
    items = array(value, "presence", 3)
    heard = None if items[1] is None else octets(items[1], "heard", INCARNATION_BYTES)
    incarnation = octets(items[0], "incarnation", INCARNATION_BYTES)
    return Presence(incarnation, heard, signature(items[2], "signature"))
