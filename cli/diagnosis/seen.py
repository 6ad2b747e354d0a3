"""One node as it is seen from outside: its own answer, or what its folder says in its stead."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.finding import Finding, Severity
from api.phrases import Fact, Phrase, Problem
from cli.diagnosis.folder import FolderFacts, LogLine, look
from cli.diagnosis.told import Mute, Strange, Told, ask
from cli.settings import ObserverSettings, Settings
from ledger.codes import Code
from ledger.errors import LedgerError
from ledger.reliance import read_trust
from ledger.trust import TrustRoot

FULL_BYTES: Final = 64 << 20
"""With less room than this a store cannot grow by one table."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to look at."""

    name: str
    """The node's id where its folder says it, else its URL."""
    url: str
    settings: Settings | ObserverSettings | None = None
    """Of its folder, where that is here: of a node or an observer."""
    certificate_file: Path | None = None
    """PEM that its HTTPS is believed by."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one node."""

    target: Target
    told: Told | None
    """Its own answer."""
    found: tuple[Finding, ...] = ()
    """What is found without it."""
    folder: FolderFacts | None = None

    @property
    def severity(self) -> Severity:
        """The worst of what it says and what is found without it."""
        own = Severity.SERIOUS if self.told is None else self.told.severity
        return max([own, *(each.severity for each in self.found)])


def see(target: Target) -> Seen:
    """Ask a node, and look at its folder where it does not answer."""
    try:
        told = ask(target.url, target.certificate_file)
    except Strange as problem:
        strange = _serious(Code.DIAGNOSE_FOREIGN_ANSWER, target, reason=str(problem))
        return Seen(target, None, (strange,))
    except Mute as problem:
        reason = str(problem)
        if target.settings is None:
            mute = _serious(Code.DIAGNOSE_UNREACHABLE, target, reason=reason)
            return Seen(target, None, (mute,))
        facts = look(target.settings, trust_of(target.settings))
        return Seen(target, None, (_mute(target, target.settings, facts, reason),), facts)
    if target.settings is not None and told.node_id != target.settings.node_id:
        other = f"{told.node_id} ≠ {target.settings.node_id}"
        strange = _serious(Code.DIAGNOSE_FOREIGN_ANSWER, target, reason=other)
        return Seen(target, None, (strange,))
    return Seen(target, told)


def trust_of(settings: Settings | ObserverSettings) -> TrustRoot | None:
    """The trust root of a folder; None where it cannot be read."""
    try:
        return read_trust(settings.trust_file)
    except (OSError, LedgerError):
        return None


def runs_by(settings: Settings | ObserverSettings) -> str:
    """The command that runs whoever a folder is of."""
    return "node" if isinstance(settings, Settings) else "observer"


def _mute(
    target: Target, settings: Settings | ObserverSettings, facts: FolderFacts, reason: str
) -> Finding:
    """Why a node does not answer, as far as its folder and the kernel say."""
    folder = str(settings.folder)
    if facts.holder is not None:
        code = Code.DIAGNOSE_SUSPENDED if facts.holder.suspended else Code.DIAGNOSE_HUNG
        return _serious(code, target, pid=facts.holder.pid, folder=folder, reason=reason)
    if facts.damaged is not None:
        return _serious(
            Code.DIAGNOSE_JOURNAL_DAMAGED, target, folder=folder, reason=Problem(facts.damaged)
        )
    runs = runs_by(settings)
    if not facts.begun:
        return _serious(Code.DIAGNOSE_NEVER_STARTED, target, folder=folder, runs=runs)
    return _serious(Code.DIAGNOSE_DOWN, target, folder=folder, runs=runs, ended=_ended(facts))


def _ended(facts: FolderFacts) -> Phrase:
    """How the process ended, as its log tells; one on a full disk may lack the last words."""
    last, free_bytes = facts.last_event, facts.free_bytes
    event = "" if last is None else last.event.rpartition(".")[2]
    silent = event in {"", "started"}
    if silent and free_bytes is not None and free_bytes < FULL_BYTES:
        return Phrase("ended_full", {"free": free_bytes >> 20})
    if last is None:
        return Phrase("ended_unknown")
    if event == "stopped":
        return Phrase("ended_stopped", {"at": last.time})
    if event == "failed":
        return Phrase("ended_failed", {"at": last.time, "reason": _reason(last)})
    return Phrase("ended_killed", {"at": last.time})


def _reason(failed: LogLine) -> Fact:
    """Why the node failed: the sentence of its code where the log names one."""
    code, facts = failed.facts.get("code"), failed.facts.get("facts")
    if isinstance(code, str) and code in set(Code) and isinstance(facts, dict):
        known = {str(name): value for name, value in facts.items() if isinstance(value, str | int)}
        return Problem(LedgerError(Code(code), **{k: v for k, v in known.items() if k != "code"}))
    return str(failed.facts.get("reason", ""))[:300]


def _serious(code: Code, target: Target, **facts: Fact) -> Finding:
    shared: dict[str, Fact] = {"node": target.name, "url": target.url}
    return Finding(code, Severity.SERIOUS, shared | facts)
