"""Genesis: the network's constitution, and the network id that is its hash.

There is no block 0. The previous hash of height 1 is the network id, and the log starts empty.
Spec: ``docs/spec/genesis.md``.
"""

from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.canonical import Value, decode, encode
from ledger.core.committee import Committee, committee_from
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import (
    NETWORK_MEMBER,
    Digest,
    Epoch,
    MemberId,
    NetworkId,
    PublicKey,
    check_name,
)
from ledger.core.limits import Parameters, parameters_from
from ledger.core.shapes import array, digest, octets, text, time_ms, versioned
from ledger.core.signing import PUBLIC_KEY_BYTES, check_public_key
from ledger.errors import FormatError

VERSION: Final = 1
GENESIS_BYTES_MAX: Final = 1 << 20
MEMBER_KINDS: Final = frozenset({"organisation", "system", "person", "label"})


@dataclass(frozen=True, slots=True)
class Role:
    """One role with its scope, such as ``supervisor`` for ``region:620100``."""

    name: str
    scope: str
    """Empty for the whole network."""


@dataclass(frozen=True, slots=True)
class Founder:
    """A member that the genesis enrols."""

    member_id: MemberId
    kind: str
    """One of `MEMBER_KINDS`."""
    name_zh: str
    name_en: str
    credit_code: str
    """统一社会信用代码 (GB 32100) of an organisation; empty for others."""
    roles: tuple[Role, ...]
    keys: tuple[PublicKey, ...]

    def value(self) -> Value:
        """``[member id, kind, [zh, en], credit code, [[role, scope] …], [key …]]``."""
        return (
            self.member_id,
            self.kind,
            (self.name_zh, self.name_en),
            self.credit_code,
            tuple((role.name, role.scope) for role in self.roles),
            self.keys,
        )


@dataclass(frozen=True, slots=True)
class Genesis:
    """Everything that all members agreed on before the first block."""

    name: str
    """For people; the network id is what counts."""
    domain: str
    """First part of the C2SP origin."""
    created_at_ms: int
    committee: Committee
    members: tuple[Founder, ...]
    catalogue_hash: Digest
    parameters: Parameters

    def __post_init__(self) -> None:
        if self.committee.n > self.parameters.committee_max:
            raise FormatError(Code.GENESIS_INVALID, what="committee")
        ids = [member.member_id for member in self.members]
        if len(set(ids)) != len(ids) or NETWORK_MEMBER in ids:
            raise FormatError(Code.GENESIS_INVALID, what="members")
        self._check_keys()
        if any(node.member_id not in ids for node in self.committee.nodes):
            raise FormatError(Code.GENESIS_INVALID, what="committee member")
        first = self.domain.partition("/")[0]
        # The origin stands in every checkpoint, whose reader takes no control characters.
        visible = all("!" <= character <= "~" for character in self.domain)
        if first in {"", "bidwitness", "cosignature", "subtree"} or not visible:
            raise FormatError(Code.GENESIS_INVALID, what="domain")
        if "+" in self.domain:
            raise FormatError(Code.GENESIS_INVALID, what="domain")

    def _check_keys(self) -> None:
        """Keys are pairwise distinct across all uses."""
        keys = [key for member in self.members for key in member.keys]
        keys += [key for node in self.committee.nodes for key in (node.node_key, node.log_key)]
        if len(set(keys)) != len(keys):
            raise FormatError(Code.GENESIS_INVALID, what="keys")

    @property
    def origin(self) -> str:
        """The C2SP origin: ``<domain>/<first 16 hex of network id>``."""
        return f"{self.domain}/{self.network_id.hex()[:16]}"

    @property
    def network_id(self) -> NetworkId:
        """``H(tag ‖ genesis)``; encodes anew at each call."""
        return NetworkId(tagged_hash(Tag.GENESIS, self.encode()))

    def encode(self) -> bytes:
        """The canonical genesis array."""
        return encode(
            (
                "genesis",
                VERSION,
                self.name,
                self.domain,
                self.created_at_ms,
                self.committee.value(),
                tuple(member.value() for member in self.members),
                self.catalogue_hash,
                self.parameters.value(),
            )
        )


def decode_genesis(data: bytes) -> Genesis:
    """The genesis that `data` spells; weak keys are refused here.

    Raises:
        FormatError: a `format.*` code, `genesis.invalid` or `committee.invalid`.
        VerificationError: `key.weak`.
    """
    items = versioned(decode(data, GENESIS_BYTES_MAX), "genesis", VERSION, 9)
    return Genesis(
        name=text(items[2], "name"),
        domain=text(items[3], "domain", 128),
        created_at_ms=time_ms(items[4], "created_at_ms"),
        committee=committee_from(items[5], Epoch(0)),
        members=tuple(_founder(item) for item in array(items[6], "members")),
        catalogue_hash=digest(items[7], "catalogue_hash"),
        parameters=parameters_from(items[8]),
    )


def _founder(value: Value) -> Founder:
    member_id, kind, names, credit_code, roles, keys = array(value, "member", 6)
    name_zh, name_en = array(names, "names", 2)
    named = text(kind, "kind")
    if named not in MEMBER_KINDS:
        raise FormatError(Code.GENESIS_INVALID, what="member kind")
    return Founder(
        MemberId(check_name(text(member_id, "member_id"), "member_id")),
        named,
        text(name_zh, "name_zh"),
        text(name_en, "name_en"),
        text(credit_code, "credit_code", 18),
        tuple(
            Role(text(name, "role", 64), text(scope, "scope", 128))
            for name, scope in (array(role, "role", 2) for role in array(roles, "roles"))
        ),
        tuple(
            check_public_key(octets(key, "member key", PUBLIC_KEY_BYTES))
            for key in array(keys, "keys")
        ),
    )
