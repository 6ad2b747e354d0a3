"""Policy: which logs and witnesses a reader of checkpoints trusts, as a C2SP tlog-policy file.

Holds and judges; never fetches anything. A network's own policy asks for q of its committee. Spec:
C2SP tlog-policy, commit 1896a5a (``docs/spec/policy.md``).
"""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, cosigner_keys, parse_checkpoint
from ledger.core.committee import Committee
from ledger.core.identifiers import NodeId, PublicKey
from ledger.core.note import (
    Kind,
    Note,
    NoteKey,
    Verified,
    known_lines,
    parse_vkey,
    verify_note,
)
from ledger.errors import FormatError, VerificationError

POLICY_BYTES_MAX: Final = 64 * 1024
LINES_OF_A_KIND_MAX: Final = 64
"""Logs, witnesses or groups: twice what every implementation should take."""
NONE: Final = "none"
"""The quorum that asks for no cosignature."""
_GROUP: Final = "committee"
_OUTSIDE: Final = "outside"
_BOTH: Final = "both"
_NOT_ALLOWED: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_BLANK: Final = re.compile(r"[ \t]+")
_COUNT: Final = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log whose checkpoints are accepted."""

    key: NoteKey
    """Its name is the log's origin."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness whose cosignatures count."""

    name: str
    """Within this file only."""
    key: NoteKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """Witnesses and groups of which some together count as one."""

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What a checkpoint must carry."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    """Each names only what stands before it."""
    quorum: str
    """Name of a witness or a group, or `NONE`."""

    def format(self) -> bytes:
        """The policy as a file."""
        lines = [_line("log", each.key.vkey(), each.url) for each in self.logs]
        lines += [_line("witness", each.name, each.key.vkey(), each.url) for each in self.witnesses]
        for group in self.groups:
            lines.append(_line("group", group.name, str(group.needed), *group.members))
        lines.append(_line("quorum", self.quorum))
        return "".join(lines).encode(errors="surrogateescape")

    def verify(self, note: Note) -> tuple[Checkpoint, tuple[Verified, ...]]:
        """The checkpoint in `note`, where a listed log signed it and the quorum cosigned it.

        Returns:
            Also every line of a key of this policy: all of them hold.

        Raises:
            FormatError: `note.invalid`.
            VerificationError: `note.signature` where the line of a known key does not hold,
                `note.unknown_key`, `policy.log`, `policy.quorum`.
        """
        checkpoint = parse_checkpoint(note.text)
        held = verify_note(note, self._keys())
        signers = {each.key for each in held}
        if self.logs and not signers & self._logs_of(checkpoint.origin):
            raise VerificationError(Code.POLICY_LOG, origin=checkpoint.origin)
        self._require_quorum(signers)
        return checkpoint, held

    def verify_heads(
        self, origin: str, heads: Sequence[Note]
    ) -> tuple[tuple[PolicyWitness, int], ...]:
        """Require that a log's heads, each the beginning of the next, together satisfy this policy.

        Whoever cosigned a later head vouches for all that the first one holds. No log has to have
        signed: the caller has asked the log's committee.

        Args:
            origin: of the log.
            heads: of that log, shown by the caller to follow one another.

        Returns:
            Each witness that is there, in this policy's order, with the time (seconds) of its first
            line.

        Raises:
            VerificationError: `note.signature` where the line of a known key does not hold,
                `policy.log` where logs are listed and none has this origin, `policy.quorum`.
        """
        if self.logs and not self._logs_of(origin):
            raise VerificationError(Code.POLICY_LOG, origin=origin)
        times: dict[NoteKey, int] = {}
        for note in heads:
            for line in known_lines(note, self._keys()):
                if line.time_s is not None:
                    times.setdefault(line.key, line.time_s)
        self._require_quorum(times.keys())
        return tuple((each, times[each.key]) for each in self.witnesses if each.key in times)

    def _keys(self) -> list[NoteKey]:
        """Every key that this policy knows; a line of any of them must hold."""
        return [*(each.key for each in self.logs), *(each.key for each in self.witnesses)]

    def _logs_of(self, origin: str) -> set[NoteKey]:
        """The keys of the logs of that name."""
        return {each.key for each in self.logs if each.key.name == origin}

    def there(self, signers: AbstractSet[NoteKey]) -> frozenset[str]:
        """The witnesses and groups that are there where these keys have signed."""
        there = {NONE, *(each.name for each in self.witnesses if each.key in signers)}
        for group in self.groups:
            if len(there & set(group.members)) >= group.needed:
                there.add(group.name)
        return frozenset(there)

    def _require_quorum(self, signers: AbstractSet[NoteKey]) -> None:
        if self.quorum not in self.there(signers):
            raise VerificationError(Code.POLICY_QUORUM, quorum=self.quorum, found=len(signers))


def committee_policy(
    origin: str, committee: Committee, log: NodeId, signed_by: PublicKey | None = None
) -> Policy:
    """What `docs/spec/policy.md` says of a network: one node's log key, and q of all its nodes.

    Args:
        origin: of the network's log.
        committee: whose nodes cosign.
        log: the node whose checkpoints and proofs are to be read by tools that ask for the
            signature of a log.
        signed_by: its log key, where it is not the one that it had in this committee.
    """
    keys = cosigner_keys(origin, committee)
    # Full key names, because a node may well be called like the group, or `none`.
    witnesses = tuple(PolicyWitness(key.name, key) for key in keys.values())
    members = tuple(each.name for each in witnesses)
    log_key = NoteKey(origin, Kind.LOG, signed_by or committee.node(log).log_key)
    group = PolicyGroup(_GROUP, committee.q, members)
    return Policy((PolicyLog(log_key),), witnesses, (group,), _GROUP)


def demanding(policy: Policy, outside: Sequence[NoteKey], needed: int) -> Policy:
    """`policy` and, besides its quorum, the word of some bodies outside the committee.

    Args:
        policy: of a network.
        outside: keys of witnesses.
        needed: how many of these have to cosign.

    Raises:
        FormatError: `policy.invalid` where no file can say this: a key twice or of the committee, a
            witness that is called like a group, more needed than there are.
    """
    witnesses = tuple(PolicyWitness(key.name, key) for key in outside)
    groups = (
        PolicyGroup(_OUTSIDE, needed, tuple(each.name for each in witnesses)),
        PolicyGroup(_BOTH, 2, (policy.quorum, _OUTSIDE)),
    )
    made = Policy(policy.logs, (*policy.witnesses, *witnesses), (*policy.groups, *groups), _BOTH)
    return parse_policy(made.format())


def parse_policy(data: bytes) -> Policy:
    """The policy that a file spells; blanks, empty lines and comments are free.

    Raises:
        FormatError: `policy.invalid` with the line, `note.invalid` for a verifier key.
        VerificationError: `key.weak`.
    """
    if len(data) > POLICY_BYTES_MAX or not data.endswith(b"\n") or _NOT_ALLOWED.search(data):
        raise FormatError(Code.POLICY_INVALID, line=0, reason="octets")
    reading = _Reading()
    for number, line in enumerate(data.decode(errors="surrogateescape").split("\n"), 1):
        words = _BLANK.split(line.strip(" \t"))
        if words[0] and not words[0].startswith("#"):
            reading.take(number, words)
    return reading.policy()


class _Reading:
    """A policy file, read so far."""

    def __init__(self) -> None:
        self.logs: list[PolicyLog] = []
        self.witnesses: list[PolicyWitness] = []
        self.groups: list[PolicyGroup] = []
        self.quorum = ""
        self._line = 0
        self._ids: set[tuple[str, bytes]] = set()
        """How lines of notes name the keys so far."""
        self._free: set[str] = set()
        """Names that no group has taken in yet."""
        self._named: set[str] = {NONE}

    def take(self, number: int, words: list[str]) -> None:
        """One line that says something."""
        self._line = number
        match words:
            case ["log", vkey, *url] if len(url) < 2:
                key = self._key(vkey, Kind.LOG, (each.key for each in self.logs))
                self.logs.append(PolicyLog(key, *url))
            case ["witness", name, vkey, *url] if len(url) < 2:
                known = (each.key for each in self.witnesses)
                key = self._key(vkey, Kind.COSIGNATURE, known)
                self.witnesses.append(PolicyWitness(self._new(name), key, *url))
            case ["group", name, needed, *members] if members:
                self._group(name, needed, members)
            case ["quorum", name] if not self.quorum and name in self._named:
                self.quorum = name
            case _:
                raise self._wrong(words[0])
        if max(len(self.logs), len(self.witnesses), len(self.groups)) > LINES_OF_A_KIND_MAX:
            raise self._wrong("too many")

    def policy(self) -> Policy:
        """The whole."""
        if not self.quorum:
            raise self._wrong("no quorum")
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)

    def _group(self, name: str, needed: str, members: list[str]) -> None:
        count = {"any": 1, "all": len(members)}.get(needed)
        if count is None:
            count = int(needed) if _COUNT.fullmatch(needed) else 0
        taken = set(members)
        # Each name is in one group at most, so that each witness counts in only one way.
        if not 1 <= count <= len(members) == len(taken) or not taken <= self._free:
            raise self._wrong(f"group {name}")
        self._free -= taken
        self.groups.append(PolicyGroup(self._new(name), count, tuple(members)))

    def _key(self, vkey: str, kind: Kind, known: Iterable[NoteKey]) -> NoteKey:
        key = parse_vkey(vkey)
        named = (key.name, key.key_id)
        twice = named in self._ids or key.public_key in {each.public_key for each in known}
        if key.kind is not kind or twice:
            raise self._wrong("vkey")
        self._ids.add(named)
        return key

    def _new(self, name: str) -> str:
        if name in self._named:
            raise self._wrong(name)
        self._named.add(name)
        self._free.add(name)
        return name

    def _wrong(self, reason: str) -> FormatError:
        shown = reason[:80].encode(errors="replace").decode()
        return FormatError(Code.POLICY_INVALID, line=self._line, reason=shown)


def _line(*words: str) -> str:
    return " ".join(word for word in words if word) + "\n"
