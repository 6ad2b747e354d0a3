"""The alert rules that data cannot say, by the name that ``alerts.toml`` gives them.

Each looks at one accepted record and concludes an alert, or several, or none; it refuses nothing
and writes nothing. Alerts of must-follow clauses, windows and timers come from data and are not
here.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from contracts.alerts import (
    content_rehash,
    deposits,
    drawing,
    eseal,
    evaluation,
    function_point,
    missing_node,
    negative_list,
    sealing,
    signer,
    silent_change,
)
from contracts.case import Case
from contracts.verdict import Raised

AlertRule = Callable[[Case], Raised | tuple[Raised, ...] | None]

ALERT_RULES: Final[Mapping[str, AlertRule]] = MappingProxyType(
    {
        "bid_set": sealing.wrong_set,
        "composition": evaluation.composition,
        "content_rehash": content_rehash.conclude,
        "deposit_account": deposits.strange_account,
        "draw": drawing.repeated,
        "few_bids": sealing.few_bids,
        "function_point": function_point.conclude,
        "guarantee": deposits.unfit,
        "missing_node": missing_node.conclude,
        "negative_list": negative_list.conclude,
        "score_outlier": evaluation.outliers,
        "seal_use": eseal.conclude,
        "signer": signer.conclude,
        "silent_change": silent_change.conclude,
        "unsealing": sealing.out_of_order,
    }
)
