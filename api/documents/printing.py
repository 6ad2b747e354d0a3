"""Makes certificates into files, one at a time and in a process of its own.

Making one takes as long as dozens of records. A thread would take turns with the event loop for
every byte of that, and votes would be late; so another process lays pages out, a few certificates
may wait for it, and whoever comes then is told to try again.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from api.documents.facts import Certificate
from api.documents.issuing import SignsDocuments
from api.documents.press import Press, PressBrokenError, pages_of
from ledger.carriers.pdf_attachment import read_certificate
from ledger.codes import Code
from ledger.errors import InvariantBroken, LedgerError

FINISHING_MAX: Final = 2
"""Signed at once, in threads of their own: an authority for time stamps may take seconds for each,
and the threads that submissions are read in are not to wait for it."""
WAITING_MAX: Final = 8
"""Certificates made or waited for at once: about a second of work."""


class Printer:
    """The one place of a process where certificates are made."""

    def __init__(self, pages: Callable[[Certificate], bytes] | None = None) -> None:
        """A printer; its process starts with the first certificate.

        Args:
            pages: lays a certificate out; None: a press.
        """
        self._pages = Press().pages if pages is None else pages
        # Its one thread waits for the press.
        self._worker = ThreadPoolExecutor(1, "press")
        self._finisher = ThreadPoolExecutor(FINISHING_MAX, "certificates")
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
            blank = await loop.run_in_executor(self._worker, self._pages, certificate)
            return await loop.run_in_executor(self._finisher, finished, blank, certificate, signer)
        except PressBrokenError as problem:
            raise LedgerError(Code.CERTIFICATE_PDF_BUSY, limit=WAITING_MAX) from problem
        finally:
            self._busy_count -= 1


def printed(certificate: Certificate, signer: SignsDocuments | None = None) -> bytes:
    """The file of a certificate, made here and now.

    Args:
        certificate: what it says.
        signer: of one that is to be signed.
    """
    return finished(pages_of(certificate), certificate, signer)


def finished(blank: bytes, certificate: Certificate, signer: SignsDocuments | None) -> bytes:
    """The file, signed where it is to be; what is handed out is what a verifier reads.

    Args:
        blank: of `pages_of`.
        certificate: of which it is.
        signer: of one that is to be signed.

    Raises:
        InvariantBroken: no verifier would read it, or nobody signs it.
    """
    if certificate.signed:
        if signer is None:
            raise InvariantBroken("a certificate says that it is signed, and nobody signs it")
        blank = signer.sign(blank)
    if read_certificate(blank).receipt != certificate.receipt:
        raise InvariantBroken("a certificate was made that holds another receipt")
    return blank
