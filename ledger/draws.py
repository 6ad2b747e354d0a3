"""`verify_draw`: does a draw follow from its seeds and its block; recomputed from receipts alone.

Each receipt is verified first. The quorum vouches for the header hash in the result and for the
order of the records; seeds, value and places are recomputed. Spec: ``docs/spec/draw.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from ledger.codes import Code
from ledger.core.draw import draw_value, drawn, seed_commitment
from ledger.core.identifiers import Digest, HeaderHash, Height, MemberId, RecordId, Subject
from ledger.core.receipt import Receipt
from ledger.errors import FormatError, VerificationError
from ledger.trust import TrustRoot
from ledger.verdict import VerifiedRecord
from ledger.verify import verify_entered

REQUESTED: Final = ("tender.expert_draw_requested", "draw.requested")
COMMITTED: Final = "draw.seed_committed"
REVEALED: Final = "draw.seed_revealed"
DRAWN: Final = ("tender.experts_drawn", "draw.drawn")
"""Of experts, and of anything else: in step with `REQUESTED`."""


@dataclass(frozen=True, slots=True)
class VerifiedDraw:
    """A draw that recomputes."""

    subject: Subject
    request_id: RecordId
    result_id: RecordId
    height: Height
    """Of the block whose header went into it."""
    header: HeaderHash
    """As the quorum accepted it."""
    seeders: tuple[MemberId, ...]
    pool_count: int
    places: tuple[int, ...]
    """In the order of the draw."""
    commitments_shown: bool
    """Whether each seed's commitment was among the files, below the block."""


def verify_draw(receipts: Sequence[Receipt], trust: TrustRoot) -> VerifiedDraw:
    """Verify the receipts of one draw, and recompute it.

    Args:
        receipts: of the request, of every seed revealed, and of the result, in any order; those of
            the seeds' commitments may be among them.
        trust: root under which each of them must hold.

    Raises:
        VerificationError: as `verify_entered`, or `draw.proof` where one is missing, of another
            draw, or the places do not follow.
    """
    verified = [verify_entered(each, trust) for each in receipts]
    (request,) = _of(verified, REQUESTED, 1)
    (result,) = _of(verified, (DRAWN[REQUESTED.index(request.record.type)],), 1)
    fields, said = request.record.fields, result.record.fields
    try:
        seeders = tuple(MemberId(each) for each in cast("tuple[str, ...]", fields["seeders"]))
        height, pool = Height(cast(int, fields["draw_height"])), cast(int, fields["pool_count"])
        header = HeaderHash(Digest(cast(bytes, said["header"])))
        seeds = _seeds(verified, request, height)
        if set(seeds) != set(seeders):
            raise _wrong("seeders")
        value = draw_value(trust.genesis.network_id, request.record_id, seeds, header)
        places = drawn(value, pool, cast(int, fields["draw_count"]))
    except (FormatError, KeyError) as problem:
        raise _wrong(str(problem)) from problem
    if not _cites(result, request) or said["places"] != places:
        raise _wrong("places")
    committed = _committed(verified, request, height, seeds, trust)
    return VerifiedDraw(
        request.record.subject,
        request.record_id,
        result.record_id,
        height,
        header,
        tuple(sorted(seeders)),
        pool,
        places,
        committed == set(seeders),
    )


def _seeds(
    verified: Sequence[VerifiedRecord], request: VerifiedRecord, height: Height
) -> dict[MemberId, bytes]:
    """Every seed by seeder, each of this draw and revealed above the block."""
    seeds: dict[MemberId, bytes] = {}
    for each in _of(verified, (REVEALED,)):
        if not _cites(each, request) or each.height <= height or each.record.issuer in seeds:
            raise _wrong("seed")
        seeds[each.record.issuer] = cast(bytes, each.record.fields["seed"])
    return seeds


def _committed(
    verified: Sequence[VerifiedRecord],
    request: VerifiedRecord,
    height: Height,
    seeds: dict[MemberId, bytes],
    trust: TrustRoot,
) -> set[MemberId]:
    """The seeders whose commitment is shown; one that is not of their seed refuses all."""
    shown: set[MemberId] = set()
    for each in _of(verified, (COMMITTED,)):
        seeder = each.record.issuer
        digest = seed_commitment(
            trust.genesis.network_id, request.record_id, seeder, seeds.get(seeder, b"")
        )
        opens = each.record.fields.get("commitment") == digest
        if not _cites(each, request) or each.height >= height or not opens:
            raise _wrong("commitment")
        shown.add(seeder)
    return shown


def _of(
    verified: Sequence[VerifiedRecord], types: tuple[str, ...], count: int = 0
) -> tuple[VerifiedRecord, ...]:
    """The records of some types; exactly `count` of them where that is not 0."""
    found = tuple(each for each in verified if each.record.type in types)
    if count and len(found) != count:
        raise _wrong(f"{types[0]}: {len(found)} ≠ {count}")
    return found


def _cites(each: VerifiedRecord, request: VerifiedRecord) -> bool:
    refs = each.record.refs
    return any(ref.record_id == request.record_id and ref.network_id is None for ref in refs)


def _wrong(what: str) -> VerificationError:
    return VerificationError(Code.DRAW_PROOF, what=what)
