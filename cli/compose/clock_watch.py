"""ClockWatch: what keeps this machine's clock in step, how far it is off, and since when.

The kernel says whether its clock is disciplined and by how much it may be wrong (`adjtimex`,
read-only); chrony and systemd-timesyncd say when they last heard a server. What cannot be read is
told as unknown, and nothing is decided by any of it: votes rest on the peers' clocks alone.
"""

import asyncio
import ctypes
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from api.clock import now_ms
from consensus.depths import ClockFacts, ClockSource

EVERY_S: Final = 60
ASK_S: Final = 3
TIMESYNCD: Final = Path("/run/systemd/timesync/synchronized")
"""Touched whenever systemd-timesyncd has heard a server."""
_ERROR: Final = 5
_UNSYNCHRONISED: Final = 0x40
_NANOSECONDS: Final = 0x2000
_FIELDS_MAX: Final = 32
_CHRONY_FIELDS: Final = 14
_CHRONY_STRATUM, _CHRONY_HEARD, _CHRONY_OFFSET, _CHRONY_LEAP = 2, 3, 4, 13
_STRATUM_MAX: Final = 15
"""16, and chrony's 0, say that a clock hangs on nothing."""
_NEVER: Final = "Not synchronised"


class _Timex(ctypes.Structure):
    """`struct timex` of Linux on 64 bits, up to what is read here, and room behind it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("error_max", ctypes.c_long),
        ("error_estimated", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 32),
    )


class ClockWatch:
    """The facts about one machine's clock, read anew once a minute."""

    def __init__(
        self,
        read: Callable[[], ClockFacts] | None = None,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        """Args:
        read: reads the facts; None: from this machine.
        clock: ms since the epoch.
        """
        self._read = clock_facts if read is None else read
        self._now_ms = clock
        self._facts: ClockFacts | None = None

    @property
    def facts(self) -> ClockFacts | None:
        """As they were read last; None before the first time."""
        return self._facts

    async def run(self) -> None:
        """Read again and again until cancelled, beside the event loop."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Read once, and remember since when the clock is out of step."""
        found, before = await asyncio.to_thread(self._read), self._facts
        since_ms = None
        if found.synchronised is False:
            known = None if before is None else before.unsynchronised_since_ms
            since_ms = self._now_ms() if known is None else known
        self._facts = replace(found, unsynchronised_since_ms=since_ms)


def clock_facts() -> ClockFacts:
    """What this machine says of its clock."""
    kernel = _kernel()
    return _chrony(kernel) or _timesyncd(kernel) or kernel


def chrony_facts(line: str, kernel: ClockFacts) -> ClockFacts | None:
    """What `chronyc -c tracking` says; None where that is not its form.

    Args:
        line: of comma separated values.
        kernel: what the kernel says.
    """
    fields = line.strip().split(",")
    if not _CHRONY_FIELDS <= len(fields) <= _FIELDS_MAX:
        return None
    try:
        heard_ms = _thousandths(fields[_CHRONY_HEARD])
        # chrony says how slow the clock is; here an offset is what is to be taken off.
        offset_us = -_thousandths(fields[_CHRONY_OFFSET], 6)
        stratum = _thousandths(fields[_CHRONY_STRATUM], 0)
    except ValueError:
        return None
    synchronised = fields[_CHRONY_LEAP] != _NEVER and heard_ms > 0
    return replace(
        kernel,
        source=ClockSource.CHRONY,
        synchronised=synchronised,
        offset_us=offset_us,
        synchronised_at_ms=heard_ms or None,
        stratum=stratum if synchronised and 1 <= stratum <= _STRATUM_MAX else None,
    )


def _kernel() -> ClockFacts:
    unknown = ClockFacts(ClockSource.UNKNOWN, None, None, None, None)
    if not sys.platform.startswith("linux") or ctypes.sizeof(ctypes.c_long) != 8:
        return unknown
    said = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(said))
    except (OSError, AttributeError):
        return unknown
    if state < 0:
        return unknown
    in_step = state != _ERROR and not said.status & _UNSYNCHRONISED
    per_us = 1_000 if said.status & _NANOSECONDS else 1
    offset_us = said.offset // per_us if in_step else None
    bound_us = said.error_max if in_step else None
    return ClockFacts(ClockSource.KERNEL, in_step, offset_us, bound_us, None)


def _timesyncd(kernel: ClockFacts) -> ClockFacts | None:
    try:
        heard_ms = TIMESYNCD.stat().st_mtime_ns // 1_000_000
    except OSError:
        return None
    return replace(kernel, source=ClockSource.TIMESYNCD, synchronised_at_ms=heard_ms)


def _chrony(kernel: ClockFacts) -> ClockFacts | None:
    program = shutil.which("chronyc")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "-c", "-n", "tracking"],
            capture_output=True,
            check=False,
            timeout=ASK_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return (
        chrony_facts(done.stdout.decode(errors="replace"), kernel) if not done.returncode else None
    )


def _thousandths(text: str, places: int = 3) -> int:
    """A decimal number in units of ten to the power of minus `places`, cut off."""
    whole, _, fraction = text.strip().removeprefix("-").partition(".")
    if not (whole + fraction).isdecimal() or len(whole) > 12:
        raise ValueError(text[:40])
    found = int(whole + fraction[:places].ljust(places, "0"))
    return -found if text.strip().startswith("-") else found
