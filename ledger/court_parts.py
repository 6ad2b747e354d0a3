"""What follows from a receipt in a court bundle: the same facts, for eyes and for public tools.

Whoever reads a bundle makes these parts again and compares, so nothing in them can say other than
the receipt. Spec: ``docs/spec/court_bundle.md``.
"""

from collections.abc import Mapping
from itertools import count
from typing import Final

from ledger.core.entry import decode_entry
from ledger.core.note import parse_note
from ledger.core.receipt import Receipt
from ledger.core.record import Record, decode_record
from ledger.core.status import key_row
from ledger.core.strict_json import JsonValue, dump
from ledger.report_json import plain
from ledger.words.moments import beijing_time

RECEIPTS: Final = "receipts"
PROOFS: Final = "proofs"
RECORDS: Final = "records"
HEADS: Final = "heads"
TIMES: Final = "times"
_INDEX_DIGITS: Final = 12
_ID_DIGITS: Final = 16


def stem_of(receipt: Receipt) -> str:
    """How the files about one record are named: its place in the log, and its id."""
    return f"{receipt.index:0{_INDEX_DIGITS}d}-{receipt.record_id.hex()[:_ID_DIGITS]}"


def receipt_name(receipt: Receipt) -> str:
    """Where a receipt lies."""
    return f"{RECEIPTS}/{stem_of(receipt)}.receipt.json"


def proof_name(receipt: Receipt) -> str:
    """Where the same proof lies for tools of other people."""
    return f"{PROOFS}/{stem_of(receipt)}.tlog-proof"


def derived_parts(receipt: Receipt) -> Mapping[str, bytes]:
    """The files that follow from a receipt, by name.

    Raises:
        FormatError: a part of it does not decode.
    """
    stem = stem_of(receipt)
    parts = {
        f"{RECORDS}/{stem}.record": receipt.logged,
        f"{RECORDS}/{stem}.json": dump(_told(receipt)),
        f"{HEADS}/{stem}.txt": parse_note(receipt.checkpoint.encode()).text.encode(),
    }
    for number, stamped in zip(count(1), receipt.timestamps, strict=False):
        parts[f"{TIMES}/{stem}-{number}.txt"] = stamped.checkpoint.encode()
        parts[f"{TIMES}/{stem}-{number}.der"] = stamped.token
    return parts


def _told(receipt: Receipt) -> JsonValue:
    """A record with its place and its key, readable."""
    record, entry = decode_record(receipt.record), decode_entry(receipt.entry)
    return {
        "record_id": receipt.record_id.hex(),
        "network_id": receipt.network_id.hex(),
        "came_out_of_a_seal": receipt.sealed is not None,
        **_said(record),
        "log_index": receipt.index,
        "block_height": entry.height,
        "block_time_ms": entry.block_time_ms,
        "block_time": beijing_time(entry.block_time_ms),
        "signed_by": _signed_by(receipt),
    }


def _said(record: Record) -> dict[str, JsonValue]:
    private = record.private
    return {
        "type": record.type,
        "issuer": record.issuer,
        "subject": record.subject,
        "occurred_at_ms": record.occurred_at_ms,
        "occurred_at": beijing_time(record.occurred_at_ms),
        "evidence": [
            {
                "label": each.label,
                "sha256": each.sha256.hex(),
                "sm3": None if each.sm3 is None else each.sm3.hex(),
                "size_bytes": each.size_bytes,
                "media_type": each.media_type,
            }
            for each in record.evidence
        ],
        "fields": plain(record.fields),
        "committed_fields": None if private is None else list(private.names),
        "refs": [
            {
                "relation": each.relation,
                "record_id": each.record_id.hex(),
                "network_id": None if each.network_id is None else each.network_id.hex(),
            }
            for each in record.refs
        ],
    }


def _signed_by(receipt: Receipt) -> JsonValue:
    """The key that signed, as the status tree has it; null for what a rule concluded."""
    if receipt.key is None:
        return None
    row = key_row(receipt.key.row)
    until = row.interval.until_index
    return {
        "member": row.member_id,
        "public_key": row.public_key.hex(),
        "in_force_from_index": row.interval.from_index,
        "in_force_until_index": until,
    }
