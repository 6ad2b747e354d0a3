"""Reads `webhooks` of node.toml, strictly."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from api.engines.query import Query
from api.event import KINDS, Wanted
from api.outbound.guarded import Network
from api.outbound.hook_signature import SECRETS_MAX, secret_of
from api.outbound.hook_target import ATTEMPTS, ATTEMPTS_MAX, HOOKS_MAX, HookTarget
from cli.plain_files import open_plain
from cli.target_tables import certificate_in, check_names, check_url, targets_in, text_in
from ledger.core.identifiers import Height, MemberId, Subject, check_name
from ledger.errors import LedgerError

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
SECRET_BYTES_MAX: Final = 1_024
LISTED_MAX: Final = 64
_OTHERS: Final = 0o077
_NEEDED: Final = ("name", "member", "url", "secret")
_KNOWN: Final = (
    *_NEEDED,
    *("kinds", "subject", "within", "types", "certificate", "private"),
    *("attempts", "notes", "since"),
)


def hook_targets(raw: object, folder: Path) -> tuple[HookTarget, ...]:
    """The receivers that a list of tables names; their secrets are read here.

    Args:
        raw: as TOML gives it.
        folder: relative paths start here.

    Raises:
        ValueError, TypeError: with the place and what is wrong there.
    """
    return targets_in(raw, HOOKS_MAX, partial(_target, folder))


def _target(folder: Path, raw: Mapping[str, object], known: Sequence[HookTarget]) -> HookTarget:
    check_names(raw, _NEEDED, _KNOWN)
    name = text_in(raw, "name")
    if not NAME.fullmatch(name) or any(each.name == name for each in known):
        raise ValueError(f"name: {name[:40]!r} ≠ {NAME.pattern}, distinct")
    url, private = text_in(raw, "url"), _networks(raw)
    _check_way(url)
    certificate = certificate_in(raw, url, folder)
    return HookTarget(
        name=name,
        member=_member(text_in(raw, "member")),
        url=url,
        secrets=_secrets(folder / text_in(raw, "secret")),
        wanted=Wanted(_query(raw), _kinds(raw)),
        certificate=certificate,
        private=private,
        attempts_max=_whole(raw, "attempts", ATTEMPTS, 1, ATTEMPTS_MAX) or ATTEMPTS,
        notes=_flag(raw, "notes"),
        since=_since(raw),
    )


def _check_way(url: str) -> None:
    """What members may see leaves this machine over HTTPS only."""
    check_url(url)
    parts = urlsplit(url)
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        raise ValueError(f"url: {url[:80]} ≠ https://…")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        # A name may lead elsewhere tomorrow.
        return False


def _networks(raw: Mapping[str, object]) -> tuple[Network, ...]:
    found: list[Network] = []
    for each in _texts(raw, "private"):
        try:
            found.append(ip_network(each))
        except ValueError as problem:
            raise ValueError(f"private: {problem}") from problem
    return tuple(found)


def _member(name: str) -> MemberId:
    try:
        return MemberId(check_name(name, "member"))
    except LedgerError as problem:
        raise ValueError(f"member: {name[:40]!r}") from problem


def _secrets(path: Path) -> tuple[bytes, ...]:
    """One secret a line."""
    try:
        if path.stat().st_mode & _OTHERS:
            raise ValueError(f"secret: {path} ≠ 0600")
        with open_plain(path) as file:
            lines = file.read(SECRET_BYTES_MAX).decode("ascii").split()
    except OSError as problem:
        raise ValueError(f"secret: {path}: {problem.strerror}") from problem
    if not 1 <= len(lines) <= SECRETS_MAX:
        raise ValueError(f"secret: {len(lines)} ∉ 1 … {SECRETS_MAX}")
    try:
        return tuple(secret_of(each) for each in lines)
    except ValueError as problem:
        # The secret itself is in no message.
        raise ValueError(f"secret: {problem}") from problem


def _kinds(raw: Mapping[str, object]) -> frozenset[str]:
    found = frozenset(_texts(raw, "kinds")) or frozenset({"records", "alerts"})
    if odd := sorted(found - set(KINDS)):
        raise ValueError(f"kinds: {odd[0][:40]} ∉ {', '.join(KINDS)}")
    return found


def _query(raw: Mapping[str, object]) -> Query:
    types = frozenset(_texts(raw, "types"))
    subject = Subject(text_in(raw, "subject")) if "subject" in raw else None
    return Query(subject=subject, within=_flag(raw, "within"), types=types or None)


def _texts(raw: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = raw.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise TypeError(f"{name}: {value!r:.80} ≠ texts")
    if len(value) > LISTED_MAX:
        raise ValueError(f"{name}: {len(value)} > {LISTED_MAX}")
    return tuple(value)


def _flag(raw: Mapping[str, object], name: str) -> bool:
    value = raw.get(name, False)
    if not isinstance(value, bool):
        raise TypeError(f"{name}: {value!r:.40} ≠ true, false")
    return value


def _since(raw: Mapping[str, object]) -> Height | None:
    height = _whole(raw, "since", None, 0, 1 << 62)
    return None if height is None else Height(height)


def _whole(
    raw: Mapping[str, object], name: str, default: int | None, least: int, most: int
) -> int | None:
    value = raw.get(name, default)
    if value is not None and (type(value) is not int or not least <= value <= most):
        raise ValueError(f"{name}: {value!r:.20} ∉ {least} … {most}")
    return value if isinstance(value, int) else None
