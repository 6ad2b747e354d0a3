"""The catalogues that a node has at hand: this software's own, and those in folders beside it."""

from collections.abc import Sequence
from pathlib import Path

from contracts.catalogue import load_catalogue, load_version
from contracts.tables import Catalogue
from ledger.codes import Code
from ledger.errors import FormatError


def catalogues_at_hand(folders: Sequence[Path]) -> tuple[Catalogue, tuple[Catalogue, ...]]:
    """This software's own catalogue, and those of the folders.

    Args:
        folders: of older and newer versions, as `bidwitness catalogue export --format toml` writes
            them.

    Raises:
        FormatError: `catalogue.folder`, naming the folder and what is wrong in it.
    """
    return load_catalogue(), tuple(catalogue_in(folder) for folder in folders)


def catalogue_in(folder: Path) -> Catalogue:
    """The catalogue in a folder; raises as `catalogues_at_hand`."""
    try:
        return load_version(folder)
    except FormatError as problem:
        reason = str(problem)
        raise FormatError(Code.CATALOGUE_FOLDER, path=str(folder), reason=reason) from problem
