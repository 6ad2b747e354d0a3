"""Commands of a reader whose trust root is from the founding, in a network that has changed since."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from ledger.core.epochs_file import EpochsFile
from ledger.core.misconduct_file import decode_misconduct_file
from ledger.core.policy import parse_policy
from ledger.culprit import verify_misconduct
from ledger.reliance import read_trust
from tests.api.changed_town import ChangedTown, changed_town, served
from tests.bits import flipped


@pytest.fixture(scope="module")
def changed() -> ChangedTown:
    return changed_town()


@pytest.fixture(scope="module")
def url(changed: ChangedTown) -> Iterator[str]:
    with served(changed.app()) as url:
        yield url


@pytest.fixture
def trust(changed: ChangedTown, tmp_path: Path) -> Path:
    path = tmp_path / "trust.json"
    path.write_bytes(changed.trust.encode())
    path.chmod(0o640)
    return path


def ran(*words: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(app, [*map(str, words)], env={"LC_ALL": "en_US.UTF-8"})
    assert done.exit_code == code, done.output
    return done


def test_a_trust_root_follows_its_network_and_is_rewritten_whole(
    changed: ChangedTown, url: str, trust: Path
) -> None:
    words = ("network", "trust", "--trust", trust, "--json")
    told = json.loads(ran(*words).output)
    assert (told["epoch"], told["began_at"], told["file"]) == (0, 0, None)
    told = json.loads(ran(*words, "--follow", "--node", url).output)
    assert (told["epoch"], told["began_at"], told["file"]) == (2, changed.sizes[2], str(trust))
    assert read_trust(trust).epochs == changed.chain.epochs
    assert trust.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in trust.parent.iterdir()] == ["trust.json"]
    told = json.loads(ran(*words, "--follow", "--node", url).output)
    assert (told["epoch"], told["file"]) == (2, None)
    shown = ran("network", "trust", "--trust", trust).output
    assert "epoch 2, 3 of 4" in shown and "node-agency" in shown


def test_a_node_that_is_away_is_not_taken_for_nothing_new(trust: Path) -> None:
    ran("network", "trust", "--trust", trust, "--follow", "--node", "http://127.0.0.1:1", code=1)


def test_a_file_of_links_does_without_a_node(
    changed: ChangedTown, trust: Path, tmp_path: Path
) -> None:
    file, out = tmp_path / "epochs.json", tmp_path / "newer.json"
    links = changed.chain.links.up_to(2)
    file.write_bytes(EpochsFile(changed.trust.network_id, links).encode())
    ran("network", "trust", "--trust", trust, "--epochs", file, "--out", out)
    assert read_trust(out).epochs == changed.chain.epochs
    assert read_trust(trust).committee.epoch == 0


def test_a_policy_is_of_the_last_epoch_that_is_known_or_of_one_that_is_named(
    changed: ChangedTown, url: str, trust: Path
) -> None:
    words = ("network", "policy", "--trust", trust, "--log", "node-registry")
    second, third = changed.sizes[1:3]
    assert ran(*words).output.startswith("# Committee of epoch 0: heads of 0 leaves and more\n")
    ran("network", "trust", "--trust", trust, "--follow", "--node", url)
    made = [ran(*words, "--epoch", str(epoch)).output for epoch in range(3)]
    assert ran(*words).output == made[2]
    lines = [made[epoch].partition("\n")[0] for epoch in range(3)]
    assert lines == [
        f"# Committee of epoch 0: heads of 0 to {second} leaves",
        f"# Committee of epoch 1: heads of {second + 1} to {third} leaves",
        f"# Committee of epoch 2: heads of {third + 1} leaves and more",
    ]
    assert parse_policy(made[2].encode()) != parse_policy(made[0].encode())
    refused = ran(*words, "--epoch", "3", code=1)
    assert "trust.epoch" in f"{refused.exception!r}"


def test_a_log_is_copied_and_compared_across_a_change(
    changed: ChangedTown, url: str, trust: Path, tmp_path: Path
) -> None:
    copy, old = tmp_path / "log", tmp_path / "old.note"
    old.write_bytes(changed.note(changed.sizes[0], 0).format())
    words = ("--node", url, "--trust", trust)
    ran("export", "tiles", copy, *words)
    told = json.loads(ran("consistency", old, *words, "--json").output)
    assert told["new"]["size"] == changed.chain.head.log_size
    ran("consistency", old, copy / "checkpoint", *words)
    receipt = tmp_path / "last.receipt.json"
    receipt.write_bytes(changed.chain.receipt(changed.last).encode())
    # The receipt leads to its own committee, where no node can be asked.
    ran("consistency", receipt, receipt, "--tiles", copy, "--trust", trust, code=1)
    ran("network", "trust", *words, "--follow")
    ran("consistency", old, "--tiles", copy, "--trust", trust)


def test_evidence_of_a_later_epoch_finds_its_links_by_itself(
    changed: ChangedTown, url: str, trust: Path, tmp_path: Path
) -> None:
    size = changed.chain.head.log_size
    notes: list[Path] = []
    for name, root in (("one", None), ("other", flipped(changed.chain.root_of(size)))):
        path = tmp_path / f"{name}.note"
        path.write_bytes(changed.note(size, 2, root).format())
        notes.append(path)
    words: tuple[str | Path, ...] = (
        "misconduct",
        "compare",
        *notes,
        "--trust",
        trust,
        "--out",
        tmp_path,
        "--json",
    )
    told = json.loads(ran(*words, "--node", url).output)
    accused = {each["node"] for each in told["evidence"]}
    assert accused == {node.node_id for node in changed.committee(2).nodes[:3]}
    for each in told["evidence"]:
        file = decode_misconduct_file(Path(each["file"]).read_bytes())
        assert verify_misconduct(file, changed.trust).epoch == 2
        ran("verify", each["file"], "--trust", trust)
