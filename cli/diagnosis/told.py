"""What a node answers to ``GET /v1/diagnose``, in the shape that is shown; it proves nothing.

A node that answers in another shape is named, and stops nobody from looking at the others.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from api.client.https import trusting
from api.client.plain import AsyncPlain
from api.finding import Severity
from consensus.core.situation import Wait
from ledger.core.committee import COMMITTEE_MAX

CONNECT_S: Final = 2.0
READ_S: Final = 4.0
WHOLE_S: Final = 8.0
"""A node that works answers in milliseconds; one that does not must not hold the others up."""
ANSWER_BYTES_MAX: Final = 1 << 20
FINDINGS_SHOWN_MAX: Final = 100
TEXT_MAX: Final = 4_096
"""Characters of one text; a sentence that names a whole committee has room."""
NUMBER_MAX: Final = 1 << 64
REASON_MAX: Final = 200
"""Characters of what is said about a strange answer, which may quote it."""
CLOCKS_MAX: Final = COMMITTEE_MAX + 64
"""Of the committee, and of observers."""
_CLOCK_WORDS: Final = {
    "in_step": ("yes", "no", "unknown"),
    "peers": ("within_bound", "beyond_bound", "unknown"),
}
_POOL: Final = ("bundles", "bytes", "own", "held", "passed_over", "deferred")


class Mute(Exception):  # noqa: N818 - a state to look into, not a mistake
    """Nothing answers at the URL, and why."""


class Strange(Exception):  # noqa: N818 - a state to look into, not a mistake
    """What answers is not what a node of this version answers, and why."""


@dataclass(frozen=True, slots=True)
class ToldFinding:
    """One finding of the node about itself."""

    code: str
    severity: Severity
    sentences: Mapping[str, str]
    """By language."""
    about: str
    """The node or the witness that it names, where it names one."""
    section: str


@dataclass(frozen=True, slots=True)
class ToldPeer:
    """Another node, as this one sees it."""

    node_id: str
    speaks: bool
    heard_ms: int | None
    height: int | None
    view: int | None
    offset_ms: int | None
    queued_count: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """One node's answer."""

    document: Mapping[str, Any]
    """As it came."""
    node_id: str
    network_id: str
    network: str
    version: str
    now_ms: int
    severity: Severity
    findings: tuple[ToldFinding, ...]
    n: int
    q: int
    height: int
    head_hash: str
    cosigned: int
    open: Mapping[str, Any]
    """Of the open height, as it came; every value that is shown was looked at."""
    view: int
    primary: str
    pool: Mapping[str, int]
    peers: tuple[ToldPeer, ...]

    @property
    def stopped(self) -> bool:
        """Whether it says that it takes no part any more."""
        return any(each.code == "diagnose.stopped" for each in self.findings)

    @property
    def quorate(self) -> bool:
        """Whether it says that it hears a quorum."""
        return 1 + sum(peer.speaks for peer in self.peers) >= self.q


def ask(url: str, certificate_file: Path | None = None) -> Told:
    """What the node at `url` says about itself.

    Raises:
        Mute: nothing answers in time.
        Strange: something else does.
    """
    status, body = asyncio.run(_answer(f"{url}/v1/diagnose", trusting(certificate_file)))
    if status != httpx.codes.OK:
        raise Strange(f"HTTP {status}")
    return read(body)


async def _answer(url: str, verify: ssl.SSLContext | bool) -> tuple[int, bytes]:
    """Status and body; what trickles has its end as well, and that is why this is a coroutine."""
    line = AsyncPlain(httpx.AsyncHTTPTransport(verify=verify, trust_env=False))
    timeout, body = httpx.Timeout(READ_S, connect=CONNECT_S), b""
    try:
        async with (
            asyncio.timeout(WHOLE_S),
            httpx.AsyncClient(transport=line, timeout=timeout, trust_env=False) as client,
            client.stream("GET", url) as answer,
        ):
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > ANSWER_BYTES_MAX:
                    raise Strange(f"> {ANSWER_BYTES_MAX} B")
            return answer.status_code, body
    except TimeoutError as problem:
        raise Mute(f"> {WHOLE_S:.0f} s") from problem
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
        raise Mute(str(problem) or type(problem).__name__) from problem


def read(body: bytes) -> Told:
    """The answer that `body` spells.

    Raises:
        Strange: it does not have the shape that is shown.
    """
    try:
        return _told(json.loads(body))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise Strange(f"{type(problem).__name__}: {problem}"[:REASON_MAX]) from problem


