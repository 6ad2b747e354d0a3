"""`bidwitness witness`: a real process that cosigns, is killed, and never says two things."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.note import NoteKey, parse_line, parse_note, parse_vkey, verify_signature
from ledger.witnessing import origin_hash
from tests.vectors.generate.add_checkpoint import grown, head_of, request_for
from tests.vectors.small_network import SmallNetwork

PASSPHRASE = "correct horse"
NAME = "court.example/w1"
LOG, FORK = grown(30), grown(30, "fork ")
ORIGIN = LOG.trust.origin


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def bidwitness(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@dataclass
class RealWitness:
    """A witness's folder, and its process where one runs."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None

    def make(self) -> None:
        trust, passphrase = self.folder.parent / "trust.json", self.folder.parent / "passphrase"
        trust.write_bytes(LOG.trust.encode())
        passphrase.write_text(PASSPHRASE)
        made = bidwitness(
            *("witness", "init", str(self.folder), str(trust), "--name", NAME),
            *("--listen", f"127.0.0.1:{self.port}", "--cost", "interactive"),
            *("--passphrase-file", str(passphrase), "--json"),
        )
        assert made.returncode == 0, made.stdout + made.stderr

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self.folder.parent / "console").open("a") as console:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "cli.main", "witness", "run", str(self.folder)),
                    "--stop-with-parent",
                ],
                stdin=subprocess.PIPE,
                stderr=console,
                text=True,
            )
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                httpx.get(f"{self.url}/healthz", trust_env=False)
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        pytest.fail((self.folder.parent / "console").read_text())

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(20)

    def add(self, log: SmallNetwork, old: int, new: int) -> httpx.Response:
        body = request_for(log, old, new).format()
        return httpx.post(f"{self.url}/add-checkpoint", content=body, trust_env=False, timeout=60)

    def head(self) -> Checkpoint:
        where = f"{self.url}/{origin_hash(ORIGIN)}/checkpoint"
        return parse_checkpoint(parse_note(httpx.get(where, trust_env=False).content).text)


@contextmanager
def running(witness: RealWitness) -> Iterator[RealWitness]:
    witness.start()
    try:
        yield witness
    finally:
        witness.kill()


@pytest.fixture
def witness(tmp_path: Path) -> RealWitness:
    made = RealWitness(tmp_path / "witness")
    made.make()
    return made


def vkey_of(witness: RealWitness) -> NoteKey:
    """The key as the running process tells it in its log."""
    said = (witness.folder.parent / "console").read_text()
    return parse_vkey(said.partition('"vkey": "')[2].partition('"')[0])


def test_the_story_of_a_court_that_wants_nothing_more_than_that(witness: RealWitness) -> None:
    with running(witness):
        key = vkey_of(witness)
        assert key.name == NAME
        assert witness.add(LOG, 0, 10).status_code == 200
        stale = witness.add(LOG, 0, 12)
        assert (stale.status_code, stale.text) == (409, "10\n")
        assert stale.headers["content-type"] == "text/x.tlog.size"
        answer = witness.add(LOG, 10, 12)
        assert answer.status_code == 200
        line = parse_line(answer.text.removesuffix("\n"))
        said_s = verify_signature(head_of(LOG, 12).text(), line, key)
        assert said_s is not None
        # A second process on the folder is refused, whatever port it would take.
        second = bidwitness("witness", "run", str(witness.folder))
        assert second.returncode == 3
        assert "store.locked" in second.stderr
        # A fork under the quorum's own signatures is not cosigned, and nothing is rolled back.
        assert witness.add(FORK, 12, 14).status_code == 422
        assert witness.add(LOG, 8, 8).status_code == 409
        assert witness.head() == head_of(LOG, 12)
        assert witness.stop() == 0
    with running(witness):
        assert witness.head() == head_of(LOG, 12)
        assert witness.add(FORK, 12, 14).status_code == 422
        assert witness.add(LOG, 12, 60).status_code == 200


def test_of_requests_that_race_exactly_one_follows_the_same_head(witness: RealWitness) -> None:
    with running(witness):
        assert witness.add(LOG, 0, 2).status_code == 200
        held = 2
        for new in (10, 30, 50):
            sizes = range(new, new + 8)
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda size, old=held: witness.add(LOG, old, size), sizes))
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
        with running(witness):
            held = int(witness.add(LOG, 0, 1).text) if answered else 0
            # It may have made one more durable than it could answer; never one fewer.
            assert answered <= held <= answered + 1
            sizes = iter(range(held + 1, len(LOG.leaves) + 1))
            with ThreadPoolExecutor(1) as pool:
                last = held
                for _ in range(kill_after):
                    size = next(sizes)
                    assert witness.add(LOG, last, size).status_code == 200
                    last = answered = size
                under_way = pool.submit(witness.add, LOG, last, next(sizes))
                witness.kill()
                try:
                    answered += under_way.result().status_code == 200
                except httpx.HTTPError:
                    continue
    with running(witness):
        assert witness.head().size >= answered
        fork = witness.add(FORK, witness.head().size, 40)
        assert fork.status_code == 422


def test_a_witness_that_lost_its_last_word_does_not_start(witness: RealWitness) -> None:
    with running(witness):
        assert witness.add(LOG, 0, 10).status_code == 200
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
    with running(witness):
        assert witness.head() == head_of(LOG, 10)


def test_a_network_is_added_once_and_a_name_must_be_one(witness: RealWitness) -> None:
    trust = str(witness.folder.parent / "trust.json")
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
        *("--passphrase-file", str(witness.folder.parent / "passphrase")),
    )
    assert (named.returncode, "settings.invalid" in named.stderr) == (2, True)
