"""`bidwitness network destroyed`: an organisation states that its node's former keys are destroyed.

The node writes down what it destroys; this reads it, sees from the epochs which keys ceased to
count, and puts one record on the ledger for each change. What people destroyed they say themselves.
Either way none of these keys may still lie in the folder.
"""

import time
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    WaitOption,
    open_desk,
)
from cli.compose.destroying import destroyed_keys, lying
from cli.desk import Desk
from cli.failures import CommandError, Exit
from cli.output import HELD, Output, table
from cli.seats.former_keys import FormerKeys, destroyed_record, former_keys, said_already
from cli.settings import node_settings
from cli.words import say
from ledger.codes import Code
from ledger.core.committee_change import DESTROYED_TYPE
from ledger.core.identifiers import NodeId, check_name
from ledger.core.receipt import Receipt


class Copies(StrEnum):
    """What became of copies of the keys."""

    NONE = "none"
    DESTROYED = "destroyed"


def register(app: typer.Typer) -> None:
    """Add this command to the group `app`."""
    app.command("destroyed", help=say("help.seat_destroyed"))(destroyed)


def destroyed(
    node_id: str,
    copies: Annotated[Copies, typer.Option("--copies", help=say("help.seat_copies"))],
    folder: Annotated[Path | None, typer.Option("--folder", help=say("help.seat_left"))] = None,
    by_hand: Annotated[bool, typer.Option("--by-hand", help=say("help.seat_by_hand"))] = False,
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """State that the keys with which a node left, or that it renewed, are destroyed."""
    if folder is None and not by_hand:
        raise CommandError(Exit.USAGE, Code.OPTIONS_TARGET, options="--folder, --by-hand")
    named = NodeId(check_name(node_id, "node_id"))
    with open_desk(as_, node, wait) as desk:
        desk.client.head()
        left = former_keys(desk.client.trust.epochs, named, desk.member_id)
        if not left:
            raise CommandError(Exit.USAGE, Code.NODE_NOT_MEMBER, node=named)
        said = said_already(_statements(desk), desk.member_id)
        due = tuple(each for each in left if each.epoch not in said)
        if folder is not None:
            _require_gone(named, left, folder)
        when = _when(due, folder, by_hand=by_hand)
        manner = "hand" if by_hand else "node"
        written = [
            destroyed_record(desk.member_id, each, at_ms, manner, copies.value, _now_ms())
            for each, at_ms in zip(due, when, strict=True)
        ]
        kept = desk.submit(written) if written else []
    rows = table(say("seat.former", node=named), say("seat.epoch"), say("seat.record"))
    records = {each.epoch: one.receipt.record_id.hex() for each, one in zip(due, kept, strict=True)}
    for each in left:
        rows.add_row(str(each.epoch), records.get(each.epoch) or say("seat.said_before"))
    output = Output(as_json)
    output.result(
        {
            "node_id": named,
            "stated": [
                {"epoch": each.epoch, "record": records[each.epoch], "keys": each.hex()}
                for each in due
            ],
            "stated_before": [each.epoch for each in left if each.epoch in said],
        },
        rows,
        f"{HELD} {say('seat.destroyed', count=len(due), node=named)}",
    )


def _statements(desk: Desk) -> Iterator[Receipt]:
    """Verified receipts of what was stated before; as many as there can be, whatever a node gives.

    The ledger takes one statement for each epoch. One that a node leaves out it refuses again.
    """
    wanted = {"subject": desk.member_id, "type": DESTROYED_TYPE}
    found = desk.client.records(receipts=True, **wanted)
    for each in islice(found, len(desk.client.trust.epochs.committees)):
        if each.receipt is not None:
            yield each.receipt


def _require_gone(node: NodeId, left: tuple[FormerKeys, ...], folder: Path) -> None:
    """Whatever was written down or is said: what still lies in the folder is not destroyed.

    Raises:
        CommandError: `committee.keys_there`.
    """
    former = {key for each in left for key in each.keys}
    there = lying(node_settings(folder), former)
    if there:
        paths = ", ".join(map(str, there))
        raise CommandError(Exit.REFUSED, Code.COMMITTEE_KEYS_THERE, node=node, paths=paths)


def _when(due: tuple[FormerKeys, ...], folder: Path | None, *, by_hand: bool) -> list[int]:
    """When the keys of each change were destroyed, in ms; requires that something says so.

    Raises:
        CommandError: `committee.keys_kept`.
    """
    now_ms = _now_ms()
    known = {} if folder is None else destroyed_keys(folder)
    found = []
    for each in due:
        unsaid = [key.hex() for key in each.keys if key not in known]
        if unsaid and not by_hand:
            keys = ", ".join(unsaid)
            raise CommandError(Exit.REFUSED, Code.COMMITTEE_KEYS_KEPT, node=each.node_id, keys=keys)
        at_ms = [known[key] for key in each.keys if key in known]
        found.append(min(now_ms, max(at_ms, default=now_ms)))
    return found


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
