"""A witness of a network that changes its committee: whose word it takes, and from when on."""

import asyncio
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from api.tlog_witness.app import create_witness_app
from api.tlog_witness.own_log import OwnLog
from api.tlog_witness.service import Witness, WitnessedLog
from cli.documents import rewrite
from cli.main import app as commands
from cli.witness_folder import KeptTrust
from ledger.core.add_checkpoint import AddCheckpoint
from ledger.core.epochs_file import EpochsFile
from ledger.core.note import Note
from ledger.epoch_links import led
from ledger.reliance import read_trust
from ledger.trust import TrustRoot
from ledger.witnessing import origin_hash
from tests.api.changed_town import TIME_S, ChangedTown, changed_town, served
from tests.consensus.memory_file import MemoryFile
from tests.vectors.small_network import signer

NAME, KEY = "court.example/w1", signer("court witness")


@pytest.fixture(scope="module")
def changed() -> ChangedTown:
    return changed_town()


def led_to(changed: ChangedTown, epoch: int) -> TrustRoot:
    return led(changed.trust, changed.chain.links.up_to(epoch))


class Court:
    """A witness over a trust root in a file, and what it answers."""

    def __init__(self, changed: ChangedTown, folder: Path, epoch: int = 0) -> None:
        self.changed, self.path = changed, folder / "network.json"
        self.path.write_bytes(led_to(changed, epoch).encode())
        kept = KeptTrust(self.path)
        log = WitnessedLog(read_trust(self.path), MemoryFile("head", b""), KEY, NAME, kept)
        self.app = create_witness_app(Witness([log], lambda: TIME_S))

    def shown(self, note: Note, old: int = 0, new: int = 0) -> tuple[int, str]:
        """Status, and code where there is one."""
        path = self.changed.chain.consistency(old, new) if old else ()
        body = AddCheckpoint(old, path, note).format()

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://court") as client:
                return await client.post("/add-checkpoint", content=body)

        answer = asyncio.run(ask())
        json = answer.headers["content-type"].startswith("application/")
        return answer.status_code, answer.json()["code"] if json else ""


def test_a_running_witness_takes_the_next_committee_once_its_operator_was_led_there(
    changed: ChangedTown, tmp_path: Path
) -> None:
    court, (_, first, second, last) = Court(changed, tmp_path), changed.sizes
    assert court.shown(changed.note(first, 0)) == (200, "")
    new = changed.note(last, 2)
    assert court.shown(new, first, last) == (403, "receipt.quorum")
    rewrite(court.path, led_to(changed, 1).encode())
    assert court.shown(new, first, last) == (403, "receipt.quorum")
    assert court.shown(changed.note(second, 1), first, second) == (200, "")
    rewrite(court.path, led_to(changed, 2).encode())
    assert court.shown(new, second, last) == (200, "")


def test_a_former_committee_is_refused_above_its_end_and_the_sentence_says_so(
    changed: ChangedTown, tmp_path: Path
) -> None:
    court, (_, first, second, last) = Court(changed, tmp_path, epoch=2), changed.sizes
    for epoch, size in ((0, first + 1), (0, last), (1, second + 1), (1, last)):
        assert court.shown(changed.note(size, epoch)) == (403, "witness.epoch")
    assert court.shown(changed.note(last, 2)) == (200, "")


def test_a_newer_committee_is_no_quorum_for_heads_before_it(
    changed: ChangedTown, tmp_path: Path
) -> None:
    court = Court(changed, tmp_path, epoch=2)
    assert court.shown(changed.note(changed.sizes[0], 2)) == (403, "receipt.quorum")


@pytest.mark.parametrize("what", ["fewer epochs", "another past", "half a file"])
def test_no_file_takes_back_what_a_witness_knows(
    changed: ChangedTown, tmp_path: Path, what: str
) -> None:
    court, (_, _, _, last) = Court(changed, tmp_path, epoch=2), changed.sizes
    own = led_to(changed, 2)
    other = changed.trust.epochs.then(changed.committee(1), changed.sizes[1] + 1)
    data = {
        "fewer epochs": led_to(changed, 1).encode(),
        "another past": TrustRoot(own.genesis, own.network_id, own.origin, other).encode(),
        "half a file": own.encode()[:500],
    }[what]
    rewrite(court.path, data)
    assert court.shown(changed.note(last, 2)) == (200, "")
    assert court.shown(changed.note(last, 0), last, last) == (403, "witness.epoch")


def test_the_command_leads_a_witness_by_a_node_or_by_a_file(
    changed: ChangedTown, tmp_path: Path
) -> None:
    trust, folder, file = tmp_path / "trust.json", tmp_path / "court", tmp_path / "epochs.json"
    trust.write_bytes(changed.trust.encode())
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n", encoding="utf-8")
    secret.chmod(0o600)

    def ran(*words: str | Path, code: int = 0) -> str:
        done = CliRunner().invoke(commands, ["witness", *map(str, words)])
        assert done.exit_code == code, done.output
        return done.output

    ran("init", folder, trust, "--name", NAME, "--cost", "interactive", "--passphrase-file", secret)
    kept = folder / "networks" / f"{origin_hash(changed.trust.origin)}.json"
    links = changed.chain.links.up_to(1)
    file.write_bytes(EpochsFile(changed.trust.network_id, links).encode())
    ran("follow", folder, "--epochs", file)
    assert read_trust(kept) == led_to(changed, 1)
    with served(changed.app()) as url:
        ran("follow", folder, "--node", url)
    assert read_trust(kept) == led_to(changed, 2)
    ran("follow", folder, code=1)


def test_an_observer_that_cosigns_goes_by_the_epochs_of_its_own_chain(
    changed: ChangedTown,
) -> None:
    chain = changed.chain
    own = OwnLog(chain, changed, changed.trust)  # type: ignore[arg-type]
    present = own.present(changed.trust)
    assert present.epochs == chain.epochs
    last = changed.sizes[-1]
    asyncio.run(own.look(AddCheckpoint(0, (), changed.note(last, 2)).format()))
