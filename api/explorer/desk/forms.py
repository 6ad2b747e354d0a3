"""Forms that a local signer signs: what each says by itself, what it rests on, and what is asked.

A form is read off the catalogue's type; whatever the ledger knows already (which match, which word
of the owner, which check of the list) is filled in here, so that a person types only what is new.
Nothing is submitted here: the page hands the record to the signer, which shows it in words.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from api.alerts import alert_sentence
from api.explorer.desk.sign_form import Cite, Input, SignForm
from api.explorer.names import Names
from api.explorer.words import named
from api.forms import value_form
from api.listing import at_hand
from api.service import LedgerService
from contracts.overlay import Overlay
from contracts.schema import Field
from contracts.state import State
from contracts.verdict import Times
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.core.record import Record
from ledger.errors import LedgerError

DISPOSED: Final = "ledger.alert_disposed"
CONFIRMED: Final = "ledger.confirmed"
OBJECTION: Final = "tender.objection"
ANSWERED: Final = "tender.objection_answered"
OWNER: Final = "address.owner_confirmed"
PROPERTY: Final = "address.property_certified"
USE: Final = "address.use_certified"
_SHARED: Final = "address.property_shared"
_MATCHED: Final = "address.matched"
_WILL: Final = "address.owner_confirmed"
_COMMITMENT: Final = "address.commitment"
_CHECKED: Final = "address.negative_list_checked"
_CITED_BY: Final[Mapping[str, str]] = {
    DISPOSED: "alert",
    CONFIRMED: "confirms",
    ANSWERED: "answers",
}
"""Types that speak about one record: the relation by which they cite it."""
TYPES: Final[Mapping[str, str]] = {
    "dispose": DISPOSED,
    "confirm": CONFIRMED,
    "objection": OBJECTION,
    "answer": ANSWERED,
    "owner": OWNER,
    "property": PROPERTY,
    "use": USE,
}
"""By the form's name in an address."""
ABOUT_RECORD: Final = frozenset({"dispose", "confirm", "answer"})
"""Forms that are opened from a record; the others from a subject."""
_LONG: Final = frozenset({"text", "reason"})
LOOKED_AT_MAX: Final = 100
"""Records of one type about a subject that are read, the newest first."""
_PRIVATE_MAX: Final = 2_000
"""Characters of a private value."""
_NOT_ASKED: Final = frozenset({"epoch", "on_behalf_of", "property_unit"})


def form_about(service: LedgerService, name: str, record_id: RecordId, language: str) -> SignForm:
    """A form that speaks about one record.

    Raises:
        StoreError: `record.unknown`.
        NotPublic: `api.not_public`.
        LedgerError: `api.not_found` where it is of a type that the form is not for.
    """
    made = _Maker(service, TYPES[name], language)
    stored = service.stored(record_id)
    record = service.viewer.require(service.decoded(stored))
    relation = _CITED_BY[made.type_key]
    types = service.catalogue.types[made.type_key].refs[relation].types
    if "*" not in types and record.type not in types:
        raise LedgerError(Code.API_NOT_FOUND, query=record_id.hex()[:16], searched=made.type_key)
    form = made.form(record.subject, [(relation, record_id, record)])
    if made.type_key == DISPOSED:
        # Whoever decides sees what about: that it is an alert says nothing yet.
        code = str(record.fields.get("alert", ""))
        said = f"{code} {alert_sentence(service.catalogue, record, language)}"
        told = (named(language, "desk", "col_sentence"), said)
        return replace(form, told=(told, *form.told))
    return replace(form, settled=made.type_key == CONFIRMED and not made.awaits(record_id))


def form_on(service: LedgerService, name: str, subject: str, language: str) -> SignForm:
    """A form about a subject, resting on the newest that is there about it."""
    made = _Maker(service, TYPES[name], language)
    return {OBJECTION: _objection, OWNER: _owner, PROPERTY: _property, USE: _use}[made.type_key](
        made, subject
    )


def _objection(made: "_Maker", subject: str) -> SignForm:
    return made.form(subject, [])


def _owner(made: "_Maker", subject: str) -> SignForm:
    return made.resting(subject, [(_MATCHED, ("result", "matched"))], lambda _: {})


def _property(made: "_Maker", subject: str) -> SignForm:
    wanted = [(_SHARED, None), (_MATCHED, ("result", "matched"))]
    return made.resting(subject, wanted, lambda cited: {"property_fact": cited[_SHARED][0]})


