"""A bundle as an honest JSON client writes it, from the spec and not from the server's code."""

from collections.abc import Mapping
from typing import Any

from ledger.core.bundle import Bundle
from ledger.core.canonical import Value
from ledger.core.record import Record, decode_record


def bundle_json(bundle: Bundle) -> dict[str, Any]:
    """The JSON form of a bundle."""
    header = bundle.header
    return {
        "header": {
            "network_id": header.network_id.hex(),
            "issuer": header.issuer,
            "key_id": header.key_id.hex(),
            "created_at_ms": header.created_at_ms,
            "expires_at_ms": header.expires_at_ms,
            "count": header.count,
            "records_root": header.records_root.hex(),
            "nonce": header.nonce.hex(),
        },
        "signature": bundle.signature.hex(),
        "records": [record_json(decode_record(data)) for data in bundle.records],
    }


def record_json(record: Record) -> dict[str, Any]:
    """The JSON form of a record."""
    private = record.private
    return {
        "type": record.type,
        "issuer": record.issuer,
        "subject": record.subject,
        "occurred_at_ms": record.occurred_at_ms,
        "evidence": [
            {
                "label": each.label,
                "sha256": each.sha256.hex(),
                "sm3": each.sm3.hex() if each.sm3 else None,
                "size_bytes": each.size_bytes,
                "media_type": each.media_type,
            }
            for each in record.evidence
        ],
        "fields": {name: _value(value) for name, value in record.fields.items()},
        "private": None
        if private is None
        else {"root": private.root.hex(), "names": list(private.names)},
        "refs": [
            {
                "relation": ref.relation,
                "record_id": ref.record_id.hex(),
                "network_id": ref.network_id.hex() if ref.network_id else None,
            }
            for ref in record.refs
        ],
        "nonce": record.nonce.hex(),
    }


def _value(value: Value) -> Any:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, tuple | list):
        return [_value(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _value(each) for name, each in value.items()}
    return value
