"""Derived records: what the rules conclude is logged like what members say.

Issuer is the reserved member ``network``; there is no bundle; every node recomputes the bytes, so
the nonce is computed too. Spec: ``docs/spec/record.md``.
"""

from collections.abc import Mapping, Sequence

from ledger.codes import Code
from ledger.core.canonical import Value, encode
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import NETWORK_MEMBER, RecordId, Subject
from ledger.core.record import NONCE_BYTES, Record, Ref
from ledger.errors import FormatError


def derived_nonce(rule: str, rule_version: int, rests_on: Sequence[RecordId]) -> bytes:
    """First 16 bytes of ``H(tag ‖ [rule id, rule version, ids it rests on])``."""
    body = encode((rule, rule_version, tuple(rests_on)))
    return tagged_hash(Tag.DERIVED, body)[:NONCE_BYTES]


def derived_record(
    type: str,
    subject: Subject,
    block_time_ms: int,
    rule: str,
    rule_version: int,
    refs: Sequence[Ref],
    fields: Mapping[str, Value],
) -> Record:
    """A record that rule `rule` concluded in the block of `block_time_ms`.

    Args:
        type: key of the catalogue.
        subject: what it is about.
        block_time_ms: becomes occurred_at_ms.
        rule: id of the rule; goes into the fields beside its version.
        rule_version: version of the rule that concluded.
        refs: the records it rests on, in the rule's order; the nonce binds their ids.
        fields: the rule's own facts; must not use the names ``rule`` and ``rule_version``.
    """
    return Record(
        type=type,
        issuer=NETWORK_MEMBER,
        subject=subject,
        occurred_at_ms=block_time_ms,
        evidence=(),
        fields={**fields, "rule": rule, "rule_version": rule_version},
        private=None,
        refs=tuple(refs),
        nonce=derived_nonce(rule, rule_version, [ref.record_id for ref in refs]),
    )


def recomputed_nonce(record: Record) -> bytes:
    """The nonce that a derived record must carry, from its own fields and refs.

    Raises:
        FormatError: `receipt.nonce` where the fields name no rule and version.
    """
    rule, version = record.fields.get("rule"), record.fields.get("rule_version")
    if type(rule) is not str or type(version) is not int:
        raise FormatError(Code.RECEIPT_NONCE)
    return derived_nonce(rule, version, [ref.record_id for ref in record.refs])
