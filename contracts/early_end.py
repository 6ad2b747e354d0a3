"""Procedures that end early (流标, 终止): what had not begun by then is not wanted any more.

A failed tender shows the nodes up to the one at which it failed, and what ended it. Asks the state
and never writes. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Callable, Mapping

from contracts.node_count import Counted, NodeRecord, selected
from contracts.profile import Node, Profile
from contracts.state import State
from contracts.verdict import Times
from ledger.core.identifiers import Subject


def early_end(profile: Profile, subject: Subject, state: State, as_of: Times) -> NodeRecord | None:
    """What ended the section's procedure; None where it goes on."""
    if profile.ended_by is None:
        return None
    return next(selected(profile.ended_by, subject, state, as_of), None)


def excuse(
    profile: Profile,
    counted: Mapping[str, list[Counted]],
    ended_index: int,
    is_hidden: Callable[[Node], bool],
) -> dict[str, list[Counted]]:
    """What is counted, without what is not wanted any more.

    That is all of the groups that had not begun, and of the one at which the procedure stood; and
    what stays under seal because nothing was opened. The group of the project file is not excused:
    what was paid goes back, and the file is closed.

    Args:
        profile: that the section follows.
        counted: of each group, its nodes in order.
        ended_index: where the procedure ended.
        is_hidden: whether a node's records are still under seal.
    """
    reached = {key for key, found in counted.items() if _begun_before(found, ended_index)}
    passed = {key for group in profile.groups if group.key in reached for key in group.earlier}
    after: dict[str, list[Counted]] = {}
    for group in profile.groups:
        closing = any(profile.asked_by in node.types for node in group.nodes)
        over = not closing and group.key not in passed
        pairs = zip(group.nodes, counted[group.key], strict=True)
        after[group.key] = [
            found.excused() if over or (not closing and is_hidden(node)) else found
            for node, found in pairs
        ]
    return after


def _begun_before(found: list[Counted], index: int) -> bool:
    return any(each.records and each.records[0].at.index < index for each in found)
