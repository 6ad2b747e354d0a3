"""Hands out certificates: found on the ledger by the event loop, made beside it."""

from typing import Final

from api.documents.contents import certificate_of
from api.documents.issuing import Issuer
from api.documents.printing import Printer
from api.fairness import Shares
from api.service import LedgerService
from ledger.core.identifiers import RecordId

PER_ADDRESS_MAX: Final = 2
"""Certificates made for one address at once, of those that `printing` makes or lets wait."""


class CertificateDesk:
    """Certificates of one node's ledger."""

    def __init__(self, issuer: Issuer | None = None) -> None:
        """A desk; it starts its worker with the first certificate.

        Args:
            issuer: how certificates are issued here; None: without address and signature.
        """
        self._issuer = Issuer() if issuer is None else issuer
        self._printer = Printer()
        self.shares = Shares(PER_ADDRESS_MAX)
        """Of those who ask over HTTP."""

    async def certificate(self, service: LedgerService, record_id: RecordId) -> tuple[str, bytes]:
        """Number and file of a record's certificate, as things stand now.

        Args:
            service: as the caller may see it.
            record_id: of which a certificate is asked for.

        Raises:
            NotPublic: `api.not_public`.
            StoreError: `record.unknown`, `receipt.pending`.
            LedgerError: `certificate_pdf.busy`.
        """
        self._printer.check_room()
        certificate = certificate_of(service, record_id, self._issuer)
        return certificate.number, await self._printer.print(certificate, self._issuer.signer)
