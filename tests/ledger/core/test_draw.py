"""The draw as a function: its vectors, a slow reference, and that every place is as likely."""

from collections import Counter
from hashlib import sha256
from typing import Any

import pytest

from ledger.core.draw import draw_value, drawn, seed_commitment
from ledger.core.identifiers import Digest, HeaderHash, MemberId, NetworkId, RecordId
from ledger.errors import FormatError
from tests.reference.draw import slow_draw, slow_value, spelled
from tests.vectors.reading import cases


@pytest.mark.parametrize("case", cases("draw/draws"))
def test_a_draw_recomputes(case: Any) -> None:
    network, request, header = (
        bytes.fromhex(case[name]) for name in ("network", "request", "header")
    )
    seeds = [(seeder, bytes.fromhex(word)) for seeder, word, _ in case["seeds"]]
    told = {MemberId(seeder): word for seeder, word in seeds}
    value = draw_value(NetworkId(network), RecordId(request), told, HeaderHash(Digest(header)))
    assert value.hex() == case["value"] == slow_value(network, request, seeds, header).hex()
    places = list(drawn(value, case["pool_count"], case["draw_count"]))
    assert places == case["places"]
    assert places == slow_draw(value, case["pool_count"], case["draw_count"])
    for (seeder, word), (_, _, digest) in zip(seeds, case["seeds"], strict=True):
        made = seed_commitment(NetworkId(network), RecordId(request), MemberId(seeder), word)
        told_bytes = b"bidwitness/draw-seed/v1\n" + spelled(network, request, seeder, word)
        assert made.hex() == digest == sha256(told_bytes).hexdigest()


@pytest.mark.parametrize("case", cases("draw/refused"))
def test_counts_that_no_draw_has_are_refused(case: Any) -> None:
    with pytest.raises(FormatError) as refusal:
        drawn(Digest(bytes(32)), case["pool_count"], case["draw_count"])
    assert refusal.value.code == case["code"]


def test_no_place_is_drawn_twice_and_each_about_as_often() -> None:
    drawn_count: Counter[int] = Counter()
    for number in range(4_000):
        places = drawn(Digest(sha256(str(number).encode()).digest()), 10, 3)
        assert len(set(places)) == 3 and max(places) < 10
        drawn_count.update(places)
    # 1200 expected for each place; five standard deviations are about 145.
    assert all(abs(count - 1_200) < 150 for count in drawn_count.values())


def test_a_word_in_the_last_incomplete_multiple_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = iter([2**64 - 1, 5])
    monkeypatch.setattr("ledger.core.draw._word", lambda *_: next(words))
    assert drawn(Digest(bytes(32)), 3, 1) == (2,)
    words = iter([2**64 - 2])
    assert drawn(Digest(bytes(32)), 3, 1) == ((2**64 - 2) % 3,)
