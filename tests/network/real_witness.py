"""A real witness process on a folder made as its operator would: started, killed, started again."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from cli.compose.ports import free_addresses
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.note import NoteKey, parse_note, parse_vkey
from ledger.trust import TrustRoot
from ledger.witnessing import origin_hash
from tests.commands import bidwitness

PASSPHRASE = "correct horse"
READY_S = 120
STOP_S = 60
POLL_S = 0.05


@dataclass
class RealWitness:
    """A witness's folder, and its process where one runs."""

    folder: Path
    trust: TrustRoot
    name: str
    port: int = field(default_factory=lambda: free_addresses(1)[0].port)
    process: "subprocess.Popen[bytes] | None" = None
    vkey: str = ""
    """As `init` told it."""

    @property
    def trust_file(self) -> Path:
        """The trust root that it was made with."""
        return self.folder.with_name(f"{self.folder.name}-trust.json")

    @property
    def passphrase_file(self) -> Path:
        """What opens its key."""
        return self.folder.with_name(f"{self.folder.name}-passphrase")

    @property
    def console(self) -> Path:
        """What its processes said, one after the other."""
        return self.folder.with_name(f"{self.folder.name}-console")

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> NoteKey:
        """Its key as its last process told it in its log."""
        said = self.console.read_text().rpartition('"vkey": "')[2]
        return parse_vkey(said.partition('"')[0])

    def make(self) -> None:
        """Make the folder."""
        self.trust_file.write_bytes(self.trust.encode())
        self.passphrase_file.write_text(PASSPHRASE)
        made = bidwitness(
            *("witness", "init", str(self.folder), str(self.trust_file), "--name", self.name),
            *("--listen", f"127.0.0.1:{self.port}", "--cost", "interactive"),
            *("--passphrase-file", str(self.passphrase_file), "--json"),
        )
        assert made.returncode == 0, made.stdout + made.stderr
        self.vkey = json.loads(made.stdout)["vkey"]

    def start(self) -> None:
        """Start a process and wait until it answers."""
        with self.console.open("ab") as console:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "cli.main", "witness", "run", str(self.folder)),
                    "--stop-with-parent",
                ],
                stdin=subprocess.PIPE,
                stderr=console,
            )
        until = time.monotonic() + READY_S
        while time.monotonic() < until and self.process.poll() is None:
            try:
                httpx.get(f"{self.url}/healthz", trust_env=False, timeout=2)
            except httpx.HTTPError:
                time.sleep(POLL_S)
            else:
                return
        pytest.fail(self.console.read_text())

    def kill(self) -> None:
        """SIGKILL, and nothing of it is left."""
        assert self.process is not None and self.process.stdin is not None
        self.process.kill()
        self.process.wait(STOP_S)
        self.process.stdin.close()

    def stop(self) -> int:
        """SIGTERM; what the process ended with."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(STOP_S)

    def head(self) -> Checkpoint:
        """The last head that it cosigned, as it tells monitors."""
        where = f"{self.url}/{origin_hash(self.trust.origin)}/checkpoint"
        answer = httpx.get(where, trust_env=False, timeout=STOP_S)
        return parse_checkpoint(parse_note(answer.content).text)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have it run for a while; it is killed at the end."""
        self.start()
        try:
            yield
        finally:
            self.kill()
