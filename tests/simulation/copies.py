"""Copies of a node's disks, taken and put back, as whoever keeps backups does."""

from dataclasses import dataclass

from tests.simulation.node import SimulatedNode


@dataclass(frozen=True)
class Copy:
    """A node's disk as it was."""

    rows: dict[bytes, bytes]
    journal: bytes
    intake: bytes
    signed: bytes


def copy(node: SimulatedNode) -> Copy:
    rows = dict(node.store.scan(b"", b"\xff" * 64))
    return Copy(rows, node.journal.durable, node.intake.durable, node.signed.durable)


def restore(node: SimulatedNode, kept: Copy, *, with_mark: bool = False) -> None:
    """Put a copy back, as whoever restores a backup does; the mark is apart, and mostly kept."""
    if node.up:
        raise ValueError("its process runs")
    gone = [key for key, _ in node.store.scan(b"", b"\xff" * 64) if key not in kept.rows]
    node.store.write([*((key, None) for key in gone), *kept.rows.items()])
    node.journal.durable, node.intake.durable = kept.journal, kept.intake
    if with_mark:
        node.signed.durable = kept.signed
