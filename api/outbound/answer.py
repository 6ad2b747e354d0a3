"""What a witness answers to a head, and what of it is taken: its verified line, or nothing.

Pure. Whatever comes back is foreign: it is read under caps, and a line counts only under the key
that the node's settings name. Spec: C2SP tlog-witness 1.0.0 (``docs/spec/witness_server.md``).
"""

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint
from ledger.core.merkle import SIZE_MAX
from ledger.core.note import NoteKey, NoteSignature, parse_line, verify_signature
from ledger.errors import LedgerError

ANSWER_BYTES_MAX: Final = 8 * 1024
"""Some signature lines, or a problem document."""
LINES_MAX: Final = 8
"""A witness may answer with lines of several keys of its own."""
OK, CONFLICT, UNPROCESSABLE = 200, 409, 422
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_CODE: Final = re.compile(r"[a-z_]{1,32}\.[a-z_]{1,32}")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whole."""

    status: int
    body: bytes
    """At most `ANSWER_BYTES_MAX`."""
    retry_after_s: int = 0
    """How long it asks to be left alone."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness cosigned the head."""

    line: NoteSignature
    """Holds under the witness's key, for this head."""


@dataclass(frozen=True, slots=True)
class Holds:
    """The witness cosigned a head of another size last (409)."""

    size: int


class Fault(Enum):
    """What is wrong with an answer itself, beyond that nothing came of it."""

    SIGNATURE = "signature"
    """It says yes, and has no line that holds under the key in the settings."""
    VIEW = "view"
    """It contradicts its own word, or this log: it errs, or was shown another log."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing to keep, and why."""

    reason: str
    fault: Fault | None = None


Reply: TypeAlias = Cosigned | Holds | Failed


def judge(answer: Answer, head: Checkpoint, key: NoteKey) -> Reply:
    """What an answer to `head` is worth.

    Args:
        answer: from anyone.
        head: as it was sent, with a path that is right.
        key: the witness's, by the settings of this node.
    """
    if answer.status == OK:
        return _cosigned(answer.body, head, key)
    if answer.status == CONFLICT:
        size = _SIZE.fullmatch(answer.body)
        if size is not None and int(size[1]) <= SIZE_MAX:
            return Holds(int(size[1]))
    # The path was right from the size that it named: so it holds another head of that size.
    return Failed(_told(answer), Fault.VIEW if answer.status == UNPROCESSABLE else None)


def _cosigned(body: bytes, head: Checkpoint, key: NoteKey) -> Reply:
    """The line of the witness's key; every other answer that says yes is false."""
    try:
        whole = body.decode().split("\n")
        if whole.pop() or not 0 < len(whole) <= LINES_MAX:
            return _false(Code.NOTE_INVALID)
        lines, named = [parse_line(each) for each in whole], (key.name, key.key_id)
        for line in lines:
            if (line.name, line.key_id) == named:
                verify_signature(head.text(), line, key)
                return Cosigned(line)
    except LedgerError as problem:
        return _false(problem.code)
    except UnicodeDecodeError:
        return _false(Code.NOTE_INVALID)
    return _false(Code.NOTE_UNKNOWN_KEY)


def _false(code: Code) -> Failed:
    return Failed(f"HTTP 200: {code.value}", Fault.SIGNATURE)


def _told(answer: Answer) -> str:
    """The status, and the code of a problem document where there is one."""
    told = f"HTTP {answer.status}"
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return told
    code = document.get("code") if isinstance(document, dict) else None
    if isinstance(code, str) and _CODE.fullmatch(code):
        return f"{told} {code}"
    return told
