"""Turns what the rules concluded into derived records: logged like what members say.

Every node recomputes the bytes; issuer is the reserved member ``network``, and the nonce binds the
rule, its version and the records it rests on. Spec: ``docs/spec/record.md``.
"""

from typing import Final

from contracts.tables import Catalogue
from contracts.verdict import Raised
from ledger.core.canonical import Value
from ledger.core.derived import derived_record
from ledger.core.record import Record, Ref

ALERT_RAISED: Final = "ledger.alert_raised"


def alert_record(raised: Raised, catalogue: Catalogue, block_time_ms: int) -> Record:
    """The X10 record of an alert; the alert's code is the rule's id."""
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
