"""The story as values: acts, their scenes, and the records that a scene puts on the ledger.

A scene says what is done, by whom and in which words; how it is done is the player's business.
`story_files.py` reads it from TOML; here it is checked that it can be played in its order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId

DEEDS: Final = frozenset(
    {
        "record", "refused", "refused_everywhere", "folder", "batch", "ocds", "stamp_check",
        "seal", "open", "prove_bid", "redraw", "standing",
        "kill", "restart",
        "wait", "height", "alert", "certificate", "uncertified",
    }
)  # fmt: skip
"""What a scene may do; `player.py` knows how."""
RECORD: Final = "@record:"
PICKED: Final = "@picked:"
"""One of several records, as the draw that is named first decides."""


@dataclass(frozen=True, slots=True)
class StoryMember:
    """A member that is enrolled while the story runs."""

    id: MemberId
    name_zh: str
    name_en: str
    credit_code: str = ""
    """Empty for a label, which is nobody's name."""
    roles: tuple[str, ...] = ()
    kind: str = "organisation"


@dataclass(frozen=True, slots=True)
class Writing:
    """One record as the story writes it down."""

    id: str
    """How the story cites it, and the name of its receipt."""
    by: str
    """Member id of its issuer."""
    type: str
    """Key of the record's type."""
    subject: str = ""
    """``project`` or ``section`` of the story, or a value."""
    evidence: tuple[str, ...] = ()
    """Names of documents in the story's folder."""
    fields: Mapping[str, object] | None = None
    facts: str = ""
    """``@word:what``: fields that are computed together (`facts.py`)."""
    private: Mapping[str, Value] | None = None
    """Values that only their owner keeps; the ledger gets their commitment."""
    refs: tuple[tuple[str, str], ...] = ()
    """Pairs of relation and ``@record:id``."""


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
    records: tuple[Writing, ...] = ()
    """What is put on the ledger: a bundle for each run of records of one member."""
    node: str = ""
    """Which node is killed or restarted."""
    subject: str = ""
    """Section or address that is asked about."""
    count: int = 0
    """Documents of a batch."""
    alert: str = ""
    """Code of the alert that is waited for."""
    about: tuple[str, ...] = ()
    """``@record:id``: the records that alerts, or the one that a proof, are about."""
    until: str = ""
    """A value: the moment that is waited for."""
    code: str = ""
    """With which a record is refused, or what a proof says of a bid."""
    file: str = ""
    """A stamped document, or one of the last batch, that is checked."""
    lacking: tuple[str, ...] = ()
    """Codes of the types that are missing; what a certificate lacks to be valid."""
    opens: tuple[str, ...] = ()
    """``@record:id`` of each sealed record that is opened."""


@dataclass(frozen=True, slots=True)
class Act:
    """Scenes under one heading."""

    name: str
    """Of its file, without the ending."""
    zh: str
    en: str
    scenes: tuple[Scene, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """All that is played."""

    zh: str
    """What it tells, in one line."""
    en: str
    project: str
    section: str
    members: tuple[StoryMember, ...]
    acts: tuple[Act, ...]
    parameters: Mapping[str, int]
    """Of the genesis, where the story wants others than its network has."""
    facts: Mapping[str, str]
    """What its documents and records call the things of its world, by name."""
    folder: str
    """The documents that the trading centre anchors on the first day: a file, without ending."""

    @property
    def scenes(self) -> Iterator[Scene]:
        """Every scene, in order."""
        for act in self.acts:
            yield from act.scenes

    @property
    def names(self) -> frozenset[str]:
        """Of all records that it puts on the ledger."""
        return frozenset(each.id for scene in self.scenes for each in scene.records)


def check_order(story: Story) -> None:
    """See that everything is named once, and cited only after it happened.

    Raises:
        ValueError: names the scene and what is wrong with it.
    """
    seen: set[str] = set()
    for scene in story.scenes:
        if scene.do not in DEEDS:
            raise ValueError(f"scene {scene.id}: {scene.do}")
        for writing in scene.records:
            _check(scene, list(_cited(writing)), seen)
            _check_new(scene, writing.id, seen)
        _check(scene, [*scene.about, *scene.opens], seen)
        if not scene.records:
            _check_new(scene, scene.id, seen)


def _check_new(scene: Scene, name: str, seen: set[str]) -> None:
    if name in seen:
        raise ValueError(f"scene {scene.id}: {name} twice")
    seen.add(name)


def _check(scene: Scene, cited: list[str], seen: set[str]) -> None:
    later = [each for each in cited if each.removeprefix(RECORD) not in seen]
    if later:
        raise ValueError(f"scene {scene.id}: {later}")


def _cited(writing: Writing) -> Iterator[str]:
    """Every earlier record that a record names, in its refs and in its values."""
    for _, cited in writing.refs:
        yield from cited.removeprefix(PICKED).split() if cited.startswith(PICKED) else (cited,)
    yield from _cited_in(list((writing.fields or {}).values()))


def _cited_in(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(RECORD):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _cited_in(each)
