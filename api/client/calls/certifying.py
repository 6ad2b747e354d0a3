"""Certificates: a record's PDF, how the record stands, and whether an address certificate is valid.

The receipt in a PDF is verified here before anything is written. An address certificate is up to
three rows of the slow state, and valid while all of them are in force and its end has not passed.
Each row is proved under a cosigned head, an absent one by its neighbours; f + 1 nodes say that
nothing came since. Nothing personal is asked or told. Spec: ``docs/spec/addresses.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from api.client.asking import Question
from api.client.calls import reading
from api.client.core import Core
from api.client.flow import Flow
from api.client.problems import ClientError
from ledger.certificate_pdfs import decode_certificate_pdf, verify_certificate
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.core.status_answer import StatusAnswer
from ledger.status_answers import Standing, StatusVerdict
from ledger.verdict import VerifiedRecord

FACTS: Final = {"property": ("property",), "use": ("property", "will")}
"""What a certificate shows, by its kind."""
CERTIFICATE: Final = "certificate"
ABSENT: Final = "absent"
UNTIL: Final = "until_ms"
_KIND, _UNTIL = 1, 5
"""Places in the certificate's row, behind its interval."""


@dataclass(frozen=True, slots=True)
class FetchedCertificate:
    """A certificate whose attachment holds; what its pages show is the node's word."""

    number: str
    data: bytes
    """The file."""
    verdict: VerifiedRecord


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """How a certificate stood at a time."""

    record_id: RecordId
    kind: str
    """``property`` or ``use``; empty where there is no such address certificate."""
    at_ms: int
    lacks: tuple[str, ...]
    """`ABSENT`, `CERTIFICATE`, ``property``, ``will``, `UNTIL`: all that fails; empty: valid."""
    until_ms: int | None
    """When it ends by itself; None where it does not."""
    verdicts: Mapping[str, StatusVerdict]
    """By what each is about: `CERTIFICATE` and its facts."""
    answers: Mapping[str, StatusAnswer]
    """The files that prove it, likewise."""

    @property
    def stated(self) -> int:
        """How many nodes state the answer that fewest state."""
        return min(len(each.stated) for each in self.verdicts.values())

    @property
    def stated_needed(self) -> int:
        """f + 1 of the committee."""
        return max(each.stated_needed for each in self.verdicts.values())

    @property
    def head_time_ms(self) -> int:
        """Up to when it is proved: the oldest of the heads."""
        return min(each.head_time_ms for each in self.verdicts.values())


def fetched_certificate(core: Core, /, record_id: RecordId) -> Flow[FetchedCertificate]:
    """A record's certificate, verified.

    Raises:
        ClientError: `record.unknown`, `api.not_public`, `certificate_pdf.busy`, `api.answer`, or
            that no node could be asked.
        FormatError: the node's file is no certificate.
        Pending: `receipt.pending`.
        VerificationError: its receipt does not hold.
    """
    path = f"/v1/records/{record_id.hex()}/certificate.pdf"

    def judged(answer: httpx.Response) -> FetchedCertificate:
        if answer.status_code == httpx.codes.ACCEPTED:
            raise core.pending(answer)
        certificate = decode_certificate_pdf(answer.content)
        verdict = verify_certificate(certificate, core.trust)
        if verdict.record_id != record_id:
            what = f"{verdict.record_id.hex()} ≠ {record_id.hex()}"
            raise ClientError(Code.API_ANSWER, node=path, what=what)
        return FetchedCertificate(certificate.pdf.number, answer.content, verdict)

    return (yield from core.asking.judged(judged, Question(path)))


def standing_now(core: Core, /, record_id: RecordId) -> Flow[str]:
    """How a record stands now, as a node says: ``valid``, ``amended``, ``voided`` …

    Raises:
        ClientError: `record.unknown`, `api.not_public`, `api.answer`, or that none could be asked.
    """
    path = f"/v1/records/{record_id.hex()}/standing"
    told = yield from core.asking.json(path)
    stands = told.get("stands") if isinstance(told, dict) else None
    if not isinstance(stands, str) or told.get("record_id") != record_id.hex():
        raise ClientError(Code.API_ANSWER, node=path, what="stands")
    return stands


def certificate_status(
    core: Core, /, record_id: RecordId, at_ms: int | None = None
) -> Flow[CertificateStatus]:
    """The verified status of an address certificate.

    Args:
        record_id: of the certificate.
        at_ms: the time that is asked about; None for now.

    Raises:
        ClientError: `node.unreachable` where no node gave an answer that holds.
    """
    row = f"certificate/{record_id.hex()}"
    answer, verified = yield from reading.status_answer(core, row, at_ms)
    own = verified.verdict
    answers, verdicts = {CERTIFICATE: answer}, {CERTIFICATE: own}
    if own.standing is Standing.ABSENT:
        return CertificateStatus(record_id, "", own.at_ms, (ABSENT,), None, verdicts, answers)
    kind, until = str(own.value[_KIND]), own.value[_UNTIL]
    lacks = [] if own.standing is Standing.IN_FORCE else [CERTIFICATE]
    for name in FACTS.get(kind, ()):
        # Asked of the same moment, so that no fact is taken from another.
        fact = yield from reading.status_answer(core, f"{row}/{name}", own.at_ms)
        answers[name], verified = fact
        verdicts[name] = verified.verdict
        if verified.verdict.standing is not Standing.IN_FORCE:
            lacks.append(name)
    until_ms = until if isinstance(until, int) else None
    if until_ms is not None and own.at_ms > until_ms:
        lacks.append(UNTIL)
    return CertificateStatus(record_id, kind, own.at_ms, tuple(lacks), until_ms, verdicts, answers)
