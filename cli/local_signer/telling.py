"""What is to be signed, in words: nothing that goes under the signature is left out.

Names of types, fields and values come from the catalogue and the pages' words, in the reader's
language; beside each name stands the key that is signed. Long values are shown whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from api.explorer.shown import yuan
from api.explorer.words import named
from cli.words import language, say
from contracts.schema import Field, RecordType
from contracts.tables import Catalogue
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId
from ledger.core.record import Record
from ledger.terminal import printable
from ledger.trust import TrustRoot
from ledger.words.moments import beijing_time

GRAVE_STAGE: Final = "ledger"
"""Types of this stage are about keys, roles, delegations and the rules themselves."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is signed."""

    name: str
    key: str
    """As it stands in the record; empty for what is no field."""
    value: str


@dataclass(frozen=True, slots=True)
class Told:
    """One record in words."""

    title: str
    key: str
    """Of its type."""
    grave: bool
    """Whether it changes who may do what."""
    lines: tuple[Line, ...]


def told(
    record: Record, private: Mapping[str, Value], catalogue: Catalogue, trust: TrustRoot
) -> Told:
    """A record in words.

    Args:
        record: as it will be signed.
        private: the values behind its commitment.
        catalogue: which must know its type.
        trust: names the members.
    """
    kind = catalogue.types[record.type]
    name = kind.zh if language() == "zh" else kind.en
    title = f"{kind.code} {name}".strip()
    lines = _lines(record, private, kind, catalogue, trust)
    return Told(title, kind.key, kind.stage == GRAVE_STAGE, tuple(lines))


def _lines(
    record: Record,
    private: Mapping[str, Value],
    kind: RecordType,
    catalogue: Catalogue,
    trust: TrustRoot,
) -> Iterator[Line]:
    yield Line(say("signer.issuer"), "issuer", _member(record.issuer, trust))
    yield Line(say("signer.subject"), "subject", printable(record.subject) or say("signer.none"))
    moment = f"{beijing_time(record.occurred_at_ms)} ({record.occurred_at_ms})"
    yield Line(say("signer.occurred"), "occurred_at_ms", moment)
    known = {**catalogue.common, **kind.fields}
    for name, value in record.fields.items():
        shown = _spelled(value, known.get(name), trust)
        yield Line(named(language(), "fields", name), name, shown)
    for name, value in private.items():
        label = say("signer.private", name=named(language(), "fields", name))
        yield Line(label, name, _spelled(value, None, trust))
    for each in record.evidence:
        digests = [f"SHA-256 {each.sha256.hex()}"]
        digests += [] if each.sm3 is None else [f"SM3 {each.sm3.hex()}"]
        facts = [printable(each.label), printable(each.media_type), f"{each.size_bytes} B"]
        yield Line(say("signer.document"), "evidence", " · ".join([*facts, *digests]))
    for ref in record.refs:
        other = "" if ref.network_id is None else f" @ {ref.network_id.hex()}"
        relation = named(language(), "relations", ref.relation)
        yield Line(
            say("signer.cites", relation=relation), ref.relation, ref.record_id.hex() + other
        )


def _member(member: str, trust: TrustRoot) -> str:
    name = trust.member_name(MemberId(member), language())
    return member if name == member else f"{name} ({member})"


def _spelled(value: Value, field: Field | None, trust: TrustRoot) -> str:
    """A value whole; one that has words stands beside them as it is signed."""
    kind = "" if field is None else field.kind
    if isinstance(value, bool):
        return named(language(), "values", "true" if value else "false")
    if isinstance(value, int):
        words = {"fen": yuan, "time": beijing_time}.get(kind)
        return str(value) if words is None else f"{words(value)} ({value})"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        if kind in ("member", "members"):
            return _member(value, trust)
        words_ = named(language(), "values", value)
        return printable(value) if words_ == value else f"{words_} ({printable(value)})"
    if isinstance(value, tuple):
        return ", ".join(_spelled(each, field, trust) for each in value)
    return say("signer.none")
