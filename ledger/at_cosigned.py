"""What is proved as of the newest cosigned head: the slow rows, and receipts that carry that head.

A record's own receipt stands on the first head above it and never changes; here it only carries a
head, so that something else can be proved under it. Spec: ``docs/spec/status_answer.md``.
"""

from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.block import Header
from ledger.core.identifiers import RecordId
from ledger.core.receipt import Receipt
from ledger.core.status import StatusTree
from ledger.errors import StoreError


def cosigned_head(chain: Chain) -> Header:
    """The header of the newest cosigned head.

    Raises:
        StoreError: `checkpoint.none` before the first.
    """
    chain.checkpoint()
    return chain.blocks.header(chain.cosigned_height)


def cosigned_status(chain: Chain) -> StatusTree:
    """The slow rows after the newest cosigned head."""
    return chain.history.at(chain.cosigned_height)


def carrying_receipt(chain: Chain, record_id: RecordId) -> Receipt:
    """A record's receipt under the newest cosigned head, which may change with every block.

    Raises:
        StoreError: `record.unknown` where the record is not at or below that head.
    """
    record = chain.blocks.record(record_id)
    if record is None or record.place.height > chain.cosigned_height:
        raise StoreError(Code.RECORD_UNKNOWN, record=record_id.hex())
    return chain.maker.make(record, chain.cosigned_height, chain.checkpoint())
