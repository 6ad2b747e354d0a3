"""How rows of the catalogue are put in a few words, for what is shown and what is exported."""

import re
from collections.abc import Iterator
from typing import Final

from contracts.profile import Node, Profile
from contracts.schema import REFUSE, Clause, RecordType
from contracts.selector import Selector
from contracts.tables import Catalogue

_KEY: Final = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
"""A type's key inside a clause: ``TYPE.field`` begins with one as well."""
_UNGRANTED: Final = {
    "*": "任何成员 any member",
    "network": "规则 the rules",
    "committee": "运行节点的成员 members that run a node",
}


def code_of(catalogue: Catalogue, key: str) -> str:
    """A type's working code; its key where it has none."""
    return catalogue.types[key].code or key


def issued_by(catalogue: Catalogue, kind: RecordType) -> str:
    """Who issues a type, and who must confirm it."""
    issuers = "、".join(dict.fromkeys(_role(catalogue, each.role) for each in kind.issuers))
    if kind.confirmed_by is None:
        return issuers
    confirmed = kind.confirmed_by
    roles = "、".join(_role(catalogue, each) for each in confirmed.roles)
    mode = (
        f"{confirmed.mode} {confirmed.k or 'quorum'}" if confirmed.mode == "k" else confirmed.mode
    )
    return f"{issuers}；确认 confirmed by {mode}: {roles}"


def follows(catalogue: Catalogue, kind: RecordType) -> list[str]:
    """What must come before a record of the type: clauses, then what it must cite."""
    said = [_clause(catalogue, each) for each in kind.must_follow]
    for relation, cites in kind.refs.items():
        if cites.required:
            names = " | ".join(
                "*" if name == "*" else code_of(catalogue, name) for name in sorted(cites.types)
            )
            said.append(f"{relation} → {names}")
    return said


def clocks(kind: RecordType) -> list[str]:
    """The deadlines that a record must keep, starts and stops; with the alert of each."""
    kept = [_raising(each.deadline, each.otherwise) for each in kind.windows]
    started = [f"+ {_raising(each.deadline, each.alert)}" for each in kind.timers]
    return [*kept, *started, *(f"− {each.deadline}" for each in kind.stops)]


def _raising(what: str, otherwise: str) -> str:
    return what if otherwise == REFUSE else f"{what} → {otherwise}"


def profile_lines(catalogue: Catalogue, profile: Profile) -> Iterator[tuple[str, str]]:
    """The groups of a profile, each with its nodes in codes."""
    for group in profile.groups:
        yield f"{group.zh} {group.en}", " · ".join(_node(catalogue, each) for each in group.nodes)
    if profile.ended_by is not None:
        yield "提前结束 ended early by", _selected(catalogue, profile.ended_by)


def _node(catalogue: Catalogue, node: Node) -> str:
    names = "|".join(_selected(catalogue, each) for each in node.selectors)
    anchors = " × ".join(code_of(catalogue, each.type) for each in node.each)
    return f"{names} ({anchors})" if anchors else names


def _selected(catalogue: Catalogue, chosen: Selector) -> str:
    """A type by code, with the value that its record must say."""
    said = f"{{{chosen.field}={chosen.value}}}" if chosen.field else ""
    return code_of(catalogue, chosen.type) + said


def _role(catalogue: Catalogue, key: str) -> str:
    if key in catalogue.roles:
        return f"{catalogue.roles[key].zh} {key}"
    return _UNGRANTED.get(key, key)


def _clause(catalogue: Catalogue, clause: Clause) -> str:
    """A clause with codes for keys, and what it raises where it does not refuse."""

    def named(match: re.Match[str]) -> str:
        return code_of(catalogue, match[0]) if match[0] in catalogue.types else match[0]

    text = _KEY.sub(named, clause.text)
    when = ", ".join(f"{name} = {'/'.join(sorted(v))}" for name, v in clause.when.items())
    return _raising(f"{text} [{when}]" if when else text, clause.otherwise)
