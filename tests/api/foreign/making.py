"""Makes seals and stamps of both standards with fresh SM2 keys, as a maker's software would."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, core, keys, x509
from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec

from api.foreign import eseal_asn1 as spec
from api.foreign.signatures import SM2_WITH_SM3
from ledger.core.identifiers import Digest

START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
DOCUMENT = b"<ofd:Signature/>"


def ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def sm3(data: bytes) -> Digest:
    made = hashes.Hash(hashes.SM3())
    made.update(data)
    return Digest(made.finalize())


@dataclass
class Holder:
    """A key with its certificate."""

    name: str
    key: Any
    certificate: bytes

    def sign(self, data: bytes) -> bytes:
        return bytes(self.key.sign(data, ec.ECDSA(hashes.SM3())))


def holder(
    name: str,
    issuer: Holder | None = None,
    *,
    ca: bool = False,
    usage: set[str] | None = None,
    began: datetime = START,
    lasts: timedelta = 5 * YEAR,
) -> Holder:
    """A fresh SM2 key with a certificate; of itself where nobody issues it."""
    key = ec.generate_private_key(ec.SM2())
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    own = x509.Name.build({"common_name": name, "country_name": "CN"})
    extensions: list[dict[str, Any]] = [
        {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": ca}}
    ]
    if usage is not None:
        extensions.append({"extn_id": "key_usage", "critical": True, "extn_value": usage})
    algorithm = algos.SignedDigestAlgorithm({"algorithm": SM2_WITH_SM3})
    made = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": 7,
            "signature": algorithm,
            "issuer": own if issuer is None else x509.Certificate.load(issuer.certificate).subject,
            "validity": {
                "not_before": x509.Time({"utc_time": began}),
                "not_after": x509.Time({"utc_time": began + lasts}),
            },
            "subject": own,
            "subject_public_key_info": keys.PublicKeyInfo.load(public),
            "extensions": extensions,
        }
    )
    unsigned = Holder(name, key, b"")
    signature = (issuer or unsigned).sign(made.dump())
    certificate = x509.Certificate(
        {"tbs_certificate": made, "signature_algorithm": algorithm, "signature_value": signature}
    )
    return Holder(name, key, certificate.dump())


@dataclass
class Maker:
    """An authority, a seal maker and somebody who may stamp."""

    root: Holder = field(default_factory=lambda: holder("国密根", ca=True))
    maker: Holder = field(init=False)
    signer: Holder = field(init=False)

    def __post_init__(self) -> None:
        self.maker = holder("省级制章机构", self.root)
        self.signer = holder("市住房和城乡建设局", self.root, usage={"digital_signature"})

    def old_seal(self, **changes: Any) -> bytes:
        """GM/T 0031-2014."""
        info = {**self._info(1), "properties": self._properties(changes)}
        fields = {
            "info": spec.OldInfo(info),
            "maker": self.maker.certificate,
            "algorithm": SM2_WITH_SM3,
        }
        signed = spec.OldSignedBytes(fields).dump()
        by = {
            "maker": self.maker.certificate,
            "algorithm": SM2_WITH_SM3,
            "signature": changes.get("by", self.maker).sign(signed),
        }
        return bytes(spec.OldSeal({"info": info, "by": by}).dump())

    def new_seal(self, listed: Any = None, kind: int = 1, **changes: Any) -> bytes:
        """GB/T 38540-2020."""
        properties = self._properties(changes)
        signers = spec.Octets(properties.pop("list")) if listed is None else listed
        properties |= {"list_type": kind, "list": signers}
        info = spec.NewInfo({**self._info(4), "properties": properties})
        made = {
            "info": info,
            "maker": self.maker.certificate,
            "algorithm": SM2_WITH_SM3,
            "signature": changes.get("by", self.maker).sign(info.dump()),
        }
        return bytes(spec.NewSeal(made).dump())

    def new_stamp(self, seal: bytes, by: Holder | None = None) -> bytes:
        """GB/T 38540-2020, over `DOCUMENT`."""
        made = spec.NewToSign(
            {
                "version": 4,
                "seal": spec.NewSeal.load(seal),
                "time": START + YEAR,
                "digest": sm3(DOCUMENT),
                "place": "/Doc_0/Signs/Sign_0/Signature.xml",
            }
        )
        fields = {
            "to_sign": made,
            "signer": self.signer.certificate,
            "algorithm": SM2_WITH_SM3,
            "signature": (by or self.signer).sign(made.dump()),
        }
        return bytes(spec.NewStamp(fields).dump())

    def old_stamp(self, seal: bytes) -> bytes:
        """GM/T 0031-2014, over `DOCUMENT`."""
        made = spec.OldToSign(
            {
                "version": 1,
                "seal": spec.OldSeal.load(seal),
                "time": b"a time stamp token",
                "digest": sm3(DOCUMENT),
                "place": "/Doc_0/Signs/Sign_0/Signature.xml",
                "signer": self.signer.certificate,
                "algorithm": SM2_WITH_SM3,
            }
        )
        fields = {"to_sign": made, "signature": self.signer.sign(made.dump())}
        return bytes(spec.OldStamp(fields).dump())

    def _info(self, version: int) -> dict[str, Any]:
        picture = core.Sequence.load(bytes.fromhex("300704034f4644040100"))
        header = {"id": "ES", "version": version, "vendor": "making"}
        return {"header": header, "id": "SEAL-620100-0001", "picture": picture}

    def _properties(self, changes: dict[str, Any]) -> dict[str, Any]:
        began, until = changes.get("began", START), changes.get("until", START + 3 * YEAR)
        return {
            "type": 1,
            "name": "行政审批专用章",
            "list": changes.get("list", [self.signer.certificate]),
            "made": spec.Time({"general": START}),
            "from": spec.Time({"general": began}),
            "until": spec.Time({"general": until}),
        }
