"""Court bundles in Node: by the command, of any size, and many changed ones by both.

`MUTANTS=20000 MUTANTS_SEED=7` asks for two thousand of them.
"""

import base64
import json
import os
import random
import struct
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger import decode_trust
from ledger.core.identifiers import Digest
from ledger.core.record import Evidence
from ledger.errors import LedgerError, VerificationError
from ledger.evidence import read_evidence
from ledger.judging import judge
from ledger.reliance import Reliance
from ledger.trust import TrustRoot
from tests.javascript.asking import NODE, ROOT, node
from tests.javascript.mutants import changed_bytes
from tests.vectors.generate.court_bundle import packed
from tests.vectors.generate.court_bundles import PAPER, files_of, spelled
from tests.vectors.generate.receipts import world
from tests.vectors.reading import cases
from tests.vectors.small_network import small_record

COUNT = int(os.environ.get("MUTANTS", "1000")) // 10
SEED = int(os.environ.get("MUTANTS_SEED", "5"))
LARGE = (5 << 20) + 5
TRUST = next(each.values[0]["trust"] for each in cases("receipt/trusts"))


def run(*arguments: Path | str) -> subprocess.CompletedProcess[str]:
    if NODE is None:
        pytest.skip("node is not installed: apt install nodejs")
    verifier = ROOT / "api" / "static" / "verify" / "verify.js"
    line = [NODE, str(verifier), *map(str, arguments)]
    return subprocess.run(line, capture_output=True, check=False, text=True, timeout=60)


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(TRUST))
    return path


def test_the_command_proves_a_bundle_and_names_what_lies_in_it(trust: Path) -> None:
    here, path = world(), trust.with_name("x.zip")
    receipts = [here.network.receipt(each) for each in (here.first, here.alert)]
    path.write_bytes(spelled(files_of(receipts, [PAPER])))
    done = run(path, "--trust", trust)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith(str(path))]
    assert [each.partition(": ")[2][:9] for each in told] == ["receipts/"] * 2
    assert "10 ✓" in done.stdout, "the original was compared"
    other = trust.with_name("other")
    other.write_bytes(b"x")
    done = run(path, "--trust", trust, "--document", other)
    assert done.returncode == 1 and "receipt.document" in done.stdout


def test_an_original_of_many_megabytes_is_read_by_pieces(trust: Path) -> None:
    data, path = bytes(LARGE), trust.with_name("x.zip")
    digest = Digest(sha256(data).digest())
    record = small_record("large", evidence=(Evidence("a.pdf", digest, None, LARGE, ""),))
    here = world()
    here.network.commit([here.network.bundle([record])])
    path.write_bytes(spelled(files_of([here.network.receipt(record)], [data])))
    done = run(path, "--trust", trust)
    assert done.returncode == 0, done.stderr
    assert "10 ✓" in done.stdout
    bent = bytearray(path.read_bytes())
    bent[LARGE // 2] ^= 1
    path.write_bytes(bent)
    done = run(path, "--trust", trust)
    assert (done.returncode, done.stdout) == (2, "") and "court_bundle" in done.stderr


@pytest.mark.parametrize("size", [(1 << 32) - 1, 1 << 32], ids=["all directory", "too large"])
def test_a_hostile_sparse_file_takes_no_memory(trust: Path, size: int) -> None:
    path = trust.with_name("x.zip")
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(size)
        file.seek(-22, 2)
        length = min(size, (1 << 32) - 1) - 22
        file.write(struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 9, 9, length, 0, 0))
    done = run(path, "--trust", trust)
    assert (done.returncode, done.stderr) == (2, "court_bundle.form\n")


def mutants(count: int) -> Iterator[bytes]:
    """Bundles that a stranger changed: bytes anywhere, a file inside, a name, the order."""
    chance = random.Random(SEED)
    here = world()
    network = here.network
    bases = (
        files_of([network.receipt(here.first)], [PAPER]),
        files_of([network.receipt(here.alert), network.receipt(here.other)], proofs=True),
    )
    for _ in range(count):
        files = dict(chance.choice(bases))
        how = chance.randrange(6)
        name = chance.choice(list(files))
        if how == 0:
            yield changed_bytes(spelled(files), chance)
            continue
        if how == 1:
            whole = bytearray(spelled(files))
            start = whole.index(b"PK\x01\x02")
            whole[chance.randrange(start, len(whole))] ^= 1 << chance.randrange(8)
            yield bytes(whole)
            continue
        if how == 2:
            files[chance.choice(("more.txt", "proofs/x", "openings/x", name.upper()))] = b"{}"
        elif how == 3:
            del files[name]
        elif how == 4:
            files[name] = files[chance.choice(list(files))]
        else:
            files[name] = changed_bytes(files[name], chance)
        yield spelled(files, sums=True) if chance.random() < 0.9 else packed(files)


def verdict(path: Path, trust: TrustRoot) -> list[Any]:
    """Of each proof in a bundle whether it holds, or the step; of a bundle that is none: null."""
    try:
        evidence = read_evidence([path])
    except LedgerError:
        return [None]
    outcomes = judge(evidence.presented, Reliance((trust,)), evidence.documents)
    problems = [each.problem for each in outcomes]
    return [
        each is None or (each.step if isinstance(each, VerificationError) else 0)
        for each in problems
    ]


def test_both_implementations_say_the_same_of_bundles_from_a_stranger(tmp_path: Path) -> None:
    trust = decode_trust(json.dumps(TRUST).encode())
    path, files = tmp_path / "x.zip", list(mutants(COUNT))
    said = []
    for each in files:
        path.write_bytes(each)
        said.append(verdict(path, trust))
    asked = [base64.b64encode(each).decode() for each in files]
    found = node("bundles", trust=TRUST, files=asked)
    assert found == said
    assert [None] in said and any(True in each for each in said)
