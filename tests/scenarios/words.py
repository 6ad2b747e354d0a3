"""Messages as sentences of the transcript: `2 prepares A in h1/v0`, and slots as they are written."""

import re

from consensus.core.messages import (
    Blocks,
    BlocksRequest,
    Decided,
    Message,
    NewView,
    PayloadAnswer,
    PayloadRequest,
    Phase,
    PrePrepare,
    Status,
    ViewChange,
    Vote,
)
from ledger.core.certificate import Slot
from ledger.core.identifiers import Epoch, Height, NetworkId, NodeId, View
from tests.scenarios.names import Names

_SLOT = re.compile(r"(?:e(\d+)/)?h(\d+)/v(\d+)")


def kind_of(message: Message) -> str:
    """The word by which scripts name a kind of message."""
    return message.phase.capitalize() if isinstance(message, Vote) else type(message).__name__


def slot_of(word: str, network_id: NetworkId) -> Slot:
    """The slot that is written ``h2/v1``, or ``e1/h2/v1`` in another epoch than 0."""
    found = _SLOT.fullmatch(word)
    if found is None:
        raise ValueError(f"{word} is no slot; one is written h1/v0")
    epoch, height, view = (int(part or 0) for part in found.groups())
    return Slot(network_id, Epoch(epoch), Height(height), View(view))


def place(slot: Slot) -> str:
    return f"e{slot.epoch}/{slot}" if slot.epoch else f"{slot}"


def author_of(origin: NodeId, message: Message) -> NodeId:
    """Who signed a message; one that nobody signs is its sender's."""
    match message:
        case Vote() | ViewChange() | NewView() | Status():
            return message.node
        case PrePrepare():
            return message.prepare.node
    return origin


def sentence(origin: NodeId, to: NodeId | None, message: Message, names: Names) -> str:
    """What `origin` says, in words; what it hands on for its author is told as such.

    Receivers are named where a message is meant for one.
    """
    author = author_of(origin, message)
    said = f"{names.number(author)} {_said(message, names)}"
    if author != origin:
        return f"{names.number(origin)} hands on: {said}"
    signed = isinstance(message, Vote | PrePrepare | ViewChange | NewView | Status)
    return said if to is None or signed else f"{said} to {names.number(to)}"


def _said(message: Message, names: Names) -> str:
    """The sentence without its speaker."""
    match message:
        case Vote():
            verb = "prepares" if message.phase is Phase.PREPARE else "commits"
            return f"{verb} {names.block(message.header_hash)} in {place(message.slot)}"
        case PrePrepare():
            return f"proposes {names.block(message.prepare.header_hash)} in {place(message.slot)}"
        case ViewChange():
            return f"asks for {_asked(message, names)}"
        case NewView():
            return f"starts {_started(message, names)}"
    return _unsigned(message, names)


def _asked(change: ViewChange, names: Names) -> str:
    if change.prepared_hash is None:
        return f"{place(change.slot)}, prepared nothing"
    prepared = f"{names.block(change.prepared_hash)} in v{change.prepared_view}"
    return f"{place(change.slot)}, prepared {prepared}"


def _started(new_view: NewView, names: Names) -> str:
    asked = names.numbers(change.node for change in new_view.changes)
    chosen = "free" if new_view.chosen is None else f"with {names.block(new_view.chosen)}"
    return f"{place(new_view.slot)} from {asked}, {chosen}"


def _unsigned(message: Message, names: Names) -> str:
    """What proves itself, asks only, or is said every second."""
    match message:
        case Status():
            return f"stands at {place(message.slot)}"
        case Decided(_, certificate):
            voters = names.numbers(node for node, _ in certificate.votes)
            block = names.block(certificate.header_hash)
            return f"certifies {block} in {place(certificate.slot)} by {voters}"
        case PayloadRequest(_, wanted):
            return f"asks for block {names.block(wanted)}"
        case PayloadAnswer():
            return f"gives block {names.block(message.header_hash)}"
        case BlocksRequest(height):
            return f"asks for blocks from h{height}"
        case Blocks(blocks):
            first, last = blocks[0].header.height, blocks[-1].header.height
            return f"serves h{first} to h{last}"
    raise ValueError(f"no words for {message!r}")
