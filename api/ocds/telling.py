"""One record of tendering as the release that tells of it, in the words of OCDS.

Pure. Nothing is told that is not in the record, but for what is known of the process by then: until
when bids could be handed in, and for whom it is held.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.ocds.acts import ActRow, PartyRow, ValueRow
from api.ocds.amounts import FEN_PLACES, Amount
from api.ocds.building import FEN, JsonObject, money, put
from api.ocds.items import Item
from api.ocds.times import told_time
from ledger.core.identifiers import MemberId
from ledger.core.record import Evidence


@dataclass(slots=True)
class Process:
    """What is known of a process while its records are told, one after the other."""

    tenderer: str = ""
    """For whom it is held; empty where no record that is shown says so."""
    deadline_ms: int | None = None
    """Until when bids can be handed in."""
    tags: Counter[str] = field(default_factory=Counter)
    """How often each tag was given."""


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation, as it was registered."""

    name: str = ""
    credit_code: str = ""


def told(
    item: Item, row: ActRow, process: Process, parties: Mapping[MemberId, Party]
) -> JsonObject:
    """The release of one record, without its ocid.

    Args:
        item: the record.
        row: how its type is told.
        process: of its subject; takes up what the record says.
        parties: whoever is known by name.
    """
    deadline = item.record.fields.get("bid_deadline_ms")
    if isinstance(deadline, int):
        process.deadline_ms = deadline
    tag = row.later if process.tags[row.first] else row.first
    process.tags[row.first] += 1
    release: JsonObject = {
        "id": item.record_id.hex(),
        "date": told_time(item.time_ms),
        "tag": [tag],
        "initiationType": "tender",
    }
    named = [each for party in row.parties if (each := _party(item, party, process, parties))]
    if named:
        release["parties"] = named
    for said in row.values:
        value = _value(item, said, process)
        if value is not None:
            put(release, said.path, value)
    if row.documents is not None and item.record.evidence:
        at, kind = row.documents
        for place, evidence in enumerate(item.record.evidence):
            document = _document(item, place, evidence, kind)
            put(release, (*at[:-1], f"{at[-1]}[]"), document)
    return release


def digests_of(evidence: Evidence) -> JsonObject:
    """The digests of a document."""
    sm3 = {} if evidence.sm3 is None else {"sm3": evidence.sm3.hex()}
    return {"sha256": evidence.sha256.hex(), **sm3, "sizeBytes": evidence.size_bytes}


def _document(item: Item, place: int, evidence: Evidence, kind: str) -> JsonObject:
    return {
        "id": f"{item.record_id.hex()}-{place}",
        "documentType": kind,
        "title": evidence.label,
        "datePublished": told_time(item.time_ms),
        **({"format": evidence.media_type} if evidence.media_type else {}),
        "digests": digests_of(evidence),
    }


def _party(
    item: Item, row: PartyRow, process: Process, parties: Mapping[MemberId, Party]
) -> JsonObject | None:
    said = item.record.issuer if row.name == "issuer" else item.record.fields.get(row.name)
    member = said or (process.tenderer if row.name == "tenderer" else "")
    if not isinstance(member, str) or not member:
        return None
    known = parties.get(MemberId(member), Party())
    party: JsonObject = {"id": member, "roles": list(row.roles)}
    if known.name:
        party["name"] = known.name
    if known.credit_code:
        party["identifier"] = {"id": known.credit_code, "legalName": known.name}
    return party


def _value(item: Item, row: ValueRow, process: Process) -> Any:
    said: Any = item.record.fields.get(row.name)
    match row.kind:
        case "const":
            return row.name
        case "of":
            return _of(item, row.name, process)
        case "time":
            return told_time(said) if isinstance(said, int) else None
        case "fen":
            return money(Amount(said, FEN_PLACES), FEN) if isinstance(said, int) else None
        case "member":
            return {"id": said} if said else None
        case "ref":
            cited = (each for each in item.record.refs if each.relation == row.name)
            return next((each.record_id.hex() for each in cited), None)
    return said


def _of(item: Item, name: str, process: Process) -> Any:
    match name:
        case "subject":
            return item.record.subject
        case "record":
            return item.record_id.hex()
        case "issuer":
            return {"id": item.record.issuer}
        case "date":
            return told_time(item.time_ms)
        case "happened":
            return told_time(item.record.occurred_at_ms)
        case "deadline":
            return None if process.deadline_ms is None else told_time(process.deadline_ms)
    return {"id": process.tenderer} if process.tenderer else None
