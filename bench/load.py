"""Owns the load: members that submit signed bundles and wait for their receipts, over HTTP.

Closed loop: a submitter sends its next bundle when the receipts of the last are in hand, so the
time to receipt is what a user waits, and the network is never asked for more than it can answer.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from bench.figures import Load, load_of
from bench.network import Member
from bench.records import smallest_record
from ledger.core.bundle import Bundle, sign_bundle

WAIT_SECONDS = 30
BUNDLE_LIFE_MS = 600_000


@dataclass(frozen=True, slots=True)
class Plan:
    """One kind of load."""

    records_per_bundle: int
    submitters: int
    seconds: float
    warm_up_seconds: float = 2.0
    """Driven before the clock starts, so that connections and caches are there."""


async def drive(plan: Plan, members: Sequence[Member], advance: Callable[[int], None]) -> Load:
    """Drive one kind of load and sum it up.

    Args:
        plan: what to send, and for how long.
        members: who submits, each at its own node.
        advance: called with the number of records after each bundle that has its receipts.

    Raises:
        RuntimeError: a bundle was refused or its receipts did not come in time.
    """
    limits = httpx.Limits(max_connections=plan.submitters)
    measured: list[float] = []
    async with httpx.AsyncClient(timeout=WAIT_SECONDS + 10, limits=limits) as client:
        begins = time.perf_counter() + plan.warm_up_seconds
        ends = begins + plan.seconds

        async def submitter(member: Member) -> None:
            sent = done = 0.0
            # On a slow machine a bundle may outlast the plan: each submitter measures one at least.
            while done < ends or sent < begins:
                body = signed_bundle(member, plan.records_per_bundle).encode()
                sent = time.perf_counter()
                await _submit(client, member, body)
                done = time.perf_counter()
                if sent >= begins:
                    measured.append((done - sent) * 1000)
                advance(plan.records_per_bundle)

        async with asyncio.TaskGroup() as group:
            for number in range(plan.submitters):
                group.create_task(submitter(members[number % len(members)]))
        seconds = time.perf_counter() - begins
    return load_of(plan.records_per_bundle, plan.submitters, seconds, measured)


async def _submit(client: httpx.AsyncClient, member: Member, body: bytes) -> None:
    """Return when every receipt of the bundle is in hand."""
    answer = await client.post(
        f"{member.url}/v1/bundles",
        params={"wait": WAIT_SECONDS, "receipts": "none"},
        content=body,
        headers={"Content-Type": "application/msgpack"},
    )
    if answer.status_code != httpx.codes.CREATED:
        raise RuntimeError(f"{answer.status_code}: {answer.text[:300]}")


def signed_bundle(member: Member, count: int) -> Bundle:
    """So many of the smallest records under one signature, good for ten minutes."""
    now_ms = time.time_ns() // 1_000_000
    records = [smallest_record(member.member_id, now_ms).encode() for _ in range(count)]
    return sign_bundle(
        member.signer,
        member.network_id,
        member.member_id,
        records,
        now_ms,
        now_ms + BUNDLE_LIFE_MS,
        bytes(16),
    )
