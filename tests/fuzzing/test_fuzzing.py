"""What campaigns found stays found: every kept input, and every one that once crashed, is played.

`make fuzz MINUTES=10` searches on; this needs no fuzzer, but for one short look that it still runs.
"""

import importlib.util
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.decoders.registry import ALL, Decoder, Spelling
from tests.fuzzing.bending import bent_json
from tests.fuzzing.corpus_files import CORPUS, CRASHES, crashes, kept
from tests.fuzzing.elsewhere import disagreements
from tests.fuzzing.judging import ROOT, judge
from tests.fuzzing.targets import TARGETS, Target

CORPUS_BYTES_MAX = 300_000
SMOKE = "court_zip"


def test_every_decoder_is_a_target() -> None:
    assert {each.name for each in ALL} <= set(TARGETS)
    assert len({each.name for each in ALL}) == len(ALL), "two decoders of one name"


def test_nothing_is_kept_for_what_is_no_target() -> None:
    named = {path.stem for path in CORPUS.iterdir()}
    named |= {path.name for path in CRASHES.iterdir()} if CRASHES.is_dir() else set()
    assert named <= set(TARGETS)


def test_the_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in CORPUS.iterdir()) < CORPUS_BYTES_MAX


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_what_was_found_is_accepted_or_refused_in_order(target: Target) -> None:
    once = crashes(target.name)
    for name, data in (
        *once.items(),
        *((str(at), each) for at, each in enumerate(kept(target.name))),
    ):
        judgement = judge(target, data)
        assert judgement.finding == "", f"{name}: {data[:200]!r}\n{judgement.trace}"


def _hostile(data: bytes) -> bytes:
    if data == b"slow":
        return max(str(each).encode() for each in range(3_000_000))
    return data if data != b"\x00" else json.loads(data)


@pytest.mark.parametrize(
    ("data", "cause"),
    [(b"\x00", "JSONDecodeError"), (b"other", "AssertionError"), (b"slow", "slow")],
    ids=["another exception", "another spelling", "no end"],
)
def test_a_judge_sees_what_it_is_there_for(
    data: bytes, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fuzzing.judging.SECONDS_MAX", 0.2)
    decoder = Decoder(
        *("hostile", _hostile, _hostile, bytes, TARGETS["load"].decoder.values, Spelling.TEXT),
        same=lambda value, given: given != b"other",
    )
    assert judge(Target(decoder, None), b"good").accepted
    assert cause in judge(Target(decoder, None), data).finding


def test_json_is_bent_inside_what_it_carries() -> None:
    """The record in a receipt comes out changed, and still as a record's canonical bytes."""
    seed = TARGETS["decode_receipt"].seeds()[0]
    bend = bent_json([seed])
    found = [bend(seed, random.Random(each)) for each in range(200)]
    accepted = [each for each in found if judge(TARGETS["decode_receipt"], each).accepted]
    assert any(json.loads(each) != json.loads(seed) for each in accepted)


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris is not installed: it has wheels for Linux on x86-64 only",
)
def test_the_fuzzer_runs_and_covers_more_than_its_seeds(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "tests.fuzzing", "--json", "--minutes", "0.05", "--jobs", "1"]
    done = subprocess.run(
        [*line, "--seed", "7", "--only", SMOKE, "--folder", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    (told,) = json.loads(done.stdout)["targets"]
    assert told["runs"] > 100 and told["edges"] > 10 and told["fresh"] > 0


def test_both_verifiers_accept_and_refuse_the_same_of_what_was_found() -> None:
    count, wrong = disagreements({name: [*kept(name), *crashes(name).values()] for name in TARGETS})
    assert count > 0 and wrong == []
