"""Certificates that end soon: three warnings before they do, and one that stays when they have.

The two kinds are told apart: between nodes only keys are pinned, so nothing stops; readers over
HTTPS are turned away.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from api.finding import Finding, Severity, Standing, finding
from api.phrases import Phrase, Span
from consensus.depths import CertificateFacts, CertificateUse
from ledger.codes import Code

DAY_MS: Final = 86_400_000
STEPS: Final = (
    (7 * DAY_MS, Severity.SERIOUS),
    (30 * DAY_MS, Severity.WARNING),
    (60 * DAY_MS, Severity.NOTICE),
)
"""(left at most, how bad)."""
_CODES: Final = {
    CertificateUse.OWN: Code.DIAGNOSE_CERTIFICATE_OWN,
    CertificateUse.PEER: Code.DIAGNOSE_CERTIFICATE_PEER,
    CertificateUse.API: Code.DIAGNOSE_CERTIFICATE_API,
}


def of_certificates(standing: Standing) -> Iterator[Finding]:
    """A finding for each certificate with sixty days or less."""
    for each in standing.host.certificates if standing.host is not None else ():
        left_ms = each.until_ms - standing.status.now_ms
        severity = next((how_bad for most, how_bad in STEPS if left_ms <= most), None)
        if severity is not None:
            yield finding(
                _CODES[each.use],
                severity,
                standing,
                node=each.name,
                until=_date(each),
                ends=Phrase("ends_in", {"ms": Span(left_ms)})
                if left_ms > 0
                else Phrase("ended_ago", {"ms": Span(-left_ms)}),
            )


def _date(certificate: CertificateFacts) -> str:
    """The day on which it ends, in UTC."""
    return datetime.fromtimestamp(certificate.until_ms // 1000, UTC).date().isoformat()
