"""Encryption keys of members: what others encrypt to, and nothing that signs.

The member's own signature over the bundle says that it is its key; the newest one that is not
voided counts. Whoever names another's key lets that one read what is meant for it, which it could
have shown anyway. Spec: ``docs/spec/deposits.md``.
"""

from typing import cast

from contracts.case import Case
from ledger.core.encryption import check_encryption_key
from ledger.errors import Rejected, VerificationError


def judge(case: Case) -> Rejected | None:
    """Refuse a key with which nothing could be kept secret."""
    try:
        check_encryption_key(cast(bytes, case.record.fields["encryption_key"]))
    except VerificationError as problem:
        return problem.rejected()
    return None


def apply(_: Case) -> None:
    """Nothing is kept: clients look for the newest record of the member."""
