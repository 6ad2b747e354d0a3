"""Who is who: members and nodes by the names of their organisations."""

from collections.abc import Mapping
from typing import Final

from api.service import LedgerService
from contracts import standing
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.core.canonical import Value
from ledger.core.committee import Committee
from ledger.core.identifiers import NETWORK_MEMBER, MemberId, NodeId, RecordId

_ENROLLED_BY: Final = ("tender.subject_registered", "ledger.node_admitted")


class Names:
    """Names in one language, each looked up once for a page."""

    def __init__(self, service: LedgerService, language: str) -> None:
        self._service = service
        self._language = language
        head = service.chain.head
        self._state = State(Overlay(service.chain.state))
        self._as_of = Times(head.log_size, head.time_ms)
        self._found = {
            member.member_id: self._chosen(member.name_zh, member.name_en)
            for member in service.chain.genesis.members
        }
        self._found[NETWORK_MEMBER] = "网络规则（自动）" if language == "zh" else "The rules"

    def member(self, member: str) -> str:
        """The organisation's name; the id where no name is on the ledger."""
        name = MemberId(member)
        if name not in self._found:
            self._found[name] = self._registered(name)
        return self._found[name] or member

    def node(self, node: str) -> str:
        """The organisation that answers for a node, of this committee or an earlier one."""
        name = NodeId(node)
        for committee in reversed(self._service.chain.epochs.committees):
            found = next((each for each in committee.nodes if each.node_id == name), None)
            if found is not None:
                return self.member(found.member_id)
        return node

    def type(self, key: str) -> str:
        """What a record type is called."""
        kind = self._service.catalogue.type(key)
        return key if kind is None else self._chosen(kind.zh, kind.en)

    def role(self, key: str) -> str:
        """What a role is called; the key itself where it is none."""
        role = self._service.catalogue.roles.get(key)
        return key if role is None else self._chosen(role.zh, role.en)

    def term(self, name: str) -> str:
        """What an alert names: a type, a deadline or a reason of the catalogue, in words."""
        catalogue = self._service.catalogue
        found = catalogue.type(name) or catalogue.deadlines.get(name) or catalogue.reasons.get(name)
        return name if found is None else self._chosen(found.zh, found.en)

    def alert(self, code: str) -> str:
        """What an alert is called; its code alone where the catalogue has none."""
        alert = self._service.catalogue.alerts.get(code)
        return code if alert is None else f"{code} {self._chosen(alert.zh, alert.en)}"

    def kind(self, member: str) -> str:
        """What a member is that was enrolled after the first block; empty where none is shown."""
        return str(self._enrolment(MemberId(member)).get("kind", ""))

    def credit_code(self, member: str) -> str:
        """Of a member that was enrolled after the first block; empty where none is shown."""
        fields = self._enrolment(MemberId(member))
        return str(fields.get("credit_code", ""))

    def _registered(self, member: MemberId) -> str:
        """The name under which a member was enrolled after the first block."""
        fields = self._enrolment(member)
        return self._chosen(*(str(fields.get(name, "")) for name in ("name_zh", "name_en")))

    def _enrolment(self, member: MemberId) -> Mapping[str, Value]:
        """What was said of a member when it was enrolled; nothing where that is not shown.

        The state knows it by the member's own row, so nobody's other records stand before it, and
        it is known below a snapshot as well.
        """
        for kind in _ENROLLED_BY:
            by = next(self._state.records(member, kind, self._as_of), None)
            if by is not None and self._is_shown(by, kind, member):
                return standing.facts_of(self._state, member)
        return {}

    def _is_shown(self, record_id: RecordId, kind: str, member: MemberId) -> bool:
        """Whether the reader may see the record by which a member was enrolled."""
        viewer, stored = self._service.viewer, self._service.chain.blocks.record(record_id)
        if stored is None:
            return viewer.may_see_type(kind, member)
        return viewer.may_see(self._service.decoded(stored))

    def _chosen(self, zh: str, en: str) -> str:
        return (zh or en) if self._language == "zh" else (en or zh)


def committee_of(service: LedgerService, epoch: int) -> Committee:
    """The committee of an epoch; the newest one where that is not known here."""
    return service.chain.epochs.get(epoch) or service.chain.committee