def _use(made: "_Maker", subject: str) -> SignForm:
    by_owner = made.newest(subject, _WILL, ("decision", "confirmed")) is not None
    will = _WILL if by_owner or made.newest(subject, _COMMITMENT, None) is None else _COMMITMENT

    def fixed(cited: Mapping[str, tuple[RecordId, Record]]) -> dict[str, Value]:
        word, check = cited[will][1].fields, cited[_CHECKED][1].fields
        applicant = word.get("applicant", cited[will][1].issuer)
        said: dict[str, Value] = {
            "applicant": applicant,
            "use": word["use"],
            "route": "owner" if will == _WILL else "commitment",
            "property_fact": cited[_SHARED][0],
            "owner_will": cited[will][0],
            "list": check["list"],
            "list_version": check["version"],
            "list_check": cited[_CHECKED][0],
        }
        return said | ({"until_ms": word["until_ms"]} if "until_ms" in word else {})

    wanted = [
        (_SHARED, None),
        (_MATCHED, ("result", "matched")),
        (will, ("decision", "confirmed") if will == _WILL else None),
        (_CHECKED, ("result", "absent")),
    ]
    return made.resting(subject, wanted, fixed)


_Condition = tuple[str, str] | None


class _Maker:
    """Makes the form of one type, in one language, from what the caller may see."""

    def __init__(self, service: LedgerService, type_key: str, language: str) -> None:
        head = service.chain.head
        self.type_key = type_key
        self._service, self._language = service, language
        self._names = Names(service, language)
        self._state = State(Overlay(service.chain.state))
        self._as_of = Times(head.log_size, head.time_ms)

    def newest(
        self, subject: str, type_key: str, holds: _Condition
    ) -> tuple[RecordId, Record] | None:
        """The newest record of a type in force about a subject, as far as the caller sees it."""
        listed = deque(self._state.records(subject, type_key, self._as_of), LOOKED_AT_MAX)
        for record_id in reversed(listed):
            record = at_hand(self._service, record_id)
            if record is None:
                continue
            if holds is None or record.fields.get(holds[0]) == holds[1]:
                return record_id, record
        return None

    def awaits(self, record_id: RecordId) -> bool:
        """Whether a record is not in effect yet, and can still come into effect."""
        row = self._state.record(record_id)
        return row is not None and row.effective is None and row.voided_index is None

    def resting(
        self,
        subject: str,
        wanted: list[tuple[str, _Condition]],
        fixed: Callable[[Mapping[str, tuple[RecordId, Record]]], Mapping[str, Value]],
    ) -> SignForm:
        """A form that follows the newest of each type; what is not there is named."""
        found = {each: self.newest(subject, each, holds) for each, holds in wanted}
        there = {each: held for each, held in found.items() if held is not None}
        lacks = tuple(self._names.type(each) for each in found if each not in there)
        cites = [("follows", *held) for held in there.values()]
        return self.form(subject, cites, {} if lacks else fixed(there), lacks)

    def form(
        self,
        subject: str,
        cites: list[tuple[str, RecordId, Record]],
        fixed: Mapping[str, Value] | None = None,
        lacks: tuple[str, ...] = (),
    ) -> SignForm:
        """The form, with what is still to be filled in."""
        kind = self._service.catalogue.types[self.type_key]
        said = fixed or {}
        return SignForm(
            self.type_key,
            kind.code,
            self._names.type(self.type_key),
            subject,
            tuple(self._cite(*each) for each in cites),
            tuple(self._inputs(kind.fields, kind.private, said)),
            {name: value_form(value) for name, value in said.items()},
            tuple(
                (named(self._language, "fields", name), self._spelled(value))
                for name, value in said.items()
            ),
            kind.evidence_min,
            lacks,
        )

    def _cite(self, relation: str, record_id: RecordId, record: Record) -> Cite:
        names = self._names
        when_ms = self._service.stored(record_id).entry.block_time_ms
        who = names.member(record.issuer)
        return Cite(relation, record_id.hex(), names.type(record.type), who, when_ms)

    def _inputs(
        self, fields: Mapping[str, Field], private: frozenset[str], fixed: Mapping[str, Value]
    ) -> Iterator[Input]:
        for name, declared in fields.items():
            if name not in fixed and name not in _NOT_ASKED:
                yield self._input(name, declared)
        for name in sorted(private - {"*"}):
            label = named(self._language, "fields", name)
            yield Input(
                name, label, _shape(name, "text"), required=False, private=True, limit=_PRIVATE_MAX
            )

    def _input(self, name: str, declared: Field) -> Input:
        words = self._language
        choices = tuple((each, named(words, "values", each)) for each in sorted(declared.allowed))
        kind = "choice" if choices else _shape(name, declared.kind)
        limit = 2 * declared.limit if kind == "hex" else declared.limit
        label = named(words, "fields", name)
        return Input(
            name,
            label,
            kind,
            required=declared.required,
            private=False,
            limit=limit,
            choices=choices,
        )

    def _spelled(self, value: Value) -> str:
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, str):
            return named(self._language, "values", self._names.member(value))
        return str(value)


def _shape(name: str, kind: str) -> str:
    """As what a field is typed."""
    if kind in {"bytes", "digest", "record"}:
        return "hex"
    if kind in {"time", "integer", "member"}:
        return kind
    return "area" if name in _LONG else "text"
