"""Private keys that count no more: written down first, and then destroyed for good.

`destroyed-keys.jsonl` in a node's folder has a line for each time. A crash in between leaves a line
too many and never one too few; a node that has left is finished with at its next start.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from cli.compose.own_tls import CERTIFICATE_FILE, KEY_FILE, key_of
from cli.documents import read_given
from cli.durable_files import append_durably, replace_durably, unlink_durably
from cli.keyfiles import read_key_file
from cli.settings import Settings
from cli.signers.folder import LOG_KEY_FILE, NODE_KEY_FILE
from cli.signers.standing import NEXT_FOLDER
from consensus.tls import key_digest, read_certificate
from ledger.codes import Code
from ledger.core.identifiers import Digest, Epoch, Height, PublicKey
from ledger.core.signing import key_id
from ledger.errors import StoreError

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
    paths = private_keys(settings)
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


def destroyed_keys(folder: Path) -> dict[Digest, int]:
    """Which keys the records of a node's folder say are destroyed, and at what block time (ms).

    Node and log keys are named by their ids, TLS keys by their digests.

    Raises:
        CommandError: `file.unreadable`.
    """
    path = folder / DESTROYED_FILE
    found: dict[Digest, int] = {}
    for line in read_given(path, _FILE_BYTES_MAX).splitlines() if path.exists() else ():
        said = _said(line)
        for key in said.get("keys", ()):
            found.setdefault(Digest(bytes.fromhex(key)), int(said["time_ms"]))
    return found


def has_retired(settings: Settings) -> bool:
    """Whether the node of a folder has left; keys that a crash has spared are destroyed now."""
    if not _says_retired(settings.folder):
        return False
    _destroy(private_keys(settings))
    return True


def lying(settings: Settings, former: Collection[Digest]) -> list[Path]:
    """Which private keys of a folder count no more and are still there.

    A line comes before its deed, and a crash in between leaves it. Of a node that has left every
    key counts no more; one that renewed keys goes on with others in the same files.

    Args:
        settings: of the folder.
        former: the keys that ceased to count, as `destroyed_keys` names them.

    Raises:
        StoreError: `key.*`, `tls.file`: a file may hold one of them, and cannot be read.
    """
    found = private_keys(settings)
    if _says_retired(settings.folder):
        return found
    return [path for path in found if _named(path) in former]


def private_keys(settings: Settings) -> list[Path]:
    """The private keys that lie in a folder, the node key at the end."""
    keys, tls = settings.keys_folder, settings.tls_folder
    named = [
        *(folder / KEY_FILE for folder in (tls / NEXT_FOLDER, tls)),
        *(folder / LOG_KEY_FILE for folder in (keys / NEXT_FOLDER, keys)),
        *(folder / NODE_KEY_FILE for folder in (keys / NEXT_FOLDER, keys)),
    ]
    return [path for path in named if path.exists()]


def _named(path: Path) -> Digest:
    """What the key in a file is called: its public half is no secret.

    Raises:
        StoreError: `key.*`, `tls.file`: it cannot be read, and may be any.
    """
    if path.name == KEY_FILE:
        key = key_of(path)
        if not any(key):
            raise StoreError(Code.TLS_FILE, path=str(path), reason="PEM")
        return key
    return Digest(key_id(read_key_file(path).public_key))


def _says_retired(folder: Path) -> bool:
    path = folder / DESTROYED_FILE
    if not path.exists():
        return False
    with path.open("rb") as file:
        lines = file.read(_FILE_BYTES_MAX).splitlines()
    return any(_said(line).get("retired") is True for line in lines)


def _destroy(paths: Sequence[Path]) -> None:
    for path in paths:
        unlink_durably(path)


def _said(line: bytes) -> dict[str, Any]:
    """A line that a crash has torn says nothing: what it was to announce has not begun."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _pinned(settings: Settings, paths: Sequence[Path]) -> list[Digest]:
    """The digest of the TLS key among `paths`, which the certificate beside it tells."""
    certificate = settings.tls_folder / CERTIFICATE_FILE
    if settings.tls_folder / KEY_FILE not in paths or not certificate.exists():
        return []
    try:
        return [key_digest(read_certificate(certificate))]
    except StoreError:
        # A certificate that cannot be read keeps no key from being destroyed.
        return []


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
        "keys": [each.hex() for each in (*map(key_id, keys), *_pinned(settings, paths))],
    }
    append_durably(settings.folder / DESTROYED_FILE, json.dumps(line))
    log.info("keys.destroyed", **line)


def tls_moves(folder: Path) -> dict[Path, Path]:
    """What takes the place of what where a TLS key is renewed, the key before its certificate."""
    later = folder / NEXT_FOLDER
    return {later / name: folder / name for name in (KEY_FILE, CERTIFICATE_FILE)}
