"""The story as data: its members and scenes, read from TOML and checked before anything starts.

A scene says what is done, by whom and in which words; how it is done is the player's business.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from string import Template
from typing import Final

from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId

DEEDS: Final = frozenset({"record", "folder", "batch", "kill", "restart", "ocds", "alert"})


@dataclass(frozen=True, slots=True)
class StoryMember:
    """A member that is enrolled while the story runs."""

    id: MemberId
    name_zh: str
    name_en: str
    credit_code: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """One step of the story; what a deed does not need is empty."""

    id: str
    do: str
    """One of `DEEDS`."""
    zh: str
    en: str
    by: str = ""
    """Member id of who acts."""
    type: str = ""
    """Key of the record's type."""
    subject: str = ""
    """``project`` or ``section`` of the story, or a value."""
    evidence: tuple[str, ...] = ()
    """Names of documents in the story's folder."""
    fields: Mapping[str, object] | None = None
    private: Mapping[str, Value] | None = None
    """Values that only their owner keeps; the ledger gets their commitment."""
    refs: tuple[tuple[str, str], ...] = ()
    """Pairs of relation and ``@record:scene``."""
    node: str = ""
    """Which node is killed or restarted."""
    count: int = 0
    """Documents of a batch."""
    alert: str = ""
    """Code of the alert that is waited for."""
    about: str = ""
    """``@record:scene``: the record that the alert is about."""


@dataclass(frozen=True, slots=True)
class Story:
    """All that is played."""

    project: str
    section: str
    members: tuple[StoryMember, ...]
    scenes: tuple[Scene, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A text of the story's folder."""

    file: str
    text: str


def load_story() -> Story:
    """The story that ships with the package.

    Raises:
        ValueError: where the data is not a story.
    """
    return story_from(tomllib.loads(_packaged("story.toml")))


def story_from(given: Mapping[str, object]) -> Story:
    """A story from its TOML tables.

    Raises:
        ValueError: an unknown deed or key, a scene twice, or a citation of a later scene.
    """
    members = tuple(_member(row) for row in _rows(given["members"]))
    scenes = tuple(_scene(row) for row in _rows(given["scenes"]))
    _check_order(scenes)
    return Story(str(given["project"]), str(given["section"]), members, scenes)


def load_documents() -> tuple[Document, ...]:
    """The texts of the story's folder, with the story's facts filled in."""
    given = tomllib.loads(_packaged("documents.toml"))
    facts = given["facts"]
    return tuple(
        Document(row["file"], Template(row["text"].lstrip("\n")).substitute(facts))
        for row in given["documents"]
    )


def _member(row: Mapping[str, object]) -> StoryMember:
    names = ("name_zh", "name_en", "credit_code")
    name_zh, name_en, credit_code = (str(row[name]) for name in names)
    roles = tuple(_strings(row["roles"]))
    return StoryMember(MemberId(str(row["id"])), name_zh, name_en, credit_code, roles)


def _scene(row: Mapping[str, object]) -> Scene:
    known = {item.name for item in fields(Scene)}
    unknown = sorted(set(row) - known)
    if unknown or row.get("do") not in DEEDS:
        raise ValueError(f"scene {row.get('id')}: {unknown or row.get('do')}")
    values = dict(row)
    values["evidence"] = tuple(_strings(row.get("evidence", [])))
    values["refs"] = tuple((pair[0], pair[1]) for pair in _pairs(row.get("refs", [])))
    return Scene(**values)  # type: ignore[arg-type]


def _check_order(scenes: tuple[Scene, ...]) -> None:
    seen: set[str] = set()
    for scene in scenes:
        cited = [ref for _, ref in scene.refs] + ([scene.about] if scene.about else [])
        later = [ref for ref in cited if ref.removeprefix("@record:") not in seen]
        if later or scene.id in seen:
            raise ValueError(f"scene {scene.id}: {later or scene.id}")
        seen.add(scene.id)


def _packaged(name: str) -> str:
    return files("cli.demo").joinpath(name).read_text(encoding="utf-8")


def _rows(raw: object) -> list[dict[str, object]]:
    if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
        raise ValueError(f"{raw!r} ≠ tables")
    return raw


def _pairs(raw: object) -> list[list[str]]:
    if not isinstance(raw, list) or not all(len(_strings(pair)) == 2 for pair in raw):
        raise ValueError(f"{raw!r} ≠ pairs")
    return raw


def _strings(raw: object) -> list[str]:
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        raise ValueError(f"{raw!r} ≠ texts")
    return raw
