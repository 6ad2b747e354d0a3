"""AL27 and AL28 for seals: a batch that is not what was permitted, and a rate off the usual one.

Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts import eseal_grants, eseal_rate
from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.rules.eseal_use import RATE, USES, permission, uses_of
from contracts.verdict import Raised

PERMITTED: Final = "seal.batch_permitted"
BATCH: Final = "seal.used_in_batch"


def wrong_batch(case: Case) -> Raised | None:
    """AL27: the batch differs from its permission; or the same batch is permitted twice."""
    if case.record.type == PERMITTED:
        return _permitted_twice(case)
    if case.record.type != BATCH:
        return None
    found = permission(case)
    if found is None:
        return raised(case, "AL27", "batch_not_permitted")
    permitted, row = found
    fields, kept = case.record.fields, row.kept
    until_ms = kept["valid_until_ms"]
    root = eseal_grants.permitted_root(case.state, permitted, str(row.subject))
    wrong = {
        "batch_permission_spent": eseal_grants.uses(case.state, permitted) > 0,
        "batch_permission_expired": not isinstance(until_ms, int) or case.limit_ms > until_ms,
        "batch_scope": (kept["scope"], kept["system"]) != (fields["scope"], fields["system"]),
        "batch_count": kept["permitted_count"] != fields["count"],
        "batch_other_documents": root is not None and root != fields["root"],
    }
    because = next((name for name, is_so in wrong.items() if is_so), None)
    return None if because is None else raised(case, "AL27", because, permitted)


def abnormal_rate(case: Case) -> Raised | None:
    """AL28: with this use the seal's uses in the hour leave the usual; told once an hour."""
    if case.record.type not in USES:
        return None
    world, seal = case.facts.world, str(case.record.subject)
    said = world.catalogue.alerts[RATE].parameters
    known = eseal_rate.rate(case.state, seal)
    hour = eseal_rate.hour_of(case.times.time_ms, world.parameters.day_ms)
    if known is None:
        return None
    baseline = known.baseline(hour, said["hours_most"])
    if len(baseline) < said["hours_least"]:
        return None
    before = known.count(hour)
    measures = (baseline, said["uses_least"], said["sigma_hundredths"])
    now = eseal_rate.abnormal(before + uses_of(case), *measures)
    return (
        raised(case, RATE, "use_rate")
        if now and not eseal_rate.abnormal(before, *measures)
        else None
    )


def _permitted_twice(case: Case) -> Raised | None:
    """The same scope is permitted to the same member while that is still to be stamped."""
    fields = case.record.fields
    for each in case.state.records(case.record.subject, PERMITTED, case.times):
        row = case.state.record(each)
        if row is None or eseal_grants.uses(case.state, each) > 0:
            continue
        until_ms = row.kept["valid_until_ms"]
        live = isinstance(until_ms, int) and case.limit_ms <= until_ms
        if live and all(row.kept[name] == fields[name] for name in ("grantee", "scope")):
            return raised(case, "AL27", "batch_permitted_twice", each)
    return None