def _told(given: Mapping[str, Any]) -> Told:
    facts = given["facts"]
    head, here, pool = facts["head"], facts["open"], facts["pool"]
    _check_open(here)
    _check_machine(facts)
    _check_clocks(given.get("clock_reports"))
    return Told(
        document=given,
        node_id=_text(given["node_id"]),
        network_id=_text(given["network_id"]),
        network=_text(given["name"]),
        version=_text(given["version"]),
        now_ms=_number(given["now_ms"]),
        severity=_severity(given["severity"]),
        findings=tuple(_finding(each) for each in given["findings"][:FINDINGS_SHOWN_MAX]),
        n=_number(facts["n"]),
        q=_number(facts["q"]),
        height=_number(head["height"]),
        head_hash=_text(head["hash"]),
        cosigned=_number(head["cosigned_height"]),
        open=here,
        view=_number(here["view"]),
        primary=_text(here["primary"]),
        pool={name: _number(pool[name]) for name in _POOL},
        peers=tuple(_peer(each) for each in _nodes(facts["peers"])),
    )


def _check_open(given: Mapping[str, Any]) -> None:
    """Require what is shown of the open height to be there, and of its kind."""
    Wait(given["waits_for"])
    for name in ("height", "view", "view_changes", "lacking"):
        _number(given[name])
    for name in ("waits_since_ms", "view_ends_ms"):
        _maybe(given[name])
    for name in ("prepared_by", "committed_by", "lacking_of"):
        for each in _nodes(given[name]):
            _text(each)
    for each in _nodes(given["asked_for"]):
        _text(each["node"])
        _number(each["view"])


def _check_machine(facts: Mapping[str, Any]) -> None:
    """The same of its machine, of its witnesses, and of what it dropped."""
    for each in _nodes(facts["witnesses"]):
        _text(each["name"])
        _number(each["size"])
        _maybe(each["time_ms"])
    for each in _nodes(facts.get("time_stamps", [])):
        _text(each["name"])
        _number(each["size"])
        _maybe(each["time_ms"])
    clock = facts.get("clock")
    if clock is not None:
        _text(clock["source"])
        if clock["synchronised"] not in {True, False, None}:
            raise Strange
        for name in ("offset_us", "synchronised_at_ms"):
            _maybe(clock[name])
        _maybe(clock.get("stratum"))
    _number(facts["dropped_messages"])
    _text(facts["dropped_last"])
    disk = facts["disk"]
    if disk is not None:
        _maybe(disk["sync_ms"])
        for name in ("journal_bytes", "intake_bytes", "sync_ms_max", "free_bytes"):
            _number(disk[name])
        _number(facts["certificate_until_ms"])


def _check_clocks(given: Any) -> None:
    """The same of what is recorded of clocks; a node of an older version does not say it."""
    if given is None:
        return
    if not isinstance(given, list) or len(given) > CLOCKS_MAX:
        raise TypeError(f"{type(given).__name__} ≠ at most {CLOCKS_MAX} clocks")
    for each in given:
        for name in ("node_id", "member_id", "record_id", "time_source"):
            _text(each[name])
        for name, values in _CLOCK_WORDS.items():
            if each[name] not in values:
                raise TypeError(f"{each[name]!r:.100} ≠ {name}")
        _number(each["time_ms"])
        for name in ("slow_most_ms", "fast_most_ms", "stratum", "synchronised_at_ms"):
            _maybe(each[name])


def _finding(given: Mapping[str, Any]) -> ToldFinding:
    named = given["facts"]
    about = named.get("node", named.get("witness", named.get("authority", "")))
    return ToldFinding(
        _text(given["code"]),
        _severity(given["severity"]),
        {"zh": _text(given["zh"]), "en": _text(given["en"])},
        about if isinstance(about, str) else "",
        _text(given["section"]),
    )


def _peer(given: Mapping[str, Any]) -> ToldPeer:
    queue = given["outbound"]
    return ToldPeer(
        _text(given["node_id"]),
        given["speaks"] is True,
        _maybe(given["heard_ms"]),
        _maybe(given["height"]),
        _maybe(given["view"]),
        _maybe(given["offset_ms"]),
        None if queue is None else _number(queue["frames"]),
    )


def _severity(given: object) -> Severity:
    return Severity[_text(given).upper()]


def _nodes(given: Any) -> list[Any]:
    """What is said of nodes, of which a committee has no more than so many."""
    if not isinstance(given, list) or len(given) > COMMITTEE_MAX:
        raise TypeError(f"{type(given).__name__} ≠ at most {COMMITTEE_MAX} nodes")
    return given


def _text(given: object) -> str:
    if not isinstance(given, str) or len(given) > TEXT_MAX:
        raise TypeError(f"{given!r:.100} ≠ text")
    return given


def _number(given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or abs(given) > NUMBER_MAX:
        raise TypeError(f"{given!r:.100} ≠ number")
    return given


def _maybe(given: object) -> int | None:
    return None if given is None else _number(given)
