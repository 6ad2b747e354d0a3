"""Owns the in-run yardsticks: what this machine's disk and core can do at most.

A figure in records per second says little about the code and much about the machine. Beside these,
taken in the same minute, it says how far the code is from what the machine allows.
"""

import time
from collections.abc import Callable
from pathlib import Path

import plyvel
from nacl.signing import SigningKey

from bench.figures import Yardstick

RECORD_BYTES = 300
"""About one record with one document."""


def measure(folder: Path, seconds: float) -> list[Yardstick]:
    """Measure every yardstick.

    Args:
        folder: an empty folder on the disk that the nodes will use.
        seconds: how long each is measured.
    """
    return [
        Yardstick("synced puts", _synced_puts(folder, seconds), "blocks, one synced batch each"),
        Yardstick("Ed25519 checks", _signature_checks(seconds), "bundles and votes"),
    ]


def _synced_puts(folder: Path, seconds: float) -> float:
    database = plyvel.DB(str(folder / "yardstick"), create_if_missing=True)
    value = bytes(RECORD_BYTES)

    def put(count: int) -> None:
        database.put(count.to_bytes(8, "big"), value, sync=True)

    try:
        return _per_second(put, seconds)
    finally:
        database.close()


def _signature_checks(seconds: float) -> float:
    key = SigningKey.generate()
    message = bytes(RECORD_BYTES)
    signature = key.sign(message).signature
    verify_key = key.verify_key

    def check(_count: int) -> None:
        verify_key.verify(message, signature)

    return _per_second(check, seconds)


def _per_second(work: Callable[[int], None], seconds: float) -> float:
    started = time.perf_counter()
    count = 0
    while time.perf_counter() - started < seconds:
        work(count)
        count += 1
    return count / (time.perf_counter() - started)
