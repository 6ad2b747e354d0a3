"""Anchors: later epochs of a network that the holder of a trust root has verified, as JSON.

With them a reader needs the links from the last anchor on only, and whoever has come by keys of an
earlier epoch leads it nowhere. Holds and spells. Spec: ``docs/spec/genesis.md``.
"""

from itertools import pairwise
from typing import Final

from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.committee_change import COMMITTEE_BYTES_MAX, committee_bytes, decode_committee
from ledger.core.epochs import Epochs
from ledger.core.identifiers import Epoch
from ledger.core.strict_json import JsonValue, base64, integer, listing, octets, table
from ledger.errors import FormatError

ANCHORS_MAX: Final = 1_024
"""Epochs behind the genesis's in one trust root."""
_NAMES: Final = ("epoch", "began_at", "committee")


def anchors_value(epochs: Epochs) -> JsonValue:
    """The slot `anchors`: every epoch behind the first, in their order."""
    return [
        {
            "epoch": committee.epoch,
            "began_at": began_at,
            "committee": base64(committee_bytes(committee)),
        }
        for committee, began_at in zip(epochs.committees[1:], epochs.ended_at, strict=True)
    ]


def anchors_from(value: JsonValue, founding: Committee) -> Epochs:
    """The epochs that the slot `anchors` spells, behind that of the genesis.

    Args:
        value: of the slot.
        founding: the committee of epoch 0.

    Raises:
        FormatError: a `format.*` code, `committee.invalid`; `trust.invalid` where there is none, or
            the epochs do not follow each other.
        VerificationError: `key.weak`.
    """
    rows = [table(each, "anchor", _NAMES) for each in listing(value, "anchors", ANCHORS_MAX)]
    numbers = [integer(row["epoch"], "anchor.epoch") for row in rows]
    began_at = [integer(row["began_at"], "anchor.began_at", least=1) for row in rows]
    if not rows or numbers != list(range(1, len(rows) + 1)):
        raise FormatError(Code.TRUST_INVALID, what="anchors")
    if any(later <= earlier for earlier, later in pairwise(began_at)):
        raise FormatError(Code.TRUST_INVALID, what="anchors")
    committees = tuple(
        decode_committee(
            octets(row["committee"], "anchor.committee", COMMITTEE_BYTES_MAX), Epoch(number)
        )
        for row, number in zip(rows, numbers, strict=True)
    )
    return Epochs((founding, *committees), tuple(began_at))
