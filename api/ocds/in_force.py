"""Which of some records count, as far as they say it themselves; no other has a release.

A ledger keeps what was voided, what a stranger said in a party's place, bids outside the sealed
set, and what a further signer has not confirmed yet. None of it is in force, and a release of it
would say that it is. A reader of open data has receipts and no state, so this follows from the
records in a package: the ledger refuses a confirmation that does not count. Spec:
``docs/spec/ocds.md``.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from api.ocds.items import Item
from ledger.core.identifiers import RecordId, Subject
from ledger.core.record import Record, record_id

ACCEPTED: Final = "tender.project_accepted"
_ALERT: Final = "ledger.alert_raised"
_CONFIRMED: Final = "ledger.confirmed"
_VOIDED: Final = "ledger.voided"
_BID: Final = "tender.bid_submitted"
_BID_SET: Final = "tender.bid_set_sealed"
_PANEL: Final = "tender.committee_formed"
_UNAUTHORISED: Final = "AL05"
_STRANGE: Final = frozenset({"not_party", "not_delegated"})
"""Reasons of AL05 by which a record in a party's place counts for nothing."""
_LAPSED: Final = frozenset({"role_lapsed", "role_scope"})
"""Reasons told in the place of those: also the party itself, whose word counts, can lose a role."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a record of a type needs to count, beside being on the ledger: ``acts.toml``."""

    party: frozenset[str]
    """Types that are said in the place of a project's party."""
    any: frozenset[str]
    """Types that one further signer confirms."""
    majority: frozenset[str]
    """Types that most of the evaluation committee confirm."""


@cache
def standing() -> Standing:
    """The table that this program knows."""
    text = resources.files("api.ocds").joinpath("acts.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["in_force"]
    return Standing(*(frozenset(rows[name]) for name in ("party", "any", "majority")))


def in_force(items: Sequence[Item]) -> frozenset[RecordId]:
    """The records that count.

    Args:
        items: in the order of the log, each record once.
    """
    records = {each.record_id: each.record for each in items}
    void = frozenset(_voided(records))
    void |= frozenset(_set_aside(records, void)) | frozenset(_outside(items))
    return frozenset(records.keys() - void - frozenset(_awaiting(records, void)))


_Records = dict[RecordId, Record]
"""In the order of the log."""


def project_of(subject: Subject) -> Subject:
    """The project of a section; a project's own."""
    return Subject(subject.partition("/")[0])


def _cited(record: Record, relation: str, records: _Records) -> Iterator[RecordId]:
    """What a record cites by a relation, where it is there and about the same subject."""
    for ref in record.refs:
        found = records.get(ref.record_id)
        is_meant = ref.relation == relation and ref.network_id is None
        if is_meant and found is not None and found.subject == record.subject:
            yield ref.record_id


def _of(records: _Records, type_key: str) -> Iterator[tuple[RecordId, Record]]:
    return ((each, record) for each, record in records.items() if record.type == type_key)


def _voided(records: _Records) -> Iterator[RecordId]:
    """What its author voided and a supervisor confirmed."""
    confirmed = {
        each
        for _, record in _of(records, _CONFIRMED)
        for each in _cited(record, "confirms", records)
    }
    for voiding, record in _of(records, _VOIDED):
        for each in _cited(record, "voids", records) if voiding in confirmed else ():
            if records[each].issuer == record.issuer:
                yield each


def _set_aside(records: _Records, void: Set[RecordId]) -> Iterator[RecordId]:
    """What was said in a party's place by one who may not, as the alerts say."""
    tenderers = _tenderers(records, void)
    for _, alert in _of(records, _ALERT):
        if alert.fields.get("alert") != _UNAUTHORISED:
            continue
        because = str(alert.fields.get("because"))
        for each in _cited(alert, "follows", records):
            said = records[each]
            principal = str(said.fields.get("on_behalf_of", said.issuer))
            # For whom it is said is its issuer's own word: of another's delegation nothing is told.
            is_party = principal == said.issuer == tenderers.get(each)
            lapsed = because in _LAPSED and not is_party
            if said.type in standing().party and (because in _STRANGE or lapsed):
                yield each


def _outside(items: Sequence[Item]) -> Iterator[RecordId]:
    """Bids that no bid set of their section lists: opened, and only their authors' proof."""
    listed: dict[Subject, set[object]] = defaultdict(set)
    for each in items:
        commitments = each.record.fields.get("commitments")
        if each.record.type == _BID_SET and isinstance(commitments, tuple):
            listed[each.record.subject].update(filter(_is_id, commitments))
    for each in items:
        sealed = each.receipt.sealed if each.record.type == _BID else None
        if sealed is not None and record_id(sealed.commitment) not in listed[each.record.subject]:
            yield each.record_id


def _is_id(value: object) -> bool:
    return isinstance(value, bytes)


def _tenderers(records: _Records, void: Set[RecordId]) -> dict[RecordId, str]:
    """Of each record, for whom its project is held, where that is known by then."""
    known: dict[Subject, str] = {}
    found: dict[RecordId, str] = {}
    for each, record in records.items():
        project = project_of(record.subject)
        if project in known:
            found[each] = known[project]
        if record.type == ACCEPTED and each not in void:
            known[project] = str(record.fields.get("tenderer"))
    return found


def _awaiting(records: _Records, void: Set[RecordId]) -> Iterator[RecordId]:
    """What the signers that it needs have not confirmed."""
    rows = standing()
    waiting = {each for each, record in records.items() if record.type in rows.any | rows.majority}
    panels: dict[Subject, frozenset[str]] = {}
    given: dict[RecordId, set[str]] = defaultdict(set)
    for each, record in records.items():
        members = record.fields.get("members")
        if record.type == _PANEL and each not in void and isinstance(members, tuple):
            panels[record.subject] = frozenset(map(str, members))
        if record.type == _CONFIRMED:
            for cited in _cited(record, "confirms", records):
                given[cited].add(record.issuer)
                panel = panels.get(record.subject, frozenset())
                most = 2 * len(panel & {*given[cited], records[cited].issuer}) > len(panel)
                if records[cited].type in rows.any or most:
                    waiting.discard(cited)
    yield from waiting
