"""HookFile: how far one subscription came, what was set aside, and what is to be sent again.

On disk, so that it survives the node. Who loses the newest state to a power cut is told some events
twice, under the same ids; never one too few. Nothing of an event's content is kept here: rights are
asked anew before it is sent again. Spec: ``docs/spec/webhooks.md``.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from api.durable_file import write_durably
from ledger.codes import Code
from ledger.errors import StoreError

DEAD_MAX: Final = 1_000
"""Events set aside; beyond, the subscription stands still, so that none is lost unseen."""
NOTES_MAX: Final = 10_000
"""Notes that wait to be put on record; beyond, likewise."""
STATE_SUFFIX: Final = ".json"
AGAIN_SUFFIX: Final = ".again"
NOTES_SUFFIX: Final = ".delivered"
NOTE_SUFFIX: Final = ".delivery.json"
NOTE_LABEL: Final = f"webhook{NOTE_SUFFIX}"
"""Of every note that is put on record: a name of its own would tell what was delivered."""
ALL: Final = "*"
_BYTES_MAX: Final = 4 << 20
_KINDS: Final = frozenset({"block", "record", "alert"})


@dataclass(frozen=True, slots=True)
class Dead:
    """One event that was set aside."""

    webhook_id: str
    kind: str
    index: int
    key: str
    first_ms: int
    """When it was tried first."""
    last_ms: int
    """When it was tried last."""
    attempts: int
    reason: str
    """Why the last attempt failed."""


@dataclass(frozen=True, slots=True)
class HookState:
    """Where a subscription stands."""

    behind: int
    """Everything up to this index is done."""
    done: tuple[str, ...] = ()
    """Webhook ids behind it that are done already: several events may stand at one index."""
    dead: tuple[Dead, ...] = ()
    again: tuple[Dead, ...] = ()
    """Set aside before, and to be sent once more."""
    delivered_count: int = 0
    gone: bool = False
    """The receiver said that it takes nothing any more (410)."""


class HookFile:
    """The files of one subscription."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    @property
    def notes_folder(self) -> Path:
        """Where a file lies for each delivery."""
        return self._folder / f"{self._name}{NOTES_SUFFIX}"

    def read(self) -> HookState | None:
        """The state that was kept; None before the first.

        Raises:
            StoreError: `store.damaged`.
        """
        path = self._path(STATE_SUFFIX)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise _damaged(path) from problem
        try:
            return _state(json.loads(data[:_BYTES_MAX]))
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise _damaged(path) from problem

    def keep(self, state: HookState) -> None:
        """Make a state durable; raises StoreError."""
        write_durably(self._path(STATE_SUFFIX), [json.dumps(asdict(state)).encode()])

    def ask_again(self, webhook_ids: Sequence[str]) -> None:
        """Leave word for the node that these are to be sent again; `ALL` for whatever is dead.

        Raises:
            StoreError: `file.unwritable`.
        """
        write_durably(self._path(AGAIN_SUFFIX), [json.dumps(list(webhook_ids)).encode()])

    def asked_again(self) -> frozenset[str] | None:
        """What word was left; None where none was. It stays until `heard`."""
        try:
            data = self._path(AGAIN_SUFFIX).read_bytes()
        except OSError:
            return None
        try:
            said = json.loads(data[:_BYTES_MAX])
        except (ValueError, RecursionError):
            said = None
        return frozenset(str(each) for each in said) if isinstance(said, list) else frozenset()

    def heard(self) -> None:
        """The word was taken."""
        self._path(AGAIN_SUFFIX).unlink(missing_ok=True)

    def notes_count(self) -> int:
        """Notes that wait."""
        folder = self.notes_folder
        if not folder.is_dir():
            return 0
        return sum(1 for each in folder.iterdir() if each.name.endswith(NOTE_SUFFIX))

    def note(self, webhook_id: str, document: dict[str, object]) -> None:
        """Keep what came of a delivery; raises StoreError."""
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1)
        path = self.notes_folder / f"{webhook_id}{NOTE_SUFFIX}"
        write_durably(path, [text.encode() + b"\n"])

    def _path(self, suffix: str) -> Path:
        return self._folder / f"{self._name}{suffix}"


def taken_again(state: HookState, asked: frozenset[str]) -> HookState:
    """The state after somebody asked for what is dead."""
    chosen = [each for each in state.dead if ALL in asked or each.webhook_id in asked]
    left = tuple(each for each in state.dead if each not in chosen)
    return replace(state, dead=left, again=(*state.again, *chosen), gone=False)


def _state(said: Any) -> HookState:
    return HookState(
        _whole(said["behind"], -1),
        tuple(_text(each) for each in said["done"]),
        tuple(_dead(each) for each in said["dead"]),
        tuple(_dead(each) for each in said["again"]),
        _whole(said["delivered_count"]),
        said["gone"] is True,
    )


def _dead(said: Any) -> Dead:
    kind = _text(said["kind"])
    if kind not in _KINDS:
        raise ValueError(kind)
    return Dead(
        _text(said["webhook_id"]),
        kind,
        _whole(said["index"]),
        _text(said["key"]),
        _whole(said["first_ms"]),
        _whole(said["last_ms"]),
        _whole(said["attempts"]),
        _text(said["reason"]),
    )


def _whole(said: Any, least: int = 0) -> int:
    if type(said) is not int or said < least:
        raise ValueError(said)
    return said


def _text(said: Any) -> str:
    if not isinstance(said, str):
        raise TypeError(said)
    return said


def _damaged(path: Path) -> StoreError:
    return StoreError(Code.STORE_DAMAGED, what=str(path))
