"""The ASN.1 of seals and stamps in both standards, as asn1crypto reads it.

Old is GM/T 0031-2014, new is GB/T 38540-2020. Pictures and extensions are not taken apart. Times
may be of either kind: makers follow both. Sources: GM/T 0031-2014 sections 6.2 and 7.2; GB/T
38540-2020 sections 6.2 and 7.2.
"""

from typing import ClassVar, Final

from asn1crypto import core


class Time(core.Choice):  # type: ignore[misc]
    _alternatives: ClassVar = [("utc", core.UTCTime), ("general", core.GeneralizedTime)]


class Octets(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.OctetString


class DigestOf(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("type", core.PrintableString), ("value", core.OctetString)]


class Digests(core.SequenceOf):  # type: ignore[misc]
    _child_spec = DigestOf


class Header(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("id", core.IA5String),
        ("version", core.Integer),
        ("vendor", core.IA5String),
    ]


class OldProperties(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("list", Octets),
        ("made", Time),
        ("from", Time),
        ("until", Time),
    ]


class NewProperties(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("list_type", core.Integer),
        ("list", core.Any),
        ("made", Time),
        ("from", Time),
        ("until", Time),
    ]


EXTENSIONS: Final = ("extensions", core.Any, {"explicit": 0, "optional": True})


class OldInfo(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("header", Header),
        ("id", core.IA5String),
        ("properties", OldProperties),
        ("picture", core.Any),
        EXTENSIONS,
    ]


class NewInfo(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("header", Header),
        ("id", core.IA5String),
        ("properties", NewProperties),
        ("picture", core.Any),
        EXTENSIONS,
    ]


class OldSigned(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("maker", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("signature", core.OctetBitString),
    ]


class OldSeal(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("info", OldInfo), ("by", OldSigned)]


class NewSeal(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("info", NewInfo),
        ("maker", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("signature", core.OctetBitString),
        ("time_stamp", core.Any, {"explicit": 0, "optional": True}),
    ]


class OldToSign(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("version", core.Integer),
        ("seal", OldSeal),
        ("time", core.OctetBitString),
        ("digest", core.OctetBitString),
        ("place", core.IA5String),
        ("signer", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
    ]


class OldStamp(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("to_sign", OldToSign), ("signature", core.OctetBitString)]


class NewToSign(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("version", core.Integer),
        ("seal", NewSeal),
        ("time", core.GeneralizedTime),
        ("digest", core.OctetBitString),
        ("place", core.IA5String),
        EXTENSIONS,
    ]


class NewStamp(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("to_sign", NewToSign),
        ("signer", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("signature", core.OctetBitString),
        ("time_stamp", core.Any, {"explicit": 0, "optional": True}),
    ]


class OldSignedBytes(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("info", core.Any),
        ("maker", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
    ]
