"""Asking a node, and auditing its folder, from the command line."""

import inspect
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.main import app
from tests.cli.one_node import READY_S, OneNode

pytestmark = pytest.mark.network


def test_status_says_in_words_and_in_json_where_the_node_stands(one_node: OneNode) -> None:
    told = one_node.run("status", "--json")
    assert told.code == 0, told.err
    assert told.json["n"] == 1
    assert told.json["has_quorum"] is True
    shown = one_node.run("status", language="zh_CN.UTF-8")
    assert "区块高度" in shown.out


def test_a_committee_of_one_is_diagnosed_as_well_and_for_development(one_node: OneNode) -> None:
    told = one_node.run("diagnose", "--data", one_node.node.folder, "--json")
    assert told.code == 0, told.err
    (node,) = told.json["nodes"]
    codes = [each["code"] for each in node["diagnosis"]["findings"]]
    assert codes == ["diagnose.fine", "diagnose.development"]
    assert node["diagnosis"]["facts"]["disk"]["free_bytes"] > 0
    shown = one_node.run("diagnose", "--lang", "zh")
    assert shown.code == 0 and "运行正常" in shown.out and "仅供开发与演示" in shown.out
    assert "TLS 证书" in shown.out


def test_a_watched_node_is_told_again_and_again_until_ctrl_c(one_node: OneNode) -> None:
    words = ["diagnose", "--data", str(one_node.node.folder), "--watch", "--json"]
    watching = subprocess.Popen(
        [sys.executable, "-m", "cli.main", *words], stdout=subprocess.PIPE, text=True
    )
    assert watching.stdout is not None
    try:
        with watching.stdout as lines:
            rounds = [json.loads(next(lines)) for _ in range(2)]
            watching.send_signal(signal.SIGINT)
            assert watching.wait(30) == 130
    finally:
        watching.kill()
    clocks = [each["nodes"][0]["diagnosis"]["now_ms"] for each in rounds]
    assert clocks[0] < clocks[1]


@pytest.mark.parametrize(
    "words",
    [
        ("--data", "x", "--all", "y"),
        ("--lang", "fr", "--url", "http://127.0.0.1:9"),
        ("--data", "nowhere"),
        ("--all", "nowhere"),
        ("--url", "no address at all"),
    ],
)
def test_a_diagnosis_of_nothing_is_one_sentence(one_node: OneNode, words: tuple[str, ...]) -> None:
    refused = one_node.run("diagnose", *words)
    assert refused.code in (2, 3) and "Traceback" not in refused.err
    assert len((refused.err + refused.out).splitlines()) <= 3


