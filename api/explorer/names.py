"""Who is who: members and nodes by the names of their organisations."""

from collections.abc import Mapping
from typing import Final

from api.service import LedgerService
from ledger.core.canonical import Value
from ledger.core.committee import Committee
from ledger.core.identifiers import NETWORK_MEMBER, MemberId, NodeId, Subject
from ledger.lookup import Turn

_ENROLLED_BY: Final = ("tender.subject_registered", "ledger.node_admitted")
_LOOKED_AT_MAX: Final = 20


class Names:
    """Names in one language, each looked up once for a page."""

    def __init__(self, service: LedgerService, language: str) -> None:
        self._service = service
        self._language = language
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

    def credit_code(self, member: str) -> str:
        """Of a member that was enrolled after the first block; empty where none is shown."""
        fields = self._enrolment(MemberId(member))
        return str(fields.get("credit_code", ""))

    def _registered(self, member: MemberId) -> str:
        """The name under which a member was enrolled after the first block."""
        fields = self._enrolment(member)
        return self._chosen(*(str(fields.get(name, "")) for name in ("name_zh", "name_en")))

    def _enrolment(self, member: MemberId) -> Mapping[str, Value]:
        """What was said of a member when it was enrolled; nothing where that is not shown."""
        service = self._service
        found = service.chain.lookup.by_subject(Subject(member), Turn(_LOOKED_AT_MAX))
        for each in found.items:
            record = service.decoded(service.stored(each.record_id))
            if record.type in _ENROLLED_BY and service.viewer.may_see(record):
                return record.fields
        return {}

    def _chosen(self, zh: str, en: str) -> str:
        return (zh or en) if self._language == "zh" else (en or zh)


def committee_of(service: LedgerService, epoch: int) -> Committee:
    """The committee of an epoch; the newest one where that is not known here."""
    return service.chain.epochs.get(epoch) or service.chain.committee
