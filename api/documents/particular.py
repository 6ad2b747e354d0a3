"""What certificates of addresses and seals say beside what every certificate says.

An address certificate shows two facts (双真实), each of which can end alone; a seal has spells of a
status. Both are told as of this node's head, like the standing of any record.
"""

from collections.abc import Iterator
from typing import Final

from api.documents.facts import Item, Manner, Pair, Row, Said
from api.documents.words import both
from api.explorer.names import Names
from api.explorer.words import named
from api.service import LedgerService
from contracts import eseal_rows
from contracts.address_certificate_rows import CERTIFIED, FACTS, certificate, fact
from contracts.overlay import Overlay
from contracts.state import State
from contracts.tables import CERTIFICATE
from ledger.core.identifiers import RecordId
from ledger.core.record import Record
from ledger.core.status import Interval
from ledger.words.moments import beijing_time

SPELLS_MAX: Final = 12
"""Spells of a seal that are shown, the newest ones."""
_TITLES: Final = {
    CERTIFICATE: "witness",
    "address.property_certified": "property",
    "address.use_certified": "use_right",
    "seal.published": "seal",
    "seal.suspended": "seal",
    "seal.resumed": "seal",
    "seal.revoked": "seal",
    "seal.reissued": "seal",
}


def title_of(record: Record) -> Pair:
    """What the certificate of a record is called."""
    return both(f"title.{_TITLES.get(record.type, 'evidence')}")


def is_particular(record: Record) -> bool:
    """Whether a certificate is of an address or a seal, which may stand otherwise tomorrow."""
    return record.type in CERTIFIED or _TITLES.get(record.type) == "seal"


def rows_of(
    service: LedgerService, record: Record, record_id: RecordId, names: tuple[Names, Names]
) -> Iterator[Item]:
    """How what the record is about stands now, beside the record itself.

    Args:
        service: of the node.
        record: the record.
        record_id: its id.
        names: in Chinese and in English.
    """
    state = State(Overlay(service.chain.state))
    if record.type in CERTIFIED:
        yield from _facts(state, record_id)
    elif _TITLES.get(record.type) == "seal":
        yield from _seal(state, record.subject, names)


def _facts(state: State, record_id: RecordId) -> Iterator[Item]:
    """The facts of an address certificate, with the time in which each holds."""
    row = certificate(state, record_id)
    if row is None:
        return
    for name in FACTS[row.kind]:
        held = fact(state, record_id, name)
        if held is not None:
            interval, stated_by = held
            told = _spell(interval)
            said = (*_both(told), Said(stated_by.hex(), Manner.DIGEST))
            yield Row(both(f"particular.{name}"), said)
    if row.until_ms is not None:
        yield Row(both("particular.until"), (Said(beijing_time(row.until_ms)),))


def _seal(state: State, seal: str, names: tuple[Names, Names]) -> Iterator[Item]:
    """Owner and digests of a seal, and its spells."""
    spells = list(eseal_rows.spells(state, seal))
    if not spells:
        return
    newest = spells[-1]
    owner = Pair(names[0].member(newest.owner), names[1].member(newest.owner))
    yield Row(both("particular.owner"), _both(owner))
    for label, digest in (("image", newest.image), ("seal_certificate", newest.certificate)):
        yield Row(both(f"particular.{label}"), (Said(digest.hex(), Manner.DIGEST),))
    for each in spells[-SPELLS_MAX:]:
        told = _spell(each.interval)
        zh, en = (named(language, "values", each.status) for language in ("zh", "en"))
        yield Row(both("particular.spell"), _both(Pair(f"{zh}：{told.zh}", f"{en}: {told.en}")))


def _spell(interval: Interval) -> Pair:
    """From when until when something holds."""
    start = "–" if interval.from_time_ms is None else beijing_time(interval.from_time_ms)
    if interval.until_time_ms is None:
        return both("particular.lasts", start=start)
    return both("particular.ended", start=start, end=beijing_time(interval.until_time_ms))


def _both(words: Pair) -> tuple[Said, ...]:
    return Said(words.zh), Said(words.en, Manner.SMALL)
