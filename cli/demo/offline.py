"""Builds the bare room in which receipts are verified, and sends files there.

The room holds links to `ledger` and to the three libraries that a verifier needs. Whoever is inside
cannot import the server, because it is not there.
"""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.demo import bare_room
from cli.failures import CommandError, Exit
from ledger.codes import Code

_FOR_VERIFYING: Final = ("ledger", "nacl", "cryptography", "msgpack", "cffi", "_cffi_backend")
_TIMEOUT_S: Final = 120


@dataclass(frozen=True, slots=True)
class Judged:
    """What the verifier said about one file."""

    file: str
    verified: bool
    step: int
    """The check that failed; 0 where none did."""
    code: str
    """Of the refusal; empty where the file was verified."""
    sentence: str


class Room:
    """A folder with nothing but the verifier in it."""

    def __init__(self, folder: Path) -> None:
        """Fill `folder`, which is made where it is missing, with links."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        for name in _FOR_VERIFYING:
            self._link(name)

    def verify(
        self, files: Sequence[Path], trust: Path, documents: Sequence[Path] = ()
    ) -> list[Judged]:
        """Verify `files` in a process of its own.

        Raises:
            CommandError: `demo.not_bare` where the room is not bare, or nothing was answered.
        """
        arguments = [str(path) for path in files] + ["--trust", str(trust), "--json"]
        for document in documents:
            arguments += ["--document", str(document)]
        script = str(Path(bare_room.__file__))
        ended = subprocess.run(
            [sys.executable, "-I", "-S", script, str(self._folder.resolve()), *arguments],
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        try:
            judged = [_judged(each) for each in json.loads(ended.stdout)["results"]]
        except (ValueError, KeyError) as problem:
            said = ended.stderr.decode(errors="replace").strip()[-500:]
            raise CommandError(Exit.BROKEN, Code.DEMO_NOT_BARE, reason=said) from problem
        # A verdict that is missing must never look like one that holds.
        if len(judged) != len(files):
            said = ended.stdout.decode(errors="replace").strip()[-500:]
            raise CommandError(Exit.BROKEN, Code.DEMO_NOT_BARE, reason=said)
        return judged

    def _link(self, name: str) -> None:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise CommandError(Exit.BROKEN, Code.DEMO_NOT_BARE, reason=name)
        origin = Path(spec.origin)
        place = origin.parent if origin.name.startswith("__init__.") else origin
        link = self._folder / place.name
        link.unlink(missing_ok=True)
        link.symlink_to(place)


def _judged(value: dict[str, object]) -> Judged:
    problem = value["problem"]
    found = problem if isinstance(problem, dict) else {}
    return Judged(
        file=str(value["file"]),
        verified=bool(value["verified"]),
        step=int(found.get("step", 0)),
        code=str(found.get("code", "")),
        sentence=str(found.get("sentence", "")),
    )
