"""What a verified receipt says: the checks that passed, what is proved, and what is not.

Values only; `ledger.verify` makes them and `ledger.report` shows them. Spec:
``docs/spec/receipt.md``.
"""

from dataclasses import dataclass
from enum import StrEnum

from ledger.checks import Facts
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.batch import DocumentDigest
from ledger.core.identifiers import Digest, Height, LogIndex, MemberId, NodeId, RecordId
from ledger.core.receipt import Receipt
from ledger.core.record import Record
from ledger.outside import Witnessed
from ledger.time_stamps import Stamped


class Caveat(StrEnum):
    """What a verified receipt does not prove; sentences are in `ledger/words`."""

    TRUTH = "truth"
    AMENDED = "amended"
    ALERTS = "alerts"
    LATER = "later"
    FORMER_KEYS = "former_keys"
    FORMER_KEYS_SINCE = "former_keys_since"
    """So, and of keys from before the trust root's last anchor it is excluded."""
    DEVELOPMENT = "development"
    """The committee has fewer than four nodes and tolerates no faulty one."""
    BID = "bid"
    """Of a bid proof: later deadlines and withdrawals are not in it."""
    OUTSIDERS = "outsiders"
    """Bodies outside the committee cosigned, and no policy says whose word counts."""
    TIME_STAMPS = "time_stamps"
    """Authorities stamped the log, and the reader named none whose word counts."""
    CLOCKS = "clocks"
    """An authority stamped the record before the committee says that it was committed."""
    PAGES = "pages"
    """Of a certificate in PDF: what its pages show was not compared."""
    OPEN_DATA = "open_data"
    """Of a receipt inside open data: what is said around it was not compared."""
    SIGNATURE = "signature"
    """So: it is signed, and its signature was not judged."""
    SIGNER = "signer"
    """So: its signature is whole, and the reader named no authority to judge the signer by."""
    REVOCATION = "revocation"
    """So: no list from after the signature says that its signer was not revoked."""
    UNSIGNED = "unsigned"
    """So: it is not signed."""
    SEALED = "sealed"
    """Of an author's file: the record under seal is not on the ledger."""
    OFF_LEDGER = "off_ledger"
    """So, and it never will be: records of its type are opened to supervisors only."""
    CITED = "cited"
    """It cites records of other ledgers of which some were not proved."""
    UNSTATED = "unstated"
    """Of a status answer: fewer than f + 1 nodes state it, so it may have been old when given."""
    UNSEALED = "unsealed"
    """The rules judge what an opening carries, and what they say of it has no leaf in the log."""


CAVEATS = (Caveat.TRUTH, Caveat.AMENDED, Caveat.ALERTS, Caveat.LATER)
"""Of every receipt; what the trust root lets former keys do is said behind them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One check that passed, for people to see."""

    number: int
    """1 … 10, as in the spec."""
    applies: bool
    """False where the receipt has nothing for this check, such as a record that is not sealed."""
    facts: Facts
    """What the check established; fills the placeholders of its sentence."""


@dataclass(frozen=True, slots=True)
class Cosigner:
    """One node of the quorum."""

    node_id: NodeId
    member_id: MemberId
    """The organisation that answers for the node."""
    time_ms: int
    """When it cosigned, by its own clock, to the second."""


@dataclass(frozen=True, slots=True)
class OpenedAt:
    """How a record came out of its seal."""

    opening_id: RecordId
    opened_by: MemberId
    """The issuer of the commitment or the author."""
    committed_by: MemberId
    """The issuer of the commitment."""
    height: Height
    index: LogIndex
    """Of the opening's entry."""
    time_ms: int
    """Block time of the opening."""


@dataclass(frozen=True, slots=True)
class VerifiedRecord:
    """What a receipt proves under a trust root, and what it does not."""

    record_id: RecordId
    record: Record
    receipt: Receipt
    height: Height
    index: LogIndex
    """Of the entry in the log; for a record that was sealed, of its commitment's."""
    tree_size: int
    root: Digest
    """Root of the log at `tree_size`: what the quorum cosigned."""
    occurred_at_ms: int
    """As the issuer claims."""
    committed_at_ms: int
    """Block time there, judged by the clocks of at least f + 1 honest nodes."""
    existed_by_ms: int
    """The (f + 1)-th smallest cosignature time: an upper bound, vouched for by an honest clock."""
    received: tuple[Acknowledgement, ...]
    """When nodes say they received the bundle, where the receipt carries their word."""
    quorum: tuple[Cosigner, ...]
    """In the committee's order."""
    quorum_needed: int
    nodes_count: int
    witnesses: tuple[Witnessed, ...]
    """Who outside the committee cosigned, among those whom the reader's policy names."""
    stamps: tuple[Stamped, ...]
    """Which time stamping authorities stamped, among those whom the reader trusts."""
    documents: tuple[DocumentDigest, ...]
    """The documents that were checked against the evidence."""
    steps: tuple[Step, ...]
    caveats: tuple[Caveat, ...]
    """What is not proved."""
    opened: OpenedAt | None = None
    """None for a record that was never sealed."""
