"""python -m tests.network.day.node node run FOLDER: the shipped node, which compacts when it is told to.

LevelDB compacts by itself at times that nobody chooses. SIGUSR1 has a thread of this process compact
the whole database, while the node goes on; what it took is a line in the folder.
"""

import json
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from ledger.store import leveldb

COMPACTED_FILE: Final = "compacted.jsonl"


def main(folder: Path) -> None:
    """Run the node with that handler."""
    # The command line is imported behind the change, like everything else that opens stores.
    opened = leveldb._opened

    def noticed(path: Path) -> Any:
        database = opened(path)

        def compact() -> None:
            before, began_s = size_of(path), time.monotonic()
            database.compact_range()
            told = {"before": before, "after": size_of(path), "s": time.monotonic() - began_s}
            with (folder / COMPACTED_FILE).open("a", encoding="utf-8") as file:
                file.write(json.dumps(told) + "\n")

        def asked(*_: object) -> None:
            threading.Thread(target=compact, daemon=True).start()

        if path.parent == folder and path.name == "db":
            signal.signal(signal.SIGUSR1, asked)
        return database

    leveldb._opened = noticed
    from cli.main import main as command

    command()


def size_of(folder: Path) -> int:
    """Bytes of all files; one that vanishes meanwhile has none."""
    total = 0
    for each in folder.iterdir():
        try:
            total += each.stat().st_size
        except FileNotFoundError:
            continue
    return total


if __name__ == "__main__":
    main(Path(sys.argv[3]).resolve())
