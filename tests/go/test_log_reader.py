"""A reader that this project did not write: Go's own notes and trees over exports of real nodes.

The program beside this file is built offline from what Debian packages, and gets folders or URLs,
the policy and proofs, as anyone outside would.
"""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.commands import bidwitness
from tests.network.real_network import RealNetwork
from tests.vectors.generate.tiles import CENTRE, files_of, network
from tests.vectors.reading import VECTORS
from tests.vectors.small_network import SmallNetwork

SOURCE = Path(__file__).parent
GOPATH = Path("/usr/share/gocode")
BUILD_S = 300
RUN_S = 120


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built without a network."""
    if shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("Go absent: apt install golang-go golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    program = folder / "logreader"
    own = {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": "", "GOPROXY": "off"}
    built = subprocess.run(
        ["go", "build", "-o", str(program), "./logreader"],
        cwd=SOURCE,
        env=os.environ | own | {"GOCACHE": str(folder / "cache"), "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return program


def read(reader: Path, policy: Path, *words: str | Path) -> tuple[int, str]:
    """Exit status and words of the program."""
    ended = subprocess.run(
        [str(reader), "-policy", str(policy), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def must_read(reader: Path, policy: Path, *words: str | Path) -> list[str]:
    status, said = read(reader, policy, *words)
    assert status == 0, said
    return said.splitlines()


def must_refuse(reader: Path, policy: Path, *words: str | Path) -> str:
    status, said = read(reader, policy, *words)
    assert status == 1, said
    return said


# Four real nodes, two exports.


@pytest.mark.network
@pytest.mark.slow
def test_two_exports_of_real_nodes_verify_and_are_of_one_log(reader: Path, tmp_path: Path) -> None:
    made = RealNetwork(tmp_path)
    made.start()
    try:
        url, copy, earlier = made.nodes[0].api, tmp_path / "copy", tmp_path / "earlier"
        for count in (120, 1):
            submit(made, url, count)
        first = run(made, "export", "tiles", copy)
        shutil.copytree(copy, earlier)
        record = submit(made, url, 300)
        proof, policy = tmp_path / "proof", tmp_path / "policy"
        run(made, "receipt", record, "--tlog-proof", proof)
        run(made, "network", "policy", "--log", made.nodes[0].node_id, "--out", policy)
        second = run(made, "export", "tiles", copy)
        assert first["size"] == second["size_before"] < second["size"]
        said = must_read(reader, policy, "-proof", proof, earlier, copy, url)
        assert said[0].startswith(f"{earlier}: size {first['size']}, 121 entries")
        assert said[1].startswith(f"{copy}: size {second['size']}, 421 entries")
        assert said[2] == f"{copy}: begins with the {first['size']} leaves before"
        assert said[4] == f"{url}: begins with the {second['size']} leaves before"
        assert said[5].startswith(f"{proof}: leaf ")
        other = tmp_path / "other policy"
        run(made, "network", "policy", "--log", made.nodes[1].node_id, "--out", other)
        assert "log signature false" in must_refuse(reader, other, copy)
    finally:
        made.stop()


def submit(made: RealNetwork, url: str, count: int) -> str:
    """Submit records and wait until they are cosigned; the id of the first one."""
    bundle = made.bundle(count, "centre")
    answer = httpx.post(
        f"{url}/v1/bundles?wait=60&receipts=none",
        content=bundle.encode(),
        headers={"Content-Type": "application/msgpack"},
        timeout=90,
        trust_env=False,
    )
    assert answer.status_code == 201, answer.text
    return bundle.record_ids[0].hex()


def run(made: RealNetwork, *words: str | Path) -> dict[str, int]:
    """What a command says of the first node, in JSON."""
    trust = str(made.folder / "network" / "trust.json")
    environment = os.environ | {"BIDWITNESS_TRUST": trust, "BIDWITNESS_NODE": made.nodes[0].api}
    ended = bidwitness(*words, "--json", env=environment, timeout=RUN_S)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told: dict[str, int] = json.loads(ended.stdout)
    return told


# The published vectors, as files, and whatever can be wrong with them.


@pytest.fixture(scope="module")
def log() -> SmallNetwork:
    return network(265)


@pytest.fixture
def copy(tmp_path: Path, log: SmallNetwork) -> Path:
    """The log of the vectors, in a folder."""
    folder = tmp_path / "copy"
    for name, data in (files_of(log) | {"checkpoint": log.note().encode()}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    (_, case) = json.loads((VECTORS / "tiles" / "logs.json").read_text(encoding="utf-8"))
    path = tmp_path / "policy"
    path.write_text(case["policy"], encoding="utf-8")
    assert f"witness {case['origin']}/{CENTRE}" in case["policy"]
    return path


@pytest.fixture
def web(copy: Path) -> Iterator[str]:
    """The folder behind a plain static web server."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(copy))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_copy_behind_any_web_server_is_a_log(
    reader: Path, policy: Path, copy: Path, web: str
) -> None:
    said = must_read(reader, policy, copy, web)
    assert said[0] == f"{copy}: size 268, 266 entries and 2 blocks included, cosigned by 4"
    assert said[1:] == [
        f"{web}: size 268, 266 entries and 2 blocks included, cosigned by 4",
        f"{web}: begins with the 268 leaves before",
    ]


def test_the_proofs_of_the_vectors_hold(reader: Path, policy: Path, tmp_path: Path) -> None:
    cases = json.loads((VECTORS / "tlog_proof" / "accepted.json").read_text(encoding="utf-8"))
    proofs = []
    for number, case in enumerate(cases):
        proofs += ["-proof", str(tmp_path / f"{number}.tlog-proof")]
        Path(proofs[-1]).write_text(case["proof"], encoding="utf-8")
    said = must_read(reader, policy, *proofs)
    assert [line.split(": leaf ")[1] for line in said] == [
        f"{case['index']} included" for case in cases
    ]
    text = Path(proofs[1]).read_text(encoding="utf-8")
    Path(proofs[1]).write_text(text.replace("\nindex 0\n", "\nindex 1\n"), encoding="utf-8")
    assert "invalid" in must_refuse(reader, policy, *proofs)


@pytest.mark.parametrize(
    "name", ["checkpoint", "tile/0/000", "tile/0/001.p/12", "tile/1/000.p/1", "tile/entries/000"]
)
def test_a_byte_changed_anywhere_is_seen(reader: Path, policy: Path, copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    # Of a checkpoint the signed text: a bent signature line is of a key that nobody knows.
    data[data.index(b"\n\n") - 20 if name == "checkpoint" else len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    assert must_refuse(reader, policy, copy)


def test_a_quorum_that_is_one_short_is_seen(
    reader: Path, policy: Path, copy: Path, log: SmallNetwork
) -> None:
    (copy / "checkpoint").write_text(log.note(["centre", "notary"]), encoding="utf-8")
    assert "2 of 3 cosigners" in must_refuse(reader, policy, copy)


def test_a_log_that_was_written_anew_is_seen(
    reader: Path, policy: Path, copy: Path, log: SmallNetwork, tmp_path: Path
) -> None:
    other = network(300)
    forked = tmp_path / "forked"
    for name, data in (files_of(other) | {"checkpoint": other.note().encode()}).items():
        (forked / name).parent.mkdir(parents=True, exist_ok=True)
        (forked / name).write_bytes(data)
    assert len(must_read(reader, policy, forked)) == 1
    assert len(other.leaves) > len(log.leaves)
    assert "invalid" in must_refuse(reader, policy, copy, forked)
