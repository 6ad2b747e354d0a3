"""One search box: what a text may name, and what the ledger has under that name.

The kind is recognised, never asked for; a number means a height first. "Not found" says what was
searched, so that nobody takes a mistyped digest for a proof of absence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from api.block_hashes import RECENT_MAX
from api.forms import Json
from api.listing import placed, shown_each
from api.service import LedgerService
from ledger.codes import Code
from ledger.core.certificate_number import parse_certificate_number
from ledger.core.identifiers import Digest, HeaderHash, LogIndex, MemberId, RecordId
from ledger.errors import FormatError, LedgerError
from ledger.lookup import Found, Page, Turn
from ledger.store.index import Algorithm

QUERY_MAX: Final = 200
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_SHOWN: Final = Turn(limit=20, newest_first=True)
_GLIMPSE: Final = Turn(limit=3, newest_first=True)
"""Of a subject that only begins with what was searched."""
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
    """The newest records under it."""


_NONE: Final = Page((), None)


def search(service: LedgerService, query: str) -> list[Json]:
    """Everything that `query` names and the caller may see.

    Raises:
        LedgerError: `api.not_found`, saying what was searched.
    """
    wanted = query.strip()
    hits: list[Json] = [
        form for hit in _hits(service, wanted) if (form := _form(service, hit)) is not None
    ]
    if not hits:
        raise LedgerError(Code.API_NOT_FOUND, query=wanted[:80], searched=_searched(wanted))
    return hits


def _hits(service: LedgerService, wanted: str) -> Iterator[Hit]:
    """By kind, the most particular first."""
    if _DIGEST.fullmatch(wanted):
        yield from _by_digest(service, Digest(bytes.fromhex(wanted)))
        return
    lookup = service.chain.lookup
    numbered = _numbered(service, wanted)
    if numbered is not None:
        yield numbered
        return
    if wanted.isdecimal() and len(wanted) < 19 and 1 <= int(wanted) <= service.chain.head.height:
        yield _block(int(wanted))
    if _NAME.fullmatch(wanted):
        found = lookup.by_issuer(MemberId(wanted), _SHOWN)
        if found.items:
            yield Hit("member", wanted, _again(wanted), found)
    kind = service.catalogue.type(wanted)
    if kind is not None:
        yield Hit("type", kind.key, _again(kind.key), lookup.by_type(kind.key, _SHOWN))
    for subject in lookup.subjects(wanted, _SUBJECTS_MAX) if wanted else ():
        found = lookup.by_subject(subject, _SHOWN if subject == wanted else _GLIMPSE)
        yield Hit("subject", subject, f"/v1/subjects?key={quote(subject, safe='')}", found)


def _by_digest(service: LedgerService, digest: Digest) -> Iterator[Hit]:
    """A digest names a record, a document under either algorithm, or a block."""
    name = digest.hex()
    stored = service.chain.blocks.record(RecordId(digest))
    if stored is not None:
        found = Found(LogIndex(stored.place.index), stored.record_id)
        yield Hit("record", name, f"/v1/records/{name}", Page((found,), None))
    for algorithm in Algorithm:
        documents = service.chain.lookup.by_digest(algorithm, digest, _SHOWN)
        if documents.items:
            spelled = f"{algorithm.name.lower()}:{name}"
            yield Hit("document", spelled, _again(name), documents)
    height = service.block_hashes.height_of(HeaderHash(digest))
    if height is not None:
        yield _block(height)


def _numbered(service: LedgerService, wanted: str) -> Hit | None:
    """The record whose certificate number this is; None for any other text."""
    try:
        index = parse_certificate_number(wanted, service.chain.genesis.domain)
    except FormatError:
        return None
    found = service.chain.lookup.at(index)
    if found is None:
        return None
    name = found.record_id.hex()
    return Hit("record", name, f"/v1/records/{name}", Page((found,), None))


def _block(height: int) -> Hit:
    return Hit("block", str(height), f"/v1/blocks/{height}", _NONE)


def _form(service: LedgerService, hit: Hit) -> dict[str, Json] | None:
    """A hit as JSON; None where all that it would tell is not shown to the caller.

    Whoever has a record's id may know where the record stands; nothing else is told by a hit.
    """
    items = hit.records.items
    records: list[Json]
    if hit.kind == "record":
        records = [placed(service, each.record_id) for each in items]
    else:
        records = shown_each(service, items)
        if items and not records:
            return None
    return {"kind": hit.kind, "name": hit.name, "link": hit.link, "records": records}


def _again(wanted: str) -> str:
    """Where the API has what was searched under this name."""
    return f"/v1/search?q={quote(wanted, safe='')}"


def _searched(wanted: str) -> str:
    """The kinds that were looked through; one text stands in the sentences of both languages."""
    if _DIGEST.fullmatch(wanted):
        blocks = f"block hash 区块哈希 (newest {RECENT_MAX})"
        return f"record id 记录编号, document digest 文件摘要 (SHA-256, SM3), {blocks}"
    kinds = ["subject 主题", "record type 记录类型", "certificate number 存证编号"]
    if _NAME.fullmatch(wanted):
        kinds.append("member 成员")
    if wanted.isdecimal():
        kinds.append("block height 区块高度")
    return ", ".join(kinds)
