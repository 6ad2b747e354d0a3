"""PoolLimits: how much waits, and how long unjudged. Spec: ``docs/spec/pool.md``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Caps of one node's share; a pool holds at most n shares."""

    member_bundles_max: int = 256
    """W: bundles of one member that one node has waiting at a time."""
    member_bytes_max: int = 32 << 20
    """The same in bytes: a few of the largest bundles."""
    node_bytes_max: int = 64 << 20
    """Of all members together, per node that took them in."""
    proposal_records_max: int = 10_000
    """A primary stops after so many records, so that a block is judged within a second."""
    rejudge_records_max: int = 1_000
    """Records judged again in one go, at least one bundle; the rest follow at the next tick."""
    held_ms: int = 500
    """How long a relayed bundle waits unjudged; much less than a view's patience."""
    judge_again_ms: int = 1_000
    """First pause between two judgements of a waiting bundle; doubled each time."""
    judge_again_ms_max: int = 16_000
    """Where that doubling ends."""
    postponed_ms_max: int = 4_000
    """A judgement that is due waits for blocks that go on coming, no longer than this."""
