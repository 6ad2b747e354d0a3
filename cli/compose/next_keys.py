"""Keys that an operator makes beside those of a running node: opened where they lie, once each.

The node holds the passphrase that it was started with for as long as it runs, as it holds the keys.
A key that this passphrase does not open is said in the log, and the present one goes on.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from cli.keyfiles import open_key
from cli.signers.folder import LOG_KEY_FILE, NODE_KEY_FILE
from cli.signers.standing import NEXT_FOLDER, NodeKeys
from ledger.errors import LedgerError

log = structlog.get_logger("node")


@dataclass(slots=True)
class NextKeys:
    """What lies in the folder ``next`` of a node's keys, as far as it was looked at."""

    folder: Path
    """Of the node's keys."""
    passphrase: bytes = field(repr=False)
    keys: NodeKeys
    """Where an opened key goes."""
    _seen: dict[Path, tuple[int, int, int]] = field(default_factory=dict)

    async def look(self) -> None:
        """Open each key file that was not there before, in a thread: that takes a second."""
        for name in (NODE_KEY_FILE, LOG_KEY_FILE):
            path = self.folder / NEXT_FOLDER / name
            try:
                found = path.stat()
            except OSError:
                continue
            mark = (found.st_ino, found.st_mtime_ns, found.st_size)
            if self._seen.get(path) == mark:
                continue
            self._seen[path] = mark
            try:
                signer = await asyncio.to_thread(open_key, path, self.passphrase)
            except LedgerError as problem:
                # Half written is seen again when it is whole: its size is another one then.
                log.warning("key.next_unusable", path=str(path), reason=str(problem))
                continue
            self.keys.take(name, signer)
            log.info("key.next_opened", path=str(path))
