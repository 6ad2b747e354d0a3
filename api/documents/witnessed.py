"""What a transaction witness certificate (T62) says beside what every certificate says.

The record commits to the list of steps by a digest; the list is shown only where it is that one.
"""

from typing import Final

from api.documents.facts import Item, Manner, Note, Pair, Row, Said
from api.documents.words import both
from api.explorer.project_view import project_name
from api.explorer.words import named
from api.service import LedgerService
from contracts.certificates import listed_digest
from contracts.completeness import NodeFinding, completeness
from contracts.overlay import Overlay
from contracts.profile import Profile
from contracts.state import State
from contracts.verdict import Times
from ledger.core.identifiers import Subject
from ledger.core.record import Record

_SHOWN_MAX: Final = 8
"""Records of one step whose places are named."""


def statement(service: LedgerService, record: Record, network: str, time: Pair) -> Pair:
    """The sentence of a witness certificate."""
    fields, profile = record.fields, _profile(service, record)
    key = "statement.witness_ended" if "outcome" in fields else "statement.witness"
    name = project_name(service, record.subject)
    facts: dict[str, str | int] = {
        "subject": record.subject,
        "version": _number(record, "profile_version"),
        "nodes": _number(record, "node_count"),
        "records": _number(record, "record_count"),
        "network": network,
    }
    zh, en = (profile.zh, profile.en) if profile else (str(fields.get("profile")),) * 2
    zh_name, en_name = (f"（{name}）", f"({name})") if name else ("", "")
    return Pair(
        both(key, profile=zh, name=zh_name, time=time.zh, **facts).zh,
        both(key, profile=en, name=en_name, time=time.en, **facts).en,
    )


def rows(service: LedgerService, record: Record) -> list[Item]:
    """The facts that the record itself holds."""
    name = project_name(service, record.subject)
    made: list[Item] = [Row(both("row.name"), (Said(name),))] if name else []
    late, disorder = _number(record, "late_count"), _number(record, "out_of_order_count")
    issue = both("row.issue_told", issue=_number(record, "issue"))
    counts = both("row.counts_told", late=late, disorder=disorder)
    for label, pair in (("issue", issue), ("counts", counts)):
        said = (Said(pair.zh), Said(pair.en, Manner.SMALL))
        made.append(Row(both(f"row.{label}"), said))
    return made


def listed(service: LedgerService, record: Record, index: int) -> tuple[Item, ...]:
    """Every step with its records, as the certificate lists them.

    Args:
        service: of the node.
        record: the certificate.
        index: its place in the log: what took effect later is not in its list.
    """
    head, subject = service.chain.head, Subject(record.subject)
    state = State(Overlay(service.chain.state))
    as_of = Times(head.log_size, head.time_ms)
    found = completeness(subject, service.catalogues.of(subject), state, as_of, optional=False)
    digest = record.fields.get("nodes")
    shown = str(digest.hex()) if isinstance(digest, bytes) else ""
    last = Row(both("row.nodes_digest"), (Said(shown, Manner.DIGEST),))
    if found.profile is None or listed_digest(found, index) != digest:
        return Note(both("row.no_list"), "–"), last
    steps = [
        _node(service, each, Pair("", "") if place else Pair(group.group.zh, group.group.en), index)
        for group in found.groups
        for place, each in enumerate(group.nodes)
    ]
    return (*steps, last)


def _node(service: LedgerService, found: NodeFinding, stage: Pair, index: int) -> Item:
    """One step: its stage, its types, how it stands, and where its records are in the log."""
    kinds = [service.catalogue.types[name] for name in found.node.types]
    records = [each for each in found.counted.records if each.at.index < index]
    state = found.state.value
    zh_type = "／".join(f"{each.code} {each.zh}".strip() for each in kinds)
    en_type = " / ".join(each.en for each in kinds)
    if not records:
        none = both("node.none")
        zh_told, en_told = f"{zh_type}　{none.zh}", f"{en_type} · {none.en}"
    else:
        places = ", ".join(str(each.at.index) for each in records[:_SHOWN_MAX])
        more = ", …" if len(records) > _SHOWN_MAX else ""
        told = both("node.records", count=len(records), indexes=places + more)
        words = named("en", "states", state)
        zh_told = f"{zh_type}　{named('zh', 'states', state)}　{told.zh}"
        en_told = f"{en_type} · {words} · {told.en}"
    return Row(stage, (Said(zh_told), Said(en_told, Manner.SMALL)))


def _profile(service: LedgerService, record: Record) -> Profile | None:
    return service.catalogue.profiles.get(str(record.fields.get("profile")))


def _number(record: Record, name: str) -> int:
    value = record.fields.get(name)
    return value if isinstance(value, int) else 0
