"""Versions of the catalogue for stories: the shipped one, and the same with a stricter clause."""

import shutil
from importlib.resources import files
from pathlib import Path

from contracts.catalogue import load_version
from contracts.executor import BlockExecutor
from contracts.tables import Catalogue
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from tests.contracts.town import CATALOGUE, Town

FOLDERS = ("types", "deadlines", "profiles", "subsystems")
CONFIRMING = ("centre", "supervisor")


def copied(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """The shipped catalogue in a folder of its own, with changes: (file, text, other text)."""
    package = Path(str(files("contracts")))
    for name in FOLDERS:
        shutil.copytree(package / name, folder / name, ignore=shutil.ignore_patterns("*.py"))
    for file in package.glob("*.toml"):
        shutil.copy(file, folder)
    for name, text, other in changes:
        said = (folder / name).read_text(encoding="utf-8")
        assert text in said, text
        (folder / name).write_text(said.replace(text, other, 1), encoding="utf-8")
    return folder


def version_of(folder: Path, *changes: tuple[str, str, str]) -> Catalogue:
    """That catalogue, loaded."""
    return load_version(copied(folder, *changes))


class VersionTown(Town):
    """A town whose nodes hold several versions, and that adopts some of them."""

    def __init__(self, *held: Catalogue, first: Catalogue = CATALOGUE) -> None:
        super().__init__(catalogue=first)
        self.executor = BlockExecutor(self.chain, first, held)


def propose(town: Town, catalogue: Catalogue, version: str) -> RecordId:
    """The rule authority proposes a version; it awaits the quorum."""
    fields: dict[str, Value] = {"catalogue": catalogue.hash, "version": version}
    return town.say("registry", "ledger.rules_adopted", "rules", fields=fields)


def adopt(town: Town, catalogue: Catalogue, version: str = "2") -> None:
    """The quorum adopts it."""
    proposed = propose(town, catalogue, version)
    for member in CONFIRMING:
        town.say(member, "ledger.confirmed", "rules", refs=[("confirms", proposed)])
