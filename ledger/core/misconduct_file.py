"""The file ``X.misconduct.json``: evidence, and the links that lead to the committee of its epoch.

Holds and spells; judged by `ledger.culprit`. Spec: ``docs/spec/misconduct.md``.
"""

from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.epoch_link import EpochLink, links_from, links_value
from ledger.core.misconduct import PROOF_BYTES_MAX, Fault, decode_fault
from ledger.core.strict_json import base64, dump, load, octets, versioned
from ledger.errors import FormatError

FORMAT: Final = "bidwitness.misconduct"
VERSION: Final = 1
MISCONDUCT_BYTES_MAX: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class MisconductFile:
    """Evidence as people keep it."""

    fault: Fault
    epochs: tuple[EpochLink, ...] = ()
    """From the genesis's committee to that of the evidence's epoch, or further."""

    def encode(self) -> bytes:
        """The file; kind and node stand in it for people too."""
        return dump(
            {
                "format": FORMAT,
                "version": VERSION,
                "kind": self.fault.kind.value,
                "node": self.fault.node,
                "proof": base64(self.fault.encode()),
                "epochs": links_value(self.epochs),
            }
        )


def decode_misconduct_file(data: bytes) -> MisconductFile:
    """The evidence in a file; nothing in it is judged here.

    Raises:
        FormatError: a `format.*` code; also where kind or node are not the proof's.
    """
    names = ("kind", "node", "proof", "epochs")
    items = versioned(load(data, MISCONDUCT_BYTES_MAX), FORMAT, VERSION, names)
    fault = decode_fault(octets(items[2], "proof", PROOF_BYTES_MAX))
    if (items[0], items[1]) != (fault.kind.value, fault.node):
        raise FormatError(Code.FORMAT_SHAPE, what="kind or node")
    return MisconductFile(fault, links_from(items[3]))
