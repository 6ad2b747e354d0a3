"""Owns the settings that a figure depends on, as the measured network has them."""

from dataclasses import fields
from typing import cast

from bench.network import Network
from consensus.core.config import Config

VIEW_TIMEOUT_MS = cast(
    int, next(each.default for each in fields(Config) if each.name == "view_timeout_ms")
)
"""What the nodes run with: no setting of theirs changes it."""


def settings_of(network: Network) -> dict[str, float | str]:
    """Timeouts and limits, named as in the genesis."""
    limits = network.members[0].trust.genesis.parameters
    return {
        "validators": len(network.nodes),
        "view_timeout_ms": VIEW_TIMEOUT_MS,
        "block_bytes_max": limits.block_bytes_max,
        "block_bundles_max": limits.block_bundles_max,
        "bundle_records_max": limits.bundle_records_max,
    }
