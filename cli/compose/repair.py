"""Repairs the two files beside the database of a stopped node, and never throws anything away.

A lost promise must not be broken: the repaired node follows without voting until the height that it
may have voted at is decided by others. Spec: ``docs/spec/journal.md``.
"""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.compose.opening import opened_chain
from cli.settings import Settings
from consensus import journal
from consensus.append_file import DiskFile, intact
from consensus.intake import Intake
from consensus.journal import Journal
from ledger.codes import Code
from ledger.core.identifiers import Height
from ledger.errors import StoreError
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot
from ledger.upgrading import Told

PROMISES_FILE: Final = "promises"
INTAKE_FILE: Final = "intake"


@dataclass(frozen=True, slots=True)
class Repaired:
    """One file that was damaged."""

    file: Path
    aside: Path
    """A copy of it as it was."""
    abstain_until: Height | None
    """Of the promises: no vote before this height is decided. None for the intake."""


def repair_node(settings: Settings, trust: TrustRoot, told: Told) -> tuple[Repaired, ...]:
    """Set what is damaged aside and start it anew.

    Args:
        settings: of the node.
        trust: of its network.
        told: hears how far an older database is brought up.

    Returns:
        What was repaired; empty where nothing was damaged.

    Raises:
        StoreError: `store.locked` while the node runs, or what is wrong with the database.
    """
    with ExitStack() as held:
        store = LevelDBStore(settings.database_folder)
        held.callback(store.close)
        head = opened_chain(store, trust, told).head.height
        promises = DiskFile(settings.journal_folder / PROMISES_FILE)
        held.callback(promises.close)
        intake = DiskFile(settings.journal_folder / INTAKE_FILE)
        held.callback(intake.close)
        done = []
        if _is_damaged(lambda: Journal(promises, trust.network_id, settings.node_id)):
            aside = _set_aside(promises)
            journal.repair(promises, trust.network_id, settings.node_id, head)
            done.append(Repaired(Path(promises.name), aside, Height(head + 1)))
        if _is_damaged(lambda: Intake(intake, trust.genesis.parameters)):
            aside = _set_aside(intake)
            intake.replace(intact(intake.read(), intake.name))
            done.append(Repaired(Path(intake.name), aside, None))
        return tuple(done)


def _is_damaged(opens: Callable[[], object]) -> bool:
    try:
        opens()
    except StoreError as problem:
        if problem.code is Code.JOURNAL_DAMAGED:
            return True
        raise
    return False


def _set_aside(file: DiskFile) -> Path:
    """Copy the file beside itself under a name that is free."""
    path = Path(file.name)
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    shutil.copy2(path, aside)
    return aside
