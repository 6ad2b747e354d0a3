"""One search box: what a text may name, and what the ledger has under that name.

The kind is recognised, never asked for; a number means a height first. "Not found" says what was
searched, so that nobody takes a mistyped digest for a proof of absence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from api.forms import Json
from api.listing import shown_each
from api.service import LedgerService
from ledger.codes import Code
from ledger.core.identifiers import Digest, Height, LogIndex, MemberId, RecordId, Subject
from ledger.errors import LedgerError
from ledger.lookup import Found, Page, Turn
from ledger.store.index import Algorithm

QUERY_MAX: Final = 200
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_SHOWN: Final = Turn(limit=20, newest_first=True)
_SUBJECTS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing under that name."""

    kind: str
    """``record``, ``document``, ``block``, ``member``, ``type`` or ``subject``."""
    name: str
    link: str
    """Where the API has it."""
    records: Page
    """The newest records under it; empty for subjects found by prefix."""


_NONE: Final = Page((), None)


def search(service: LedgerService, query: str) -> list[Json]:
    """Everything that `query` names.

    Raises:
        LedgerError: `api.not_found`, saying what was searched.
    """
    wanted = query.strip()
    hits = list(_hits(service, wanted))
    if not hits:
        raise LedgerError(Code.API_NOT_FOUND, query=wanted[:80], searched=_searched(wanted))
    return [
        {
            "kind": hit.kind,
            "name": hit.name,
            "link": hit.link,
            "records": shown_each(service, hit.records.items),
        }
        for hit in hits
    ]


def _hits(service: LedgerService, wanted: str) -> Iterator[Hit]:
    """By kind, the most particular first."""
    if _DIGEST.fullmatch(wanted):
        yield from _by_digest(service, Digest(bytes.fromhex(wanted)))
        return
    if wanted.isdecimal() and len(wanted) < 19 and 1 <= int(wanted) <= service.chain.head.height:
        yield _block(Height(int(wanted)))
    if _NAME.fullmatch(wanted):
        found = service.chain.lookup.by_issuer(MemberId(wanted), _SHOWN)
        if found.items:
            yield Hit("member", wanted, f"/v1/search?q={wanted}", found)
    kind = service.catalogue.type(wanted)
    if kind is not None:
        found = service.chain.lookup.by_type(kind.key, _SHOWN)
        yield Hit("type", kind.key, f"/v1/search?q={kind.key}", found)
    for subject in service.chain.lookup.subjects(wanted, _SUBJECTS_MAX):
        exact = subject == wanted
        found = service.chain.lookup.by_subject(Subject(subject), _SHOWN) if exact else _NONE
        yield Hit("subject", subject, f"/v1/subjects?key={subject}", found)


def _by_digest(service: LedgerService, digest: Digest) -> Iterator[Hit]:
    """A digest names a record, or a document under either algorithm."""
    name = digest.hex()
    stored = service.chain.blocks.record(RecordId(digest))
    if stored is not None:
        found = Found(LogIndex(stored.place.index), stored.record_id)
        yield Hit("record", name, f"/v1/records/{name}", Page((found,), None))
    for algorithm in Algorithm:
        documents = service.chain.lookup.by_digest(algorithm, digest, _SHOWN)
        if documents.items:
            yield Hit("document", f"{algorithm.name.lower()}:{name}", "", documents)


def _block(height: Height) -> Hit:
    return Hit("block", str(height), f"/v1/blocks/{height}", _NONE)


def _searched(wanted: str) -> str:
    """The kinds that were looked through, for the sentence."""
    if _DIGEST.fullmatch(wanted):
        return "record id, document SHA-256, document SM3"
    kinds = ["subject", "record type", "type code"]
    if _NAME.fullmatch(wanted):
        kinds.append("member")
    if wanted.isdecimal():
        kinds.append("block height")
    return ", ".join(kinds)
