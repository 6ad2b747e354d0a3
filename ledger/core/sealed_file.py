"""The file ``X.sealed.json``: what an author keeps of a sealed record, and hands to the bid system.

Whoever holds it can open the record; until then it is as secret as the record. Holds and spells,
and compares its own parts; the receipt inside is judged by `ledger.verify`. Spec:
``docs/spec/sealed.md``.
"""

from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.bundle import HEADER_BYTES_MAX
from ledger.core.identifiers import Digest, MemberId, NetworkId, check_name
from ledger.core.receipt import Receipt, receipt_from
from ledger.core.record import Record
from ledger.core.sealed import (
    INNER_RECORD_BYTES_MAX,
    SALT_BYTES,
    Sealed,
    commitment_digest,
    digest_in,
)
from ledger.core.shapes import SIGNATURE_BYTES
from ledger.core.strict_json import (
    JsonValue,
    base64,
    digest,
    dump,
    load,
    octets,
    octets_hex,
    text,
    versioned,
)
from ledger.errors import VerificationError

FORMAT: Final = "bidwitness.sealed"
VERSION: Final = 1
SEALED_BYTES_MAX: Final = 2 << 20
_NAMES: Final = (
    "network_id",
    "committed_by",
    "header",
    "signature",
    "record",
    "salt",
    "receipt",
)


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A sealed record with everything that opens it."""

    network_id: NetworkId
    committed_by: MemberId
    """The sealing system whose commitment this is; C names it."""
    sealed: Sealed
    receipt: Receipt | None = None
    """The commitment's receipt, once there is one."""

    @property
    def digest(self) -> Digest:
        """C: what the commitment holds."""
        return commitment_digest(self.network_id, self.committed_by, self.sealed)

    def value(self) -> JsonValue:
        """The file as a JSON value."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "network_id": self.network_id.hex(),
            "committed_by": self.committed_by,
            "header": base64(self.sealed.header),
            "signature": self.sealed.signature.hex(),
            "record": base64(self.sealed.record),
            "salt": self.sealed.salt.hex(),
            "receipt": None if self.receipt is None else self.receipt.value(),
        }

    def encode(self) -> bytes:
        """The file as JSON."""
        return dump(self.value())


def decode_sealed_file(data: bytes) -> SealedFile:
    """The file that `data` spells; nothing in it is judged here.

    Raises:
        FormatError: a `format.*` code, or as `receipt.decode_receipt`.
    """
    return sealed_file_from(load(data, SEALED_BYTES_MAX))


def sealed_file_from(value: JsonValue) -> SealedFile:
    """The file in a JSON value, for files that carry one; raises as `decode_sealed_file`."""
    items = dict(zip(_NAMES, versioned(value, FORMAT, VERSION, _NAMES), strict=True))
    receipt = items["receipt"]
    return SealedFile(
        NetworkId(digest(items["network_id"], "network_id")),
        MemberId(check_name(text(items["committed_by"], "committed_by", 32), "committed_by")),
        Sealed(
            octets(items["header"], "header", HEADER_BYTES_MAX),
            octets_hex(items["signature"], "signature", SIGNATURE_BYTES),
            octets(items["record"], "record", INNER_RECORD_BYTES_MAX),
            octets_hex(items["salt"], "salt", SALT_BYTES),
        ),
        None if receipt is None else receipt_from(receipt),
    )


def check_committed(file: SealedFile, commitment: Record) -> None:
    """Require that a record, itself already proved, is the commitment to what the file holds.

    Raises:
        VerificationError: `sealed.commitment`.
    """
    held = digest_in(commitment)
    if held != file.digest or commitment.issuer != file.committed_by:
        raise VerificationError(Code.SEALED_COMMITMENT, expected=file.digest.hex())
