"""AL01, missing node (缺节点): a stage begins, or the certificate is asked for, and one lacks.

One alert for the record, naming every node; raised once, by the first record that begins a group,
closes the opening or asks. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from typing import Final

from contracts.case import Case
from contracts.certificate_rows import begun
from contracts.completeness import (
    Completeness,
    NodeFinding,
    completeness,
    followed,
    is_sealed,
    node_name,
)
from contracts.profile import Profile
from contracts.verdict import Raised

BECAUSE_BYTES_MAX: Final = 300
"""As long as `because` may be; the names that find no place are counted."""


def conclude(case: Case) -> Raised | None:
    """The alert, where the record is the first of its kind and a node before it is missing."""
    record, catalogue = case.record, case.facts.world.catalogue
    if record.type not in catalogue.telling or begun(case.state, record.subject, record.type):
        return None
    profile = followed(record.subject, catalogue, case.state, case.times)
    if profile is None or record.type not in profile.telling():
        return None
    found = completeness(record.subject, catalogue, case.state, case.times, optional=False)
    names = [node_name(each.node, catalogue) for each in _missing(case, profile, found)]
    if not names:
        return None
    return Raised(
        "AL01", record.subject, record.type, record.issuer, _told(names), (case.facts.record_id,)
    )


def _missing(case: Case, profile: Profile, found: Completeness) -> Iterator[NodeFinding]:
    """The nodes that should be there by now."""
    key, catalogue = case.record.type, case.facts.world.catalogue
    if key == profile.asked_by:
        yield from (each for each in found.lacking if key not in each.node.types)
        return
    closes = key == profile.unsealed_by
    unsealed = closes or case.state.exists(case.record.subject, profile.unsealed_by, case.times)
    earlier: set[str] = set()
    for group in profile.groups:
        if key in group.begins or (closes and any(key in each.types for each in group.nodes)):
            earlier |= group.earlier
    for of_group in found.groups:
        for each in of_group.nodes:
            sealed = is_sealed(each.node, catalogue)
            due = unsealed if sealed else not closes
            if of_group.group.key in earlier and due and not each.counted.satisfied:
                yield each


def _told(names: list[str]) -> str:
    """The names one after the other, as far as they find room; then how many more there are."""
    for count in range(len(names), 0, -1):
        more = [f"+{len(names) - count}"] if count < len(names) else []
        told = " ".join([*names[:count], *more])
        if len(told.encode()) <= BECAUSE_BYTES_MAX:
            return told
    return f"+{len(names)}"
