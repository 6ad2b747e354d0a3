"""What leads a client to the committees of later epochs: links that nodes give, each verified here.

A node can hold links back and cannot bend them, so every node is asked, and the client goes as far
as any of them leads. Spec: ``docs/spec/epochs.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

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
    """The trust root with every later epoch to which any of the nodes leads.

    Whoever cannot be asked, has no such address or gives links that do not hold leads nowhere.

    Args:
        nodes: are asked, each.
        trust: what the client knows.
        after: the epoch from which links are wanted; None: from the last that is known.
    """
    start = trust.committee.epoch if after is None else after
    links: tuple[EpochLink, ...] = ()
    while start + len(links) < ANCHORS_MAX:
        best: tuple[EpochLink, ...] = ()
        for given in _given(nodes, trust, start + len(links)):
            best = max(best, given, key=len)
        trust, links = led(trust, best), (*links, *best)
        if len(best) < LINKS_PER_PAGE:
            break
    return Followed(trust, links)


def _given(nodes: Nodes, trust: TrustRoot, after: int) -> Iterator[tuple[EpochLink, ...]]:
    """From each node the links that lead on from an epoch, if they hold."""
    for answer in nodes.each(PATH, after=after):
        try:
            file = decode_epochs_file(answer.content)
            led_by_file(trust, file)
            first = decode_header_of_block(file.links[0].header).epoch if file.links else after
        except LedgerError:
            continue
        if first == after and len(file.links) <= LINKS_PER_PAGE:
            yield file.links
