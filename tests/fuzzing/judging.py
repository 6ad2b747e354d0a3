"""Judges one input of one target: accepted, refused in order, or a finding.

A finding is whatever is no value and no refusal of the target's own: another exception, a second
spelling, another reading than a second opinion's, or more time or memory than any input may cost.
"""

import hashlib
import resource
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from tests.decoders.promise import refusal_of
from tests.fuzzing.targets import Target

ROOT = Path(__file__).resolve().parents[2]
SECONDS_MAX = 2.0
"""Of the processor, for one input; instrumented, the slowest that is in order takes a tenth."""
MEMORY_MAX_KIB = 128 << 10
"""By which one input may raise the most memory that the process ever had."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of one input."""

    accepted: bool
    finding: str = ""
    """What went wrong and where, the same for the same cause; empty where nothing did."""
    trace: str = ""

    @property
    def key(self) -> str:
        """A short name for the cause."""
        return hashlib.sha256(self.finding.encode()).hexdigest()[:10]


def judge(target: Target, data: bytes) -> Judgement:
    """What becomes of an input; never raises."""
    began, held = time.process_time(), _most_kib()
    try:
        accepted = _accepts(target, data)
    except Exception as problem:  # noqa: BLE001 - whatever is raised here is what is looked for
        return Judgement(False, _cause(problem), "".join(traceback.format_exception(problem)))
    took, grew = time.process_time() - began, _most_kib() - held
    if took > SECONDS_MAX:
        return Judgement(accepted, f"slow: {target.name}", f"{took:.1f} s")
    if grew > MEMORY_MAX_KIB:
        return Judgement(accepted, f"large: {target.name}", f"{grew} KiB")
    return Judgement(accepted)


def _accepts(target: Target, data: bytes) -> bool:
    if refusal_of(target.decoder, data) is not None:
        return False
    if target.compare is not None:
        target.compare(target.decoder.decode(data), data)
    return True


def _most_kib() -> int:
    """The most memory that the process ever had; on Linux in KiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "linux" else most >> 10


def _cause(problem: BaseException) -> str:
    """The kind of exception, and the last place in the tree that it came through."""
    places = [
        f"{Path(frame.filename).relative_to(ROOT)}:{frame.name}"
        for frame in traceback.extract_tb(problem.__traceback__)
        if Path(frame.filename).is_relative_to(ROOT) and ".venv" not in frame.filename
    ]
    return f"{type(problem).__name__} in {places[-1] if places else '?'}"
