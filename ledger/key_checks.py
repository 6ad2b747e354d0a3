"""That a member's key was enrolled and in force: its status row under a head, as of a log index.

Check 5 asks it of the key that signed the bundle, check 9 of the key that signed under seal. Raises
and never returns a bool. Spec: ``docs/spec/receipt.md``, ``docs/spec/status.md``.
"""

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.block import Header
from ledger.core.bundle import BundleHeader
from ledger.core.identifiers import LogIndex
from ledger.core.receipt_parts import KeyPart
from ledger.core.status import KeyRow, key_row_key, status_leaf
from ledger.errors import VerificationError


def check_key_row(
    part: KeyPart, row: KeyRow, header: BundleHeader, head: Header, index: LogIndex
) -> None:
    """Require that the row is the issuer's, stands under the head, and was in force at `index`.

    Args:
        part: the row as a receipt carries it.
        row: the same, decoded.
        header: of the bundle that the key signed.
        head: whose `status_root` holds the row.
        index: where what was signed takes effect.

    Raises:
        VerificationError: `receipt.key_row`, `proof.inclusion`, `receipt.key_not_in_force`.
    """
    issuer = header.issuer
    if row.member_id != issuer:
        raise VerificationError(Code.RECEIPT_KEY_ROW, issuer=issuer)
    leaf = merkle.leaf_hash(status_leaf(key_row_key(issuer, header.key_id), part.row))
    merkle.verify_inclusion(leaf, part.index, head.status_size, part.path, head.status_root)
    if not row.interval.in_force(index):
        raise VerificationError(Code.RECEIPT_KEY_NOT_IN_FORCE, issuer=issuer, index=index)
