"""Extraction codes (证据提取码): twenty characters that open one evidence package on one node.

The member draws the code and tells the node its hash only; whoever is given the code types it. 95
of its 100 bits are random, so that a plain tagged hash is enough to keep it by: nothing that can
be guessed is hashed, and nothing is gained by making the hash slow. The last character is a check.
Randomness comes in as an argument. Spec: ``docs/spec/court_code.md``.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core import strict_json
from ledger.core.canonical import Value, decode, encode
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import (
    Digest,
    MemberId,
    NetworkId,
    NodeId,
    PublicKey,
    RecordId,
    Subject,
    check_name,
)
from ledger.core.record import SUBJECT_BYTES_MAX
from ledger.core.shapes import SIGNATURE_BYTES, digest, text, time_ms, versioned
from ledger.core.signing import Signer, sign_tagged, verify_tagged
from ledger.errors import FormatError

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U: the first three look like digits, the fourth makes words."""
CODE_CHARACTERS: Final = 20
RANDOM_BYTES: Final = 12
"""Of which 95 bits are used."""
TYPED_MAX: Final = 64
"""Characters that may be typed, with whatever stands between them."""
_GROUP: Final = 4
_BETWEEN: Final = " -\u2010\u2011\u2012\u2013\u2014\u2212\u3000\t\r\n"
_ALIKE: Final = str.maketrans({"I": "1", "L": "1", "O": "0"})
_FIELD: Final = 0b100101
"""x⁵ + x² + 1: characters are elements of GF(32), and x is primitive there."""

FORMAT: Final = "bidwitness.court-code-order"
VERSION: Final = 1
ORDER_FILE_BYTES_MAX: Final = 4 << 10
_ORDER_BYTES_MAX: Final = 2 << 10
_FILE: Final = ("order", "key", "signature")
MAKE: Final = "make"
END: Final = "end"


def new_code(random: bytes) -> str:
    """The code that 12 random bytes make."""
    bits = int.from_bytes(random)
    data = [bits >> 5 * place & 31 for place in range(CODE_CHARACTERS - 1)]
    return "".join(ALPHABET[each] for each in (*data, _times_x(_sum(data))))


def grouped(code: str) -> str:
    """A code as people read it: ``XXXX-XXXX-XXXX-XXXX-XXXX``."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def read_code(typed: str) -> str:
    """The code that somebody typed.

    Letters of either case and full width, spaces, hyphens and dashes are all right, and so are I
    and L for 1 and O for 0.

    Raises:
        FormatError: `court_code.typed`: a character is missing, wrong, or in another place. It is
            found without looking whether there is such a code.
    """
    if len(typed) > TYPED_MAX:
        raise FormatError(Code.COURT_CODE_TYPED)
    plain = unicodedata.normalize("NFKC", typed).upper().translate(_ALIKE)
    code = "".join(each for each in plain if each not in _BETWEEN)
    places = [ALPHABET.find(each) for each in code]
    if len(code) != CODE_CHARACTERS or min(places) < 0 or _sum(places):
        raise FormatError(Code.COURT_CODE_TYPED)
    return code


def code_hash(code: str) -> Digest:
    """What a node knows of a code, and its name there."""
    return tagged_hash(Tag.COURT_CODE, encode(("code", code)))


@dataclass(frozen=True, slots=True)
class CourtOrder:
    """What a member tells a node: keep a package under a code, or give it out no more."""

    action: str
    """`MAKE` or `END`."""
    network_id: NetworkId
    node_id: NodeId
    """The one node that is told."""
    member_id: MemberId
    code_hash: Digest
    record_id: RecordId | None
    """Whose package; None for one of a subject."""
    subject: Subject
    """Empty for a record's package."""
    made_at_ms: int
    """By the member's clock."""

    def encode(self) -> bytes:
        """The canonical array."""
        record = b"" if self.record_id is None else self.record_id
        return encode(
            (
                *("court-code", VERSION, self.action, self.network_id, self.node_id),
                *(self.member_id, self.code_hash, record, self.subject, self.made_at_ms),
            )
        )


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """An order as it travels."""

    order: CourtOrder
    key: PublicKey
    signature: bytes
    """64 bytes, by `key`."""

    def encode(self) -> bytes:
        """The order as a JSON file."""
        return strict_json.dump(
            {
                "format": FORMAT,
                "version": VERSION,
                "order": strict_json.base64(self.order.encode()),
                "key": self.key.hex(),
                "signature": self.signature.hex(),
            }
        )

    def verify(self) -> None:
        """Require that `key` signed it; whose key it is, the caller asks.

        Raises:
            VerificationError: `signature.invalid`.
        """
        verify_tagged(self.key, Tag.COURT_CODE, self.order.encode(), self.signature)


def sign_order(signer: Signer, order: CourtOrder) -> SignedOrder:
    """The order under a member's key."""
    signature = sign_tagged(signer, Tag.COURT_CODE, order.encode())
    return SignedOrder(order, signer.public_key, signature)


def decode_order(data: bytes) -> SignedOrder:
    """The order that `data` spells; nothing in it is judged.

    Raises:
        FormatError: a `format.*` code.
    """
    value = strict_json.load(data, ORDER_FILE_BYTES_MAX)
    order, key, signature = strict_json.versioned(value, FORMAT, VERSION, _FILE)
    spelled = strict_json.octets(order, "order", _ORDER_BYTES_MAX)
    return SignedOrder(
        _order(decode(spelled, _ORDER_BYTES_MAX)),
        PublicKey(strict_json.octets_hex(key, "key", 32)),
        strict_json.octets_hex(signature, "signature", SIGNATURE_BYTES),
    )


def _order(value: Value) -> CourtOrder:
    items = versioned(value, "court-code", VERSION, 10)
    action, record = text(items[2], "action", 8), items[7]
    made = CourtOrder(
        action=action,
        network_id=NetworkId(digest(items[3], "network_id")),
        node_id=NodeId(check_name(text(items[4], "node_id", 32), "node_id")),
        member_id=MemberId(check_name(text(items[5], "member_id", 32), "member_id")),
        code_hash=digest(items[6], "code_hash"),
        record_id=None if record == b"" else RecordId(digest(record, "record_id")),
        subject=Subject(text(items[8], "subject", SUBJECT_BYTES_MAX)),
        made_at_ms=time_ms(items[9], "made_at_ms"),
    )
    # Exactly one package is made; what ends is named by its code.
    named = (made.record_id is not None) + bool(made.subject)
    if action not in (MAKE, END) or named != (action == MAKE):
        raise FormatError(Code.FORMAT_SHAPE, what="action")
    return made


def _times_x(element: int) -> int:
    """An element of GF(32), multiplied by x."""
    doubled = element << 1
    return doubled ^ _FIELD if doubled & 32 else doubled


def _sum(places: list[int]) -> int:
    """Σ place · xⁿ, n counting down to 0: 0 for a code. No power comes twice in 31 places, so one
    wrong character, or two that changed places, never leave it 0.
    """
    found = 0
    for each in places:
        found = _times_x(found) ^ each
    return found
