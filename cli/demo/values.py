"""Works out what the story writes as ``@…``: moments, keys, possession, earlier records."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.demo.story import Story
from cli.record_files import value_of
from ledger.core.canonical import Value, encode
from ledger.core.hashing import Tag
from ledger.core.identifiers import MemberId, NetworkId, RecordId
from ledger.core.record import Ref
from ledger.core.signing import Signer, key_id, sign_tagged


@dataclass(slots=True)
class Values:
    """The facts that a scene may ask for."""

    story: Story
    network_id: NetworkId
    day_ms: int
    signers: Mapping[str, Signer]
    """By member id."""
    records: dict[str, RecordId] = field(default_factory=dict)
    """By scene id, as they are committed."""

    def fields(self, raw: Mapping[str, object] | None, now_ms: int) -> dict[str, Value]:
        """A scene's fields as canonical values."""
        return {name: self.value(value, now_ms) for name, value in (raw or {}).items()}

    def value(self, raw: object, now_ms: int) -> Value:
        """One value; text that begins with ``@`` is worked out.

        Raises:
            ValueError: for an ``@`` that means nothing.
        """
        if not isinstance(raw, str) or not raw.startswith("@"):
            return value_of(raw)
        word, _, what = raw[1:].partition(":")
        match word:
            case "now":
                return now_ms
            case "days":
                return now_ms + int(what) * self.day_ms
            case "member":
                return what
            case "key":
                return self.signers[what].public_key
            case "possession":
                return self._possession(MemberId(what))
            case "record":
                return self.records[what]
        raise ValueError(raw)

    def subject(self, raw: str) -> str:
        """``project`` and ``section`` are the story's; anything else is a value."""
        named = {"project": self.story.project, "section": self.story.section}
        return named.get(raw) or str(self.value(raw, 0))

    def refs(self, raw: tuple[tuple[str, str], ...]) -> tuple[Ref, ...]:
        """A scene's references to the records of earlier scenes."""
        return tuple(Ref(relation, self.cited(cited)) for relation, cited in raw)

    def cited(self, raw: str) -> RecordId:
        """The record that ``@record:scene`` names."""
        return self.records[raw.removeprefix("@record:")]

    def _possession(self, member: MemberId) -> bytes:
        """The member's own signature that it holds the key which the registry enrols."""
        signer = self.signers[member]
        body = encode((self.network_id, member, key_id(signer.public_key)))
        return sign_tagged(signer, Tag.POSSESSION, body)
