"""Further keys of a member: X02 bound, X03 revoked.

A key cannot revoke itself: the revoking record would stand at the index where the key has ended,
and its own receipt could not hold. Spec: ``docs/spec/contracts.md``.
"""

from typing import cast

from contracts import standing
from contracts.case import Case
from contracts.rules.enrolment import check_new_key
from ledger.codes import Code
from ledger.core.identifiers import KeyId, MemberId, PublicKey
from ledger.errors import InvariantBroken, Rejected


def judge(case: Case) -> Rejected | None:
    """Refuse a key that cannot be bound, or that is not there to be revoked."""
    member = MemberId(case.record.subject)
    if "public_key" in case.kind.fields:
        return check_new_key(case, member)
    revoked = KeyId(cast(bytes, case.record.fields["key_id"]))
    row = standing.key(case.state, member, revoked)
    if row is None or not row.interval.in_force(case.times.index):
        return Rejected(Code.KEY_NOT_IN_FORCE, {"member": member, "key": revoked.hex()})
    if revoked == case.facts.key_id:
        return Rejected(Code.KEY_OWN, {"key": revoked.hex()})
    return None


def apply(case: Case) -> None:
    """Begin or end the key's interval."""
    member, fields = MemberId(case.record.subject), case.record.fields
    if "public_key" in fields:
        public_key = PublicKey(cast(bytes, fields["public_key"]))
        standing.put_key(case.state, member, public_key, standing.since(case.times))
        return
    row = standing.key(case.state, member, KeyId(cast(bytes, fields["key_id"])))
    if row is None:
        raise InvariantBroken("a revocation was judged fit for a key that is not bound")
    interval = standing.ended(row.interval, case.times)
    standing.put_key(case.state, member, row.public_key, interval)
