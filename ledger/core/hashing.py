"""Digests, and the single table of domain-separation tags and leaf kinds.

What is hashed or signed outside a tree starts with its own tag; the data of every tree leaf is a
canonical array whose first element is its kind. Two uses therefore never share bytes
(``docs/spec/hashing.md``).
"""

import hashlib
from enum import StrEnum

from ledger.core.canonical import Value, encode
from ledger.core.identifiers import Digest


class Tag(StrEnum):
    """The table. A tag's bytes are ``bidwitness/<value>/v1`` and a newline."""

    GENESIS = "genesis"
    RECORD = "record"
    BUNDLE = "bundle"
    SIGNED_BUNDLE = "signed-bundle"
    ACKNOWLEDGEMENT = "acknowledgement"
    REFUSAL = "refusal"
    COMMITMENT = "commitment"
    HEADER = "header"
    STATE = "state"
    KEY = "key"
    POSSESSION = "possession"
    DERIVED = "derived"
    PREPARE = "prepare"
    COMMIT = "commit"
    VIEW_CHANGE = "view-change"
    NEW_VIEW = "new-view"
    NEW_VIEW_SET = "new-view-set"
    STATUS = "status"
    PRESENCE = "presence"
    STATUS_ANSWER = "status-answer"
    CATALOGUE = "catalogue"
    CREDENTIAL = "credential"
    IMPORT = "import"
    WITNESS = "witness"
    DRAW = "draw"
    DRAW_SEED = "draw-seed"
    DRAW_STEP = "draw-step"
    LISTED = "listed"
    DEPOSIT = "deposit"
    NODE = "node"
    READY = "ready"
    OWNER = "owner"
    COURT_CODE = "court-code"

    @property
    def prefix(self) -> bytes:
        """The bytes that stand before whatever is hashed or signed under this tag."""
        return _PREFIXES[self]


_PREFIXES = {tag: f"bidwitness/{tag.value}/v1\n".encode() for tag in Tag}


class LeafKind(StrEnum):
    """First element of every leaf of every RFC 6962 tree."""

    ENTRY = "entry"
    BLOCK = "block"
    RECORD = "record"
    BUNDLE = "bundle"
    STATUS = "status"
    STATE = "state"
    FIELD = "field"
    DOCUMENT = "document"
    LISTED = "listed"


def sha256(data: bytes) -> Digest:
    """SHA-256 of `data`, 32 bytes."""
    return Digest(hashlib.sha256(data).digest())


def tagged_hash(tag: Tag, body: bytes) -> Digest:
    """SHA-256 of the tag's prefix followed by `body`."""
    return Digest(hashlib.sha256(tag.prefix + body).digest())


def leaf_data(kind: LeafKind, *items: Value) -> bytes:
    """The canonical array ``[kind, *items]``: what a tree's leaf is hashed from."""
    return encode((kind.value, *items))
