"""Puts a court bundle together: what proves some records, and a page that says how to verify it.

`ledger.carriers.court_zip` defines the form and reads it; this is its other half. The same contents
give the same bytes. Originals are read twice, once for their digest, and never held. Spec:
``docs/spec/court_bundle.md``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final
from zlib import crc32

from api.documents.court_page import Page, page_html, page_text
from ledger.carriers.court_zip import (
    ENTRIES_MAX,
    ZIP_BYTES_MAX,
    Entry,
    directory_of,
    header_of,
    size_of,
)
from ledger.codes import Code
from ledger.core.court_manifest import DIGESTS, MANIFEST, CourtManifest, encode_digests
from ledger.core.identifiers import Digest
from ledger.core.receipt import Receipt
from ledger.core.tlog_proof import TlogProof
from ledger.court_bundles import ORIGINALS, RECORDS_MAX
from ledger.court_parts import derived_parts, proof_name, receipt_name
from ledger.errors import FormatError
from ledger.trust import TrustRoot

_CHUNK: Final = 1 << 20
_ENDING: Final = re.compile(r"\.[a-z0-9]{1,8}", re.ASCII)
Told = Callable[[int, int], object]
"""Is told how many bytes were written, and of how many."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a bundle, verified by the caller."""

    trust: TrustRoot
    about: str
    """The subject or the record that was asked for."""
    made_at_ms: int
    receipts: Sequence[Receipt]
    """At least one; of distinct records."""
    proofs: Sequence[tuple[Receipt, TlogProof]] = ()
    """For tools of other people, each with its receipt among `receipts`."""
    presented: Mapping[str, bytes] = field(default_factory=dict)
    """Openings, batch proofs, certificates and the like, by their names in the bundle."""
    originals: Sequence[Path] = ()
    policies: Mapping[str, bytes] = field(default_factory=dict)
    """The network's policies by their file names, for tools of other people."""
    type_names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Names of record types in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file, with its digest and size known before it is written."""

    name: str
    content: bytes | Path
    size_bytes: int
    crc: int
    sha256: Digest


def bundle_parts(contents: Contents) -> tuple[Part, ...]:
    """The files of a bundle in their order; originals are read once here.

    Raises:
        OSError: an original cannot be read.
        FormatError: `court_bundle.too_many`, `court_bundle.form` beyond 4 GiB.
    """
    if len(contents.receipts) > RECORDS_MAX:
        raise FormatError(Code.COURT_BUNDLE_TOO_MANY, limit=RECORDS_MAX)
    receipts = sorted(contents.receipts, key=lambda each: each.index)
    files: dict[str, bytes | Path] = {}
    for receipt in receipts:
        files[receipt_name(receipt)] = receipt.encode()
        files |= derived_parts(receipt)
    files |= {proof_name(receipt): proof.format() for receipt, proof in contents.proofs}
    files |= contents.presented
    files["network/trust.json"] = contents.trust.encode()
    files |= {f"network/{name}": data for name, data in contents.policies.items()}
    parts = {name: _part(name, data) for name, data in files.items()}
    originals = [_original(path) for path in contents.originals]
    parts |= {each.name: each for each in originals}
    manifest = CourtManifest(
        contents.trust.network_id,
        contents.trust.genesis.name,
        contents.about,
        contents.made_at_ms,
        len(receipts),
    )
    page = Page(
        contents.trust,
        manifest,
        receipts,
        [(each.name, each.content) for each in originals],
        sorted(files),
        contents.type_names,
    )
    parts["verify.html"] = _part("verify.html", page_html(page))
    parts["verify.txt"] = _part("verify.txt", page_text(page))
    return _in_order(_part(MANIFEST, manifest.encode()), parts)


def bundle_size(parts: Sequence[Part]) -> int:
    """Bytes of the whole bundle."""
    return size_of([_entry(each) for each in parts])


def written(parts: Sequence[Part], told: Told = lambda _done, _all: None) -> Iterator[bytes]:
    """The bundle in pieces of at most 1 MiB and a little.

    Args:
        parts: of `bundle_parts`.
        told: is told how far it is.

    Raises:
        OSError: an original cannot be read any more.
        FormatError: `court_bundle.changed` where an original is not what it was a moment ago.
    """
    done, whole = 0, bundle_size(parts)
    for part in parts:
        yield header_of(_entry(part))
        for piece in _pieces(part):
            done += len(piece)
            told(done, whole)
            yield piece
    yield directory_of([_entry(each) for each in parts])
    told(whole, whole)


def _in_order(manifest: Part, parts: Mapping[str, Part]) -> tuple[Part, ...]:
    """The manifest, the digests, and all else by name."""
    rest = [parts[name] for name in sorted(parts)]
    digests = {each.name: each.sha256 for each in (manifest, *rest)}
    whole = (manifest, _part(DIGESTS, encode_digests(digests)), *rest)
    if len(whole) > ENTRIES_MAX or bundle_size(whole) > ZIP_BYTES_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=bundle_size(whole), limit=ZIP_BYTES_MAX)
    return whole


def _part(name: str, content: bytes | Path) -> Part:
    if isinstance(content, bytes):
        digest = Digest(sha256(content).digest())
        return Part(name, content, len(content), crc32(content), digest)
    size, crc, digested = 0, 0, sha256()
    with content.open("rb") as file:
        while piece := file.read(_CHUNK):
            size, crc = size + len(piece), crc32(piece, crc)
            digested.update(piece)
    return Part(name, content, size, crc, Digest(digested.digest()))


def _original(path: Path) -> Part:
    """A document under its digest: the name that its owner gave it may hold anything."""
    part = _part("", path)
    ending = path.suffix.lower()
    kept = ending if _ENDING.fullmatch(ending) else ""
    name = f"{ORIGINALS}/{part.sha256.hex()}{kept}"
    return Part(name, path, part.size_bytes, part.crc, part.sha256)


def _entry(part: Part) -> Entry:
    return Entry(part.name, part.size_bytes, part.crc)


def _pieces(part: Part) -> Iterator[bytes]:
    if isinstance(part.content, bytes):
        yield part.content
        return
    left, crc = part.size_bytes, 0
    with part.content.open("rb") as file:
        while left:
            piece = file.read(min(left, _CHUNK))
            if not piece:
                break
            left, crc = left - len(piece), crc32(piece, crc)
            yield piece
    if left or crc != part.crc:
        raise FormatError(Code.COURT_BUNDLE_CHANGED, name=part.content.name)
