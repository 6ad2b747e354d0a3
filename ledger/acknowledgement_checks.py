"""What check 8 asks of the acknowledgements that a receipt carries.

Pure; raises and never returns a bool. Spec: ``docs/spec/receipt.md``.
"""

from ledger.codes import Code
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.bundle import pool_key
from ledger.core.epochs import Epochs
from ledger.core.identifiers import PublicKey
from ledger.core.receipt import Receipt
from ledger.errors import VerificationError


def check_acknowledgements(receipt: Receipt, epochs: Epochs, epoch: int) -> None:
    """Require that each is about the receipt's bundle, by a key that a committee node has had.

    Args:
        receipt: carries them.
        epochs: that are known.
        epoch: of the receipt's head; a node of a later one knows nothing of it yet.

    Raises:
        VerificationError: `receipt.acknowledgement`.
    """
    part = receipt.bundle
    for each in receipt.acknowledgements:
        keys = epochs.keys_of(each.node_id, epoch)
        ours = part is not None and each.pool_key == pool_key(part.header, part.signature)
        if not ours or not any(_holds(each, key) for key in keys):
            raise VerificationError(Code.RECEIPT_ACKNOWLEDGEMENT, node=each.node_id)


def _holds(each: Acknowledgement, key: PublicKey) -> bool:
    try:
        each.verify(key)
    except VerificationError:
        return False
    return True
