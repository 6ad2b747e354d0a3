"""Reads a story from TOML: its acts, in its order, and what it or a variant lays over them.

Acts are shared. What is laid over them says what is left out, what is put in its place and what
comes in addition; so another procedure, and each way in which one can go wrong, is one short file.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Any, Final, TypeVar

from cli.demo.story import RECORD, Act, Scene, Story, StoryMember, Writing, check_order

Shape = TypeVar("Shape", Scene, Writing, StoryMember)

MAIN: Final = "lanzhou"
"""The story that is told where none is named, and the only one that has variants."""
_ACTORS: Final = "actors.toml"
_FOLDER: Final = "folder"
EVERY_MEMBER: Final = "@members"
"""Where the rows of a record stand: one for each member that the story enrols by its name."""
_OVERLAID: Final = frozenset({"parameters", "without", "instead", "after"})
_TEXTS: Final = frozenset({"about", "evidence", "lacking", "opens", "roles"})
_OF_WRITING: Final = frozenset({"type", "evidence", "fields", "facts", "private", "refs"})


@dataclass(frozen=True, slots=True)
class Document:
    """A text of the story."""

    file: str
    text: str
    anchored: bool
    """Whether it lies in the folder that the trading centre anchors on the first day."""


def load_story(variant: str = "", name: str = MAIN) -> Story:
    """A story that ships with the package, or a variant of the main one.

    Raises:
        KeyError: there is no such story, or no such variant of it.
        ValueError: where the data is not a story.
    """
    if name not in stories():
        raise KeyError(name)
    if variant and (name != MAIN or variant not in variants()):
        raise KeyError(variant)
    told = _packaged(f"stories/{name}.toml")
    enrolled = {row["id"]: row for row in _packaged(_ACTORS)["members"]}
    told["members"] = [enrolled[member] for member in told["members"]]
    own = {"code": told["project"], "section": told["section"]}
    told["facts"] = {**_packaged("documents/facts.toml"), **own, **told.get("facts", {})}
    acts = {act: _packaged(f"acts/{act}.toml") for act in told["acts"]}
    over = {key: told[key] for key in _OVERLAID & told.keys()}
    return story_from(told, acts, _packaged(f"variants/{variant}.toml") if variant else over)


def stories() -> tuple[str, ...]:
    """The names of all stories."""
    return tuple(_names("stories"))


def variants() -> tuple[str, ...]:
    """The names of all variants of the main story."""
    return tuple(_names("variants"))


def story_from(
    actors: Mapping[str, Any],
    acts: Mapping[str, Mapping[str, Any]],
    variant: Mapping[str, Any] | None = None,
) -> Story:
    """A story from its TOML tables.

    Args:
        actors: project, section, who is enrolled while it runs, facts, and the folder's name.
        acts: by name, in their order.
        variant: what is different.

    Raises:
        ValueError: an unknown deed or key, a name twice, or a citation of what comes later.
    """
    over = variant or {}
    _only(over, {"zh", "en", "parameters", "keep_acts", "without", "instead", "after"})
    kept = list(over.get("keep_acts", acts))
    # Labels are nobody's name, and enrolled by the extraction system.
    rows = [_enrolled(row) for row in _rows(actors["members"]) if row.get("kind") != "label"]
    played = {name: _with_rows(acts[name], rows) for name in acts if name in kept}
    made = tuple(_act(name, given, _Overlay.of(over)) for name, given in played.items())
    _check_overlay(over, played)
    story = Story(
        zh=str(over.get("zh", actors["zh"])),
        en=str(over.get("en", actors["en"])),
        project=str(actors["project"]),
        section=str(actors["section"]),
        members=tuple(_shaped(StoryMember, row) for row in _rows(actors["members"])),
        acts=made,
        parameters=dict(over.get("parameters", {})),
        facts=dict(actors.get("facts", {})),
        folder=str(actors.get("folder", _FOLDER)),
    )
    check_order(story)
    return story


def load_documents(story: Story) -> tuple[Document, ...]:
    """All texts that the story may show, with its facts filled in."""
    return tuple(
        Document(
            row["file"],
            Template(row["text"].lstrip("\n")).substitute(story.facts),
            name == story.folder,
        )
        for name in _names("documents")
        if name != "facts" and (name == story.folder or not name.startswith(_FOLDER))
        for row in _packaged(f"documents/{name}.toml")["documents"]
    )


def _enrolled(row: Mapping[str, Any]) -> dict[str, Any]:
    """A member of the story as a record's row."""
    names = {"zh": row["name_zh"], "en": row["name_en"], "code": row["credit_code"]}
    return {"member": row["id"], "roles": row.get("roles", []), **names}


