"""A section's completeness as JSON and in words, as far as the caller may see it.

What the procedure demands and how it stands is public, because it is what the witness certificate
says; single records, and what may be there besides, are shown by their class. Spec:
``docs/spec/http.md``.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from api.forms import Json
from api.service import LedgerService
from api.turns import in_turns
from api.words import say
from contracts.certificate_rows import profiled
from contracts.completeness import (
    Completeness,
    NodeFinding,
    NodeState,
    completeness_in_turns,
)
from contracts.node_count import NodeRecord
from contracts.overlay import Overlay
from contracts.profile import Node
from contracts.selector import Selector
from contracts.state import State
from contracts.verdict import Times
from ledger.core.identifiers import RecordId, Subject

RECORDS_MAX: Final = 1_000
"""Records of one node that are listed; their number is always told in full."""
SECTIONS_MAX: Final = 500
LANGUAGES: Final = ("zh", "en")
_COMMA: Final = {"zh": "、", "en": ", "}
_OR: Final = {"zh": "或", "en": " or "}


async def completeness_form(
    service: LedgerService, subject: Subject, *, optional: bool = True
) -> dict[str, Json]:
    """What a section shows of its procedure at this node's head; of thousands of records in turns.

    Args:
        service: as the caller may see it.
        subject: the section, or a project.
        optional: whether to tell of nodes too on which nothing depends.
    """
    head = service.chain.head
    state = State(Overlay(service.chain.state))
    as_of = Times(head.log_size, head.time_ms)
    catalogue = service.catalogues.of(subject)
    sections = [each for each in profiled(state, subject) if each != subject][:SECTIONS_MAX]
    found = await in_turns(
        completeness_in_turns(subject, catalogue, state, as_of, optional=optional)
    )
    form = _Form(service, state, subject)
    profile = found.profile
    return {
        "subject": subject,
        "height": head.height,
        "sections": sections,
        "profile": None
        if profile is None
        else {
            "key": profile.key,
            "version": profile.version,
            "zh": profile.zh,
            "en": profile.en,
        },
        "asked": found.asked,
        "settled": not found.open,
        "complete": profile is not None and not found.lacking,
        "certificate": form.certificate(found.certificate),
        "groups": [
            {
                "key": each.group.key,
                "zh": each.group.zh,
                "en": each.group.en,
                "nodes": [form.node(node) for node in each.nodes],
            }
            for each in found.groups
        ],
        "optional": [form.node(node) for node in found.optional if form.tells(node)],
        "open": form.records(found.open),
        **{f"words_{name}": in_words(service, found, sections, name) for name in LANGUAGES},
    }


def in_words(
    service: LedgerService, found: Completeness, sections: Sequence[str], language: str
) -> list[str]:
    """How a section stands, in sentences: what stands against the certificate first."""
    if found.profile is None:
        facts = {"subject": found.subject, "sections": _COMMA[language].join(sections)}
        return [say(language, "complete.sections" if sections else "complete.none", facts)]
    said = []
    if found.certificate is not None:
        said.append(say(language, "complete.certified", {"record": found.certificate.hex()}))
    for state in (NodeState.MISSING, NodeState.OUT_OF_ORDER, NodeState.LATE, NodeState.AWAITED):
        nodes = [each for each in found.mandatory if each.state is state]
        if nodes:
            names = _COMMA[language].join(
                _named(service, each.node, language) + _progress(each) for each in nodes
            )
            said.append(say(language, f"complete.{state.value}", {"nodes": names}))
    if found.open:
        may_see = service.viewer.may_see_type
        shown = [each for each in found.open if may_see(each.type, found.subject)]
        matters = [_named(service, Node((Selector(each.type),)), language) for each in shown]
        key = "complete.open" if shown else "complete.open_hidden"
        said.append(say(language, key, {"matters": _COMMA[language].join(matters)}))
    if found.certificate is None and not found.asked:
        asked = _named(service, Node((Selector(found.profile.asked_by),)), language)
        said.append(say(language, "complete.not_asked", {"node": asked}))
    return said


def _named(service: LedgerService, node: Node, language: str) -> str:
    """The names of a node's types."""
    kinds = (service.catalogue.types[name] for name in node.types)
    return _OR[language].join(
        f"{each.code} {each.zh if language == 'zh' else each.en}".strip() for each in kinds
    )


def _progress(found: NodeFinding) -> str:
    """How many are there, where more than one is wanted."""
    counted = found.counted
    if counted.wanted_count <= 1 or counted.satisfied:
        return ""
    return f" ({counted.found_count}/{counted.wanted_count})"


class _Form:
    """Spells nodes and records for one caller."""

    def __init__(self, service: LedgerService, state: State, subject: Subject) -> None:
        self._service = service
        self._state = state
        self._subject = subject

    def tells(self, found: NodeFinding) -> bool:
        """Whether the caller may know how a node stands that is not demanded: its count would tell
        of records that the caller may not see.
        """
        return all(self._may_see(name) for name in found.node.types)

    def node(self, found: NodeFinding) -> Json:
        """One node, with the records that the caller may see."""
        counted = found.counted
        return {
            "types": [self._kind(name) for name in found.node.types],
            "state": found.state.value,
            "mandatory": found.mandatory,
            "wanted_count": counted.wanted_count,
            "found_count": counted.found_count,
            "record_count": len(counted.records),
            "records": self.records(counted.records[:RECORDS_MAX]),
            "lacking": [self.records(each) for each in counted.lacking],
        }

    def records(self, found: Iterable[NodeRecord]) -> list[Json]:
        """Those that the caller may see."""
        return [self._record(each) for each in found if self._may_see(each.type)]

    def certificate(self, record_id: RecordId | None) -> Json:
        """The certificate in force; None where there is none."""
        row = None if record_id is None else self._state.record(record_id)
        if record_id is None or row is None or row.effective is None:
            return None
        return self._record(NodeRecord(record_id, row.type, row.issuer, row.effective))

    def _record(self, record: NodeRecord) -> Json:
        kind = self._service.catalogue.types[record.type]
        return {
            "record_id": record.record_id.hex(),
            "type": record.type,
            "type_code": kind.code,
            "type_zh": kind.zh,
            "type_en": kind.en,
            "member": record.member,
            "index": record.at.index,
            "effective_ms": record.at.time_ms,
        }

    def _may_see(self, type_key: str) -> bool:
        return self._service.viewer.may_see_type(type_key, self._subject)

    def _kind(self, type_key: str) -> Json:
        kind = self._service.catalogue.types[type_key]
        return {"key": kind.key, "code": kind.code, "zh": kind.zh, "en": kind.en}
