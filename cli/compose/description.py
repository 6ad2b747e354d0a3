"""A network as its founders write it down: names, members, who runs a node, and the parameters.

Keys are not in it: `network init` makes them, and the genesis holds the public halves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from cli.failures import CommandError, Exit
from cli.settings import read_toml
from ledger.codes import Code
from ledger.core.genesis import MEMBER_KINDS, Role
from ledger.core.identifiers import MemberId, NodeId, check_name
from ledger.core.limits import Parameters
from ledger.errors import FormatError


@dataclass(frozen=True, slots=True)
class DescribedMember:
    """A founder, before it has keys."""

    member_id: MemberId
    kind: str
    name_zh: str
    name_en: str
    credit_code: str
    roles: tuple[Role, ...]
    node_id: NodeId | None
    """The node that this member runs; None where it runs none."""
    consensus_listen: str
    """``host:port``; empty for a free port of this machine."""
    api_listen: str
    """``host:port``; empty for a free port of this machine."""


@dataclass(frozen=True, slots=True)
class Description:
    """Everything that the founders decide."""

    name: str
    domain: str
    parameters: Parameters
    members: tuple[DescribedMember, ...]


def read_description(path: Path) -> Description:
    """The description in the TOML file at `path`.

    Raises:
        CommandError: `file.unreadable`, `file.invalid`, `network.description`.
    """
    given = read_toml(path)
    try:
        _only(given, {"name", "domain", "parameters", "members"})
        return Description(
            name=_text(given, "name"),
            domain=_text(given, "domain"),
            parameters=_parameters(given.get("parameters", {})),
            members=tuple(_member(row) for row in _rows(given.get("members"))),
        )
    except (ValueError, TypeError) as problem:
        raise CommandError(
            Exit.USAGE, Code.NETWORK_DESCRIPTION, path=str(path), what=str(problem)
        ) from problem
    except FormatError as problem:
        raise CommandError(
            Exit.USAGE, Code.NETWORK_DESCRIPTION, path=str(path), what=str(problem)
        ) from problem


def _member(row: Mapping[str, object]) -> DescribedMember:
    _only(
        row,
        {"id", "kind", "name_zh", "name_en", "credit_code", "roles", "node"}
        | {"consensus_listen", "api_listen"},
    )
    member_id = check_name(_text(row, "id"), "id")
    kind = _text(row, "kind", "organisation")
    if kind not in MEMBER_KINDS:
        raise ValueError(f"kind {kind} ≠ {' '.join(sorted(MEMBER_KINDS))}")
    node = row.get("node", False)
    name = member_id if node is True else str(node or "")
    return DescribedMember(
        member_id=MemberId(member_id),
        kind=kind,
        name_zh=_text(row, "name_zh"),
        name_en=_text(row, "name_en"),
        credit_code=_text(row, "credit_code", ""),
        roles=tuple(_role(role) for role in _strings(row.get("roles", []))),
        node_id=NodeId(check_name(name, "node")) if name else None,
        consensus_listen=_text(row, "consensus_listen", ""),
        api_listen=_text(row, "api_listen", ""),
    )


def _role(text: str) -> Role:
    """``supervisor`` or ``supervisor@region:620100``."""
    name, _, scope = text.partition("@")
    return Role(name, scope)


def _parameters(raw: object) -> Parameters:
    if not isinstance(raw, dict):
        raise TypeError("parameters ≠ table")
    known = {item.name for item in fields(Parameters)}
    _only(raw, known)
    for name, value in raw.items():
        if type(value) is not int or value < 0:
            raise ValueError(f"parameters.{name} = {value!r}")
    return Parameters(**raw)


def _only(given: Mapping[str, object], known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise ValueError(f"“{unknown[0]}” ?")


def _rows(raw: object) -> list[Mapping[str, object]]:
    if not isinstance(raw, list) or not raw or not all(isinstance(row, dict) for row in raw):
        raise TypeError("[[members]] ?")
    return raw


def _strings(raw: object) -> list[str]:
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        raise TypeError(f"roles = {raw!r}")
    return raw


def _text(given: Mapping[str, object], name: str, default: str | None = None) -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise TypeError(f"{name} = {value!r}")
    return value
