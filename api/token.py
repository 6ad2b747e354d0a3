"""The short-lived token with which a member signs a request: a JWT, EdDSA and nothing else.

The library (PyJWT) frames and dispatches; the signature is verified by the same rule as any other
here (`ledger.core.signing`), so that the algorithm is never the token's choice. A JWT begins with
``eyJ`` and what members sign elsewhere with ``bidwitness/``: neither can be taken for the other.
Says nothing of who holds the key; `api.identity` does. Spec: ``docs/spec/identity.md``.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import jwt
from jwt.algorithms import Algorithm
from jwt.utils import base64url_decode

from ledger.codes import Code
from ledger.core import strict_json
from ledger.core.identifiers import KeyId, MemberId, NetworkId, PublicKey, check_name
from ledger.core.signing import Signer, key_id, verify
from ledger.core.strict_json import JsonValue
from ledger.errors import FormatError, LedgerError, VerificationError

LIFE_S_MAX: Final = 60
"""From ``iat`` to ``exp``."""
LEEWAY_S: Final = 5
"""So far two honest clocks may be apart."""
TOKEN_BYTES_MAX: Final = 2_048
JTI_BYTES: Final = 16
_ALGORITHM: Final = "EdDSA"
_HEADER: Final = ("alg", "kid", "typ")
_CLAIMS: Final = ("iss", "aud", "iat", "exp", "jti")
_COMPACT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_JTI_MAX: Final = 64


class _MemberKey(Algorithm):
    """Ed25519 by the ledger's own rule; keys are `Signer` to sign and `PublicKey` to verify."""

    def prepare_key(self, key: Any) -> Any:
        return key

    def sign(self, msg: bytes, key: Any) -> bytes:
        return cast(Signer, key).sign(msg)

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        try:
            verify(cast(PublicKey, key), msg, sig)
        except VerificationError:
            return False
        return True

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:
        raise TypeError("keys come from the ledger")

    @staticmethod
    def from_jwk(jwk: Any) -> Any:
        raise TypeError("keys come from the ledger")


def _jws() -> jwt.PyJWS:
    made = jwt.PyJWS(algorithms=[])
    made.register_algorithm(_ALGORITHM, _MemberKey())
    return made


_JWS: Final = _jws()


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, once its shape holds."""

    member_id: MemberId
    key_id: KeyId
    audience: str
    issued_s: int
    expires_s: int


def audience_of(network_id: NetworkId, node_id: str) -> str:
    """``<network id in hex>/<node id>``: no other network and no other node takes the token."""
    return f"{network_id.hex()}/{node_id}"


def make_token(signer: Signer, member_id: MemberId, audience: str, now_ms: int) -> str:
    """A token for one node, of which the longest life is taken."""
    now_s = now_ms // 1000
    claims = {
        "iss": member_id,
        "aud": audience,
        "iat": now_s,
        "exp": now_s + LIFE_S_MAX,
        "jti": secrets.token_hex(JTI_BYTES),
    }
    body = json.dumps(claims, separators=(",", ":")).encode()
    header = {"kid": key_id(signer.public_key).hex(), "typ": "JWT"}
    return _JWS.encode(body, cast(Any, signer), _ALGORITHM, header)


def read_token(token: str) -> Claims:
    """What an unverified token claims, every claim being there and nothing else.

    Raises:
        LedgerError: `identity.token`, saying what is wrong with it.
    """
    if len(token) > TOKEN_BYTES_MAX or _COMPACT.fullmatch(token) is None:
        raise LedgerError(Code.IDENTITY_TOKEN, what=f"> {TOKEN_BYTES_MAX} B")
    try:
        # The library reads a header more loosely than we do, so both parts are read here.
        header, claims = (
            strict_json.load(base64url_decode(part), TOKEN_BYTES_MAX)
            for part in token.split(".")[:2]
        )
        fields = strict_json.table(header, "header", _HEADER)
        if (fields["alg"], fields["typ"]) != (_ALGORITHM, "JWT"):
            raise ValueError("alg, typ")
        named = strict_json.table(claims, "claims", _CLAIMS)
        return _claims(fields["kid"], named)
    except (FormatError, ValueError) as problem:
        # A half of a surrogate pair is in no text that can be sent.
        what = str(problem)[:100].encode(errors="replace").decode()
        raise LedgerError(Code.IDENTITY_TOKEN, what=what) from problem


def verify_token(token: str, key: PublicKey) -> None:
    """Require that the token's signature is `key`'s.

    Raises:
        LedgerError: `identity.signature`.
    """
    try:
        _JWS.decode_complete(token, cast(Any, key), [_ALGORITHM])
    except jwt.PyJWTError as problem:
        raise LedgerError(Code.IDENTITY_SIGNATURE) from problem


def _claims(kid: JsonValue, claims: Mapping[str, JsonValue]) -> Claims:
    iss, aud = (strict_json.text(claims[name], name, TOKEN_BYTES_MAX) for name in ("iss", "aud"))
    if not strict_json.text(claims["jti"], "jti", _JTI_MAX):
        raise ValueError("jti")
    iat, exp = (strict_json.integer(claims[name], name) for name in ("iat", "exp"))
    if not 0 <= exp - iat <= LIFE_S_MAX:
        raise ValueError(f"exp - iat > {LIFE_S_MAX} s")
    key = KeyId(strict_json.digest(kid, "kid"))
    return Claims(MemberId(check_name(iss, "iss")), key, aud, iat, exp)
