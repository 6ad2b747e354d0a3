"""What a certificate says, as values: nothing here knows a ledger, a font or a page."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from ledger.core.identifiers import Digest, NetworkId, RecordId


class Manner(StrEnum):
    """How a value is set."""

    PLAIN = "plain"
    SMALL = "small"
    """English beside Chinese, and remarks."""
    DIGEST = "digest"
    """Letters of one width, so that digests stand under each other."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Said:
    """One paragraph of a value."""

    text: str
    manner: Manner = Manner.PLAIN


@dataclass(frozen=True, slots=True)
class Row:
    """A label and what stands beside it."""

    label: Pair
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A numbered sentence, in both languages."""

    words: Pair
    mark: str = ""
    """What stands before it: a number or a sign."""


Item: TypeAlias = Row | Note


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a certificate under its heading."""

    heading: Pair
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate, complete: the same value makes the same bytes before it is signed."""

    title: Pair
    number: str
    network: Pair
    network_id: NetworkId
    record_id: RecordId
    entry_hash: Digest
    """Leaf hash of the entry: what a reader finds again in the log."""
    statement: Pair
    sections: tuple[Section, ...]
    link: str
    """What the QR says."""
    link_words: Pair
    """Its caption."""
    issued_by: Pair
    printed_at_ms: int
    signed: bool
    """A signature will be put on it."""
    receipt: bytes
    """Goes inside, to the byte."""
