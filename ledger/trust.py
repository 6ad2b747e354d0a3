"""TrustRoot: what a verifier must hold before it reads anyone's receipt, and its file trust.json.

The genesis bytes are everything: network id, origin, committee and keys come from them. Anchors are
the committees of later epochs to which its holder has been led by links that held. The words beside
them are for people and never override a byte. Spec: ``docs/spec/genesis.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ledger.codes import Code
from ledger.core.anchors import anchors_from, anchors_value
from ledger.core.committee import Committee
from ledger.core.epochs import Epochs
from ledger.core.genesis import GENESIS_BYTES_MAX, Genesis, decode_genesis
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.strict_json import JsonValue, base64, dump, load, octets, versioned
from ledger.errors import FormatError
from ledger.words.moments import beijing_time

FORMAT: Final = "bidwitness.trust"
VERSION: Final = 1
ANCHORED_VERSION: Final = 2
"""Of a file that holds later anchors."""
TRUST_BYTES_MAX: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """One network, as a verifier trusts it."""

    genesis: Genesis
    network_id: NetworkId
    """Computed from the genesis bytes."""
    origin: str
    """The C2SP origin of the network's log."""
    epochs: Epochs
    """The committees that are known, from the genesis's on; the later ones are its anchors."""

    @property
    def committee(self) -> Committee:
        """Of the newest epoch that is known here."""
        return self.epochs.newest

    def member_name(self, member_id: MemberId, language: str = "zh") -> str:
        """A founder's name; the id itself for members enrolled later."""
        for founder in self.genesis.members:
            if founder.member_id == member_id:
                return founder.name_zh if language == "zh" else founder.name_en
        return member_id

    def encode(self) -> bytes:
        """The trust root as a JSON file: the genesis bytes, the anchors, and the same in words.

        Without anchors the file is of version 1, as whoever founded the network wrote it.
        """
        anchored = self.committee.epoch > 0
        anchors = {"anchors": anchors_value(self.epochs)} if anchored else {}
        return dump(
            {
                "format": FORMAT,
                "version": ANCHORED_VERSION if anchored else VERSION,
                "genesis": base64(self.genesis.encode()),
                **anchors,
                "words": _words(self),
            }
        )


def trust_root(genesis: Genesis) -> TrustRoot:
    """The trust root of the network that `genesis` founds."""
    epochs = Epochs((genesis.committee,))
    return TrustRoot(genesis, genesis.network_id, genesis.origin, epochs)


def decode_trust(data: bytes) -> TrustRoot:
    """The trust root that `data` spells; its words are not even looked at.

    Raises:
        FormatError: a `format.*` code, `genesis.invalid`, `committee.invalid`, `trust.invalid`.
        VerificationError: `key.weak`.
    """
    value = load(data, TRUST_BYTES_MAX)
    anchored = isinstance(value, Mapping) and value.get("version") == ANCHORED_VERSION
    version, more = (ANCHORED_VERSION, ("anchors",)) if anchored else (VERSION, ())
    spelled, words, *anchors = versioned(value, FORMAT, version, ("genesis", "words", *more))
    if type(words) is not dict:
        raise FormatError(Code.TRUST_INVALID, what="words")
    root = trust_root(decode_genesis(octets(spelled, "genesis", GENESIS_BYTES_MAX)))
    if not anchors:
        return root
    return replace(root, epochs=anchors_from(anchors[0], root.genesis.committee))


def _words(trust: TrustRoot) -> JsonValue:
    """The genesis and the present committee for people: what a notary would read aloud."""
    genesis, committee = trust.genesis, trust.committee
    epoch = {"epoch": committee.epoch} if committee.epoch else {}
    return {
        "name": genesis.name,
        "network_id": trust.network_id.hex(),
        "origin": trust.origin,
        "created_at": beijing_time(genesis.created_at_ms),
        **epoch,
        "committee": [
            {
                "node_id": node.node_id,
                "member_id": node.member_id,
                "name_zh": trust.member_name(node.member_id),
                "name_en": trust.member_name(node.member_id, "en"),
                "node_key": node.node_key.hex(),
            }
            for node in committee.nodes
        ],
        "nodes_count": committee.n,
        "quorum_count": committee.q,
        "tolerated_count": committee.f,
        "members": [
            {
                "member_id": member.member_id,
                "name_zh": member.name_zh,
                "name_en": member.name_en,
                "credit_code": member.credit_code,
                "roles": [f"{role.name}@{role.scope or '*'}" for role in member.roles],
            }
            for member in genesis.members
        ],
        "catalogue_hash": genesis.catalogue_hash.hex(),
    }
