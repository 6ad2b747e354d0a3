"""Keys of a node that ceased to count, change by change, and the record that they are destroyed.

Which they were follows from the committees of the epochs, which a reader has verified. Spec:
``docs/spec/committee.md``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from api.client.writing import WrittenRecord
from cli.seats.records import written
from ledger.core.canonical import Value
from ledger.core.committee_change import DESTROYED_TYPE, step_between
from ledger.core.epochs import Epochs
from ledger.core.identifiers import Digest, Epoch, MemberId, NodeId
from ledger.core.receipt import Receipt
from ledger.core.record import decode_record


@dataclass(frozen=True, slots=True)
class FormerKeys:
    """What left with one change."""

    epoch: Epoch
    """That began without them."""
    node_id: NodeId
    keys: tuple[Digest, ...]

    def hex(self) -> list[str]:
        """The keys, as people and JSON are told them."""
        return [key.hex() for key in self.keys]


def former_keys(epochs: Epochs, node_id: NodeId, member_id: MemberId) -> tuple[FormerKeys, ...]:
    """Every key of a member's node that ceased to count, by the epoch that began without it."""
    found = []
    for before, after in pairwise(epochs.committees):
        step = step_between(before, after)
        left = step.left
        if left is not None and (left.node_id, left.member_id) == (node_id, member_id):
            found.append(FormerKeys(after.epoch, node_id, step.keys_left))
    return tuple(found)


def said_already(receipts: Iterable[Receipt], member_id: MemberId) -> frozenset[Epoch]:
    """The epochs of which a member has stated it.

    Args:
        receipts: verified ones, of whatever a node gave: it cannot make up that something was said.
        member_id: who states it of its node.
    """
    records = [decode_record(each.record) for each in receipts]
    said = [
        each.fields.get("epoch")
        for each in records
        if (each.type, each.issuer) == (DESTROYED_TYPE, member_id)
    ]
    return frozenset(Epoch(epoch) for epoch in said if isinstance(epoch, int))


def destroyed_record(
    issuer: MemberId, former: FormerKeys, at_ms: int, manner: str, copies: str, now_ms: int
) -> WrittenRecord:
    """`committee.keys_destroyed` for what left with one change.

    Args:
        issuer: whose node it was.
        former: its keys.
        at_ms: when they were destroyed.
        manner: ``node`` or ``hand``.
        copies: ``none`` or ``destroyed``.
        now_ms: ms since the epoch.
    """
    fields: dict[str, Value] = {
        "epoch": former.epoch,
        "node": former.node_id,
        "keys": former.keys,
        "destroyed_at_ms": at_ms,
        "manner": manner,
        "copies": copies,
    }
    return written(DESTROYED_TYPE, issuer, issuer, fields, (), now_ms)
