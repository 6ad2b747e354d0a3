"""Electronic seals (电子印章) and stamps made with them (电子签章), taken apart; nothing is judged.

Two standards are in use: GM/T 0031-2014 (versions 1 to 3) and GB/T 38540-2020 (version 4). The
picture of a seal is passed over: who holds a picture holds no seal. Sources: GM/T 0031-2014
sections 6 and 7; GB/T 38540-2020 sections 6 and 7.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from asn1crypto import core, x509

from api.foreign.eseal_asn1 import (
    Digests,
    NewSeal,
    NewStamp,
    Octets,
    OldSeal,
    OldSignedBytes,
    OldStamp,
)
from ledger.codes import Code
from ledger.errors import FormatError

FILE_BYTES_MAX: Final = 4 << 20
"""A seal holds one picture, and a stamp one seal."""
SIGNERS_MAX: Final = 1_000
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""Foreign bytes make asn1crypto fail in all of these ways, the last where they nest without end; it
has no error of its own."""


class Standard(StrEnum):
    """Which standard a file follows."""

    GMT_0031 = "GM/T 0031-2014"
    GBT_38540 = "GB/T 38540-2020"


@dataclass(frozen=True, slots=True)
class Seal:
    """One electronic seal."""

    standard: Standard
    version: int
    vendor: str
    seal_id: str
    name: str
    made_ms: int
    valid_from_ms: int
    valid_until_ms: int
    signers: tuple[bytes, ...]
    """Certificates, DER, of those who may stamp with it; empty where only digests are listed."""
    signer_digests: tuple[tuple[str, bytes], ...]
    """Algorithm and digest of such certificates; GB/T 38540 allows these instead."""
    maker: bytes
    """Certificate, DER, of who made it."""
    algorithm: str
    """Object identifier of the maker's signature."""
    signed: bytes
    """What the maker signed."""
    signature: bytes

    @property
    def signer_count(self) -> int:
        """How many may stamp with it."""
        return len(self.signers) + len(self.signer_digests)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a seal left on a document."""

    seal: Seal
    stamped_ms: int | None
    """As the signer claims; None where a time stamp token stands instead (GM/T 0031)."""
    digest: bytes
    """Of the document, or of the list of its parts, as the document's format says."""
    place: str
    """Where in the document's file that is."""
    signer: bytes
    """Certificate, DER."""
    algorithm: str
    signed: bytes
    signature: bytes


def decode_eseal(data: bytes) -> Seal | Stamp:
    """The seal or stamp that a file holds.

    Args:
        data: DER, with nothing before or behind it.

    Raises:
        FormatError: `eseal.form`, naming what is wrong.
    """
    if len(data) > FILE_BYTES_MAX:
        raise FormatError(Code.ESEAL_FORM, what=f"> {FILE_BYTES_MAX}")
    try:
        outer = core.Sequence.load(data, strict=True)
        stamped = isinstance(outer[0][0], core.Integer)
        old = len(outer) == 2
        if stamped:
            return _old_stamp(data) if old else _new_stamp(data)
        return _old_seal(OldSeal.load(data)) if old else _new_seal(NewSeal.load(data))
    except FormatError:
        raise
    except _UNREADABLE as problem:
        raise FormatError(Code.ESEAL_FORM, what=str(problem)[:120]) from problem


def decode_certificate(data: bytes) -> x509.Certificate:
    """An X.509 certificate, DER.

    Raises:
        FormatError: `eseal.form`.
    """
    try:
        found = x509.Certificate.load(data, strict=True)
        if not isinstance(found.native, dict):
            raise FormatError(Code.ESEAL_FORM, what="certificate")
    except _UNREADABLE as problem:
        raise FormatError(Code.ESEAL_FORM, what=str(problem)[:120]) from problem
    return found


def _old_seal(parsed: Any) -> Seal:
    info, by = parsed["info"], parsed["by"]
    _require_version(info, range(1, 4))
    fields = {"info": info, "maker": by["maker"], "algorithm": by["algorithm"]}
    certificates = tuple(each.native for each in info["properties"]["list"])
    signed = OldSignedBytes(fields).dump()
    return _seal(Standard.GMT_0031, info, (certificates, ()), by, signed)


def _new_seal(parsed: Any) -> Seal:
    info = parsed["info"]
    _require_version(info, range(4, 5))
    properties = info["properties"]
    kind, listed = properties["list_type"].native, properties["list"]
    if kind == 1:
        signers: Any = (tuple(each.native for each in listed.parse(Octets)), ())
    elif kind == 2:
        digests = (each.native for each in listed.parse(Digests))
        signers = ((), tuple((each["type"], each["value"]) for each in digests))
    else:
        raise FormatError(Code.ESEAL_FORM, what=f"certListType {kind}")
    return _seal(Standard.GBT_38540, info, signers, parsed, info.dump())


def _seal(standard: Standard, info: Any, signers: Any, by: Any, signed: bytes) -> Seal:
    header, properties = info["header"], info["properties"]
    if header["id"].native != "ES":
        raise FormatError(Code.ESEAL_FORM, what="header")
    if len(signers[0]) + len(signers[1]) > SIGNERS_MAX:
        raise FormatError(Code.ESEAL_FORM, what=f"> {SIGNERS_MAX}")
    return Seal(
        standard=standard,
        version=header["version"].native,
        vendor=header["vendor"].native,
        seal_id=info["id"].native,
        name=properties["name"].native,
        made_ms=_ms(properties["made"]),
        valid_from_ms=_ms(properties["from"]),
        valid_until_ms=_ms(properties["until"]),
        signers=signers[0],
        signer_digests=signers[1],
        maker=by["maker"].native,
        algorithm=by["algorithm"].dotted,
        signed=signed,
        signature=by["signature"].native,
    )


def _old_stamp(data: bytes) -> Stamp:
    parsed = OldStamp.load(data)
    made = parsed["to_sign"]
    return Stamp(
        _old_seal(made["seal"]),
        None,
        made["digest"].native,
        made["place"].native,
        made["signer"].native,
        made["algorithm"].dotted,
        made.dump(),
        parsed["signature"].native,
    )


def _new_stamp(data: bytes) -> Stamp:
    parsed = NewStamp.load(data)
    made = parsed["to_sign"]
    return Stamp(
        _new_seal(made["seal"]),
        _ms(made["time"]),
        made["digest"].native,
        made["place"].native,
        parsed["signer"].native,
        parsed["algorithm"].dotted,
        made.dump(),
        parsed["signature"].native,
    )


def _require_version(info: Any, known: range) -> None:
    version = info["header"]["version"].native
    if version not in known:
        raise FormatError(Code.ESEAL_FORM, what=f"version {version}")


def _ms(moment: Any) -> int:
    """Milliseconds since 1970."""
    seconds: float = moment.native.timestamp()
    return round(seconds) * 1000
