"""The wall clock of the HTTP service: how long a request may wait, and what a page is dated."""

import time


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
