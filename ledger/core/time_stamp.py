"""Time stamp tokens of RFC 3161, decoded; and the requests that ask for one.

Holds and spells; whose word a token is, and whether that counts, is judged in
`ledger.time_stamps`. Spec: RFC 3161, RFC 5652, RFC 5035 (``docs/spec/time_stamps.md``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger.core import der
from ledger.core.der import Der
from ledger.core.identifiers import DIGEST_BYTES, Digest

TOKEN_BYTES_MAX: Final = 16 * 1024
"""A token with the certificates of four authorities above it has about six."""
CERTIFICATES_MAX: Final = 8
ATTRIBUTES_MAX: Final = 16
NONCE_BYTES: Final = 8
SHA256: Final = "2.16.840.1.101.3.4.2.1"
SHA384: Final = "2.16.840.1.101.3.4.2.2"
SHA512: Final = "2.16.840.1.101.3.4.2.3"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_SIGNED_DATA_VERSION: Final = 3
_TIME: Final = re.compile(
    rb"(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])([0-5]\d)([0-5]\d)"
    rb"(?:\.(\d{0,8}[1-9]))?Z"
)
_YEARS: Final = range(1970, 10_000)
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY_MS: Final = 86_400_000
_ACCURACY_SECONDS_MAX: Final = 86_400
_PART_MAX: Final = 999


@dataclass(frozen=True, slots=True)
class StampInfo:
    """What an authority says (RFC 3161 section 2.4.2, `TSTInfo`)."""

    policy: str
    """The authority's rules for stamps, as a dotted identifier."""
    imprint: Digest
    """SHA-256 of what was stamped."""
    serial: int
    time_ms: int
    """When, rounded up to a whole millisecond."""
    accuracy_ms: int
    """By how much that may be wrong, as it says itself, rounded up; 0 where it does not say."""
    nonce: int | None
    """Of the request."""


@dataclass(frozen=True, slots=True)
class Token:
    """A time stamp token, taken apart and not judged."""

    info: StampInfo
    info_bytes: bytes
    """`TSTInfo` as it was signed."""
    certificates: tuple[bytes, ...]
    """DER, from whoever made the token: nothing of it is trusted."""
    issuer: bytes
    """DER of the name of whoever issued the signer's certificate."""
    serial: int
    """Of that certificate."""
    digest: str
    """Algorithm, a dotted identifier, over what is signed."""
    algorithm: str
    """Of the signature, a dotted identifier."""
    attributes: Mapping[str, bytes]
    """Signed attributes: DER of their one value by identifier."""
    signed: bytes
    """What the signature is over."""
    signature: bytes


def decode_token(data: bytes) -> Token:
    """The token that `data` spells in DER, where it has one signer.

    Raises:
        FormatError: `time_stamp.format`.
    """
    reader = Der(data, "token")
    if len(data) > TOKEN_BYTES_MAX:
        raise reader.wrong()
    content = reader.inside()
    reader.end()
    if content.oid() != _SIGNED_DATA:
        raise content.wrong()
    wrapped = content.inside(der.context(0, constructed=True))
    content.end()
    signed = wrapped.inside()
    wrapped.end()
    return _signed_data(signed)


