"""What every newly bound key must be: strong, unused anywhere, and proven to be held.

Shared by the rules that bind keys. Spec: ``docs/spec/signing.md``.
"""

from typing import cast

from contracts import standing
from contracts.case import Case
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.core.possession import verify_possession
from ledger.core.signing import check_public_key
from ledger.errors import Rejected, VerificationError


def check_new_key(case: Case, member: MemberId) -> Rejected | None:
    """Refuse the record's ``public_key`` unless it may be bound to `member`."""
    public_key = cast(bytes, case.record.fields["public_key"])
    possession = cast(bytes, case.record.fields["possession"])
    try:
        check_public_key(public_key)
    except VerificationError as problem:
        return problem.rejected()
    if standing.key_taken(case.state, public_key):
        return Rejected(Code.KEY_BOUND, {"key": public_key.hex()})
    try:
        verify_possession(public_key, case.facts.world.network_id, member, possession)
    except VerificationError:
        return Rejected(Code.KEY_POSSESSION, {"key": public_key.hex()})
    return None
