"""What leads a client to the committees of later epochs: links that nodes give, each verified here.

A node can hold links back and cannot bend them, so every node is asked, and the client goes as far
as any of them leads. Spec: ``docs/spec/epochs.md``.
"""

from dataclasses import dataclass
from typing import Final

import httpx

from api.client.asking import Asking, Question
from api.client.flow import Flow
from api.client.nodes import Nodes
from ledger.core.anchors import ANCHORS_MAX
from ledger.core.block import decode_header_of_block
from ledger.core.epoch_link import EpochLink
from ledger.core.epochs_file import LINKS_PER_PAGE, decode_epochs_file
from ledger.epoch_links import led, led_by_file
from ledger.errors import LedgerError
from ledger.trust import TrustRoot

PATH: Final = "/v1/epochs"


@dataclass(frozen=True, slots=True)
class Followed:
    """Where a client was led."""

    trust: TrustRoot
    """With every epoch that was found."""
    links: tuple[EpochLink, ...]
    """That lead there from the epoch that was asked about."""


def followed(nodes: Nodes, trust: TrustRoot, after: int | None = None) -> Followed:
    """As `links`, for code that waits."""
    return nodes.finish(links(nodes.asking, trust, after))


def links(asking: Asking, trust: TrustRoot, after: int | None = None) -> Flow[Followed]:
    """The trust root with every later epoch to which any of the nodes leads.

    Whoever cannot be asked, has no such address or gives links that do not hold leads nowhere.

    Args:
        asking: the nodes; each is asked.
        trust: what the client knows.
        after: the epoch from which links are wanted; None: from the last that is known.
    """
    start = trust.committee.epoch if after is None else after
    found: tuple[EpochLink, ...] = ()
    until = asking.until()
    while start + len(found) < ANCHORS_MAX:
        best: tuple[EpochLink, ...] = ()
        reached = start + len(found)
        for url in asking.urls:
            question = Question(PATH, params={"after": reached}, as_public=True)
            answer = yield from asking.answered(url, question, until)
            if answer is not None:
                best = max(best, _given(answer, trust, reached), key=len)
        trust, found = led(trust, best), (*found, *best)
        if len(best) < LINKS_PER_PAGE:
            break
    return Followed(trust, found)


def _given(answer: httpx.Response, trust: TrustRoot, after: int) -> tuple[EpochLink, ...]:
    """The links in a node's answer that lead on from an epoch, if they hold."""
    try:
        file = decode_epochs_file(answer.content)
        led_by_file(trust, file)
        first = decode_header_of_block(file.links[0].header).epoch if file.links else after
    except LedgerError:
        return ()
    return file.links if first == after and len(file.links) <= LINKS_PER_PAGE else ()
