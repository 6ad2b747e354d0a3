"""Hands out certificates: found on the ledger by the event loop, made beside it."""

from api.documents.contents import certificate_of
from api.documents.issuing import Issuer
from api.documents.printing import Printer
from api.service import LedgerService
from ledger.core.identifiers import RecordId


class CertificateDesk:
    """Certificates of one node's ledger."""

    def __init__(self, service: LedgerService, issuer: Issuer | None = None) -> None:
        """A desk; it starts its worker with the first certificate.

        Args:
            service: whose records.
            issuer: how certificates are issued here; None: without address and signature.
        """
        self._service = service
        self._issuer = Issuer() if issuer is None else issuer
        self._printer = Printer()

    async def certificate(self, record_id: RecordId) -> tuple[str, bytes]:
        """Number and file of a record's certificate, as things stand now.

        Raises:
            NotPublic: `api.not_public`.
            StoreError: `record.unknown`, `receipt.pending`.
            LedgerError: `certificate_pdf.busy`.
        """
        self._printer.check_room()
        certificate = certificate_of(self._service, record_id, self._issuer)
        return certificate.number, await self._printer.print(certificate, self._issuer.signer)
