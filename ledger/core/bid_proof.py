"""The file ``X.bid-proof.json``: whether a sealed bid is in the bid set, with all that shows it.

It holds the author's sealed file, the receipt of what fixed the deadline, and those of the set's
parts. Holds and spells; judged by `ledger.bid_proofs`. Spec: ``docs/spec/bid_proof.md``.
"""

from dataclasses import dataclass
from typing import Final

from ledger.core.receipt import Receipt, receipt_from
from ledger.core.sealed_file import SealedFile, sealed_file_from
from ledger.core.strict_json import JsonValue, dump, listing, load, versioned

FORMAT: Final = "bidwitness.bid-proof"
VERSION: Final = 1
BID_PROOF_BYTES_MAX: Final = 8 << 20
PARTS_MAX: Final = 64
"""Parts of 400 commitments each: more than 25,000 bids of one section."""
_NAMES: Final = ("sealed", "deadline", "parts")


@dataclass(frozen=True, slots=True)
class BidProof:
    """A sealed bid beside the set that lists it, or does not."""

    sealed: SealedFile
    """What the author sealed, with the commitment's receipt."""
    deadline: Receipt
    """Of the announcement or change that fixed the bid deadline."""
    parts: tuple[Receipt, ...]
    """Of the parts of the bid set, in their order; empty while there is none."""

    def encode(self) -> bytes:
        """The proof as a JSON file; whoever reads it reads the bid."""
        value: JsonValue = {
            "format": FORMAT,
            "version": VERSION,
            "sealed": self.sealed.value(),
            "deadline": self.deadline.value(),
            "parts": [each.value() for each in self.parts],
        }
        return dump(value)


def decode_bid_proof(data: bytes) -> BidProof:
    """The proof that `data` spells; nothing in it is judged here.

    Raises:
        FormatError: a `format.*` code, or as `receipt.decode_receipt`.
    """
    items = versioned(load(data, BID_PROOF_BYTES_MAX), FORMAT, VERSION, _NAMES)
    return BidProof(
        sealed_file_from(items[0]),
        receipt_from(items[1]),
        tuple(receipt_from(each) for each in listing(items[2], "parts", PARTS_MAX)),
    )
