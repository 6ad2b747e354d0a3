"""The folder of a witness: made once, given networks to know, and held by one process.

`witness.toml`, the key, and for each network its trust root under ``networks/`` and the last word
of this witness under ``heads/``, both named by the hash of the log's origin; so is a folder under
``misconduct/`` for what heads proved. A head's file is made when a network is added and never
again, because a witness that forgot could contradict itself.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

import structlog

from api.tlog_witness.service import WitnessedLog
from cli.documents import unreadable
from cli.failures import CommandError, Exit
from cli.keyfiles import Cost, new_key
from cli.new_files import write_private, write_public
from cli.settings import WITNESS_FILE, WitnessSettings
from consensus.append_file import DiskFile
from consensus.evidence import EvidenceFolder
from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.identifiers import PublicKey
from ledger.core.note import NOTE_BYTES_MAX, Kind, NoteKey, parse_note
from ledger.core.signing import Signer
from ledger.errors import FormatError, LedgerError, StoreError, VerificationError
from ledger.files import read_capped
from ledger.reliance import read_trust
from ledger.trust import TrustRoot
from ledger.witnessing import origin_hash

KEY_FILE: Final = "witness.key"
KEY_USE: Final = "witness"
NETWORKS_FOLDER: Final = "networks"
HEADS_FOLDER: Final = "heads"
MISCONDUCT_FOLDER: Final = "misconduct"
NETWORKS_MAX: Final = 1_000
"""Networks that one witness may know: each holds two open files."""


def make_folder(
    folder: Path,
    name: str,
    listen: str,
    passphrase: bytes,
    passphrase_file: Path | None,
    cost: Cost,
) -> NoteKey:
    """Make a witness with a new key, which knows no network yet.

    Args:
        folder: where it is to be.
        name: its key name.
        listen: ``host:port``.
        passphrase: opens the key.
        passphrase_file: is named in the settings; None leaves that to the environment.
        cost: of one guess at the passphrase.

    Raises:
        CommandError: `settings.invalid` for a name that no signature line can bear.
        StoreError: `file.exists`, `file.unwritable`.
    """
    try:
        NoteKey(name, Kind.COSIGNATURE, PublicKey(bytes(32)))
    except FormatError as problem:
        path, reason = str(folder / WITNESS_FILE), "name"
        raise CommandError(
            Exit.USAGE, Code.SETTINGS_INVALID, path=path, key="name", reason=reason
        ) from problem
    key = NoteKey(name, Kind.COSIGNATURE, new_key(folder / KEY_FILE, KEY_USE, passphrase, cost))
    template = files("cli").joinpath("witness.template.toml").read_text(encoding="utf-8")
    named = "" if passphrase_file is None else str(passphrase_file.resolve())
    text = Template(template).substitute(name=name, api_listen=listen, passphrase_file=named)
    write_private(folder / WITNESS_FILE, text.encode())
    return key


def add_network(folder: Path, trust: TrustRoot) -> None:
    """Let the witness know one more network, of which it has cosigned nothing yet.

    Raises:
        StoreError: `file.exists` where it knows the network, `store.*`.
    """
    hashed = origin_hash(trust.origin)
    network = folder / NETWORKS_FOLDER / f"{hashed}.json"
    if network.exists():
        raise StoreError(Code.FILE_EXISTS, path=str(network))
    # The head's file first: what was interrupted here is done again, and what a network that was
    # taken away left behind is still this witness's word.
    DiskFile(folder / HEADS_FOLDER / hashed).close()
    write_public(network, trust.encode())


@contextmanager
def held_logs(settings: WitnessSettings, signer: Signer) -> Iterator[tuple[WitnessedLog, ...]]:
    """The logs that a witness knows, held against any other process.

    Raises:
        CommandError: `file.unreadable`; `settings.missing` where there is no network.
        StoreError: `store.locked`, `store.io`; `witness.state` where a last word is lost or is
            not this witness's.
    """
    networks = sorted((settings.folder / NETWORKS_FOLDER).glob("*.json"))
    if not 0 < len(networks) <= NETWORKS_MAX:
        path = str(settings.folder)
        raise CommandError(Exit.USAGE, Code.SETTINGS_MISSING, path=path, key=NETWORKS_FOLDER)
    with ExitStack() as held:
        logs = []
        for network in networks:
            # The file's mark first: what is written after it is read again.
            kept = KeptTrust(network)
            trust = _trusted(network)
            head = settings.folder / HEADS_FOLDER / origin_hash(trust.origin)
            if not head.exists():
                raise StoreError(Code.WITNESS_STATE, origin=trust.origin, reason=str(head))
            file = DiskFile(head)
            held.callback(file.close)
            evidence = EvidenceFolder(misconduct_folder(settings.folder, trust.origin))
            logs.append(WitnessedLog(trust, file, signer, settings.name, kept, evidence))
        yield tuple(logs)


class KeptTrust:
    """A trust root in a file, which is read again where the file has been replaced.

    A running witness so takes the committees to which links have led its operator, and never
    another past than it knows.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = _mark(path)
        self._log = structlog.get_logger("witness")

    def __call__(self, held: TrustRoot) -> TrustRoot:
        """The newer trust root, where there is one that goes on where `held` ends."""
        mark = _mark(self._path)
        if mark == self._mark:
            return held
        self._mark = mark
        try:
            newer = read_trust(self._path)
        except (OSError, LedgerError) as problem:
            self._log.error("witness.trust_unread", path=str(self._path), reason=str(problem))
            return held
        if newer.network_id != held.network_id or not newer.epochs.goes_on(held.epochs):
            self._log.error("witness.trust_refused", path=str(self._path))
            return held
        self._log.info("witness.epoch", origin=held.origin, epoch=newer.committee.epoch)
        return newer


def misconduct_folder(folder: Path, origin: str) -> Path:
    """Where a witness keeps what is proven against keys of the network with that origin."""
    return folder / MISCONDUCT_FOLDER / origin_hash(origin)


def known_networks(folder: Path) -> list[TrustRoot]:
    """The networks that a witness knows, as its folder says now.

    Raises:
        CommandError: `file.unreadable`.
    """
    return [_trusted(path) for path in sorted((folder / NETWORKS_FOLDER).glob("*.json"))]


def last_head(folder: Path, origin: str) -> Checkpoint | None:
    """What a witness cosigned last of a log, also while its process runs; None before the first.

    Raises:
        CommandError: `file.unreadable`.
        FormatError: `note.invalid`.
    """
    path = folder / HEADS_FOLDER / origin_hash(origin)
    try:
        note = read_capped(path, NOTE_BYTES_MAX)
    except OSError as problem:
        raise unreadable(path, problem) from problem
    return parse_checkpoint(parse_note(note).text) if note else None


def network_file(folder: Path, origin: str) -> Path:
    """Where a witness keeps the trust root of the network whose log has that origin.

    Raises:
        VerificationError: `witness.log` where it knows none.
    """
    path = folder / NETWORKS_FOLDER / f"{origin_hash(origin)}.json"
    if not path.exists():
        raise VerificationError(Code.WITNESS_LOG, origin=origin[:200])
    return path


def _mark(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is replaced."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _trusted(path: Path) -> TrustRoot:
    try:
        return read_trust(path)
    except OSError as problem:
        raise unreadable(path, problem) from problem
