"""The key under which an observer cosigns heads of its log, and the file of the last one.

The same word, kept by the same rule, as that of a witness (`cli.witness_folder`), for one log.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from api.tlog_witness.service import WitnessedLog
from cli.keyfiles import Cost, new_key, open_key
from cli.settings import ObserverSettings
from consensus.append_file import DiskFile
from ledger.codes import Code
from ledger.core.identifiers import PublicKey
from ledger.core.note import Kind, NoteKey
from ledger.errors import StoreError
from ledger.trust import TrustRoot

KEY_FILE: Final = "cosign.key"
HEAD_FILE: Final = "cosigned"


def make_cosigner(folder: Path, name: str, passphrase: bytes, cost: Cost) -> NoteKey:
    """Write a new key under which an observer cosigns, and the file of its last head, empty.

    Raises:
        FormatError: `note.invalid` for a name that no signature line can bear.
        StoreError: `file.exists`, `file.unwritable`.
    """
    NoteKey(name, Kind.COSIGNATURE, PublicKey(bytes(32)))
    key = new_key(folder / KEY_FILE, "witness", passphrase, cost)
    # A head of nothing is said once, here: a witness that forgot could contradict itself.
    DiskFile(folder / HEAD_FILE).close()
    return NoteKey(name, Kind.COSIGNATURE, key)


@contextmanager
def held_cosigner(
    settings: ObserverSettings,
    trust: TrustRoot,
    secret: bytes,
    renewed: Callable[[TrustRoot], TrustRoot],
) -> Iterator[WitnessedLog | None]:
    """The one log that an observer cosigns, held against any other process; None for none.

    Args:
        settings: of the observer.
        trust: of its network.
        secret: opens the key.
        renewed: as for `WitnessedLog`.

    Raises:
        LedgerError: `key.*`.
        StoreError: `store.locked`, `store.io`; `witness.state` where its last word is lost.
    """
    if not settings.cosign_name:
        yield None
        return
    signer = open_key(settings.cosign_key_file, secret)
    head = settings.cosign_head_file
    if not head.exists():
        raise StoreError(Code.WITNESS_STATE, origin=trust.origin, reason=str(head))
    file = DiskFile(head)
    try:
        yield WitnessedLog(trust, file, signer, settings.cosign_name, renewed)
    finally:
        file.close()
