"""TimeTarget: a time stamping authority as a node's settings name it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.time_stamps import Authority

AUTHORITIES_MAX: Final = 8
"""As many stamped heads as a receipt carries."""
PERIOD_S_MIN: Final = 60
PERIOD_S_MAX: Final = 7 * 24 * 3600
PERIOD_S: Final = 3600
"""One token an hour is some fifty megabytes in a year."""


@dataclass(frozen=True, slots=True)
class TimeTarget:
    """One authority."""

    authority: Authority
    """The name under which its tokens are kept, and the certificates that stand for it."""
    url: str
    """Where requests are posted to."""
    certificate: Path | None = None
    """PEM of its server's certificate for HTTPS, or of who issued it; None: the authorities."""
    period_s: int = PERIOD_S
    """At most one token in so many seconds."""
