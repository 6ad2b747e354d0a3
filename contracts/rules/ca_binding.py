"""T02: whose CA certificate it is. Spec: ``docs/spec/contracts.md``."""

from typing import Final, cast

from contracts.case import Case
from contracts.state import State
from ledger.core.identifiers import MemberId
from ledger.errors import Rejected

_CERTIFICATE: Final = b"certificate/"


def judge(_: Case) -> Rejected | None:
    """Nothing is refused: that a certificate does not fit is told by an alert."""
    return None


def apply(case: Case) -> None:
    """Keep who bound the certificate first."""
    digest = cast(bytes, case.record.fields["certificate"])
    if holder(case.state, digest) is None:
        case.state.overlay.put(_CERTIFICATE, digest, case.record.issuer.encode())


def holder(state: State, digest: bytes) -> MemberId | None:
    """Who bound the certificate with this SHA-256 first; None where nobody did."""
    found = state.overlay.get(_CERTIFICATE + digest)
    return None if found is None else MemberId(found.decode())
