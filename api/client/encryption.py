"""The key to which a member wants to be written: the newest that it enrolled and did not void.

A node is asked which records there are; the key is taken from what a receipt proves. That a node
leaves out a newer key is not seen: whoever asks several nodes, or waits, sees it. Spec:
``docs/spec/deposits.md``.
"""

from typing import Any, Final, cast

from api.client.client import Client
from api.client.nodes import ClientError
from api.client.traces import LISTED_MAX, gather_said
from ledger.codes import Code
from ledger.core.deposit import Recipient
from ledger.core.encryption import check_encryption_key
from ledger.core.identifiers import MemberId, RecordId
from ledger.traces import ActKind, traces
from ledger.verify import verify_receipt

BOUND: Final = "ledger.encryption_key_bound"
_KEYS_MAX: Final = 16
"""Keys of one member that are looked at, the newest first."""


def encryption_key_of(client: Client, member: MemberId) -> Recipient:
    """The member as a recipient.

    Raises:
        ClientError: `deposit.no_key` where it has enrolled none, `api.answer`, or that no node
            could be asked.
        Pending: a receipt that is not there yet.
        VerificationError: a node's receipt does not hold.
    """
    try:
        found = [each for each in _listed(client, member) if _is_bound(each, member)]
        found.sort(key=lambda each: int(each["index"]), reverse=True)
        ids = [RecordId(bytes.fromhex(each["record_id"])) for each in found[:_KEYS_MAX]]
    except (KeyError, TypeError, ValueError) as problem:
        raise ClientError(Code.API_ANSWER, node="/v1/subjects", what=repr(problem)) from problem
    for record_id in ids:
        record = verify_receipt(client.receipt(record_id), client.trust).record
        if (record.type, record.issuer) != (BOUND, member) or _is_voided(client, record_id, member):
            continue
        key = check_encryption_key(cast(bytes, record.fields["encryption_key"]))
        return Recipient(member, key)
    raise ClientError(Code.DEPOSIT_NO_KEY, member=member)


def _listed(client: Client, member: MemberId) -> list[Any]:
    items: list[Any] = []
    for item in client.subject(member):
        items.append(item)
        if len(items) > LISTED_MAX:
            raise ClientError(Code.API_ANSWER, node="/v1/subjects", what="items")
    return items


def _is_bound(item: Any, member: MemberId) -> bool:
    record = item["record"]
    return bool(record["type"] == BOUND and record["issuer"] == member)


def _is_voided(client: Client, record_id: RecordId, member: MemberId) -> bool:
    """Whether the record was voided, and the voiding confirmed, as receipts prove it."""
    chains = traces(gather_said(client, [member], {}, record_id), {})
    return any(
        act.kind is ActKind.VOIDED and act.of == record_id and bool(act.confirmed_by)
        for chain in chains
        for act in chain.acts
    )