def encode_request(imprint: Digest, nonce: int) -> bytes:
    """A `TimeStampReq` for a SHA-256, which asks for the certificates too.

    Args:
        imprint: SHA-256 of what is to be stamped.
        nonce: random, of at most `NONCE_BYTES`, not negative.
    """
    algorithm = _wrap(der.SEQUENCE, _wrap(der.OID, _SHA256_BYTES) + _wrap(der.NULL, b""))
    message = _wrap(der.SEQUENCE, algorithm + _wrap(der.OCTETS, imprint))
    spelled = _wrap(der.INTEGER, nonce.to_bytes(nonce.bit_length() // 8 + 1))
    asked = _wrap(der.BOOLEAN, b"\xff")
    return _wrap(der.SEQUENCE, _wrap(der.INTEGER, b"\x01") + message + spelled + asked)


_SHA256_BYTES: Final = bytes.fromhex("608648016503040201")


def granted_token(data: bytes) -> tuple[int, bytes]:
    """Status and token of a `TimeStampResp`; the token is empty where it was not granted.

    Raises:
        FormatError: `time_stamp.format`.
    """
    outer = Der(data, "response")
    answer = outer.inside()
    outer.end()
    status = answer.inside().integer()
    token = answer.whole(der.SEQUENCE) if answer.tag else b""
    answer.end()
    return status, token


def _signed_data(signed: Der) -> Token:
    """`SignedData` of RFC 5652 section 5.1, with one signer who has signed attributes."""
    if signed.integer() != _SIGNED_DATA_VERSION:
        raise signed.wrong()
    signed.body(der.SET)
    encapsulated = signed.inside()
    if encapsulated.oid() != TST_INFO:
        raise encapsulated.wrong()
    wrapped = encapsulated.inside(der.context(0, constructed=True))
    encapsulated.end()
    info_bytes = wrapped.body(der.OCTETS)
    wrapped.end()
    certificates: tuple[bytes, ...] = ()
    if signed.tag == der.context(0, constructed=True):
        given = signed.inside(signed.tag)
        certificates = tuple(given.each(der.SEQUENCE, CERTIFICATES_MAX))
    if signed.tag == der.context(1, constructed=True):
        # Revocation is not judged: it would need the network, now.
        signed.body(signed.tag)
    signers = signed.inside(der.SET)
    signed.end()
    signer = signers.inside()
    signers.end()
    return _token(signer, info_bytes, certificates)


def _token(signer: Der, info_bytes: bytes, certificates: tuple[bytes, ...]) -> Token:
    """`SignerInfo` of RFC 5652 section 5.3, whose certificate is named by issuer and serial."""
    if signer.integer() != 1:
        raise signer.wrong()
    named = signer.inside()
    issuer, serial = named.whole(der.SEQUENCE), named.integer()
    named.end()
    digest = _algorithm(signer)
    raw = signer.body(der.context(0, constructed=True))
    algorithm = _algorithm(signer)
    signature = signer.body(der.OCTETS)
    if signer.tag == der.context(1, constructed=True):
        # What nobody signed: the words of others about this token, which nobody reads here.
        signer.body(signer.tag)
    signer.end()
    return Token(
        info=_stamp_info(info_bytes),
        info_bytes=info_bytes,
        certificates=certificates,
        issuer=issuer,
        serial=serial,
        digest=digest,
        algorithm=algorithm,
        attributes=_attributes(Der(raw, "attributes")),
        # RFC 5652 section 5.4: signed as the SET that they are, not under the tag that they bear.
        signed=_wrap(der.SET, raw),
        signature=signature,
    )


def _attributes(reader: Der) -> dict[str, bytes]:
    """Each once, in DER's order, with one value."""
    found: dict[str, bytes] = {}
    before = b""
    for whole in reader.each(der.SEQUENCE, ATTRIBUTES_MAX):
        attribute = Der(whole, "attributes").inside()
        name = attribute.oid()
        values = attribute.inside(der.SET)
        attribute.end()
        value = values.whole(values.tag)
        values.end()
        if whole <= before or name in found:
            raise reader.wrong()
        found[name], before = value, whole
    return found


def _algorithm(reader: Der) -> str:
    """An `AlgorithmIdentifier` without parameters, or with NULL for them."""
    inside = reader.inside()
    name = inside.oid()
    if inside.tag and inside.body(der.NULL):
        raise inside.wrong()
    inside.end()
    return name


def _stamp_info(data: bytes) -> StampInfo:
    outer = Der(data, "TSTInfo")
    info = outer.inside()
    outer.end()
    if info.integer() != 1:
        raise info.wrong()
    policy = info.oid()
    message = info.inside()
    algorithm, imprint = _algorithm(message), message.body(der.OCTETS)
    message.end()
    if algorithm != SHA256 or len(imprint) != DIGEST_BYTES:
        raise message.wrong()
    serial, time_ms = info.integer(), _time_ms(info)
    accuracy_ms = _accuracy_ms(info.inside()) if info.tag == der.SEQUENCE else 0
    if info.tag == der.BOOLEAN and not info.boolean():
        # What is the default is not spelled in DER.
        raise info.wrong()
    nonce = info.integer() if info.tag == der.INTEGER else None
    if info.tag == der.context(0, constructed=True):
        # What the authority calls itself: its certificate says who it is.
        info.body(info.tag)
    if info.tag == der.context(1, constructed=True):
        _no_critical(info.inside(info.tag))
    info.end()
    return StampInfo(policy, Digest(imprint), serial, time_ms, accuracy_ms, nonce)


def _time_ms(reader: Der) -> int:
    """`GeneralizedTime` as RFC 3161 narrows it, in ms since the epoch, rounded up."""
    found = _TIME.fullmatch(reader.body(der.TIME))
    if found is None:
        raise reader.wrong()
    year, month, day, hour, minute, second = (int(found[each]) for each in range(1, 7))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if year not in _YEARS or day > _MONTH_DAYS[month - 1] + (leap and month == 2):
        raise reader.wrong()
    before = year - 1
    days = 365 * before + before // 4 - before // 100 + before // 400
    days += sum(_MONTH_DAYS[: month - 1]) + (leap and month > 2) + day - 1
    seconds = ((days - _EPOCH_DAYS) * 24 + hour) * 3600 + minute * 60 + second
    fraction = (found[7] or b"").ljust(9, b"0")
    return seconds * 1000 + -(-int(fraction) // 1_000_000)


_EPOCH_DAYS: Final = 365 * 1969 + 1969 // 4 - 1969 // 100 + 1969 // 400


def _accuracy_ms(reader: Der) -> int:
    seconds = reader.integer() if reader.tag == der.INTEGER else 0
    parts = [0, 0]
    for number in (0, 1):
        if reader.tag == der.context(number, constructed=False):
            parts[number] = reader.implicit_integer(number)
            if not 1 <= parts[number] <= _PART_MAX:
                raise reader.wrong()
    reader.end()
    if not 0 <= seconds <= _ACCURACY_SECONDS_MAX:
        raise reader.wrong()
    return seconds * 1000 + parts[0] + (parts[1] > 0)


def _no_critical(reader: Der) -> None:
    """No extension that a reader has to know is known here."""
    for whole in reader.each(der.SEQUENCE, ATTRIBUTES_MAX):
        extension = Der(whole, "extensions").inside()
        extension.oid()
        if extension.tag == der.BOOLEAN:
            raise extension.wrong()
        extension.body(der.OCTETS)
        extension.end()


def _wrap(tag: int, body: bytes) -> bytes:
    """A value with its tag and length."""
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    spelled = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(spelled))) + spelled + body
