"""How a process issues certificates: the address in their QR, and the key that signs them."""

from pathlib import Path

from api.documents.issuing import Issuer
from api.outbound.signature_stamp import StampingDesk
from cli.failures import CommandError, Exit
from cli.settings import ObserverSettings, Settings
from ledger.codes import Code
from ledger.files import read_capped
from ledger.time_stamps import TimeTrust

_PASSPHRASE_BYTES_MAX = 4_096


def open_issuer(settings: Settings | ObserverSettings) -> Issuer:
    """The issuer that settings describe; pyHanko is loaded only where there is a signer.

    Raises:
        CommandError: `file.unreadable`.
        StoreError: `certificate_pdf.signer_file`.
    """
    signer_file, passphrase_file = (
        settings.documents_signer_file,
        settings.documents_passphrase_file,
    )
    times = stamper = None
    if settings.time_stamps:
        times = TimeTrust(tuple(each.authority for each in settings.time_stamps))
        stamper = StampingDesk(settings.time_stamps)
    if signer_file is None:
        return Issuer(settings.public_url, times=times)
    from api.documents.signing import SIGNER_BYTES_MAX, open_signer

    data = _read(signer_file, SIGNER_BYTES_MAX)
    passphrase = b""
    if passphrase_file is not None:
        passphrase = _read(passphrase_file, _PASSPHRASE_BYTES_MAX).split(b"\n")[0].rstrip(b"\r")
    signer = open_signer(data, passphrase, str(signer_file), stamper)
    return Issuer(settings.public_url, signer, times)


def _read(path: Path, most: int) -> bytes:
    try:
        return read_capped(path, most)
    except OSError as problem:
        reason = str(problem.strerror)
        raise CommandError(
            Exit.USAGE, Code.FILE_UNREADABLE, path=str(path), reason=reason
        ) from problem
