"""`bidwitness witness`: a real process that cosigns, is killed, and never says two things."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from ledger.core.misconduct_file import decode_misconduct_file
from ledger.core.note import parse_line, verify_signature
from ledger.witnessing import origin_hash
from tests.commands import bidwitness
from tests.network.real_witness import RealWitness
from tests.vectors.generate.add_checkpoint import grown, head_of, request_for
from tests.vectors.small_network import SmallNetwork

NAME = "court.example/w1"
LOG, FORK = grown(30), grown(30, "fork ")
ORIGIN = LOG.trust.origin


@pytest.fixture
def witness(tmp_path: Path) -> RealWitness:
    made = RealWitness(tmp_path / "witness", LOG.trust, NAME)
    made.make()
    return made


def add(witness: RealWitness, log: SmallNetwork, old: int, new: int) -> httpx.Response:
    body = request_for(log, old, new).format()
    return httpx.post(f"{witness.url}/add-checkpoint", content=body, trust_env=False, timeout=60)


def test_the_story_of_a_court_that_wants_nothing_more_than_that(witness: RealWitness) -> None:
    with witness.running():
        key = witness.key
        assert key.name == NAME
        assert add(witness, LOG, 0, 10).status_code == 200
        stale = add(witness, LOG, 0, 12)
        assert (stale.status_code, stale.text) == (409, "10\n")
        assert stale.headers["content-type"] == "text/x.tlog.size"
        answer = add(witness, LOG, 10, 12)
        assert answer.status_code == 200
        line = parse_line(answer.text.removesuffix("\n"))
        said_s = verify_signature(head_of(LOG, 12).text(), line, key)
        assert said_s is not None
        # A second process on the folder is refused, whatever port it would take.
        second = bidwitness("witness", "run", str(witness.folder))
        assert second.returncode == 3
        assert "store.locked" in second.stderr
        # A fork under the quorum's own signatures is not cosigned, and nothing is rolled back.
        assert add(witness, FORK, 12, 14).status_code == 422
        assert add(witness, LOG, 8, 8).status_code == 409
        assert witness.head() == head_of(LOG, 12)
        assert witness.stop() == 0
    whoever_signed_both_is_named(witness)
    with witness.running():
        assert witness.head() == head_of(LOG, 12)
        assert add(witness, FORK, 12, 14).status_code == 422
        assert add(witness, LOG, 12, 60).status_code == 200


def whoever_signed_both_is_named(witness: RealWitness) -> None:
    """Every key of the committee conspired, and each is named, to anybody, without the witness."""
    told = bidwitness("witness", "status", str(witness.folder), "--json")
    assert told.returncode == 1, told.stderr
    (network,) = json.loads(told.stdout)["networks"]
    assert (network["origin"], network["size"]) == (ORIGIN, 12)
    files = [Path(each["file"]) for each in network["evidence"]]
    assert len(files) == LOG.trust.committee.n
    verified = bidwitness("verify", str(files[0]), "--trust", str(witness.trust_file), "--json")
    assert verified.returncode == 0
    named = decode_misconduct_file(files[0].read_bytes()).fault
    assert named.kind.value == "two-heads" and named.node in verified.stdout
    shown = bidwitness("witness", "status", str(witness.folder))
    assert shown.returncode == 1 and named.node in shown.stdout


def test_of_requests_that_race_exactly_one_follows_the_same_head(witness: RealWitness) -> None:
    with witness.running():
        assert add(witness, LOG, 0, 2).status_code == 200
        held = 2
        for new in (10, 30, 50):
            sizes = range(new, new + 8)
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda size, old=held: add(witness, LOG, old, size), sizes))
            won = [
                size
                for size, answer in zip(sizes, answers, strict=True)
                if answer.status_code == 200
            ]
            assert len(won) == 1
            lost = [answer for answer in answers if answer.status_code != 200]
            assert {(answer.status_code, answer.text) for answer in lost} == {(409, f"{won[0]}\n")}
            held = won[0]
            assert witness.head() == head_of(LOG, held)


def test_a_witness_killed_in_the_middle_still_holds_all_that_it_answered(
    witness: RealWitness,
) -> None:
    answered = 0
    for kill_after in (3, 1, 6):
        with witness.running():
            held = int(add(witness, LOG, 0, 1).text) if answered else 0
            # It may have made one more durable than it could answer; never one fewer.
            assert answered <= held <= answered + 1
            sizes = iter(range(held + 1, len(LOG.leaves) + 1))
            with ThreadPoolExecutor(1) as pool:
                last = held
                for _ in range(kill_after):
                    size = next(sizes)
                    assert add(witness, LOG, last, size).status_code == 200
                    last = answered = size
                under_way = pool.submit(add, witness, LOG, last, next(sizes))
                witness.kill()
                try:
                    answered += under_way.result().status_code == 200
                except httpx.HTTPError:
                    continue
    with witness.running():
        assert witness.head().size >= answered
        fork = add(witness, FORK, witness.head().size, 40)
        assert fork.status_code == 422


def test_a_witness_that_lost_its_last_word_does_not_start(witness: RealWitness) -> None:
    with witness.running():
        assert add(witness, LOG, 0, 10).status_code == 200
    head = witness.folder / "heads" / origin_hash(ORIGIN)
    kept = head.read_bytes()
    head.unlink()
    for damage in (None, kept.replace(b"\n10\n", b"\n11\n")):
        if damage is not None:
            head.write_bytes(damage)
        refused = bidwitness("witness", "run", str(witness.folder))
        assert refused.returncode == 3
        assert "witness.state" in refused.stderr
    head.write_bytes(kept)
    with witness.running():
        assert witness.head() == head_of(LOG, 10)


def test_a_network_is_added_once_and_a_name_must_be_one(witness: RealWitness) -> None:
    trust = str(witness.trust_file)
    again = bidwitness("witness", "add", str(witness.folder), trust)
    assert (again.returncode, "file.exists" in again.stderr) == (3, True)
    small = SmallNetwork(("centre", "supervisor", "registry"))
    other = witness.folder.parent / "other.json"
    other.write_bytes(small.trust.encode())
    added = bidwitness("witness", "add", str(witness.folder), str(other), "--json")
    assert added.returncode == 0
    assert small.trust.origin in added.stdout
    named = bidwitness(
        *("witness", "init", str(witness.folder.parent / "w2"), trust, "--name", "two words"),
        *("--passphrase-file", str(witness.passphrase_file)),
    )
    assert (named.returncode, "settings.invalid" in named.stderr) == (2, True)
