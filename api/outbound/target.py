"""WitnessTarget: a body outside the committee as a node's settings name it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.core.note import NoteKey

WITNESSES_MAX: Final = 8
"""As many heads as a receipt carries, and their lines have room under a checkpoint."""


@dataclass(frozen=True, slots=True)
class WitnessTarget:
    """One witness."""

    key: NoteKey
    """Its verifier key: only lines under it are kept."""
    url: str
    """Prefix of its interface, without a slash at its end."""
    certificate: Path | None = None
    """PEM of the witness's certificate for HTTPS, or of who issued it; None: the authorities."""
