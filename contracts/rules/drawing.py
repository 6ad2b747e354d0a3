"""The draw of experts: asked for (T30), seeded by several, drawn (T31) as seeds and a block say.

The block is fixed when the draw is asked for; seeds are committed before it and revealed after it.
One seed that is not revealed in time voids the draw: a new T30 is needed. Spec:
``docs/spec/draw.md``.
"""

from typing import Final, cast

from contracts import draw_rows, standing, timers
from contracts.case import Case
from contracts.draw_rows import DrawRequest, SeedRow
from ledger.codes import Code
from ledger.core.draw import (
    DRAWN_MAX,
    POOL_MAX,
    SEED_BYTES,
    draw_value,
    drawn,
    seed_commitment,
)
from ledger.core.identifiers import Digest, Height, MemberId, RecordId
from ledger.errors import InvariantBroken, Rejected

REVEAL: Final = "draw_reveal"
"""Deadline by which every seed must be there."""
SEEDERS_LEAST: Final = 2
OUTSIDERS: Final = ("supervisor", "notary")
"""One of the seeders must be of these."""


def judge_request(case: Case) -> Rejected | None:
    """Refuse a draw that could not be made, or that one organisation alone would seed."""
    asked = _asked(case)
    distinct = set(asked.seeders)
    if not asked.draw_count <= min(asked.pool_count, DRAWN_MAX) or asked.pool_count > POOL_MAX:
        return _refused(case, "draw_count")
    if len(distinct) != len(asked.seeders) or len(distinct) < SEEDERS_LEAST:
        return _refused(case, "seeders")
    if any(standing.kind(case.state, each) != "organisation" for each in distinct):
        return _refused(case, "seeders")
    if not any(_holds(case, each, role) for each in distinct for role in OUTSIDERS):
        return _refused(case, "seeders: supervisor, notary")
    if asked.height <= case.facts.height + 1:
        return _refused(case, "draw_height")
    if asked.reveal_until_ms <= case.times.time_ms:
        return _refused(case, "reveal_until_ms")
    return None


def apply_request(case: Case) -> None:
    """Keep what is asked."""
    draw_rows.put_request(case.state, case.facts.record_id, _asked(case))


def judge_commitment(case: Case) -> Rejected | None:
    """Refuse a seed of a stranger, a second one, and one that comes with or after the block."""
    request = _cited(case, "follows")
    asked = draw_rows.request(case.state, request)
    if asked is None or case.record.issuer not in asked.seeders:
        return _refused(case, "seeder")
    if draw_rows.seed(case.state, request, case.record.issuer) is not None:
        return _refused(case, "seed committed before")
    return _refused(case, "draw_height") if case.facts.height >= asked.height else None


def apply_commitment(case: Case) -> None:
    """Keep the commitment, and for which draw it is."""
    held = SeedRow(Digest(cast(bytes, case.record.fields["commitment"])), b"")
    draw_rows.put_seed(case.state, _cited(case, "follows"), case.record.issuer, held)


def judge_reveal(case: Case) -> Rejected | None:
    """Refuse another's seed, one that was not committed, one too early, and one too late."""
    request, seed = _cited(case, "follows"), cast(bytes, case.record.fields["seed"])
    asked = draw_rows.request(case.state, request)
    held = draw_rows.seed(case.state, request, case.record.issuer)
    if asked is None or held is None:
        return _refused(case, "seeder")
    if held.seed:
        return _refused(case, "seed revealed before")
    network = case.facts.world.network_id
    committed = seed_commitment(network, request, case.record.issuer, seed)
    if len(seed) != SEED_BYTES or committed != held.commitment:
        return _refused(case, "seed")
    if case.facts.height <= asked.height:
        return _refused(case, "draw_height")
    return _refused(case, REVEAL) if case.limit_ms > asked.reveal_until_ms else None


def apply_reveal(case: Case) -> None:
    """Keep the seed; with the last one the draw can be made, and nothing is awaited any more."""
    request, issuer = _cited(case, "follows"), case.record.issuer
    asked = draw_rows.request(case.state, request)
    held = draw_rows.seed(case.state, request, issuer)
    if asked is None or held is None:
        raise InvariantBroken("a seed was revealed for no draw")
    revealed = SeedRow(held.commitment, cast(bytes, case.record.fields["seed"]))
    draw_rows.put_seed(case.state, request, issuer, revealed)
    if draw_rows.seeds(case.state, request, asked) is not None:
        timers.stop(case.state.overlay, request, REVEAL)


def judge_drawn(case: Case) -> Rejected | None:
    """Refuse a draw without all seeds, a second one, another header, and any other places."""
    request, fields = _cited(case, "follows"), case.record.fields
    asked = draw_rows.request(case.state, request)
    if asked is None:
        return _refused(case, "request")
    if draw_rows.drawn_by(case.state, request) is not None:
        return _refused(case, "drawn before")
    seeds = draw_rows.seeds(case.state, request, asked)
    if seeds is None:
        return _refused(case, "seed")
    header = draw_rows.header_hash(case.state, asked.height)
    if header is None or fields["header"] != header:
        return _refused(case, "header")
    value = draw_value(case.facts.world.network_id, request, seeds, header)
    if fields["places"] != drawn(value, asked.pool_count, asked.draw_count):
        return _refused(case, "places")
    return None


def apply_drawn(case: Case) -> None:
    """Keep that the draw was made."""
    draw_rows.put_drawn(case.state, _cited(case, "follows"), case.facts.record_id)


def _asked(case: Case) -> DrawRequest:
    fields = case.record.fields
    return DrawRequest(
        cast(int, fields["pool_count"]),
        cast(int, fields["draw_count"]),
        Height(cast(int, fields["draw_height"])),
        cast(int, fields["reveal_until_ms"]),
        tuple(MemberId(each) for each in cast("tuple[str, ...]", fields["seeders"])),
    )


def _holds(case: Case, member: MemberId, role: str) -> bool:
    return standing.holds_role(case.facts.world, case.state, member, role, case.times)


def _cited(case: Case, relation: str) -> RecordId:
    """The first record of this ledger that is cited so; required, and so there."""
    return next(
        ref.record_id
        for ref in case.record.refs
        if ref.relation == relation and ref.network_id is None
    )


def _refused(case: Case, what: str) -> Rejected:
    return Rejected(Code.DRAW_INVALID, {"subject": str(case.record.subject), "what": what})
