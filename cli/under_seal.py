"""What is under seal, as a client must know it before it sends or asks anything.

A node that refuses a record has read it, and one that is asked for an id has learned it: so this is
looked up in the catalogue at hand, and nobody is asked. Spec: ``docs/spec/sealed.md``.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from cli.anchoring import OPENINGS_SUFFIX, RECEIPT_SUFFIX
from contracts.catalogue import load_catalogue
from contracts.schema import RecordType
from contracts.shape import check_shape
from contracts.tables import Catalogue
from ledger.codes import Code
from ledger.core.record import Record
from ledger.errors import LedgerError, Rejected

SEALED_SUFFIX: Final = ".sealed.json"


def check_not_sealed(records: Iterable[Record]) -> None:
    """Refuse to send what stays sealed: a node that refuses a bid has read it.

    Raises:
        LedgerError: `sealed.only`.
    """
    for record in records:
        kind = kind_of(record)
        if kind is not None and kind.is_sealed:
            raise LedgerError(Code.SEALED_ONLY, type=record.type)


def check_opened(openings: Path) -> None:
    """Refuse to ask a node about a record that is still under seal: it would learn the id.

    Args:
        openings: a file ``X.openings.json``; ``X.sealed.json`` beside it says that it was sealed,
            and ``X.receipt.json`` that it was opened.

    Raises:
        LedgerError: `deposit.sealed`.
    """
    stem = openings.name.removesuffix(OPENINGS_SUFFIX)
    sealed, receipt = (openings.with_name(stem + each) for each in (SEALED_SUFFIX, RECEIPT_SUFFIX))
    if sealed.exists() and not receipt.exists():
        raise LedgerError(Code.DEPOSIT_SEALED, path=str(openings))


def off_ledger(record: Record) -> bool:
    """Whether a record is of a type that is sealed here and never opened on the ledger."""
    kind = kind_of(record)
    return kind is not None and kind.is_sealed and not kind.sealed_until


def check_sealable(record: Record) -> None:
    """Hold a record against its type: what is wrong with it would come to light at its opening.

    Raises:
        LedgerError: `sealed.type`, a `record.*` code.
    """
    catalogue = _catalogue()
    kind = catalogue.types.get(record.type)
    if kind is None or not kind.is_sealed:
        raise LedgerError(Code.SEALED_TYPE, type=record.type)
    refusal = check_shape(record, kind, catalogue.common)
    if isinstance(refusal, Rejected):
        raise LedgerError(refusal.code, **refusal.detail)


def kind_of(record: Record) -> RecordType | None:
    """The record's type; None where this catalogue does not know it."""
    return _catalogue().types.get(record.type)


@cache
def _catalogue() -> Catalogue:
    return load_catalogue()
