"""One search box: what a text may name, and what the ledger has under that name.

The kind is recognised, never asked for; a number means a height first. "Not found" says what was
searched, so that nobody takes a mistyped digest for a proof of absence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import quote

from api.block_hashes import RECENT_MAX
from api.engines.walk import Listed
from api.forms import Json
from api.kept import nothing_found
from api.leaf_hashes import LEAVES_MAX, index_of_leaf
from api.listing import placed, shown_forms, shown_page
from api.service import LedgerService
from ledger.core.certificate_number import parse_certificate_number
from ledger.core.identifiers import Digest, HeaderHash, LogIndex, MemberId, RecordId
from ledger.errors import FormatError
from ledger.lookup import Turn
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
    """``record``, ``document``, ``leaf``, ``block``, ``member``, ``type`` or ``subject``."""
    name: str
    link: str
    """Where the API has it."""
    records: tuple[Json, ...] = ()
    """The newest records under it that the caller may see."""


def search(service: LedgerService, query: str) -> list[Json]:
    """Everything that `query` names and the caller may see.

    Raises:
        LedgerError: `api.not_found`, saying what was searched; `log.not_kept` at a node that began
            with a snapshot, where it may lie below.
    """
    wanted = query.strip()
    hits: list[Json] = [_form(hit) for hit in _hits(service, wanted)]
    if not hits:
        raise nothing_found(service.chain, wanted[:80], _searched(wanted))
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
        by_member = _shown(service, partial(lookup.by_issuer, MemberId(wanted)), _SHOWN)
        if by_member:
            yield Hit("member", wanted, _again(wanted), by_member)
    kind = service.catalogue.type(wanted)
    if kind is not None:
        # A type is there whether or not there are records of it.
        of_type = _shown(service, partial(lookup.by_type, kind.key), _SHOWN)
        yield Hit("type", kind.key, _again(kind.key), of_type)
    for subject in lookup.subjects(wanted, _SUBJECTS_MAX) if wanted else ():
        turn = _SHOWN if subject == wanted else _GLIMPSE
        about = _shown(service, partial(lookup.by_subject, subject), turn)
        if about:
            yield Hit("subject", subject, f"/v1/subjects?key={quote(subject, safe='')}", about)


def _by_digest(service: LedgerService, digest: Digest) -> Iterator[Hit]:
    """A digest names a record, a document under either algorithm, or a block."""
    name = digest.hex()
    stored = service.chain.blocks.record(RecordId(digest))
    if stored is not None:
        yield _record(service, stored.record_id)
    for algorithm in Algorithm:
        with_it = partial(service.chain.lookup.by_digest, algorithm, digest)
        documents = _shown(service, with_it, _SHOWN)
        if documents:
            spelled = f"{algorithm.name.lower()}:{name}"
            yield Hit("document", spelled, _again(name), documents)
    index = index_of_leaf(service.chain, digest)
    if index is not None:
        yield _leaf(service, index, name)
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
    return None if found is None else _record(service, found.record_id)


def _record(service: LedgerService, record_id: RecordId) -> Hit:
    """Whoever has a record's id may know where the record stands."""
    name = record_id.hex()
    return Hit("record", name, f"/v1/records/{name}", (placed(service, record_id),))


def _leaf(service: LedgerService, index: LogIndex, name: str) -> Hit:
    """The record whose entry has this leaf hash; the block where the leaf is a block's own."""
    found = service.chain.lookup.at(index)
    if found is not None:
        return Hit("leaf", name, _again(name), (placed(service, found.record_id),))
    height = service.chain.blocks.height_of(index)
    return _block(height or 0)


def _block(height: int) -> Hit:
    return Hit("block", str(height), f"/v1/blocks/{height}")


def _shown(service: LedgerService, listed: Listed, turn: Turn) -> tuple[Json, ...]:
    """The first records of a list that the caller may see."""
    return tuple(shown_forms(service, shown_page(service, listed, turn).items))


def _form(hit: Hit) -> dict[str, Json]:
    return {"kind": hit.kind, "name": hit.name, "link": hit.link, "records": hit.records}


def _again(wanted: str) -> str:
    """Where the API has what was searched under this name."""
    return f"/v1/search?q={quote(wanted, safe='')}"


def _searched(wanted: str) -> str:
    """The kinds that were looked through; one text stands in the sentences of both languages."""
    if _DIGEST.fullmatch(wanted):
        blocks = f"block hash 区块哈希 (newest {RECENT_MAX})"
        leaves = f"leaf hash 叶子哈希 (newest {LEAVES_MAX})"
        return f"record id 记录编号, document digest 文件摘要 (SHA-256, SM3), {leaves}, {blocks}"
    kinds = [
        "subject 主题 (project 项目, ocid, seal 印章, address 地址)",
        "record type 记录类型",
        "certificate number 存证编号",
    ]
    if _NAME.fullmatch(wanted):
        kinds.append("member 成员")
    if wanted.isdecimal():
        kinds.append("block height 区块高度")
    return ", ".join(kinds)
