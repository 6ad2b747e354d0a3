"""What a watcher asks the ledger: which versions of a record there are, and who anchored a digest.

Each answer is proved by receipts before it counts. Where no node answers, a round goes on without
it and says so: a file that changed is told either way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from api.client import Client, ClientError, Pending
from cli.watching.anchored import entry_of
from cli.watching.watch_map import Entry
from ledger.codes import Code
from ledger.core.identifiers import Digest, RecordId
from ledger.core.record import Record
from ledger.errors import LedgerError
from ledger.traces import CONFIRMED, cited
from ledger.verify import verify_receipt

LOOKED_UP_MAX: Final = 20_000
"""Digests that one round looks up; the others have their turn in the next."""
VERSIONS_MAX: Final = 200
_HAS_NONE: Final = frozenset({Code.RECORD_UNKNOWN, Code.API_NOT_FOUND, Code.API_NOT_PUBLIC})


@dataclass(frozen=True, slots=True)
class Versions:
    """What befell a record."""

    later: tuple[Record, ...] = ()
    """The records that amend it, one after the other, each proved."""
    voided: bool = False
    """Voided, and the voiding confirmed."""

    def newest(self, label: str, before: Digest) -> Digest:
        """The digest last filed under a label; the one from before where none is."""
        for record in reversed(self.later):
            for item in record.evidence:
                if item.label == label:
                    return item.sha256
        return before


class Ledger:
    """One network, as one watcher asks it; answers are kept until it has grown."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._versions: dict[RecordId, Versions] = {}
        self._records: dict[RecordId, Record] = {}
        self._height = -1
        self._looked_up = 0
        self.answers = True
        """Whether a node has answered so far in this round."""

    def begin_round(self) -> None:
        """Ask how long the chain is; where it has grown, ask everything again."""
        self.answers, self._looked_up = True, 0
        told = self._ask(self._client.network)
        height = told.get("height") if isinstance(told, dict) else None
        if height != self._height:
            self._versions.clear()
        self._height = height if isinstance(height, int) else -1

    def record(self, record_id: RecordId) -> Record | None:
        """A record, proved by its receipt; None where no node could prove it.

        Raises:
            VerificationError: a node's receipt does not hold.
        """
        if record_id not in self._records:
            receipt = self._ask(lambda: self._client.receipt(record_id))
            if receipt is None:
                return None
            self._records[record_id] = verify_receipt(receipt, self._client.trust).record
        return self._records[record_id]

    def versions(self, record_id: RecordId) -> Versions | None:
        """What befell a record; None where no node said.

        Raises:
            VerificationError: a node's receipt does not hold.
            ClientError: `api.answer`.
        """
        if record_id not in self._versions:
            told = self._ask(lambda: self._client.trace(record_id))
            if told is None:
                return None
            try:
                self._versions[record_id] = self._proved(record_id, told)
            except (KeyError, TypeError, ValueError) as problem:
                raise _no_answer("trace", problem) from problem
        return self._versions[record_id]

    def anchor(self, path: str, digest: Digest) -> Entry | None:
        """The newest record that anchors a digest, as an entry for the file at `path`.

        One that anchored it under the file's own name stands before the others: a form that
        everybody files is in many records, and of one file only one is meant.

        Raises:
            VerificationError: a node's receipt does not hold.
            ClientError: `api.answer`.
        """
        if self._looked_up >= LOOKED_UP_MAX:
            return None
        self._looked_up += 1
        found = self._ask(lambda: self._client.search(digest.hex()))
        other: Entry | None = None
        try:
            for record_id in _naming(found or {"hits": []}):
                record = self.record(record_id)
                for item in record.evidence if record is not None else ():
                    if record is None or item.sha256 != digest:
                        continue
                    entry = entry_of(path, record, item)
                    if item.label == path.rpartition("/")[2]:
                        return entry
                    other = other or entry
        except (KeyError, TypeError, ValueError) as problem:
            raise _no_answer("search", problem) from problem
        return other

    def _proved(self, record_id: RecordId, told: Any) -> Versions:
        """What a trace says, as far as receipts prove it."""
        known, later, voided = {record_id}, list[Record](), False
        for chain in told["chains"]:
            for act in chain["acts"][:VERSIONS_MAX]:
                if act["act"] not in {"amended", "voided"}:
                    continue
                record = self.record(RecordId(bytes.fromhex(act["record_id"])))
                if record is None:
                    continue
                if act["act"] == "voided":
                    voided = voided or self._holds(record_id, record, act["confirmed_by"])
                elif not known.isdisjoint(cited(record, "amends")):
                    known.add(record.record_id)
                    later.append(record)
        return Versions(tuple(later), voided)

    def _holds(self, record_id: RecordId, voiding: Record, confirmed_by: Any) -> bool:
        """Whether a voiding is of this record, and somebody confirmed it."""
        if record_id not in cited(voiding, "voids"):
            return False
        for each in confirmed_by:
            record = self.record(RecordId(bytes.fromhex(each["record_id"])))
            if record is not None and record.type == CONFIRMED:
                return voiding.record_id in cited(record, "confirms")
        return False

    def _ask(self, question: Any) -> Any:
        """The answer; None where the ledger has none, or no node answers in this round."""
        if not self.answers:
            return None
        try:
            return question()
        except Pending:
            return None
        except ClientError as problem:
            if problem.code is Code.API_ANSWER:
                raise
            # What no node has is an answer; everything else is that none could give one.
            self.answers = problem.code in _HAS_NONE
            return None


def _naming(found: Any) -> Iterator[RecordId]:
    """The records by which a search found a document under SHA-256, as far as they are shown."""
    for hit in found["hits"]:
        if hit["kind"] == "document" and str(hit["name"]).startswith("sha256:"):
            for each in hit["records"]:
                if each["record"] is not None:
                    yield RecordId(bytes.fromhex(each["record_id"]))


def _no_answer(what: str, problem: Exception) -> LedgerError:
    return ClientError(Code.API_ANSWER, node=f"/v1/{what}", what=repr(problem)[:200])
