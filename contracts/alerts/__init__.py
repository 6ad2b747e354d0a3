"""The alert rules that data cannot say, by the name that ``alerts.toml`` gives them.

Each looks at one accepted record and concludes an alert, or several, or none; it refuses nothing
and writes nothing. Alerts of must-follow clauses, windows and timers come from data and are not
here.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from contracts.alerts import (
    access,
    address,
    ca_certificates,
    comparison,
    content_rehash,
    contract,
    deposits,
    drawing,
    duties,
    eseal,
    eseal_conformance,
    eseal_counts,
    evaluation,
    function_point,
    ledger_health,
    missing_node,
    negative_list,
    periods,
    ranking,
    recording,
    report,
    sealing,
    signer,
    silent_change,
    timing,
)
from contracts.case import Case
from contracts.verdict import Raised

AlertRule = Callable[[Case], Raised | tuple[Raised, ...] | None]

ALERT_RULES: Final[Mapping[str, AlertRule]] = MappingProxyType(
    {
        "abnormal_access": access.abnormal,
        "alike": comparison.alike,
        "breach": access.breach,
        "ca_certificate": ca_certificates.conclude,
        "composition": evaluation.composition,
        "content_rehash": lambda case: (
            content_rehash.conclude(case) or eseal_conformance.altered(case)
        ),
        "contract": contract.conclude,
        "counted": lambda case: (
            sealing.wrong_set(case) or recording.gap(case) or eseal_counts.wrong_batch(case)
        ),
        "deposit_account": deposits.strange_account,
        "draw": drawing.repeated,
        "duties": duties.conclude,
        "evaluation_time": report.duration,
        "false_commitment": address.false_commitment,
        "far_bidders": report.far_bidders,
        "few_bids": sealing.few_bids,
        "function_point": lambda case: (
            function_point.conclude(case) or eseal_conformance.not_conforming(case)
        ),
        "guarantee": deposits.unfit,
        "in_common": comparison.in_common,
        "missing_node": lambda case: (
            missing_node.conclude(case) or eseal_conformance.file_lacks(case)
        ),
        "ledger_health": ledger_health.conclude,
        "negative_list": negative_list.conclude,
        "occupied": address.occupied,
        "owner_will": address.owner_will,
        "period": periods.conclude,
        "ranking": ranking.conclude,
        "returned_often": eseal_conformance.returned_often,
        "score_outlier": evaluation.outliers,
        "seal_use": eseal.conclude,
        "seal_use_rate": eseal_counts.abnormal_rate,
        "signer": signer.conclude,
        "silent_change": silent_change.conclude,
        "timing": timing.conclude,
        "unsealing": sealing.out_of_order,
    }
)
