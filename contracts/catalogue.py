"""Loads the catalogue: reads its TOML files, proves it whole, freezes it, and computes its hash.

The only file of this package that opens files, once, at the start of a process; two nodes whose
catalogues differ in one character have different hashes and are two networks. Spec:
``docs/spec/contracts.md``.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, cast

from contracts import schema_reader
from contracts.alerts import ALERT_RULES
from contracts.closure import check
from contracts.declared import BY_DATA
from contracts.profile import profile
from contracts.profile_closure import check_profile
from contracts.profile_likeness import likened
from contracts.registry_closure import check_registry
from contracts.rules import RULES
from contracts.subsystem import subsystem
from contracts.table_row import Raw, invalid
from contracts.tables import VERSION, Catalogue, catalogue_of
from ledger.core.canonical import Value, encode
from ledger.core.hashing import Tag, sha256, tagged_hash
from ledger.core.identifiers import Digest

_FOLDERS: Final = ("types", "deadlines", "profiles", "subsystems")
"""Each a group of rows under its own name."""
_FILES: Final = {
    "roles": "roles.toml",
    "alerts": "alerts.toml",
    "common": "common.toml",
    "reasons": "reasons.toml",
}


def load_version(folder: Path) -> Catalogue:
    """A catalogue that lies in a folder by itself: another version than this software's own.

    Args:
        folder: laid out like this package, every file of it included.

    Raises:
        FormatError: one of the `catalogue.*` codes, naming the row or file.
    """
    return _loaded([folder])


def load_catalogue(more: Sequence[Path] = ()) -> Catalogue:
    """The catalogue in force, proven whole.

    Args:
        more: further folders laid out like this package (``types/*.toml``, ``deadlines/*.toml``,
            ``profiles/*.toml``, ``subsystems/*.toml``); a network that uses them has another
            catalogue hash.

    Raises:
        FormatError: one of the `catalogue.*` codes, naming the row.
    """
    return _loaded([files("contracts"), *more])


def source_files() -> dict[str, bytes]:
    """The files of this software's own catalogue, by their path: what `load_version` can read."""
    package = files("contracts")
    found = {name: package.joinpath(name).read_bytes() for name in _FILES.values()}
    for folder in _FOLDERS:
        for file in package.joinpath(folder).iterdir():
            if file.name.endswith(".toml"):
                found[f"{folder}/{file.name}"] = file.read_bytes()
    return found


def _loaded(places: Sequence[Traversable]) -> Catalogue:
    """The rows of all places, proven whole; what is no row of a folder is the first place's."""
    raw = {group: _folder_rows(places, group) for group in _FOLDERS}
    raw["profiles"] = likened(raw["profiles"])
    raw |= {group: _file_rows(places[0].joinpath(name)) for group, name in _FILES.items()}
    catalogue = catalogue_of(
        types={key: schema_reader.record_type(key, row) for key, row in raw["types"].items()},
        roles={key: schema_reader.role(key, row) for key, row in raw["roles"].items()},
        alerts={code: schema_reader.alert(code, row) for code, row in raw["alerts"].items()},
        deadlines={key: schema_reader.deadline(key, row) for key, row in raw["deadlines"].items()},
        common={name: schema_reader.field(name, row) for name, row in raw["common"].items()},
        reasons={key: schema_reader.reason(key, row) for key, row in raw["reasons"].items()},
        profiles={key: profile(key, row) for key, row in raw["profiles"].items()},
        subsystems={key: subsystem(key, row) for key, row in raw["subsystems"].items()},
        digest=_hash(raw),
    )
    check(catalogue, RULES.keys(), {*BY_DATA, *ALERT_RULES})
    for each in catalogue.profiles.values():
        check_profile(catalogue, each)
    check_registry(catalogue)
    return catalogue


def _folder_rows(places: Iterable[Traversable], folder: str) -> dict[str, Raw]:
    """The rows of every TOML file of `folder` in each place, by key; each key once."""
    rows: dict[str, Raw] = {}
    for place in places:
        if not place.joinpath(folder).is_dir():
            continue
        for file in sorted(place.joinpath(folder).iterdir(), key=lambda each: each.name):
            if not file.name.endswith(".toml"):
                continue
            for key, row in _file_rows(file).items():
                if key in rows:
                    raise invalid(key, f"declared twice, again in {file.name}")
                rows[key] = row
    return rows


def _file_rows(file: Traversable) -> dict[str, Raw]:
    """The tables of one file; its `defaults` stand under each of the others."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as problem:
        raise invalid(file.name, str(problem)) from problem
    defaults = tables.pop("defaults", {})
    for key, row in tables.items():
        if not isinstance(row, dict):
            raise invalid(f"{file.name}: {key}", "a table is expected")
    return {key: _over(defaults, row) for key, row in sorted(tables.items())}


def _over(defaults: Raw, row: Raw) -> Raw:
    """`row` with what it does not say itself; fields and refs are joined name by name."""
    joined = {**defaults, **row}
    for name in ("fields", "refs"):
        if isinstance(defaults.get(name), Mapping) and isinstance(row.get(name), Mapping):
            joined[name] = {**cast(Raw, defaults[name]), **cast(Raw, row[name])}
    return joined


def _hash(raw: Mapping[str, Mapping[str, Raw]]) -> Digest:
    """Over ``[version, [[group, key, SHA-256 of the row's canonical form] …]]``, ascending."""
    rows: list[Value] = [
        (group, key, sha256(encode(cast(Value, raw[group][key]))))
        for group in sorted(raw)
        for key in sorted(raw[group])
    ]
    return tagged_hash(Tag.CATALOGUE, encode((VERSION, rows)))
