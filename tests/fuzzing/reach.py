"""Which steps of the code an input takes: what is worth keeping, and what nothing reaches.

A step is from one line to the next of one function. Slower than what the fuzzer counts, and the
same on every machine: so it chooses what is kept.
"""

import dis
import sys
from collections.abc import Iterable, Iterator
from inspect import getsourcefile, unwrap
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeAlias

from tests.fuzzing.judging import ROOT, judge
from tests.fuzzing.targets import Target

Step: TypeAlias = tuple[str, int, int]
PACKAGES = ("ledger", "consensus", "api", "cli", "contracts")
OWN = tuple(f"{ROOT / each}/" for each in PACKAGES)


def steps(target: Target, data: bytes) -> set[Step]:
    """The steps that an input takes."""
    taken: set[Step] = set()

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(OWN):
            return None
        before = 0

        def step(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal before
            if event == "line":
                taken.add((name, before, frame.f_lineno))
                before = frame.f_lineno
            return step

        return step

    was = sys.gettrace()
    sys.settrace(enter)
    try:
        judge(target, data)
    finally:
        sys.settrace(was)
    return taken


def chosen(target: Target, held: Iterable[bytes], grown: Iterable[bytes]) -> list[bytes]:
    """Of what grew, the shortest inputs that take steps which nothing held takes."""
    taken: set[Step] = set()
    for each in held:
        taken |= steps(target, each)
    found = []
    for each in sorted(set(grown), key=lambda data: (len(data), data)):
        fresh = steps(target, each) - taken
        if fresh:
            taken |= fresh
            found.append(each)
    return found


def unreached(target: Target, inputs: Iterable[bytes]) -> list[str]:
    """Lines of the decoder's own module, in functions that were entered, which nothing reached."""
    lines = {(name, line) for each in inputs for name, _, line in steps(target, each)}
    source = getsourcefile(unwrap(target.decoder.reads))
    module = Path(source or "")
    code = compile(module.read_text("utf-8"), str(module), "exec")
    reached = {line for name, line in lines if name == str(module)}
    missed = []
    for function in _functions(code):
        own = {line for _, line in dis.findlinestarts(function) if line} - {function.co_firstlineno}
        if own & reached and (left := own - reached):
            missed.append(f"{function.co_qualname}: {', '.join(map(str, sorted(left)))}")
    return missed


def _functions(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _functions(each)
