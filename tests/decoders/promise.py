"""The promise of every decoder: a value with one spelling, or one clear refusal."""

from ledger.codes import Code
from ledger.errors import LedgerError
from ledger.terminal import printable
from tests.decoders.registry import Decoder


def refusal_of(decoder: Decoder, data: bytes) -> LedgerError | None:
    """The refusal of `data`; None where it was accepted and is spelled again as it came.

    Anything else that is raised is what tests look for. A refusal can be said to people.
    """
    try:
        value = decoder.decode(data)
    except decoder.refusals as refusal:
        assert refusal.code in Code
        for said in (str(refusal), *map(str, refusal.detail.values())):
            assert len(printable(said).encode()) < 1_024
        return refusal
    assert decoder.is_spelled_again(value, data), "accepted another spelling"
    return None
