"""Certificates from a node: their receipts are verified here before anything is written."""

from dataclasses import dataclass

import httpx

from api.client.client import Client
from api.client.nodes import ClientError, Pending
from ledger.certificate_pdfs import decode_certificate_pdf, verify_certificate
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.verdict import VerifiedRecord


@dataclass(frozen=True, slots=True)
class FetchedCertificate:
    """A certificate whose attachment holds; what its pages show is the node's word."""

    number: str
    data: bytes
    """The file."""
    verdict: VerifiedRecord


def fetched_certificate(client: Client, record_id: RecordId) -> FetchedCertificate:
    """A record's certificate, verified.

    Raises:
        ClientError: `record.unknown`, `api.not_public`, `certificate_pdf.busy`, `api.answer`, or
            that no node could be asked.
        FormatError: the node's file is no certificate.
        Pending: `receipt.pending`.
        VerificationError: its receipt does not hold.
    """
    path = f"/v1/records/{record_id.hex()}/certificate.pdf"
    answer = client.nodes.request("GET", path)
    if answer.status_code == httpx.codes.ACCEPTED:
        known = {"height": 0, "found": 0, "needed": client.trust.committee.q}
        raise Pending(Code.RECEIPT_PENDING, **known)
    certificate = decode_certificate_pdf(answer.content)
    verdict = verify_certificate(certificate, client.trust)
    if verdict.record_id != record_id:
        what = f"{verdict.record_id.hex()} ≠ {record_id.hex()}"
        raise ClientError(Code.API_ANSWER, node=path, what=what)
    return FetchedCertificate(certificate.pdf.number, answer.content, verdict)


def standing_now(client: Client, record_id: RecordId) -> str:
    """How a record stands now, as a node says: ``valid``, ``amended``, ``voided`` …

    Raises:
        ClientError: `record.unknown`, `api.not_public`, `api.answer`, or that none could be asked.
    """
    path = f"/v1/records/{record_id.hex()}/standing"
    told = client.nodes.json(path)
    stands = told.get("stands") if isinstance(told, dict) else None
    if not isinstance(stands, str) or told.get("record_id") != record_id.hex():
        raise ClientError(Code.API_ANSWER, node=path, what="stands")
    return stands
