"""The record page's facts: what was said, its times and place, and the numbered checks.

The checks are the offline verifier's own, run here on the receipt that is offered for download.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.explorer.figure import Figure, drawn
from api.explorer.names import Names
from api.explorer.shown import moment, yuan
from api.explorer.words import named
from api.service import LedgerService
from contracts.schema import Field
from ledger.block_store import StoredRecord
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.merkle import leaf_hash
from ledger.core.receipt import Receipt
from ledger.core.record import Record
from ledger.errors import StoreError, VerificationError
from ledger.report import problem_sentence, step_words
from ledger.trust import trust_root
from ledger.verdict import VerifiedRecord
from ledger.verify import walk_checks

ITEMS_MAX: Final = 64
"""Items of one list that are shown; the raw record has all."""
_TERMS: Final = ("about", "because", "deadline")
"""Fields of derived records that name a type, a deadline or a reason."""
_NO_RECEIPT: Final = (Code.RECEIPT_PENDING, Code.RECORD_NOT_KEPT)
"""Why there may be none here: not yet, or not of what was committed to below a snapshot."""
_NAMES_FIELDS: Final = "changed"
"""The field whose items are names of fields."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One public field in words."""

    key: str
    name: str
    value: str
    link: str = ""
    """Id of the record that the value names; empty for none."""
    is_hex: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered check and its sentence."""

    number: int
    mark: str
    """``passed``, ``absent`` or ``failed``."""
    name: str
    told: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The receipt as this node sees it."""

    checks: tuple[Check, ...]
    verdict: VerifiedRecord | None
    """None where a check failed."""
    figure: Figure | None
    pending: str
    """Why there is no receipt; empty where there is one."""
    is_elsewhere: bool = False
    """Other nodes have it: this one lacks what the record came out of."""


def printed_entry(stored: StoredRecord, printed: str) -> str:
    """Whether an entry hash that was printed is this record's: ``same``, ``other``, or empty."""
    if not printed:
        return ""
    return "same" if printed == leaf_hash(stored.entry.leaf()).hex() else "other"


def facts_of(service: LedgerService, record: Record, names: Names, language: str) -> list[Fact]:
    """The fields in the record's order, by the names and kinds of its type."""
    kind = service.catalogue.type(record.type)
    known = {**service.catalogue.common, **(kind.fields if kind else {})}
    return [
        _fact(name, value, known.get(name), names, language)
        for name, value in record.fields.items()
    ]


def proof_of(service: LedgerService, stored: StoredRecord, language: str) -> Proof:
    """The checks of the record's receipt; or why there is none yet."""
    try:
        receipt = service.receipt_of(stored.record_id)
    except StoreError as problem:
        if problem.code not in _NO_RECEIPT:
            raise
        is_elsewhere = problem.code is not Code.RECEIPT_PENDING
        return Proof((), None, None, problem_sentence(problem, language), is_elsewhere)
    checks, verdict = _checked(service, receipt, language)
    if verdict is None:
        return Proof(checks, None, None, "")
    size = verdict.tree_size
    figure = drawn(leaf_hash(receipt.entry), receipt.index, size, receipt.path)
    return Proof(checks, verdict, figure, "")


def _checked(
    service: LedgerService, receipt: Receipt, language: str
) -> tuple[tuple[Check, ...], VerifiedRecord | None]:
    """Run the numbered checks, the one that fails included."""
    checks: list[Check] = []
    walk = walk_checks(receipt, trust_root(service.chain.genesis), ())
    try:
        while True:
            step = next(walk)
            name, told = step_words(step, language)
            checks.append(Check(step.number, "passed" if step.applies else "absent", name, told))
    except StopIteration as done:
        verdict: VerifiedRecord = done.value
        return tuple(checks), verdict
    except VerificationError as problem:
        name = step_words(problem.step, language)[0]
        checks.append(Check(problem.step, "failed", name, problem_sentence(problem, language)))
        return tuple(checks), None


def _fact(name: str, value: Value, field: Field | None, names: Names, language: str) -> Fact:
    """One field; a kind that the type does not declare is shown by its value alone."""
    label = named(language, "fields", name)
    kind = "" if field is None else field.kind
    if kind == "record" and isinstance(value, bytes):
        return Fact(name, label, value.hex(), value.hex(), is_hex=True)
    if isinstance(value, bytes):
        return Fact(name, label, value.hex(), is_hex=True)
    if name in _TERMS and isinstance(value, str):
        return Fact(name, label, names.term(value))
    if name == _NAMES_FIELDS and isinstance(value, tuple):
        said = (named(language, "fields", str(each)) for each in value[:ITEMS_MAX])
        return Fact(name, label, ", ".join(said))
    return Fact(name, label, _spelled(value, kind, names, language))


def _spelled(value: Value, kind: str, names: Names, language: str) -> str:
    """A value in words, as its kind says."""
    if isinstance(value, bool):
        return named(language, "values", "true" if value else "false")
    if isinstance(value, int):
        return _number(value, kind)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        if kind in ("member", "members"):
            return f"{names.member(value)} ({value})"
        return named(language, "values", names.role(value))
    if isinstance(value, Mapping):
        pairs = list(value.items())[:ITEMS_MAX]
        return "; ".join(f"{key}: {_spelled(each, '', names, language)}" for key, each in pairs)
    if isinstance(value, Sequence):
        shown = [_spelled(each, kind, names, language) for each in value[:ITEMS_MAX]]
        return ", ".join([*shown, *(["…"] if len(value) > ITEMS_MAX else [])])
    return "-"


def _number(value: int, kind: str) -> str:
    if kind == "fen":
        return yuan(value)
    if kind == "time":
        return str(moment(value).striptags()) + " UTC+8"
    return str(value)
