"""Answers about a status row: in force, before, ended, absent; and each way in which one is wrong."""

import json
from dataclasses import replace

from ledger.core.canonical import encode
from ledger.core.identifiers import Digest, LogIndex, NodeId
from ledger.core.status import Interval
from ledger.core.status_answer import AnsweredRow, Stating, StatusAnswer, belongs
from tests.vectors.generate.receipts import bent
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import START_MS, SmallNetwork, seed, signer, small_record

SEAL = "SEAL-620100-0007"
SECOND = 1_000
ENDED_MS = START_MS + 2 * SECOND
HEAD_MS = START_MS + 3 * SECOND
GRANT = f"grant/{SEAL}/{'ab' * 32}"


def _row(interval: Interval, status: str) -> bytes:
    about = (SEAL, status, "centre", Digest(bytes(32)), Digest(b"\x01" * 32), seed(status))
    return encode((interval.value(), *about))


class World:
    """A network in which a seal was valid for a second, and is suspended since."""

    def __init__(self) -> None:
        self.network = SmallNetwork()
        self.record = small_record("first")
        first = Interval(LogIndex(0), START_MS + SECOND, LogIndex(2), ENDED_MS)
        second = Interval(LogIndex(2), ENDED_MS)
        rows = {
            f"status/seal/{SEAL}/{0:016x}": _row(first, "valid"),
            f"status/seal/{SEAL}/{2:016x}": _row(second, "suspended"),
            f"status/{GRANT}": encode((first.value(), SEAL, b"\xab" * 32, {"quota": 1})),
        }
        self.network.commit([self.network.bundle([self.record])])
        self.network.commit([self.network.bundle([small_record("second")])])
        writes = {key.encode(): value for key, value in rows.items()}
        self.network.commit([self.network.bundle([small_record("third")])], writes=writes)

    def answer(self, row: str, at_ms: int | None = None, *places: int) -> StatusAnswer:
        """An answer of these places; of those that are asked about where none are named."""
        tree = self.network.status_tree()
        own = [each for each in range(tree.size) if belongs(tree.row(each)[0].decode(), row)]
        rows = []
        for place in places or own:
            key, value = tree.row(place)
            rows.append(AnsweredRow(key.decode(), value, place, tree.path(place)))
        receipt = self.network.receipt(self.record)
        return StatusAnswer(row, at_ms, tuple(rows), (), receipt)

    def place(self, key: str) -> int:
        """Where a row stands, or would stand."""
        return self.network.status_tree().index(key.encode())


def stated(answer: StatusAnswer, *names: str, more_ms: int = 0) -> StatusAnswer:
    """The answer with the statements of these nodes."""
    said = [
        Stating(NodeId(f"node-{name}"), signer(f"node {name}")).on(answer, HEAD_MS + 500 + more_ms)
        for name in names
    ]
    return replace(answer, statements=tuple(said))


def vectors() -> dict[str, Cases]:
    """`status_answer/answers.json`."""
    here = World()
    return {"status_answer/answers.json": [*_hold(here), *_fail(here)]}


def case(name: str, here: World, answer: StatusAnswer, standing: str) -> Case:
    """An answer that holds, and what it says."""
    return {
        "name": name,
        "trust": json.loads(here.network.trust.encode()),
        "answer": json.loads(answer.encode()),
        "standing": standing,
        "step": None,
        "code": None,
    }


def _hold(here: World) -> Cases:
    group = f"seal/{SEAL}/"
    first, second = here.place(f"{group}{0:016x}"), here.place(f"{group}{2:016x}")
    size = here.network.status_tree().size
    now = here.answer(group, None, second)
    centre, supervisor, *_ = here.network.members
    before = here.answer(group, START_MS, first - 1, first)
    missing = "seal/SEAL-620100-0008/"
    edge = here.place(missing)
    beside = (edge - 1, edge) if edge < size else (edge - 1,)
    return [
        case("now, by two nodes", here, stated(now, centre, supervisor), "in_force"),
        case("now, by nobody's word", here, now, "in_force"),
        case("in the first spell", here, here.answer(group, ENDED_MS - 1, first), "in_force"),
        case("when the second began", here, here.answer(group, ENDED_MS, second), "in_force"),
        case("before the first spell", here, before, "not_in_force"),
        case("one row, in force", here, here.answer(GRANT, ENDED_MS - 1), "in_force"),
        case("one row, ended", here, here.answer(GRANT, ENDED_MS), "not_in_force"),
        case("one row, not begun", here, here.answer(GRANT, START_MS), "not_in_force"),
        case("no such seal", here, here.answer(missing, None, *beside), "absent"),
        case("before every row", here, here.answer("a", None, 0), "absent"),
        case("after every row", here, here.answer("zz", None, size - 1), "absent"),
    ]


def _fail(here: World) -> Cases:
    group = f"seal/{SEAL}/"
    first, second = here.place(f"{group}{0:016x}"), here.place(f"{group}{2:016x}")
    now = stated(here.answer(group, None, second), "centre")
    (row,) = now.rows
    (said,) = now.statements
    before = here.answer(group, START_MS, first - 1, first)
    other = here.network.receipt(here.record, cosigners=("centre", "notary"))

    def wrong(name: str, answer: StatusAnswer, step: int, code: str) -> Case:
        return {**case(name, here, answer, ""), "standing": None, "step": step, "code": code}

    stands, rows = "proof.inclusion", "answer.rows"
    forged = replace(row, value=_row(Interval(LogIndex(2), ENDED_MS), "valid"))
    late = replace(said, answered_at_ms=said.answered_at_ms + 1)
    stranger = replace(said, node_id=NodeId("node-nobody"))
    return [
        wrong("head under quorum", replace(now, receipt=other), 8, "receipt.quorum"),
        wrong("value of another status", replace(now, rows=(forged,)), 16, stands),
        wrong("another place", replace(now, rows=(replace(row, index=row.index - 1),)), 16, stands),
        wrong("path bent", replace(now, rows=(replace(row, path=bent(row.path)),)), 16, stands),
        wrong("no row", replace(now, rows=()), 16, rows),
        wrong("spell that had ended", here.answer(group, None, first), 16, rows),
        wrong("spell that had not begun", here.answer(group, ENDED_MS - 1, second), 16, rows),
        wrong("first spell without its neighbour", here.answer(group, START_MS, first), 16, rows),
        wrong("first spell, asked after it", replace(before, at_ms=ENDED_MS), 16, rows),
        wrong("both spells", here.answer(group, None, first, second), 16, rows),
        wrong("rows that are no neighbours", here.answer(group, START_MS, 0, first), 16, rows),
        wrong("rows in the wrong order", here.answer(group, START_MS, first, first - 1), 16, rows),
        wrong("one neighbour of an absence", here.answer("seal/S/", None, 1), 16, rows),
        wrong("neighbours on one side", here.answer("seal/S/", None, 0, 1), 16, rows),
        wrong("absence of what is there", here.answer(group, None, first - 1), 16, rows),
        wrong("row of another seal", replace(now, row="seal/SEAL-620100-0006/"), 16, rows),
        wrong("after the head", replace(now, at_ms=HEAD_MS + 1), 16, "answer.future"),
        wrong("statement at another time", replace(now, statements=(late,)), 17, "answer.statement"),
        wrong("statement of a stranger", replace(now, statements=(stranger,)), 17, "answer.statement"),
        wrong("one node twice", replace(now, statements=(said, said)), 17, "answer.statement"),
        wrong("statement on another question", replace(now, at_ms=HEAD_MS), 17, "answer.statement"),
    ]  # fmt: skip
