"""AL06: a CA certificate is bound although it is not valid then, or was bound by another before.

Spec: ``docs/spec/contracts.md``.
"""

from typing import Final, cast

from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.rules import ca_binding
from contracts.verdict import Raised

BOUND: Final = "tender.certificate_bound"


def conclude(case: Case) -> Raised | None:
    """The alert, where the certificate does not fit."""
    because = _because(case) if case.record.type == BOUND else None
    return None if because is None else raised(case, "AL06", because)


def _because(case: Case) -> str | None:
    """A key of ``reasons.toml``; None where all is well."""
    fields = case.record.fields
    if case.limit_ms > cast(int, fields["valid_until_ms"]):
        return "certificate_expired"
    if case.times.time_ms < cast(int, fields["valid_from_ms"]):
        return "certificate_early"
    holder = ca_binding.holder(case.state, cast(bytes, fields["certificate"]))
    return "certificate_of_another" if holder not in {None, case.record.issuer} else None