def test_a_receipt_is_fetched_and_verified_before_it_is_written(
    one_node: OneNode, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a")
    done = one_node.run("anchor", tmp_path / "a.txt", "--json")
    record = done.json["records"][0]["record"]
    out = tmp_path / "again.receipt.json"
    assert one_node.run("receipt", record, "--out", out).code == 0
    assert out.read_bytes() == (tmp_path / "a.txt.receipt.json").read_bytes()
    printed = one_node.run("receipt", record)
    assert printed.out.encode() == out.read_bytes()


@pytest.mark.parametrize(
    ("record", "code"), [("00" * 32, "record.unknown"), ("xyz", "format.shape")]
)
def test_a_record_that_is_not_there_is_said_with_its_code(
    one_node: OneNode, record: str, code: str
) -> None:
    refused = one_node.run("receipt", record, "--json")
    assert refused.code in (1, 2)
    assert refused.json["error"]["code"] == code


def test_a_running_node_is_not_audited_and_a_stopped_one_is_whole(
    one_node: OneNode, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("to be audited")
    assert one_node.run("anchor", tmp_path / "a.txt").code == 0
    running = one_node.run("audit", one_node.node.folder, "--json")
    assert running.code == 3
    assert running.json["error"]["code"] == "store.locked"
    one_node.node.ask_to_stop()
    one_node.node.wait_stopped()
    clean = one_node.run("audit", one_node.node.folder, "--json")
    assert clean.code == 0, clean.out
    assert clean.json["findings"] == []
    assert clean.json["blocks"] > 0
    one_node.node.start()
    one_node.node.wait_ready(READY_S)


def test_no_node_and_no_member_are_said_in_one_sentence(one_node: OneNode, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    gone = one_node.run("anchor", tmp_path / "a.txt", "--node", "http://127.0.0.1:9", "--json")
    assert gone.code == 3
    assert gone.json["error"]["code"] == "node.unreachable"
    nobody = one_node.run("anchor", tmp_path / "a.txt", "--as", tmp_path, "--json")
    assert nobody.code == 2
    assert nobody.json["error"]["code"] == "file.unreadable"


def test_every_command_but_those_that_go_on_answers_in_json() -> None:
    silent = [
        name for name, command in commands(typer.main.get_command(app)) if not has_json(command)
    ]
    assert silent == ["signer", "node run", "observer run", "projector run", "witness run"]


def test_help_is_there_for_every_command_and_option() -> None:
    root = typer.main.get_command(app)
    bare = [name for name, command in commands(root) if not command.help]
    assert bare == []


def commands(command: Any, name: str = "") -> list[tuple[str, Any]]:
    """Every command below `command`, with its words."""
    below = getattr(command, "commands", None)
    if below is None:
        return [(name, command)]
    return [
        found for word, each in below.items() for found in commands(each, f"{name} {word}".strip())
    ]


def has_json(command: Any) -> bool:
    assert inspect.isfunction(command.callback)
    return any("--json" in parameter.opts for parameter in command.params)


def test_keys_are_made_and_shown_without_a_terminal(one_node: OneNode, tmp_path: Path) -> None:
    asked = one_node.run("keys", "new", tmp_path / "a.key", "--json")
    assert asked.code == 2
    assert asked.json["error"]["code"] == "key.no_passphrase"
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("one passphrase\n")
    options = ("--passphrase-file", passphrase, "--cost", "interactive", "--json")
    made = one_node.run("keys", "new", tmp_path / "a.key", *options)
    assert made.code == 0, made.err
    shown = one_node.run("keys", "show", tmp_path / "a.key", "--json")
    assert shown.json == made.json
    again = one_node.run("keys", "new", tmp_path / "a.key", *options)
    assert again.json["error"]["code"] == "file.exists"


def test_a_network_is_never_written_over(one_node: OneNode, tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("one passphrase\n")
    options = ("--passphrase-file", passphrase, "--cost", "interactive", "--json")
    first = one_node.run("network", "init", tmp_path / "new", *options)
    assert first.code == 0, first.err
    assert len(first.json["nodes"]) == 4
    before = (tmp_path / "new" / "trust.json").read_bytes()
    second = one_node.run("network", "init", tmp_path / "new", *options)
    assert second.json["error"]["code"] == "file.exists"
    assert (tmp_path / "new" / "trust.json").read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        'name = "x"\ndomain = "x.example"',
        'name = "x"\ndomain = "x.example"\ncolour = "red"\n[[members]]\nid = "a"\nname_zh = "a"\nname_en = "a"\nnode = true',
        'name = "x"\ndomain = "x.example"\n[[members]]\nid = "A b"\nname_zh = "a"\nname_en = "a"\nnode = true',
        'name = "x"\ndomain = "x.example"\n[parameters]\ndeadline_grace_ms = 1\n[[members]]\nid = "a"\nname_zh = "a"\nname_en = "a"',
        'name = "x"\ndomain = "x.example"\n[[members]]\nid = "a"\nname_zh = "a"\nname_en = "a"\nkind = "robot"',
    ],
)
def test_a_wrong_description_is_refused_before_a_key_is_made(
    one_node: OneNode, tmp_path: Path, text: str
) -> None:
    (tmp_path / "network.toml").write_text(text)
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("one passphrase\n")
    refused = one_node.run(
        *("network", "init", tmp_path / "new", "--description", tmp_path / "network.toml"),
        *("--passphrase-file", passphrase, "--json"),
    )
    assert refused.code == 2
    assert refused.json["error"]["code"] == "network.description"
    assert not (tmp_path / "new").exists()


def test_the_catalogue_is_whole(one_node: OneNode) -> None:
    told = one_node.run("catalogue", "check", "--json").json
    assert "tender.objection" in told["types"]
    assert "AL17" in told["alerts_in_force"]
    assert len(told["alerts_in_force"]) + len(told["alerts_planned"]) == 40
    assert json.dumps(told)
