"""Private keys that count no more: written down first, and then destroyed for good.

`destroyed-keys.jsonl` in a node's folder has a line for each time. A crash in between leaves a line
too many and never one too few; a node that has left is finished with at its next start.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from cli.compose.own_tls import CERTIFICATE_FILE, KEY_FILE
from cli.durable_files import append_durably, replace_durably, unlink_durably
from cli.settings import Settings
from cli.signers.folder import LOG_KEY_FILE, NODE_KEY_FILE
from cli.signers.standing import NEXT_FOLDER
from ledger.core.identifiers import Epoch, Height, PublicKey
from ledger.core.signing import key_id

DESTROYED_FILE: Final = "destroyed-keys.jsonl"
_FILE_BYTES_MAX: Final = 1 << 20

log = structlog.get_logger("node")


@dataclass(frozen=True, slots=True)
class Moment:
    """When keys ceased to count: the head at which a quorum has gone on without them."""

    epoch: Epoch
    height: Height
    time_ms: int


def retire(settings: Settings, moment: Moment, keys: Sequence[PublicKey]) -> None:
    """Destroy every private key of a node that has left, and write down that it has left.

    Args:
        settings: of its folder.
        moment: when.
        keys: the public halves of those that stand for it.
    """
    paths = _every_key(settings)
    _write_down(settings, moment, paths, keys, retired=True)
    _destroy(paths)


def replace(
    settings: Settings, moment: Moment, moves: Mapping[Path, Path], keys: Sequence[PublicKey]
) -> None:
    """Put files in the place of others, whose content is then gone.

    Args:
        settings: of the node's folder.
        moment: when.
        moves: the new file, and the old one that it takes the place of.
        keys: the public halves of those that are replaced.
    """
    _write_down(settings, moment, list(moves.values()), keys, retired=False)
    for source, target in moves.items():
        replace_durably(source, target)


def has_retired(settings: Settings) -> bool:
    """Whether the node of a folder has left; keys that a crash has spared are destroyed now."""
    path = settings.folder / DESTROYED_FILE
    if not path.exists():
        return False
    with path.open("rb") as file:
        lines = file.read(_FILE_BYTES_MAX).splitlines()
    if not any(_says_retired(line) for line in lines):
        return False
    _destroy(_every_key(settings))
    return True


def _every_key(settings: Settings) -> list[Path]:
    """The private keys in a folder, the node key at the end."""
    keys, tls = settings.keys_folder, settings.tls_folder
    named = [
        *(folder / KEY_FILE for folder in (tls / NEXT_FOLDER, tls)),
        *(folder / LOG_KEY_FILE for folder in (keys / NEXT_FOLDER, keys)),
        *(folder / NODE_KEY_FILE for folder in (keys / NEXT_FOLDER, keys)),
    ]
    return [path for path in named if path.exists()]


def _destroy(paths: Sequence[Path]) -> None:
    for path in paths:
        unlink_durably(path)


def _says_retired(line: bytes) -> bool:
    """A line that a crash has torn says nothing: what it was to announce has not begun."""
    try:
        said = json.loads(line)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("retired") is True


def _write_down(
    settings: Settings,
    moment: Moment,
    paths: Sequence[Path],
    keys: Sequence[PublicKey],
    *,
    retired: bool,
) -> None:
    line: dict[str, object] = {
        "retired": retired,
        "epoch": moment.epoch,
        "height": moment.height,
        "time_ms": moment.time_ms,
        "files": [str(path.relative_to(settings.folder)) for path in paths],
        "keys": [key_id(each).hex() for each in keys],
    }
    append_durably(settings.folder / DESTROYED_FILE, json.dumps(line))
    log.info("keys.destroyed", **line)


def tls_moves(folder: Path) -> dict[Path, Path]:
    """What takes the place of what where a TLS key is renewed, the key before its certificate."""
    later = folder / NEXT_FOLDER
    return {later / name: folder / name for name in (KEY_FILE, CERTIFICATE_FILE)}
