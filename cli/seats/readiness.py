"""Waits until a node that joins is in step with the network, and signs that it is.

The word is given in the node's own folder, with its own key; the rules compare it with the block
that it names. Spec: ``docs/spec/committee.md``.
"""

import ssl
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx
from rich.progress import Progress

from cli.desk import Desk
from cli.output import Output
from cli.seats.records import signed_ready
from cli.settings import Settings
from cli.signers.passphrase import passphrase
from cli.signers.standing import open_keys
from cli.words import say
from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.committee_change import Ready
from ledger.core.identifiers import Digest, HeaderHash, Height
from ledger.errors import LedgerError

_ASK_S: Final = 1.0
_TIMEOUT_S: Final = 10


def follow_until_ready(
    output: Output, desk: Desk, settings: Settings, committee: Committee, wait_s: float
) -> tuple[Ready, bytes]:
    """The ready statement of the node in a folder, once that node is in step.

    Args:
        output: shows how far it is.
        desk: of whoever makes the change; its node says how far the network is.
        settings: of the node that joins, which runs.
        committee: that it will vote in.
        wait_s: how long to wait.

    Raises:
        LedgerError: `key.*`; `node.unreachable`, `committee.ready` where it is not in step by then.
    """
    opened = passphrase(settings.node_id, settings.passphrase_file)
    place = committee.node(settings.node_id)
    keys = open_keys(settings.keys_folder, opened).nodes
    signer = next((each for each in keys if each.public_key == place.node_key), keys[0])
    until = time.monotonic() + wait_s
    # The approvals are at or below this height, and only from theirs on are headers compared.
    there = int(desk.network()["height"])
    with output.progress() as bars:
        for here in _heights(bars, settings, there, until):
            if here >= there:
                break
            if time.monotonic() > until:
                what = f"{here} / {there}"
                raise LedgerError(Code.COMMITTEE_READY, node=settings.node_id, what=what)
            time.sleep(_ASK_S)
    block = _told(settings, f"/v1/blocks/{here}")["header"]
    hashed = HeaderHash(Digest(bytes.fromhex(block["hash"])))
    said = Ready(
        desk.network_id, committee.epoch, settings.node_id, Height(block["height"]), hashed
    )
    return signed_ready(said, signer)


def _heights(bars: Progress, settings: Settings, there: int, until: float) -> Iterator[int]:
    """The node's height, again and again, and how far it is on a bar.

    A node that does not answer may have been started a moment ago, or have closed for one to begin
    with a snapshot: it is waited for, and the bar says so.

    Raises:
        LedgerError: `node.unreachable` where it does not answer by then.
    """
    node = settings.node_id
    bar = bars.add_task(say("seat.syncing", node=node), total=there)
    while True:
        try:
            told = _told(settings, "/v1/network")
        except LedgerError:
            if time.monotonic() > until:
                raise
            silent = say("seat.silent", node=node, url=settings.api_url)
            bars.update(bar, description=silent)
            time.sleep(_ASK_S)
            continue
        height, snapshot = int(told["height"]), told["snapshot"]
        if snapshot is not None and snapshot["total"]:
            what = say("seat.snapshot", node=node, base=snapshot["height"])
            here, total = snapshot["chunks"], snapshot["total"]
        else:
            what, here, total = say("seat.syncing", node=node), height, there
        bars.update(bar, description=what, total=total, completed=here)
        yield height


def _told(settings: Settings, path: str) -> Any:
    """What the node in a folder says of itself; it is ours, and over loopback or its own address.

    Raises:
        LedgerError: `node.unreachable`.
    """
    url, pinned = settings.api_url, settings.api_certificate_file
    try:
        checked = True if pinned is None else ssl.create_default_context(cafile=pinned)
        answer = httpx.get(f"{url}{path}", timeout=_TIMEOUT_S, trust_env=False, verify=checked)
        answer.raise_for_status()
    except httpx.HTTPError as problem:
        raise LedgerError(Code.NODE_UNREACHABLE, url=url, reason=str(problem)) from problem
    return answer.json()
