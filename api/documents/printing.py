"""Makes certificates into files, one at a time and beside the event loop.

Making one takes as long as dozens of records; so that asking for many cannot stall a node, one
thread makes them, a few may wait, and whoever comes then is told to try again.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from api.documents.assembly import assembled
from api.documents.drawing import drawn
from api.documents.facts import Certificate
from api.documents.issuing import SignsDocuments
from api.documents.layout import laid_out
from ledger.carriers.pdf_attachment import read_certificate
from ledger.codes import Code
from ledger.errors import InvariantBroken, LedgerError

WAITING_MAX: Final = 8
"""Certificates made or waited for at once: about a second of work."""


class Printer:
    """The one place of a process where certificates are made."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, "certificates")
        self._busy_count = 0

    def check_room(self) -> None:
        """Before anything is looked up for one more.

        Raises:
            LedgerError: `certificate_pdf.busy`.
        """
        if self._busy_count >= WAITING_MAX:
            raise LedgerError(Code.CERTIFICATE_PDF_BUSY, limit=WAITING_MAX)

    async def print(self, certificate: Certificate, signer: SignsDocuments | None = None) -> bytes:
        """The file of a certificate.

        Args:
            certificate: what it says.
            signer: of one that is to be signed.

        Raises:
            LedgerError: `certificate_pdf.busy`.
        """
        self.check_room()
        self._busy_count += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._worker, printed, certificate, signer)
        finally:
            self._busy_count -= 1


def printed(certificate: Certificate, signer: SignsDocuments | None = None) -> bytes:
    """The file of a certificate, made now; what is handed out is what a verifier reads.

    Args:
        certificate: what it says.
        signer: of one that is to be signed.

    Raises:
        InvariantBroken: no verifier would read it.
    """
    data = assembled(drawn(laid_out(certificate)), certificate)
    if certificate.signed:
        if signer is None:
            raise InvariantBroken("a certificate says that it is signed, and nobody signs it")
        data = signer.sign(data)
    if read_certificate(data).receipt != certificate.receipt:
        raise InvariantBroken("a certificate was made that holds another receipt")
    return data
