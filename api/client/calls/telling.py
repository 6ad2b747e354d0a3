"""What nodes tell and do not prove: records, lists, what is found, how the network does.

Each answer is one node's word, for looking around; the receipts of the records are the proof.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import quote

from api.client import coverage as coverage_lists
from api.client.calls import reading
from api.client.core import Core
from api.client.each import for_each
from api.client.flow import Flow, Item, Items
from api.client.problems import ClientError
from api.client.seals import SealStatus
from api.client.seals import seal_status as seal_told
from api.client.turning import Counting, Turning
from api.client.witness import differs
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.core.receipt import Receipt

PAGE: Final = 500
"""Items of one page."""
SUBJECTS: Final = "/v1/subjects"
ALERTS: Final = "/v1/alerts"


def record(core: Core, /, record_id: RecordId) -> Flow[Any]:
    """What the API says about a record; not proved, its receipt is."""
    return core.asking.json(f"/v1/records/{record_id.hex()}")


def trace(core: Core, /, record_id: RecordId) -> Flow[Any]:
    """What a node says befell a record; not proved, receipts of its records are."""
    return core.asking.json(f"/v1/records/{record_id.hex()}/trace")


def knows(core: Core, /, record_id: RecordId) -> Flow[bool]:
    """Whether the node says that the record is on the ledger."""
    try:
        yield from record(core, record_id)
    except ClientError as problem:
        if problem.code is Code.RECORD_UNKNOWN:
            return False
        if problem.code is not Code.API_NOT_PUBLIC:
            raise
    return True


def subject(core: Core, /, key: str) -> Items[Any]:
    """All records about a subject, in the log's order; `turning.counted` for who gathers them.

    Raises:
        ClientError: `api.answer`, or that no node could be asked.
    """
    return _paged(core, SUBJECTS, {"key": key})


def each_about(core: Core, key: str, look: Callable[[Any], None]) -> Flow[None]:
    """Show each record about a subject to somebody who gathers, and not without end.

    Args:
        key: the subject.
        look: takes in one of them.

    Raises:
        ClientError: `api.answer`, or that no node could be asked.
    """
    counting = Counting(SUBJECTS)

    def counted(item: Any) -> None:
        counting.take()
        look(item)

    return for_each(subject(core, key), counted)


def alerts(core: Core, /, **wanted: str) -> Items[Any]:
    """Alerts, filtered by `subject`, `code` or `severity`; `turning.counted` for who gathers them.

    Raises:
        ClientError: `api.answer`, or that no node could be asked.
    """
    return _paged(core, ALERTS, wanted)


def completeness(core: Core, /, key: str) -> Flow[Any]:
    """What a section shows of its procedure, as a node says; see `witness`."""
    return core.asking.json("/v1/completeness", key=key)


def coverage(core: Core, /, key: str) -> Flow[Any]:
    """How a project or section stands to each function point, as a node says."""
    return core.asking.json("/v1/coverage", key=key)


def coverage_pages(core: Core, /) -> Items[Any]:
    """What every section says of its function points, page by page, as a node says."""
    return coverage_lists.coverage_pages(core.asking)


def witness(core: Core, /, told: Any) -> Flow[Receipt | None]:
    """The verified receipt of the certificate that an answer of `completeness` names.

    Returns:
        None where the answer names none. The certificate is of the records that it lists.

    Raises:
        ClientError: the certificate is of something else, or what `receipt` raises.
        Pending: `receipt.pending`.
        VerificationError: no node's receipt holds.
    """
    try:
        if told["certificate"] is None:
            return None
        named = RecordId(bytes.fromhex(told["certificate"]["record_id"]))
        receipt = yield from reading.receipt(core, named)
        different = differs(receipt, told)
    except (KeyError, TypeError, ValueError) as problem:
        what = repr(problem)
        raise ClientError(Code.API_ANSWER, node="/v1/completeness", what=what) from problem
    if different:
        raise ClientError(Code.API_ANSWER, node="/v1/completeness", what=different)
    return receipt


def seal_status(core: Core, /, seal: str) -> Flow[SealStatus]:
    """What a node says about a seal now, to be asked before each use.

    Raises:
        ClientError: `api.not_found` where it was never published; `api.answer`.
    """
    told = yield from core.asking.json(f"/v1/status/seal/{quote(seal, safe='')}")
    return seal_told(told, seal)


def search(core: Core, /, query: str) -> Flow[Any]:
    """Everything that `query` names."""
    return core.asking.json("/v1/search", q=query)


def network(core: Core, /) -> Flow[Any]:
    """What the network is and how it is, as the first node that answers says."""
    return core.asking.json("/v1/network")


def _paged(core: Core, path: str, params: dict[str, str]) -> Items[Any]:
    """Every item of a list, page by page, as long as the node moves on."""
    after, turning = -1, Turning(path)
    while True:
        turn = {} if after < 0 else {"after": after}
        found = yield from core.asking.json(path, limit=PAGE, **params, **turn)
        items = found.get("items") if isinstance(found, dict) else None
        # An opening and what came out of it may end a page together.
        if not isinstance(items, list) or len(items) > PAGE + 1:
            raise ClientError(Code.API_ANSWER, node=path, what="items")
        cursor, indexes = found.get("cursor"), _indexes(items, path)
        turning.take(indexes, is_empty=not items)
        is_before = bool(indexes) and indexes[0] <= after
        if cursor is not None:
            is_place = isinstance(cursor, int) and cursor > after
            is_before |= not is_place or (bool(indexes) and indexes[-1] > cursor)
        if is_before:
            # A node that never moves on would hold us for ever.
            raise ClientError(Code.API_ANSWER, node=path, what="cursor")
        for each in items:
            yield Item(each)
        if cursor is None:
            return
        after = cursor


def _indexes(items: Sequence[Any], path: str) -> list[int]:
    """The places in the log that the items of a page say they have."""
    said = [each["index"] for each in items if isinstance(each, dict) and "index" in each]
    if not all(isinstance(each, int) for each in said):
        raise ClientError(Code.API_ANSWER, node=path, what="index")
    return said
