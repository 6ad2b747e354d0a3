"""Whom a client believes at the other end of HTTPS: pinned certificates, or authorities."""

import ssl
from pathlib import Path

from ledger.codes import Code
from ledger.errors import FormatError


def trusting(certificate_file: Path | None) -> ssl.SSLContext | bool:
    """What httpx takes for `verify`: the certificates in one PEM file and nothing else.

    Args:
        certificate_file: certificates of nodes, or of who issued them; None for the authorities
            that httpx trusts.

    Raises:
        FormatError: `tls.file`.
    """
    if certificate_file is None:
        return True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A node's own certificate is a good anchor too: nobody else holds its key.
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=certificate_file.read_text(encoding="ascii"))
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise FormatError(Code.TLS_FILE, path=str(certificate_file), reason=reason) from problem
    return context
