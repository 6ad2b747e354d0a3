"""The records of an OCDS record package: what some records on a ledger are in open data.

Pure, and a function of the records alone, so that whoever has their receipts makes the same and
compares. A release tells of one act, or restates one release that was imported; never both in one
process: where a member of the trade acted, what publishers state stands beside. Spec:
``docs/spec/ocds.md``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from api.ocds.acts import act_of
from api.ocds.building import JsonObject
from api.ocds.in_force import ACCEPTED, in_force, project_of
from api.ocds.items import Item
from api.ocds.merging import compiled
from api.ocds.restating import is_statement, is_whole_release, pointer_of, restated
from api.ocds.telling import Party, Process, digests_of, told
from ledger.core.certificate_number import certificate_number
from ledger.core.identifiers import MemberId, RecordId, Subject
from ledger.core.record import Record

REGISTERED: Final = "tender.subject_registered"
ORGANISATIONS: Final = frozenset({"organisation", "system"})
"""Kinds of members that are named; of persons and labels nothing but the id is told."""
_Release = tuple[JsonObject, list[Item]]
"""A release, and the records that it tells of."""


def members_named(records: Iterable[Record]) -> frozenset[MemberId]:
    """Whom releases of these records name: their registrations belong beside them."""
    found: set[MemberId] = set()
    for record in records:
        row = act_of(record)
        for party in row.parties if row is not None else ():
            said = record.issuer if party.name == "issuer" else record.fields.get(party.name)
            if isinstance(said, str) and said:
                found.add(MemberId(said))
    return frozenset(found)


def composed(
    items: Sequence[Item], prefix: str, domain: str, founders: Mapping[MemberId, Party]
) -> list[JsonObject]:
    """The records of a package; none where nothing has a word in OCDS.

    Args:
        items: in the order of the log, each record once.
        prefix: of the ocids of processes that were held on the ledger.
        domain: of the network, for certificate numbers.
        founders: members that were never registered, because they founded the network.
    """
    parties = {**founders, **_registered(items)}
    tracks: dict[Subject, list[Item]] = defaultdict(list)
    for each in items:
        tracks[each.record.subject].append(each)
    found: list[JsonObject] = []
    counted = in_force(items)
    told_of = {
        subject: [each for each in track if each.record_id in counted]
        for subject, track in tracks.items()
    }
    for subject, track in sorted(tracks.items()):
        process = Process(tenderer=_tenderer(told_of.get(project_of(subject), [])))
        acts = [_told(each, process, parties) for each in told_of[subject]]
        releases = [each for each in acts if each is not None]
        ocid = f"{prefix}-{subject}"
        if not releases:
            releases, ocid = _restated(told_of[subject]), subject
        if releases:
            parent = project_of(subject)
            within = f"{prefix}-{parent}" if subject not in (ocid, parent) else ""
            beside = _beside(items, track, releases)
            found.append(_record(ocid, within, releases, beside, domain))
    return found


def _told(item: Item, process: Process, parties: Mapping[MemberId, Party]) -> _Release | None:
    row = act_of(item.record)
    return None if row is None else (told(item, row, process, parties), [item])


def _restated(track: Sequence[Item]) -> list[_Release]:
    """Imported releases, each with the records of its parts."""
    parts: dict[RecordId, list[Item]] = defaultdict(list)
    for each in track:
        if is_statement(each.record) and pointer_of(each.record):
            for ref in each.record.refs[:1]:
                parts[ref.record_id].append(each)
    wholes = [each for each in track if is_whole_release(each.record)]
    releases: list[_Release] = [
        (restated(each, parts[each.record_id]), [each, *parts[each.record_id]]) for each in wholes
    ]
    # From the oldest to the newest, as their publisher dates them.
    return sorted(releases, key=lambda each: each[1][0].record.occurred_at_ms)


def _record(
    ocid: str, within: str, releases: Sequence[_Release], beside: Sequence[Item], domain: str
) -> JsonObject:
    whole = []
    for release, items in releases:
        related = {}
        if within:
            parent = {"id": "1", "relationship": ["parent"], "scheme": "ocid", "identifier": within}
            related = {"relatedProcesses": [parent]}
        receipts = [_ledger_record(each, domain) for each in items]
        whole.append({"ocid": ocid, **release, **related, "ledgerRecords": receipts})
    record: JsonObject = {"ocid": ocid, "releases": whole, "compiledRelease": compiled(whole)}
    if beside:
        record["ledgerRecords"] = [_ledger_record(each, domain) for each in beside]
    return record


def _beside(
    items: Sequence[Item], track: Sequence[Item], releases: Sequence[_Release]
) -> list[Item]:
    """Records of a process that OCDS has no word for, and registrations of whom it names."""
    told_of = {each.record_id for _, records in releases for each in records}
    named = {party["id"] for release, _ in releases for party in release.get("parties", ())}
    return [
        each
        for each in items
        if each.record_id not in told_of
        and (
            each.record.subject == track[0].record.subject
            or (each.record.type == REGISTERED and each.record.subject in named)
        )
    ]


def _ledger_record(item: Item, domain: str) -> JsonObject:
    return {
        "id": item.record_id.hex(),
        "certificateNumber": certificate_number(domain, item.effective_index),
        "type": item.record.type,
        "evidence": [{"title": each.label, **digests_of(each)} for each in item.record.evidence],
        "receipt": item.receipt.value(),
    }


def _registered(items: Iterable[Item]) -> dict[MemberId, Party]:
    found: dict[MemberId, Party] = {}
    for each in items:
        said = each.record.fields
        # Whatever a made-up receipt holds: here nothing was judged yet.
        if each.record.type == REGISTERED and str(said.get("kind")) in ORGANISATIONS:
            name = said.get("name_zh") or said.get("name_en") or ""
            code = said.get("credit_code") or ""
            found[MemberId(each.record.subject)] = Party(str(name), str(code))
    return found


def _tenderer(project: Iterable[Item]) -> str:
    """For whom a project was accepted; of several records the last one counts."""
    said = [each.record.fields.get("tenderer") for each in project if each.record.type == ACCEPTED]
    return str(said[-1]) if said and said[-1] else ""
