"""The JSON form of what is on the ledger: ids as hex, byte strings in fields as ``{"hex": …}``.

One direction only, from values to JSON; `schemas` reads the other one. Spec: ``docs/spec/http.md``.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from contracts.tables import Catalogue
from ledger.block_store import CameFrom, StoredRecord
from ledger.core.acknowledgement import Acknowledgement, SignedRefusal
from ledger.core.block import Header
from ledger.core.canonical import Value
from ledger.core.certificate import CommitCertificate
from ledger.core.committee import Committee
from ledger.core.record import Evidence, Record, Ref

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None


def value_form(value: Value) -> Json:
    """A field's value; byte strings become ``{"hex": …}``, which no field's own value can be."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, Mapping):
        return {key: value_form(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [value_form(item) for item in value]
    return value


def record_form(record: Record) -> dict[str, Json]:
    """Exactly what the member said."""
    private = record.private
    return {
        "type": record.type,
        "issuer": record.issuer,
        "subject": record.subject,
        "occurred_at_ms": record.occurred_at_ms,
        "evidence": [_evidence(item) for item in record.evidence],
        "fields": {name: value_form(value) for name, value in record.fields.items()},
        "private": None
        if private is None
        else {"root": private.root.hex(), "names": list(private.names)},
        "refs": [_ref(ref) for ref in record.refs],
        "nonce": record.nonce.hex(),
    }


def stored_form(stored: StoredRecord, record: Record, catalogue: Catalogue) -> dict[str, Json]:
    """A record on the ledger: what was said, where it stands, and what its type is called."""
    kind = catalogue.type(record.type)
    return {
        **place_form(stored),
        "type_code": kind.code if kind else "",
        "type_zh": kind.zh if kind else record.type,
        "type_en": kind.en if kind else record.type,
        "sealed": None if stored.came_from is None else _sealed_form(stored.came_from),
        "record": record_form(record),
    }


def place_form(stored: StoredRecord) -> dict[str, Json]:
    """Where a record stands: public for every record, whatever its class."""
    entry = stored.entry
    return {
        "record_id": stored.record_id.hex(),
        "index": stored.place.index,
        "height": entry.height,
        "committed_at_ms": entry.block_time_ms,
        "bundle_id": None if entry.bundle_id is None else entry.bundle_id.hex(),
    }


def header_form(header: Header) -> dict[str, Json]:
    """A block's header, with its hash."""
    snapshot = header.snapshot
    return {
        "hash": header.hash().hex(),
        "network_id": header.network_id.hex(),
        "height": header.height,
        "previous": header.previous.hex(),
        "time_ms": header.time_ms,
        "proposer": header.proposer,
        "epoch": header.epoch,
        "bundle_count": header.bundle_count,
        "bundles_root": header.bundles_root.hex(),
        "entry_count": header.entry_count,
        "state_hash": header.state_hash.hex(),
        "status_size": header.status_size,
        "status_root": header.status_root.hex(),
        "snapshot": None
        if snapshot is None
        else {"height": snapshot.height, "size": snapshot.size, "root": snapshot.root.hex()},
        "log_size": header.log_size,
        "log_root": header.log_root.hex(),
    }


def certificate_form(certificate: CommitCertificate) -> dict[str, Json]:
    """Who committed a block, in which view."""
    return {
        "view": certificate.slot.view,
        "votes": [
            {"node_id": node, "signature": signature.hex()} for node, signature in certificate.votes
        ],
    }


def committee_form(committee: Committee) -> list[Json]:
    """The nodes of an epoch and their public keys."""
    return [
        {
            "node_id": node.node_id,
            "member_id": node.member_id,
            "node_key": node.node_key.hex(),
            "log_key": node.log_key.hex(),
            "tls_key_digest": node.tls_key_digest.hex(),
        }
        for node in committee.nodes
    ]


def acknowledgement_form(signed: Acknowledgement) -> dict[str, Json]:
    """A node's promise, with what is needed to check its signature."""
    return {
        "network_id": signed.network_id.hex(),
        "node_id": signed.node_id,
        "bundle": signed.pool_key.hex(),
        "received_at_ms": signed.received_at_ms,
        "signature": signed.signature.hex(),
    }


def refusal_form(signed: SignedRefusal) -> dict[str, Json]:
    """A node's signed refusal of a bundle that it had acknowledged."""
    return {
        "network_id": signed.network_id.hex(),
        "node_id": signed.node_id,
        "bundle": signed.pool_key.hex(),
        "code": signed.code.value,
        "head_hash": signed.head_hash.hex(),
        "signature": signed.signature.hex(),
    }


def _sealed_form(origin: CameFrom) -> dict[str, Json]:
    """Where a record that came out of an opening takes effect: at its commitment."""
    at = origin.commitment
    return {
        "opening": origin.opening.record_id.hex(),
        "commitment": origin.commitment_id.hex(),
        "index": None if at is None else at.place.index,
        "height": None if at is None else at.entry.height,
        "committed_at_ms": None if at is None else at.entry.block_time_ms,
    }


def _evidence(item: Evidence) -> Json:
    return {
        "label": item.label,
        "sha256": item.sha256.hex(),
        "sm3": None if item.sm3 is None else item.sm3.hex(),
        "size_bytes": item.size_bytes,
        "media_type": item.media_type,
    }


def _ref(ref: Ref) -> Json:
    return {
        "relation": ref.relation,
        "record_id": ref.record_id.hex(),
        "network_id": None if ref.network_id is None else ref.network_id.hex(),
    }
