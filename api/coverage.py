"""A project's coverage of the function points as JSON, as far as the caller may know it.

What a section's procedure demands is public, as its completeness is; of other types a caller learns
what it may see. Spec: ``docs/spec/http.md``.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from api.forms import Json
from api.service import LedgerService
from api.turns import in_turns
from contracts.certificate_rows import profiled, profiled_after
from contracts.coverage import Coverage, PointFinding, PointState, coverage
from contracts.node_count import NodeRecord
from contracts.overlay import Overlay
from contracts.point_records import count_about
from contracts.silent_points import traces
from contracts.state import State, seen_from
from contracts.subsystem import Subsystem
from contracts.verdict import Times
from ledger.core.identifiers import Subject

SECTIONS_MAX: Final = 20
"""Sections that one answer looks at: each costs some milliseconds, and consensus runs beside it."""
RECORDS_MAX: Final = 2_000
"""Records that a page looks at: a tenth of a second on one core."""


async def coverage_form(service: LedgerService, subject: Subject) -> dict[str, Json]:
    """How a project or section stands to each function point at this node's head."""
    state = State(Overlay(service.chain.state))
    sections = list(islice(profiled(state, subject), SECTIONS_MAX + 1))
    head = service.chain.head
    as_of = Times(head.log_size, head.time_ms)
    found = await _covered(service, state, subject, sections[:SECTIONS_MAX], as_of)
    form = _Form(service, found)
    states = [each.state for each in found.points]
    registry = service.catalogues.of(subject)
    return {
        "subject": subject,
        "height": head.height,
        "sections": [each for each in found.sections if each != subject],
        "more_sections": len(sections) > SECTIONS_MAX,
        "profiles": [
            {"key": each.key, "version": each.version, "zh": each.zh, "en": each.en}
            for each in found.profiles
        ],
        "counts": {each.value: states.count(each) for each in PointState},
        "subsystems": [form.subsystem(each) for each in registry.subsystems.values()],
    }


def takes_long(service: LedgerService, subject: Subject) -> bool:
    """Whether more records stand about a project or section than a page of it waits for."""
    state = State(Overlay(service.chain.state))
    left = RECORDS_MAX + 1
    for each in (*islice(profiled(state, subject), SECTIONS_MAX), *seen_from(subject)):
        left -= count_about(Subject(each), state, left)
    return left <= 0


async def covered_sections(
    service: LedgerService, after: Subject | None, limit: int
) -> dict[str, Json]:
    """A page of the sections that follow a profile, each with what it says of its points.

    It ends early before a section that would make it look at more than `RECORDS_MAX` records.
    """
    state, head = State(Overlay(service.chain.state)), service.chain.head
    sections = list(islice(profiled_after(service.chain.state, after), limit + 1))
    items: list[Json] = []
    left, as_of = RECORDS_MAX, Times(head.log_size, head.time_ms)
    for section in sections[:limit]:
        left -= count_about(section, state, left + 1)
        if items and left < 0:
            break
        points: list[Json] = [
            {"point": each.point, "passed_ms": each.passed_ms, "last_ms": each.last_ms}
            for each in traces(await _covered(service, state, section, (), as_of))
        ]
        items.append({"subject": section, "points": points})
    more = len(sections) > len(items)
    return {
        "time_ms": head.time_ms,
        "items": items,
        "cursor": sections[len(items) - 1] if more else None,
    }


async def _covered(
    service: LedgerService,
    state: State,
    subject: Subject,
    sections: Sequence[Subject],
    as_of: Times,
) -> Coverage:
    def may_see(type_key: str) -> bool:
        return service.viewer.may_see_type(type_key, subject)

    return await in_turns(
        coverage(
            subject,
            sections,
            service.catalogues.of(subject),
            state,
            as_of,
            may_see,
            of=service.catalogues.of,
            shown_record=service.viewer.may_see_what_it_is_about,
        )
    )


class _Form:
    """Spells what was found for one caller."""

    def __init__(self, service: LedgerService, found: Coverage) -> None:
        self._service = service
        self._subject = found.subject
        self._found = {each.point.key: each for each in found.points}

    def subsystem(self, subsystem: Subsystem) -> Json:
        """One subsystem with its points."""
        return {
            "key": subsystem.key,
            "zh": subsystem.zh,
            "en": subsystem.en,
            "basis": subsystem.basis,
            "points": [self._point(self._found[each.key]) for each in subsystem.points],
        }

    def _point(self, found: PointFinding) -> Json:
        types = self._service.catalogue.types
        return {
            "key": found.point.key,
            "zh": found.point.zh,
            "en": found.point.en,
            "planned": found.point.planned,
            "state": found.state.value,
            "late": found.late,
            "record_count": len(found.records),
            "last": self._last(found.records),
            "missing": [
                [types[name].code or name for name in node.types] for node in found.missing
            ],
            "passed_ms": found.passed_ms,
        }

    def _last(self, records: Sequence[NodeRecord]) -> Json:
        """The newest record that the caller may see; None where there is none."""
        may_see, subject = self._service.viewer.may_see_type, self._subject
        shown = next((each for each in reversed(records) if may_see(each.type, subject)), None)
        if shown is None:
            return None
        kind = self._service.catalogue.types[shown.type]
        return {
            "record_id": shown.record_id.hex(),
            "type": kind.key,
            "type_code": kind.code,
            "type_zh": kind.zh,
            "type_en": kind.en,
            "member": shown.member,
            "index": shown.at.index,
            "effective_ms": shown.at.time_ms,
        }
