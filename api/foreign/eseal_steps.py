"""An electronic seal or stamp judged step by step, each step on its own and by its standard.

The order is GB/T 38540-2020 sections 6.3 and 7.3: form, the maker's signature and certificate, the
seal's own validity, the signer in the seal's list, the signer's certificate, the signature, the
document. Nothing here asks the ledger: what it knows of the seal is `seal check`'s.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from api.foreign.eseal_format import Seal, Stamp, decode_certificate
from api.foreign.signatures import check_signature
from ledger.errors import DetailValue, LedgerError, StoreError

_SM3_NAMES: Final = frozenset({"SM3", "1.2.156.10197.1.401"})
_SHA256_NAMES: Final = frozenset({"SHA256", "SHA-256", "2.16.840.1.101.3.4.2.1"})


class Step(StrEnum):
    """What is asked, in this order."""

    FORM = "form"
    MAKER_SIGNATURE = "maker_signature"
    MAKER_CERTIFICATE = "maker_certificate"
    VALIDITY = "validity"
    SIGNER_LISTED = "signer_listed"
    SIGNER_CERTIFICATE = "signer_certificate"
    SIGNATURE = "signature"
    DOCUMENT = "document"


class Holds(StrEnum):
    """What was found."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One step, what was found, and why."""

    step: Step
    holds: Holds
    why: str
    """A code of `ledger.codes`, or the end of a key of the pages' words."""
    facts: Mapping[str, DetailValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader brings beside the file."""

    at_ms: int
    """The moment about which is asked."""
    authorities: Sequence[bytes] = ()
    """Certificates, DER, whose word counts about makers and signers; none: nobody's does."""
    signer: bytes | None = None
    """Certificate, DER, that a seal is to list; of a stamp the one in it is asked."""
    document: bytes | None = None
    """What a stamp's digest is to be of: in an OFD the signature's own list of parts."""


class _Said(Exception):  # noqa: N818 - carries what a step found out of its depth
    def __init__(self, holds: Holds, why: str, **facts: DetailValue) -> None:
        super().__init__(why)
        self.holds, self.why, self.facts = holds, why, facts


def judge_eseal(found: Seal | Stamp, asked: Asked) -> tuple[Finding, ...]:
    """Every step about a seal or stamp, whatever the ones before found."""
    seal = found.seal if isinstance(found, Stamp) else found
    return tuple(_found(step, check) for step, check in _checks(found, seal, asked))


def _checks(
    found: Seal | Stamp, seal: Seal, asked: Asked
) -> Iterator[tuple[Step, Callable[[], None]]]:
    yield Step.FORM, lambda: _form(found, seal)
    yield Step.MAKER_SIGNATURE, lambda: _signed(seal)
    yield Step.MAKER_CERTIFICATE, lambda: _certified(seal.maker, seal.made_ms, asked)
    yield Step.VALIDITY, lambda: _valid(seal, asked.at_ms)
    signer = found.signer if isinstance(found, Stamp) else asked.signer
    yield Step.SIGNER_LISTED, lambda: _listed(seal, signer)
    if signer is not None:
        yield Step.SIGNER_CERTIFICATE, lambda: _certified(signer, asked.at_ms, asked)
    if isinstance(found, Stamp):
        yield Step.SIGNATURE, lambda: _stamped(found)
        yield Step.DOCUMENT, lambda: _of_document(found, asked.document)


def _found(step: Step, check: Callable[[], None]) -> Finding:
    try:
        check()
    except _Said as said:
        return Finding(step, said.holds, said.why, said.facts)
    except StoreError as problem:
        return Finding(step, Holds.UNKNOWN, problem.code.value, problem.detail)
    except LedgerError as problem:
        return Finding(step, Holds.NO, problem.code.value, problem.detail)
    return Finding(step, Holds.YES, "holds")


def _form(found: Seal | Stamp, seal: Seal) -> None:
    facts: dict[str, DetailValue] = {
        "standard": seal.standard.value,
        "seal": seal.seal_id,
        "name": seal.name,
        "vendor": seal.vendor,
    }
    raise _Said(Holds.YES, "stamp" if isinstance(found, Stamp) else "seal", **facts)


def _signed(seal: Seal) -> None:
    certificate = decode_certificate(seal.maker)
    key = certificate.public_key.dump()
    check_signature(seal.algorithm, key, seal.signature, seal.signed)
    raise _Said(Holds.YES, "holds", maker=_name(certificate))


def _stamped(stamp: Stamp) -> None:
    key = decode_certificate(stamp.signer).public_key.dump()
    check_signature(stamp.algorithm, key, stamp.signature, stamp.signed)


def _valid(seal: Seal, at_ms: int) -> None:
    facts = {"from": seal.valid_from_ms, "until": seal.valid_until_ms, "time": at_ms}
    inside = seal.valid_from_ms <= at_ms <= seal.valid_until_ms
    raise _Said(Holds.YES if inside else Holds.NO, "holds" if inside else "outside", **facts)


def _listed(seal: Seal, signer: bytes | None) -> None:
    if signer is None:
        raise _Said(Holds.UNKNOWN, "nobody_asked", count=seal.signer_count)
    name = _name(decode_certificate(signer))
    known = [_digest(each, signer) for each, _ in seal.signer_digests]
    wanted = [value for _, value in seal.signer_digests]
    if signer in seal.signers or any(
        mine is not None and mine == value for mine, value in zip(known, wanted, strict=True)
    ):
        raise _Said(Holds.YES, "holds", signer=name, count=seal.signer_count)
    if None in known:
        raise _Said(Holds.UNKNOWN, "digests", count=seal.signer_count)
    raise _Said(Holds.NO, "absent", signer=name, count=seal.signer_count)


def _certified(data: bytes, at_ms: int, asked: Asked) -> None:
    """Valid then, meant for signing, and issued by one of those whose word counts."""
    certificate = decode_certificate(data)
    facts: dict[str, DetailValue] = {"name": _name(certificate), "time": at_ms}
    began, ends = _validity(certificate)
    if not began <= at_ms <= ends:
        raise _Said(Holds.NO, "outside", **{**facts, "from": began, "until": ends})
    usage = certificate.key_usage_value
    if usage is not None and not {"digital_signature", "non_repudiation"} & usage.native:
        raise _Said(Holds.NO, "usage", **facts)
    if not asked.authorities:
        raise _Said(Holds.UNKNOWN, "no_authority", **facts, issuer=_issuer(certificate))
    told: _Said | LedgerError | None = None
    for each in asked.authorities:
        authority = decode_certificate(each)
        if authority.subject != certificate.issuer:
            continue
        try:
            _issued(certificate, authority, at_ms, facts)
        # An authority that renewed its key has two certificates with one name.
        except (_Said, LedgerError) as problem:
            told = problem
            continue
        raise _Said(Holds.YES, "holds", **facts, issuer=_issuer(certificate))
    raise told or _Said(Holds.NO, "authority", **facts, issuer=_issuer(certificate))


def _issued(certificate: Any, authority: Any, at_ms: int, facts: Mapping[str, DetailValue]) -> None:
    began, ends = _validity(authority)
    if not began <= at_ms <= ends or not authority.ca:
        raise _Said(Holds.NO, "authority_unfit", **facts, issuer=_issuer(certificate))
    check_signature(
        certificate["signature_algorithm"]["algorithm"].dotted,
        authority.public_key.dump(),
        certificate["signature_value"].native,
        certificate["tbs_certificate"].dump(),
    )


def _of_document(stamp: Stamp, document: bytes | None) -> None:
    facts: dict[str, DetailValue] = {"digest": stamp.digest.hex(), "place": stamp.place}
    if document is None:
        raise _Said(Holds.UNKNOWN, "no_document", **facts)
    made = [_digest(name, document) for name in ("SM3", "SHA256")]
    if stamp.digest in made:
        raise _Said(Holds.YES, "holds", **facts)
    # A machine without SM3 cannot say that another document was stamped.
    holds = Holds.UNKNOWN if None in made else Holds.NO
    raise _Said(holds, "other" if holds is Holds.NO else "digests", **facts)


def _digest(algorithm: str, data: bytes) -> bytes | None:
    """None where this machine does not know the algorithm."""
    name = algorithm.upper().strip()
    if name in _SHA256_NAMES:
        return hashlib.sha256(data).digest()
    if name not in _SM3_NAMES:
        return None
    try:
        made = hashes.Hash(hashes.SM3())
    except UnsupportedAlgorithm:
        return None
    made.update(data)
    return made.finalize()


def _validity(certificate: Any) -> tuple[int, int]:
    """First and last moment in ms."""
    validity = certificate["tbs_certificate"]["validity"]
    began, ends = (validity[name].native.timestamp() for name in ("not_before", "not_after"))
    return round(began) * 1000, round(ends) * 1000


def _name(certificate: Any) -> str:
    return _told(certificate.subject)


def _issuer(certificate: Any) -> str:
    return _told(certificate.issuer)


def _told(name: Any) -> str:
    """Common name and organisation, or all there is where neither is."""
    parts = name.native
    known = [str(parts[each]) for each in ("common_name", "organization_name") if each in parts]
    return (", ".join(known) or str(name.human_friendly))[:200]
