"""The overlay and the rows' bytes, each beside a slow and plain second opinion."""

from collections.abc import Iterator

from hypothesis import example, given
from hypothesis import strategies as st

from contracts.layout import record_row, record_row_bytes
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import RecordRow, Times
from ledger.core.hashing import LeafKind, leaf_data
from ledger.core.identifiers import MemberId, Subject
from ledger.core.merkle import leaf_hash
from ledger.core.status import state_leaf, state_leaf_hashes

GROUPS = (b"a/", b"ab/", b"b/")
"""No group is the beginning of another, as in the layout of the state."""
NAMES = st.binary(max_size=2)
WRITE = st.tuples(st.sampled_from(GROUPS), NAMES, st.none() | st.binary(max_size=2))
STEP = st.one_of(WRITE, st.sampled_from(["keep", "drop", "look"]))


class Rows:
    """Committed rows, as the chain gives them."""

    def __init__(self, rows: dict[bytes, bytes]) -> None:
        self._rows = rows

    def get(self, key: bytes) -> bytes | None:
        return self._rows.get(key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        found = sorted(self._rows.items())
        return ((k, v) for k, v in found if k.startswith(prefix) and k >= start)


@given(
    st.dictionaries(st.tuples(st.sampled_from(GROUPS), NAMES), st.binary(max_size=2)),
    st.lists(STEP, max_size=40).map(lambda steps: [*steps, "look"]),
)
@example({}, [(b"a/", b"1", b""), "look", (b"a/", b"2", b""), "drop", "look"])
def test_an_overlay_is_a_dict_that_can_drop_what_was_not_kept(
    base: dict[tuple[bytes, bytes], bytes], steps: list[tuple[bytes, bytes, bytes | None] | str]
) -> None:
    committed = {group + rest: value for (group, rest), value in base.items()}
    overlay = Overlay(Rows(committed))
    kept: dict[bytes, bytes | None] = {}
    fresh: dict[bytes, bytes | None] = {}
    for step in steps:
        if step == "keep":
            overlay.keep()
            kept |= fresh
            fresh = {}
        elif step == "drop":
            overlay.drop()
            fresh = {}
        elif not isinstance(step, str):
            overlay.put(*step)
            fresh[step[0] + step[1]] = step[2]
        now: dict[bytes, bytes | None] = {**committed, **kept, **fresh}
        assert {key: overlay.get(key) for key in now} == now
        # Not asked of after every write, so that several wait to be put in order.
        for group in GROUPS if step == "look" else ():
            assert overlay.wrote(group) == any(key.startswith(group) for key in {**kept, **fresh})
            expected = [
                (key.removeprefix(group), value)
                for key, value in sorted(now.items())
                if key.startswith(group) and value is not None
            ]
            assert list(overlay.rows(group)) == expected
    overlay.keep()
    assert overlay.writes() == tuple(sorted({**kept, **fresh}.items()))


TIMES = st.builds(Times, st.integers(-1, 2**62), st.integers(0, 2**53))
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)


@given(
    st.builds(
        RecordRow,
        type=st.from_regex(r"[a-z]{1,8}\.[a-z]{1,8}", fullmatch=True),
        issuer=TEXT.map(MemberId),
        subject=TEXT.map(Subject),
        entered=TIMES,
        effective=st.none() | TIMES,
        voided_index=st.none() | st.integers(0, 2**62),
        kept=st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), st.integers(0, 9)),
        at_limit=st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), max_size=2).map(tuple),
    )
)
def test_a_records_row_comes_back_as_it_was(row: RecordRow) -> None:
    assert record_row(record_row_bytes(row)) == row


@given(st.binary(max_size=300), st.none() | st.binary(max_size=70_000))
def test_a_state_leaf_is_what_the_general_encoder_spells(key: bytes, value: bytes | None) -> None:
    assert state_leaf(key, value) == leaf_data(LeafKind.STATE, key, value)
    assert state_leaf_hashes([(key, value)]) == [leaf_hash(state_leaf(key, value))]


class Counted(Overlay):
    """Counts the rows that questions walk over."""

    __slots__ = ("walked_count",)

    def __init__(self) -> None:
        super().__init__(Rows({}))
        self.walked_count = 0

    def rows(self, group: bytes) -> Iterator[tuple[bytes, bytes]]:
        for row in super().rows(group):
            self.walked_count += 1
            yield row


def test_the_newest_value_is_found_at_once_however_often_it_changed() -> None:
    """One member may change a deadline 10,000 times in a bundle: each record asks for the last."""
    overlay = Counted()
    state = State(overlay)
    for index in range(1_000):
        state.put_value("P/1", "a.b", index, index)
        assert state.value("P/1", "a.b", Times(index + 1, 0)) == index
    assert overlay.walked_count == 1_000
    assert state.value("P/1", "a.b", Times(500, 0)) == 499
    assert state.value("P/1", "a.b", Times(0, 0)) is None
