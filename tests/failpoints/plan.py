"""What one life of a node is to suffer: where it dies, or which call of the file system fails."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

SOURCE = Path(__file__).with_name("shim.c")
KILLED = 137
"""Exit code of a life that ended at its fail point."""
SHORT = -1
"""Instead of an error: half of the write is done, which is no failure."""

When = Literal["before", "after", "half"]


@dataclass(frozen=True)
class Crash:
    """The process ends at one step, without a word."""

    step: int
    """Counted from 1, every change of the node's files in the order in which it is asked for."""
    when: When
    """Before or after it; with half of a write done."""


@dataclass(frozen=True)
class Fault:
    """Calls that fail."""

    op: str
    """create, open, write, read, fsync, rename, unlink."""
    name: str
    """Pattern below the node's folder: `db/*.log`."""
    error: int
    """errno, or `SHORT`."""
    first: int = 1
    """Which such call is the first to fail."""
    count: int = 0
    """How many fail; 0 for every one from the first."""


@dataclass(frozen=True)
class Plan:
    """One life's fate; nothing at all for a life that is only watched."""

    crash: Crash | None = None
    fault: Fault | None = None
    language: str = "en_US.UTF-8"
    """In which the node says its last sentence."""


@dataclass(frozen=True)
class Places:
    """Where a node is, and where its steps are written down."""

    node: Path
    log: Path
    graves: Path

    def environment(self, plan: Plan) -> Mapping[str, str]:
        """What the shim reads."""
        told = {
            "FAILPOINTS_FOLDER": str(self.node),
            "FAILPOINTS_LOG": str(self.log),
            "FAILPOINTS_GRAVES": str(self.graves),
        }
        told["LANG"] = plan.language
        if plan.crash is not None:
            told["FAILPOINTS_CRASH"] = f"{plan.crash.step}:{plan.crash.when[0]}"
        if (fault := plan.fault) is not None:
            told["FAILPOINTS_FAULT"] = (
                f"{fault.op}:{fault.name}:{fault.first}:{fault.count}:{fault.error}"
            )
        return told


def compiler() -> str | None:
    """The C compiler of this machine; None where it has none."""
    return shutil.which("cc")


@cache
def shim() -> Path:
    """The compiled shim, once for each test process."""
    made = Path(mkdtemp(prefix="failpoints-")) / "shim.so"
    command = [str(compiler()), "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*command, "-o", str(made), str(SOURCE)], check=True)
    return made


def preloaded() -> dict[str, str]:
    """An environment in which the shim stands before the C library."""
    return os.environ | {"LD_PRELOAD": str(shim()), "LANG": "en_US.UTF-8", "COLUMNS": "500"}
