"""Turns what the rules concluded into derived records: logged like what members say.

Every node recomputes the bytes; issuer is the reserved member ``network``, and the nonce binds the
rule, its version and the records it rests on. Spec: ``docs/spec/record.md``.
"""

from typing import Final, assert_never

from contracts.tables import ALERT_RAISED, CERTIFICATE
from contracts.verdict import Certify, Conclusion, Raised, Withdraw, World
from ledger.core.canonical import Value
from ledger.core.derived import derived_record
from ledger.core.record import Record, Ref

WITHDRAWN: Final = "tender.witness_certificate_withdrawn"
_WITNESS_RULE: Final = "witness_certificate"
_WITNESS_VERSION: Final = 1


def conclusion_record(concluded: Conclusion, world: World, block_time_ms: int) -> Record:
    """The record that a conclusion becomes, in the words of its subject's version."""
    match concluded:
        case Raised():
            return _alert(concluded, world, block_time_ms)
        case Certify():
            return _certificate(concluded, block_time_ms)
        case Withdraw():
            fields: dict[str, Value] = {"because": concluded.because}
            return _witness(WITHDRAWN, concluded, block_time_ms, fields)
        case _:
            assert_never(concluded)


def _alert(raised: Raised, world: World, block_time_ms: int) -> Record:
    """X10; the alert's code is the rule's id."""
    catalogue, versions = world.catalogue, world.versions
    if versions is not None:
        # What an earlier version raises outlives the subject's move.
        catalogue = versions.with_alert(raised.alert, catalogue)
    alert = catalogue.alerts[raised.alert]
    fields: dict[str, Value] = {
        "alert": alert.code,
        "severity": alert.severity,
        "about": raised.about,
        "member": raised.member,
        "because": raised.because,
    }
    if raised.deadline:
        fields["deadline"] = raised.deadline
    if raised.due_ms is not None:
        fields["due_ms"] = raised.due_ms
    return derived_record(
        ALERT_RAISED,
        raised.subject,
        block_time_ms,
        alert.code,
        alert.version,
        [Ref("follows", each) for each in raised.rests_on],
        fields,
    )


def _certificate(concluded: Certify, block_time_ms: int) -> Record:
    """T62: by which profile, how much of it, and what it lists."""
    fields: dict[str, Value] = {
        "profile": concluded.profile,
        "profile_version": concluded.profile_version,
        "issue": concluded.issue,
        "nodes": concluded.nodes,
        "node_count": concluded.node_count,
        "record_count": concluded.record_count,
        "late_count": concluded.late_count,
        "out_of_order_count": concluded.out_of_order_count,
    }
    if concluded.terminated:
        fields["outcome"] = "terminated"
    return _witness(CERTIFICATE, concluded, block_time_ms, fields)


def _witness(
    type_key: str, concluded: Certify | Withdraw, block_time_ms: int, fields: dict[str, Value]
) -> Record:
    return derived_record(
        type_key,
        concluded.subject,
        block_time_ms,
        _WITNESS_RULE,
        _WITNESS_VERSION,
        [Ref("follows", each) for each in concluded.rests_on],
        fields,
    )
