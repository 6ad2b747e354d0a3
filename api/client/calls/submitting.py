"""Submitting: a bundle to whichever node takes it, again and again until its receipts are there.

The same bundle may be sent to any node any number of times, so whoever is in doubt sends again.
Spec: ``docs/spec/http.md``.
"""

from collections.abc import Callable
from typing import Final

import httpx

from api.client.asking import Question, nobody_looks
from api.client.core import Core
from api.client.flow import Flow, Params
from api.client.problems import ClientError
from ledger.codes import Code
from ledger.core.bundle import Bundle
from ledger.core.receipt import Receipt

PATH: Final = "/v1/bundles"
BUNDLE_TYPE: Final = "application/vnd.bidwitness.bundle"
JSON_LINES: Final = "application/jsonl"
WAIT_S: Final = 60.0
WAIT_S_MAX: Final = 20.0
"""Longest time that one request is held open; the client asks again."""


def submit(
    core: Core,
    /,
    bundle: Bundle,
    wait_s: float = WAIT_S,
    taken: Callable[[int], object] = nobody_looks,
) -> Flow[tuple[Receipt, ...]]:
    """Submit a bundle and return the verified receipt of each record, in its order.

    May be called again with the same bundle, at any node, any number of times.

    Args:
        bundle: signed for this network.
        wait_s: how long to wait for the receipts.
        taken: is told how many bytes of receipts have come.

    Raises:
        ClientError: what a node refused, with the records at fault; or that none could be asked.
        Pending: the bundle was taken in and its receipts will come: `receipt.uncommitted` until it
            is in a block, `receipt.pending` from then on.
        VerificationError: no node's receipts hold.
    """
    clock, data = core.asking.clock, bundle.encode()
    patient, until = clock() + wait_s, core.asking.until(wait_s)
    headers = {"Content-Type": BUNDLE_TYPE, "Accept": JSON_LINES}
    while True:
        left_s = max(0.0, patient - clock())
        params: Params = {"wait": min(left_s, WAIT_S_MAX), "receipts": "all"}
        answer = yield from core.asking.judged(
            lambda each: (each, _receipts(core, each, bundle)),
            Question(PATH, "POST", params, data, headers),
            patience_s=left_s,
            until=until,
            taken=taken,
        )
        told, receipts = answer
        if receipts is not None:
            return receipts
        if clock() >= patient:
            raise core.pending(told)
        # Who took it in may be cut off from the others: the next one is asked to take it as well.
        core.asking.put_off(str(told.request.url))


def _receipts(core: Core, answer: httpx.Response, bundle: Bundle) -> tuple[Receipt, ...] | None:
    """One verified receipt on each line, for exactly the bundle's records; None where not yet."""
    if answer.status_code == httpx.codes.ACCEPTED:
        return None
    if answer.status_code != httpx.codes.CREATED:
        what = f"HTTP {answer.status_code}"
        raise ClientError(Code.API_ANSWER, node=str(answer.request.url), what=what)
    lines = answer.content.splitlines()
    if len(lines) != len(bundle.record_ids):
        what = f"{len(lines)} ≠ {len(bundle.record_ids)}"
        raise ClientError(Code.API_ANSWER, node=str(answer.request.url), what=what)
    return tuple(
        core.verified(line, record_id, str(answer.request.url))
        for line, record_id in zip(lines, bundle.record_ids, strict=True)
    )
