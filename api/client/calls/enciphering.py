"""The key to which a member wants to be written: the newest that it enrolled and did not void.

A node is asked which records there are; the key is taken from what a receipt proves. That a node
leaves out a newer key is not seen: whoever asks several nodes, or waits, sees it. Spec:
``docs/spec/deposits.md``.
"""

from typing import Any, Final, cast

from api.client.calls import reading, telling
from api.client.calls.tracing import gather_said
from api.client.core import Core
from api.client.flow import Flow
from api.client.problems import ClientError
from ledger.codes import Code
from ledger.core.deposit import Recipient
from ledger.core.encryption import check_encryption_key
from ledger.core.identifiers import MemberId, RecordId
from ledger.traces import ActKind, traces
from ledger.verify import verify_receipt

BOUND: Final = "ledger.encryption_key_bound"
_KEYS_MAX: Final = 16
"""Keys of one member that are looked at, the newest first."""


def encryption_key_of(core: Core, /, member: MemberId) -> Flow[Recipient]:
    """The member as a recipient.

    Raises:
        ClientError: `deposit.no_key` where it has enrolled none, `api.answer`, or that no node
            could be asked.
        Pending: a receipt that is not there yet.
        VerificationError: a node's receipt does not hold.
    """
    try:
        found = yield from _bound(core, member)
        found.sort(key=lambda each: int(each["index"]), reverse=True)
        ids = [RecordId(bytes.fromhex(each["record_id"])) for each in found[:_KEYS_MAX]]
    except (KeyError, TypeError, ValueError) as problem:
        raise ClientError(Code.API_ANSWER, node="/v1/subjects", what=repr(problem)) from problem
    for record_id in ids:
        receipt = yield from reading.receipt(core, record_id)
        record = verify_receipt(receipt, core.trust).record
        if (record.type, record.issuer) != (BOUND, member):
            continue
        if (yield from _is_voided(core, record_id, member)):
            continue
        key = check_encryption_key(cast(bytes, record.fields["encryption_key"]))
        return Recipient(member, key)
    raise ClientError(Code.DEPOSIT_NO_KEY, member=member)


def _bound(core: Core, member: MemberId) -> Flow[list[Any]]:
    """The records by which a node says that the member enrolled keys."""
    found: list[Any] = []

    def look(item: Any) -> None:
        if _is_bound(item, member):
            found.append(item)

    yield from telling.each_about(core, member, look)
    return found


def _is_bound(item: Any, member: MemberId) -> bool:
    record = item["record"]
    return bool(record["type"] == BOUND and record["issuer"] == member)


def _is_voided(core: Core, record_id: RecordId, member: MemberId) -> Flow[bool]:
    """Whether the record was voided, and the voiding confirmed, as receipts prove it."""
    chains = traces((yield from gather_said(core, [member], {}, record_id)), {})
    return any(
        act.kind is ActKind.VOIDED and act.of == record_id and bool(act.confirmed_by)
        for chain in chains
        for act in chain.acts
    )
