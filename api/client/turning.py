"""Turning: what the pages of a node's list must be, so that one that lies holds nobody for ever.

Places of the log only rise, what is empty does not go on, and whoever gathers a list counts it. A
list that breaks one of these is no answer, whoever gave it: `api.answer`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

from api.client.problems import ClientError
from ledger.codes import Code

T = TypeVar("T")

EMPTY_MAX: Final = 10_000
"""Pages in a row on which nothing is: of an honest node each of them passes over thousands of
records that do not fit or are not shown, of one that lies they may never end.
"""
GATHERED_MAX: Final = 200_000
"""Items of one list that are gathered: a node that never ends its list is none."""


class Turning:
    """The pages of one list in the log's order, judged as they come."""

    def __init__(self, node: str) -> None:
        """Before the first page.

        Args:
            node: what is asked, for whoever reads of a problem.
        """
        self._node = node
        self._last, self._empty = -1, 0

    def take(self, indexes: Sequence[int], *, is_empty: bool) -> None:
        """Take in the next page.

        Args:
            indexes: places in the log of what is on it, as the node says. Two stand at one place
                where an opening and what came out of it do, and no page ends between them.
            is_empty: whether nothing is on it.

        Raises:
            ClientError: `api.answer` where the list does not move on.
        """
        self._empty = self._empty + 1 if is_empty else 0
        # The last place twice: behind it nothing more stands there.
        places = [self._last, self._last, *indexes]
        rises = all(one < third for one, third in zip(places, places[2:], strict=False))
        if not rises or places != sorted(places) or self._empty > EMPTY_MAX:
            raise ClientError(Code.API_ANSWER, node=self._node, what="cursor")
        self._last = places[-1]


class Counting:
    """Counts what somebody keeps of a list."""

    def __init__(self, node: str) -> None:
        """Before the first item.

        Args:
            node: what is asked, for whoever reads of a problem.
        """
        self._node, self._count = node, 0

    def take(self) -> None:
        """Take in one item.

        Raises:
            ClientError: `api.answer` beyond `GATHERED_MAX`.
        """
        self._count += 1
        if self._count > GATHERED_MAX:
            raise ClientError(Code.API_ANSWER, node=self._node, what="items")


def counted(items: Iterable[T], node: str) -> Iterator[T]:
    """The items of a list, for whoever keeps them all or looks for one among them.

    Args:
        items: of a call with many answers.
        node: what is asked, for whoever reads of a problem.

    Raises:
        ClientError: `api.answer` beyond `GATHERED_MAX`, and what `items` raises.
    """
    counting = Counting(node)
    for each in items:
        counting.take()
        yield each
