"""Works out what the story writes as ``@…``: moments, keys, possession, earlier records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.demo.story import PICKED, RECORD, Story
from cli.desk import Desk
from cli.documents import hash_document
from cli.record_files import value_of
from contracts.deadlines import limit_of
from contracts.declared import Deadline
from ledger.core.canonical import Value, encode
from ledger.core.hashing import Tag
from ledger.core.identifiers import MemberId, NetworkId, RecordId
from ledger.core.openings import Opening
from ledger.core.record import Record, Ref
from ledger.core.signing import key_id, sign_tagged


@dataclass(slots=True)
class Values:
    """The facts that a scene may ask for."""

    story: Story
    network_id: NetworkId
    day_ms: int
    grace_ms: int
    deadlines: Mapping[str, Deadline]
    """Of the catalogue, by key."""
    desks: Mapping[str, Desk]
    """By member id."""
    documents: Mapping[str, Path]
    """By file name."""
    records: dict[str, RecordId] = field(default_factory=dict)
    """By the story's name, as they are written."""
    written: dict[str, Record] = field(default_factory=dict)
    """What those records say."""
    openings: dict[str, tuple[Opening, ...]] = field(default_factory=dict)
    """Of their private fields."""
    times: dict[str, int] = field(default_factory=dict)
    """Block time at which they took effect, by the story's name."""
    commitments: dict[str, RecordId] = field(default_factory=dict)
    """Of sealed records, by the story's name."""

    def fields(self, raw: Mapping[str, object] | None, now_ms: int) -> dict[str, Value]:
        """A scene's fields as canonical values."""
        return {name: self.value(value, now_ms) for name, value in (raw or {}).items()}

    def value(self, raw: object, now_ms: int) -> Value:
        """One value; text that begins with ``@`` is worked out.

        Raises:
            ValueError: for an ``@`` that means nothing.
        """
        if isinstance(raw, list):
            return tuple(self.value(each, now_ms) for each in raw)
        if not isinstance(raw, str) or not raw.startswith("@"):
            return value_of(raw)
        word, _, what = raw[1:].partition(":")
        match word:
            case "now":
                return now_ms
            case "days":
                return now_ms + int(what) * self.day_ms
            case "span":
                return int(what) * self.day_ms
            case "member":
                return what
            case "project":
                return self.story.project
            case "fact":
                return self.story.facts[what]
            case "key":
                return self.desks[what].signer.public_key
            case "possession":
                return self._possession(MemberId(what))
            case "record":
                return self.records[what]
            case "sha256":
                return hash_document(self.documents[what]).sha256
            case "height":
                return int(self.desks["centre"].network()["height"]) + int(what)
            case "commitments":
                return tuple(sorted(self.commitments[name] for name in what.split()))
            case "field":
                name, _, of = what.partition(".")
                return self.written[name].fields[of]
        raise ValueError(raw)

    def moment(self, raw: str, now_ms: int) -> int:
        """A moment that a scene waits for, in milliseconds.

        ``@limit:DEADLINE:RECORD`` is where a deadline of the catalogue ends that began with a
        record; ``+grace`` adds what the network allows beyond it.

        Raises:
            ValueError: for what is no moment.
        """
        asked, plus, _ = raw.partition("+grace")
        grace_ms = self.grace_ms if plus else 0
        if asked.startswith("@limit:"):
            deadline, _, name = asked.removeprefix("@limit:").partition(":")
            limit = limit_of(self.deadlines[deadline], self.times[name], self.day_ms, ())
            return limit.limit_ms + grace_ms
        found = self.value(asked, now_ms)
        if not isinstance(found, int):
            raise ValueError(raw)
        return found + grace_ms

    def subject(self, raw: str) -> str:
        """``project`` and ``section`` are the story's; anything else is a value."""
        named = {"project": self.story.project, "section": self.story.section}
        return named.get(raw) or str(self.value(raw, 0))

    def refs(self, raw: tuple[tuple[str, str], ...]) -> tuple[Ref, ...]:
        """A scene's references to the records of earlier scenes."""
        return tuple(Ref(relation, self.cited(cited)) for relation, cited in raw)

    def cited(self, raw: str) -> RecordId:
        """The record that ``@record:name`` names; ``@picked:draw a b c``: that of those drawn."""
        if raw.startswith(PICKED):
            of, *names = raw.removeprefix(PICKED).split()
            return self.records[names[self.picked(of)]]
        return self.records[raw.removeprefix(RECORD)]

    def picked(self, of: str) -> int:
        """The first place that a draw drew."""
        places = self.written[of].fields["places"]
        if not isinstance(places, tuple) or not isinstance(places[0], int):
            raise TypeError(of)
        return places[0]

    def _possession(self, member: MemberId) -> bytes:
        """The member's own signature that it holds the key which the registry enrols."""
        signer = self.desks[member].signer
        body = encode((self.network_id, member, key_id(signer.public_key)))
        return sign_tagged(signer, Tag.POSSESSION, body)
