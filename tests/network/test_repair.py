"""A damaged journal: the node refuses to start, says what to do, and that works."""

import json
import subprocess
from pathlib import Path

import pytest

from consensus.append_file import DiskFile
from consensus.core.ready import EntryKind, JournalEntry
from consensus.intake import Intake
from consensus.journal import Journal
from ledger.core.identifiers import Height, NodeId
from tests.commands import bidwitness
from tests.network.real_network import RealNetwork


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return bidwitness(*words, env={"LANG": "en_US.UTF-8", "COLUMNS": "500"})


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.network
@pytest.mark.slow
def test_a_damaged_journal_is_told_set_aside_and_started_anew(tmp_path: Path) -> None:
    network = RealNetwork(tmp_path)
    node = network.nodes[0]
    promises, intake = node.folder / "journal" / "promises", node.folder / "journal" / "intake"
    file = DiskFile(promises)
    journal = Journal(file, network.trust.network_id, NodeId(node.node_id))
    journal.append([JournalEntry(EntryKind.PREPARE, Height(1), b"a vote")])
    file.close()
    file = DiskFile(intake)
    kept = Intake(file, network.trust.genesis.parameters)
    kept.take(network.bundle(1, "centre"), 1)
    whole = intake.read_bytes()
    kept.take(network.bundle(1, "centre"), 2)
    file.close()
    flip(promises, -1)
    flip(intake, -1)
    damaged = promises.read_bytes(), intake.read_bytes()

    refused = command("node", "run", str(node.folder))
    assert refused.returncode != 0
    assert "journal.damaged" in refused.stderr and "node repair" in refused.stderr
    assert "Traceback" not in refused.stderr

    looked = command("diagnose", "--data", str(node.folder))
    assert looked.returncode == 3, looked.stderr
    assert "cannot start" in looked.stdout and "node repair" in looked.stdout
    assert (promises.read_bytes(), intake.read_bytes()) == damaged

    done = command("node", "repair", str(node.folder), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [each["abstain_until"] for each in told] == [1, None]
    assert tuple(Path(each["aside"]).read_bytes() for each in told) == damaged
    assert intake.read_bytes() == whole
    again = command("node", "repair", str(node.folder))
    assert again.returncode == 0 and "Nothing is damaged" in again.stdout

    network.start()
    try:
        status = network.status(node)
        assert "abstains" in status["troubles"]
        told = command("diagnose", "--data", str(node.folder))
        assert told.returncode == 1, told.stderr
        assert "signs no vote before others have decided height 1" in told.stdout
    finally:
        network.stop()
