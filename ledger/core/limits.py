"""The genesis parameters: every limit that decides whether bytes are valid, in one frozen value.

Two nodes with different parameters are two networks, because the parameters are hashed into the
network id. Spec: ``docs/spec/genesis.md``.
"""

from dataclasses import dataclass, fields
from typing import Final

from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.shapes import integer, mapping
from ledger.errors import FormatError

HOURS_PER_DAY: Final = 24
"""A day has at least a millisecond for each; an hour is the whole part of ``day_ms / 24``."""
KIB: Final = 1024
MIB: Final = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Parameters:
    """Limits and clocks of one network. Defaults are those of a production network."""

    record_bytes_max: int = 16 * KIB
    fields_max: int = 64
    refs_max: int = 32
    evidence_max: int = 64
    bundle_records_max: int = 10_000
    bundle_bytes_max: int = 8 * MIB
    block_bytes_max: int = 16 * MIB
    block_bundles_max: int = 10_000
    """Bundles of one block: bounds the leaves of `bundles_root`."""
    block_timers_max: int = 1_000
    """Timers that fire in one block; the rest fire in the next."""
    committee_max: int = 32
    clock_ahead_ms: int = 500
    """How far a fresh block's time may lie ahead of a voter's clock before it is held."""
    clock_behind_ms: int = 2_000
    """How far a fresh block's time may lie behind a voter's clock in view 0 of a height."""
    bundle_life_ms_max: int = 7 * 86_400_000
    sealing_tick_ms: int = 10_000
    deadline_grace_ms: int = 15_000
    acknowledgement_promise_ms: int = 60_000
    day_ms: int = 86_400_000
    """Length of a day for deadlines; a demonstration runs the real rules with a short one."""
    snapshot_interval: int = 0
    """Heights between snapshots; 0 for none."""

    def value(self) -> Value:
        """The canonical map of these parameters."""
        return {item.name: getattr(self, item.name) for item in fields(self)} | {
            "algorithms": ("ed25519",)
        }

    def __post_init__(self) -> None:
        if self.deadline_grace_ms < self.sealing_tick_ms + 5 * self.clock_ahead_ms:
            raise FormatError(Code.GENESIS_INVALID, what="deadline_grace_ms")
        if self.day_ms < HOURS_PER_DAY:
            raise FormatError(Code.GENESIS_INVALID, what="day_ms")


def parameters_from(value: Value) -> Parameters:
    """Parameters from their canonical map.

    Raises:
        FormatError: `format.shape` for a missing or unknown name, `genesis.invalid` for values
            that contradict each other, or an algorithm that this version lacks.
    """
    names = [item.name for item in fields(Parameters)]
    given = mapping(value, "parameters", len(names) + 1)
    if set(given) != {*names, "algorithms"}:
        raise FormatError(Code.FORMAT_SHAPE, what="parameters")
    if given["algorithms"] != ("ed25519",):
        raise FormatError(Code.GENESIS_INVALID, what="algorithms")
    return Parameters(**{name: integer(given[name], name) for name in names})


DEFAULT: Final = Parameters()
