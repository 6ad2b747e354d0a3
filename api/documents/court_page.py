"""The page in a court bundle: what lies there, what it proves, and how anyone verifies it.

In Chinese and in English, as HTML that needs nothing from elsewhere, and as plain text. What it
shows of records follows from their receipts; whoever verifies needs to believe none of it. Spec:
``docs/spec/court_bundle.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from ledger.core.court_manifest import CourtManifest
from ledger.core.entry import decode_entry
from ledger.core.receipt import Receipt
from ledger.core.record import decode_record, record_id
from ledger.core.status import key_row
from ledger.court_parts import RECORDS, TIMES, stem_of
from ledger.terminal import printable
from ledger.trust import TrustRoot
from ledger.words.moments import beijing_time

SHOWN_MAX: Final = 200
"""Characters of a text from anyone."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record as the page shows it."""

    stem: str
    record_id: str
    logged_id: str
    """What the record's bytes in the bundle hash to: of one out of a seal its opening's id."""
    type_zh: str
    type_en: str
    type_key: str
    issuer_zh: str
    issuer_en: str
    subject: str
    time: str
    """Beijing time of the block."""
    index: int
    height: int
    key: str
    """Hex of the public key that signed it; empty for what a rule concluded."""
    evidence: tuple[tuple[str, str, int], ...]
    """Label, SHA-256 and size of each document."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one page is about, in either form."""

    trust: TrustRoot
    """Of the network."""
    manifest: CourtManifest
    receipts: Sequence[Receipt]
    """In the order of the log."""
    originals: Sequence[tuple[str, bytes | Path]]
    """Names in the bundle, and where they came from."""
    files: Sequence[str]
    """Names of all other files but the pages."""
    type_names: Mapping[str, tuple[str, str]]
    """Chinese and English, by the key of a record type."""


def page_html(told: Page) -> bytes:
    """The page for a browser and for a printer."""
    return _environment().get_template("court_page.html").render(_values(told)).encode()


def page_text(told: Page) -> bytes:
    """The same for a terminal."""
    return _environment().get_template("court_page.txt").render(_values(told)).encode()


def _values(told: Page) -> dict[str, object]:
    trust, files = told.trust, told.files
    rows = [_row(each, trust, told.type_names) for each in told.receipts]
    return {
        "network": trust.network_id.hex(),
        "name": printable(trust.genesis.name),
        "domain": printable(trust.genesis.domain),
        "n": trust.committee.n,
        "q": trust.committee.q,
        "f": trust.committee.f,
        "nodes": [
            (each.node_id, *(trust.member_name(each.member_id, lang) for lang in ("zh", "en")))
            for each in trust.committee.nodes
        ],
        "about": printable(told.manifest.about),
        "made": beijing_time(told.manifest.made_at_ms),
        "rows": rows,
        "first": rows[0],
        "originals": [
            (name, printable(source.name) if isinstance(source, Path) else "")
            for name, source in told.originals
        ],
        "stamps": [name for name in files if name.startswith(f"{TIMES}/") and ".der" in name],
        "proofs": [name for name in files if name.startswith("proofs/")],
        "policies": [name for name in files if name.startswith("network/policy")],
        "certificates": [name for name in files if name.startswith("certificates/")],
        "openings": [name for name in files if name.startswith("openings/")],
        "records": RECORDS,
    }


def _row(receipt: Receipt, trust: TrustRoot, type_names: Mapping[str, tuple[str, str]]) -> Row:
    record, entry = decode_record(receipt.record), decode_entry(receipt.entry)
    zh, en = type_names.get(record.type, (record.type, record.type))
    return Row(
        stem=stem_of(receipt),
        record_id=receipt.record_id.hex(),
        logged_id=record_id(receipt.logged).hex(),
        type_zh=zh,
        type_en=en,
        type_key=record.type,
        issuer_zh=printable(trust.member_name(record.issuer, "zh")),
        issuer_en=printable(trust.member_name(record.issuer, "en")),
        subject=printable(record.subject)[:SHOWN_MAX],
        time=beijing_time(entry.block_time_ms),
        index=receipt.index,
        height=entry.height,
        key="" if receipt.key is None else key_row(receipt.key.row).public_key.hex(),
        evidence=tuple(
            (printable(each.label)[:SHOWN_MAX], each.sha256.hex(), each.size_bytes)
            for each in record.evidence
        ),
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("api.documents"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