def _with_rows(act: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The act, with `rows` wherever it asks for a row of every member."""
    for scene in _rows(act["scenes"]):
        for listed in scene.get("records", []):
            if listed.get("with") == EVERY_MEMBER:
                listed["with"] = rows
    return act


@dataclass(frozen=True, slots=True)
class _Overlay:
    """What a variant does to scenes, by their ids."""

    without: frozenset[str]
    """Scenes and records that are left out."""
    instead: Mapping[str, Sequence[Mapping[str, Any]]]
    after: Mapping[str, Sequence[Mapping[str, Any]]]

    @classmethod
    def of(cls, over: Mapping[str, Any]) -> "_Overlay":
        return cls(
            frozenset(over.get("without", [])), over.get("instead", {}), over.get("after", {})
        )

    def scenes(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """The rows as the variant has them."""
        for row in rows:
            name = str(row["id"])
            if name in self.instead:
                yield from self.instead[name]
            elif name not in self.without:
                yield row
            yield from self.after.get(name, [])


def _check_overlay(over: Mapping[str, Any], acts: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a variant that changes what is not there: it would be the plain story unnoticed."""
    rows = [row for act in acts.values() for row in _rows(act["scenes"])]
    there = {str(row["id"]) for row in rows} | {
        writing.id for row in rows for writing in _writings(row)
    }
    named = {*over.get("without", []), *over.get("instead", {}), *over.get("after", {})}
    if missing := sorted(named - there):
        raise ValueError(f"variant: {missing}")


def _act(name: str, given: Mapping[str, Any], overlay: _Overlay) -> Act:
    _only(given, {"zh", "en", "scenes"})
    scenes = tuple(_scene(row, overlay.without) for row in overlay.scenes(_rows(given["scenes"])))
    return Act(name, str(given["zh"]), str(given["en"]), scenes)


def _scene(row: Mapping[str, Any], without: frozenset[str]) -> Scene:
    records = tuple(each for each in _writings(row) if each.id not in without)
    own = {name: value for name, value in row.items() if name not in {*_OF_WRITING, "records"}}
    if "opens" in own:
        own["opens"] = [each for each in own["opens"] if each.removeprefix(RECORD) not in without]
    return _shaped(Scene, own, records=records)


def _writings(row: Mapping[str, Any]) -> Iterator[Writing]:
    """The records of a scene: those that it lists, or the one that it is itself."""
    by = {"by": str(row.get("by", ""))}
    if "type" in row:
        own = {name: value for name, value in row.items() if name in _OF_WRITING}
        yield _shaped(Writing, {**by, **own, "id": row["id"], "subject": row.get("subject", "")})
    for listed in _rows(row.get("records", [])):
        written = {name: value for name, value in listed.items() if name != "with"}
        for facts in _rows(listed.get("with", [{}])):
            yield _shaped(Writing, {**by, **_filled(written, facts)})


def _filled(raw: Any, facts: Mapping[str, Any]) -> Any:
    """`raw` with each ``$name`` replaced; a text that is nothing else keeps the value's type."""
    if isinstance(raw, str) and raw.startswith("$") and raw[1:] in facts:
        return facts[raw[1:]]
    if isinstance(raw, str):
        return Template(raw).safe_substitute(facts)
    if isinstance(raw, list):
        return [_filled(each, facts) for each in raw]
    if isinstance(raw, dict):
        return {name: _filled(value, facts) for name, value in raw.items()}
    return raw


def _shaped(shape: type[Shape], row: Mapping[str, Any], **more: Any) -> Shape:
    _only(row, {item.name for item in fields(shape)})
    needed = {item.name for item in fields(shape) if item.default is MISSING}
    if missing := sorted(needed - row.keys() - more.keys()):
        raise ValueError(f"{row.get('id', '')}: {missing[0]} ?")
    values = dict(row)
    for name in _TEXTS & values.keys():
        values[name] = tuple(_strings(values[name]))
    if "refs" in values:
        values["refs"] = tuple((pair[0], pair[1]) for pair in _pairs(values["refs"]))
    return shape(**values, **more)


def _only(row: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(row) - known)
    if unknown:
        raise ValueError(f"{row.get('id', '')}: “{unknown[0]}” ?")


def _names(folder: str) -> list[str]:
    found = [each.name for each in _place(folder).iterdir() if each.name.endswith(".toml")]
    return sorted(name.removesuffix(".toml") for name in found)


def _packaged(name: str) -> dict[str, Any]:
    return tomllib.loads(_place(name).read_text(encoding="utf-8"))


def _place(name: str) -> Traversable:
    return files("cli.demo").joinpath(name)


def _rows(raw: object) -> list[dict[str, Any]]:
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
