"""TrustRoot: what a verifier must hold before it reads anyone's receipt, and its file trust.json.

The genesis bytes are everything: network id, origin, committee and keys come from them. The words
beside them are for people and never override a byte. Spec: ``docs/spec/genesis.md``.
"""

from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.epochs import Epochs
from ledger.core.genesis import GENESIS_BYTES_MAX, Genesis, decode_genesis
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.strict_json import JsonValue, base64, dump, load, octets, versioned
from ledger.errors import FormatError
from ledger.words.moments import beijing_time

FORMAT: Final = "bidwitness.trust"
VERSION: Final = 1
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
    """The committees that are known; the genesis alone vouches for that of epoch 0."""

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
        """The trust root as a JSON file: the genesis bytes, and the same in words."""
        return dump(
            {
                "format": FORMAT,
                "version": VERSION,
                "genesis": base64(self.genesis.encode()),
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
        FormatError: a `format.*` code, `genesis.invalid` or `committee.invalid`.
        VerificationError: `key.weak`.
    """
    spelled, words = versioned(load(data, TRUST_BYTES_MAX), FORMAT, VERSION, ("genesis", "words"))
    if type(words) is not dict:
        raise FormatError(Code.TRUST_INVALID, what="words")
    return trust_root(decode_genesis(octets(spelled, "genesis", GENESIS_BYTES_MAX)))


def _words(trust: TrustRoot) -> JsonValue:
    """The genesis for people: what a notary would read aloud."""
    genesis, committee = trust.genesis, trust.genesis.committee
    return {
        "name": genesis.name,
        "network_id": trust.network_id.hex(),
        "origin": trust.origin,
        "created_at": beijing_time(genesis.created_at_ms),
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
