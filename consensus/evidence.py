"""Evidence that this node found, kept where its operators find it: one file for each Fault.

What is kept survives the process; a Fault that is known adds nothing. The files are whole and prove
themselves, so a folder of them can be copied, mailed and verified by anybody. Spec:
``docs/spec/misconduct.md``.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from ledger.codes import Code
from ledger.core.epoch_link import EpochLink
from ledger.core.identifiers import Epoch
from ledger.core.misconduct import Fault
from ledger.core.misconduct_file import (
    MISCONDUCT_BYTES_MAX,
    MisconductFile,
    decode_misconduct_file,
)
from ledger.errors import FormatError, StoreError
from ledger.files import read_capped
from ledger.store.folders import make_folder, sync_folder

KEPT_MAX: Final = 256
"""Files of one node: who is proven so often to have lied needs no further proof."""
SUFFIX: Final = ".misconduct.json"


Links = Callable[[Epoch], tuple[EpochLink, ...]]
"""Of an epoch: what leads to its committee from the genesis's."""


class Evidence(Protocol):
    """Where evidence is kept."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Everything that is kept, also from before the start."""
        ...

    def keep(self, fault: Fault) -> str | None:
        """Keep a Fault; when this returns, it survives a crash.

        Returns:
            Where it is, for people; None where it is known, or there is no room.

        Raises:
            StoreError: `store.io`.
        """
        ...


class EvidenceInMemory:
    """For nodes whose disk is simulated, and for tests of everything else."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[str, Fault] = {}

    @property
    def faults(self) -> tuple[Fault, ...]:
        """See `Evidence.faults`."""
        return tuple(self._kept.values())

    def keep(self, fault: Fault) -> str | None:
        """See `Evidence.keep`."""
        name = file_name(fault)
        if name in self._kept or len(self._kept) >= KEPT_MAX:
            return None
        self._kept[name] = fault
        return name


class EvidenceFolder:
    """A folder of ``NODE-KIND-PLACE.misconduct.json``."""

    __slots__ = ("_folder", "_kept", "_links")

    def __init__(self, folder: Path, links: Links = lambda _: ()) -> None:
        """Read what is there.

        Args:
            folder: made where it is missing.
            links: lead a reader of a file from the genesis to the committee of an epoch.

        What holds no evidence was put there by somebody else, and is left alone.

        Raises:
            StoreError: `store.io`.
        """
        self._folder = folder
        self._links = links
        try:
            make_folder(folder)
            self._kept = dict(_read(folder))
        except OSError as problem:
            raise _store_error(problem, folder) from problem

    @property
    def faults(self) -> tuple[Fault, ...]:
        """See `Evidence.faults`."""
        return tuple(self._kept.values())

    def keep(self, fault: Fault) -> str | None:
        """See `Evidence.keep`."""
        name = file_name(fault)
        if name in self._kept or len(self._kept) >= KEPT_MAX:
            return None
        path, fresh = self._folder / name, self._folder / f"{name}.new"
        try:
            with fresh.open("wb") as file:
                file.write(MisconductFile(fault, self._links(fault.epoch)).encode())
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            sync_folder(self._folder)
        except OSError as problem:
            raise _store_error(problem, path) from problem
        self._kept[name] = fault
        return str(path)


def file_name(fault: Fault) -> str:
    """The name under which a Fault is kept: one for each node, kind and place."""
    places = "-".join(map(str, (fault.epoch, *fault.place)))
    return f"{fault.node}-{fault.kind.value}-{places}{SUFFIX}"


def _read(folder: Path) -> Iterator[tuple[str, Fault]]:
    for path in sorted(folder.glob(f"*{SUFFIX}"))[:KEPT_MAX]:
        with suppress(FormatError):
            yield path.name, decode_misconduct_file(read_capped(path, MISCONDUCT_BYTES_MAX)).fault


def _store_error(problem: OSError, path: Path) -> StoreError:
    return StoreError(Code.STORE_IO, path=str(path), reason=problem.strerror or str(problem))
