"""`node run`: what it refuses before it says a word, and how it stops."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.demo.processes import CONSOLE_FILE, stop_all
from cli.main import app
from cli.settings import Settings
from ledger.core.note import Kind, NoteKey
from ledger.reliance import read_trust
from tests.cli.one_node import READY_S, Ended, OneNode, new_network

pytestmark = pytest.mark.network


def run(node: OneNode) -> Ended:
    """The node until it ends by itself."""
    ended = subprocess.run(
        [sys.executable, "-m", "cli.main", "node", "run", str(node.node.folder)],
        env={"LANG": "en_US.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=READY_S,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def check_refused(ended: Ended, exit_code: int, code: str) -> None:
    assert ended.code == exit_code, ended.err
    assert f"({code})" in ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err.strip().splitlines()) == 1, "one sentence"


def test_an_address_for_a_node_that_is_not_in_the_committee_is_refused(tmp_path: Path) -> None:
    made = new_network(tmp_path)
    with (made.node.folder / "node.toml").open("a") as settings:
        settings.write('stranger = "127.0.0.1:9"\n')
    check_refused(run(made), 2, "settings.invalid")


def test_a_witness_with_a_key_of_the_committee_is_refused(tmp_path: Path) -> None:
    made = new_network(tmp_path)
    node = read_trust(made.trust).committee.nodes[0]
    vkey = NoteKey("court.example/w1", Kind.COSIGNATURE, node.node_key).vkey()
    file = made.node.folder / "node.toml"
    named = f'witnesses = [{{ vkey = "{vkey}", url = "http://127.0.0.1:9" }}]'
    file.write_text(file.read_text().replace("witnesses = []", named))
    ended = run(made)
    check_refused(ended, 2, "settings.invalid")
    assert "court.example/w1" in ended.err


def test_the_key_of_another_node_is_refused(tmp_path: Path) -> None:
    made = new_network(tmp_path)
    keys = made.node.folder / "keys"
    (keys / "log.key").replace(keys / "node.key")
    (made.network.member_folder("notary") / "member.key").replace(keys / "log.key")
    check_refused(run(made), 2, "node.foreign_key")


def test_a_wrong_passphrase_is_said(tmp_path: Path) -> None:
    made = new_network(tmp_path)
    (made.node.folder / "passphrase").write_text("wrong\n")
    check_refused(run(made), 1, "key.passphrase")


@pytest.mark.parametrize("file", ["trust.json", "node.toml", "keys/node.key", "tls/key.pem"])
def test_a_missing_file_is_said_by_its_name(tmp_path: Path, file: str) -> None:
    made = new_network(tmp_path)
    (made.node.folder / file).unlink()
    ended = run(made)
    assert ended.code in (1, 2, 3)
    assert file.rpartition("/")[2] in ended.err
    assert "Traceback" not in ended.err


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    made = new_network(tmp_path)
    host, port = made.node.api.removeprefix("http://").split(":")
    with socket.create_server((host, int(port))):
        check_refused(run(made), 3, "node.port")


def test_a_database_of_another_network_is_refused(tmp_path: Path) -> None:
    one, other = new_network(tmp_path / "one"), new_network(tmp_path / "other")
    one.node.start()
    one.node.wait_ready(READY_S)
    stop_all([one.node])
    (one.node.folder / "db").rename(other.node.folder / "db")
    check_refused(run(other), 3, "store.other_network")


def test_sigterm_stops_a_node_cleanly_and_its_log_is_json(tmp_path: Path) -> None:
    made = new_network(tmp_path)
    made.node.start()
    made.node.wait_ready(READY_S)
    process = made.node._process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    assert process.wait(READY_S) == 0
    made.node.ask_to_stop()
    assert (made.node.folder / CONSOLE_FILE).read_bytes() == b""
    lines = (made.node.folder / "node.log").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert events[0] == "node.started"
    assert events[-1] == "node.stopped"


@pytest.mark.parametrize("flags", [(), ("--show-all",)])
def test_every_class_is_shown_only_where_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    told: list[bool] = []

    async def noted(settings: Settings, *, stop_with_parent: bool) -> None:
        told.append(settings.show_all)

    monkeypatch.setattr("cli.compose.node.run_node", noted)
    made = new_network(tmp_path)
    ended = CliRunner().invoke(app, ["node", "run", str(made.node.folder), *flags])
    assert ended.exit_code == 0, ended.output
    assert told == [bool(flags)]
