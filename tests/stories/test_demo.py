"""The demonstration as people run it: on four real processes, twice over one folder, and killed."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.demo.story_files import variants
from ledger.core.receipt import decode_receipt
from ledger.files import digest_document
from ledger.reliance import read_trust
from ledger.verify import verify_receipt

pytestmark = [pytest.mark.network, pytest.mark.slow]

PLAY_S = 280
ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
ENDS = {
    "dropped_bid": ["被遗漏：按时递交、内容未改动", "开标时投标人少于三家"],
    "missing_record": ["应有的节点尚缺：唱标/开标记录", "没有见证书，尚缺：T25"],
    "suspended": ["已被暂停，tenderer 仍提交了“定标”", "没有见证书，尚缺：X15"],
}
"""What the outcomes of a variant's scenes must say."""


def demo(folder: Path, *words: str, language: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", "--folder", str(folder), *words],
        env=os.environ | {"LANG": language, "LC_ALL": "", "ONCE": "1", "COLUMNS": "160"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PLAY_S,
        check=False,
    )


def release(number: int) -> dict[str, object]:
    return {
        "ocid": f"ocds-demo-{number}",
        "id": f"{number}",
        "date": "2026-01-02T00:00:00Z",
        "tag": ["award"],
        "awards": [{"value": {"amount": 0.1 + number}}],
    }


def processes_of(folder: Path) -> list[int]:
    """Every process whose command line names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(folder).encode() in command:
                found.append(int(entry.name))
    return found


@pytest.mark.campaign
@pytest.mark.parametrize("variant", [name for name in variants() if name != "listed_address"])
@pytest.mark.timeout(PLAY_S)
def test_a_variant_ends_as_it_should(variant: str, tmp_path: Path) -> None:
    folder = tmp_path / "demo-data"
    played = demo(folder, "--variant", variant, "--json", language="zh_CN.UTF-8")
    assert played.returncode == 0, played.stdout + played.stderr
    told = json.loads(played.stdout)
    assert told["failed"] == []
    ends = [each["outcome"] for each in told["scenes"]]
    for held in ENDS[variant]:
        assert any(held in outcome for outcome in ends), ends
    assert processes_of(folder) == []


class OnStage:
    """A demonstration at a terminal: it stays until Ctrl-C."""

    def __init__(self, folder: Path, *words: str) -> None:
        ours, theirs = pty.openpty()
        self.terminal = ours
        self.said = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "demo", "--folder", str(folder), *words],
            env=os.environ | {"LANG": "en_US.UTF-8", "LC_ALL": "", "ONCE": "", "COLUMNS": "160"},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)

    def until(self, wanted: str) -> str:
        """Everything said so far, once `wanted` or the end was."""
        while wanted.encode() not in self.said:
            try:
                self.said += os.read(self.terminal, 65536)
            except OSError:
                break
        return ANSI.sub("", self.said.decode(errors="replace")).replace("\r", "")


@pytest.mark.timeout(2 * PLAY_S)
def test_the_story_holds_and_a_second_run_starts_clean(tmp_path: Path) -> None:
    folder = tmp_path / "demo data"
    package = tmp_path / "package.json"
    package.write_text(json.dumps({"version": "1.1", "releases": [release(n) for n in range(5)]}))
    first = OnStage(folder, "--ocds", str(package))
    try:
        said = first.until("Ctrl-C stops all nodes.")
        check_what_was_said(said)
        do_what_is_printed(said)
        first.process.send_signal(signal.SIGINT)
        said = first.until("no more")
        assert first.process.wait(60) == 0, said
    finally:
        first.process.kill()
        os.close(first.terminal)
    assert "✗" not in said
    assert processes_of(folder) == []
    check_what_it_leaves(folder)
    network = read_trust(folder / "trust.json").network_id

    second = demo(folder, "--variant", "listed_address", "--json", language="zh_CN.UTF-8")
    assert second.returncode == 0, second.stdout + second.stderr
    told = json.loads(second.stdout)
    assert told["held"] is True
    assert told["failed"] == []
    assert processes_of(folder) == []
    trust = read_trust(folder / "trust.json")
    assert trust.network_id != network, "the second run made a network of its own"


def check_what_was_said(said: str) -> None:
    lines = said.splitlines()
    assert lines[0].startswith("The real rules with a short day: day_ms = 4 s;")
    assert "sealing tick 500 ms" in lines[0]
    for held in (
        "refused at check 10",
        "refused at check 3",
        "refused at check 4",
        "The alerts' own receipts verify too (3)",
        "The certificate is over 29 nodes and 61 records",
        "19 of records that came out of a seal, 4 of what the rules derived",
        "The receipts alone give the same places",
        "A second import anchored nothing: all 5 are on the ledger",
        "✓ All held.",
    ):
        assert held in said
    assert "✗" not in said


def do_what_is_printed(said: str) -> None:
    """Run the printed lines, each as it stands, in one shell of a second terminal."""
    block = said[said.index("Now you") : said.index("Ctrl-C")].splitlines()[1:]
    enter, *rest = [line for line in block if line.strip()]
    commands = [line for line in rest if not line.startswith("#")]
    assert len(commands) == 5
    ended = []
    for command in commands:
        ran = subprocess.run(
            ["bash", "-c", f"{enter} && {command}"],
            cwd="/",
            env={"PATH": os.defpath, "LANG": "en_US.UTF-8", "COLUMNS": "160"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        ended.append((ran.returncode, ran.stdout + ran.stderr))
    anchored, verified, changed, alerts, status = ended
    assert (anchored[0], verified[0]) == (0, 0), ended
    assert changed[0] == 1 and "receipt.document" in changed[1], changed
    assert alerts[0] == 0 and all(code in alerts[1] for code in ("AL02", "AL09", "AL17")), alerts
    assert "3 of 4" in status[1] and "supervisor" in status[1], status


def check_what_it_leaves(folder: Path) -> None:
    """Trust root, documents and receipts that verify here, without the demonstration."""
    trust = read_trust(folder / "trust.json")
    documents = sorted((folder / "documents").glob("*.txt"))
    receipts = sorted((folder / "receipts").glob("*.receipt.json"))
    assert len(documents) == 12 + 3
    assert len(receipts) >= 12 + 100
    names = {path.name.removesuffix(".receipt.json") for path in receipts}
    # One receipt of each kind: of a record, of one that came out of a seal, of what rules derived.
    assert {"announcement", "bid-longyuan", "late-alert", "outlier", "certificate"} <= names
    for path in receipts:
        receipt = decode_receipt(path.read_bytes())
        document = folder / "documents" / path.name.removesuffix(".receipt.json")
        digests = [digest_document(document)] if document.exists() else []
        assert verify_receipt(receipt, trust, digests).nodes_count == 4


def test_a_folder_that_is_not_the_demonstrations_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("keep me")
    refused = demo(tmp_path, "--json", language="en_US.UTF-8")
    assert refused.returncode == 2
    assert json.loads(refused.stdout)["error"]["code"] == "file.exists"
    assert mine.read_text() == "keep me"


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.campaign),
        pytest.param(signal.SIGTERM, marks=pytest.mark.campaign),
        signal.SIGKILL,
    ],
)
def test_however_the_demonstration_ends_no_node_outlives_it(
    tmp_path: Path, how: signal.Signals
) -> None:
    folder = tmp_path / "demo-data"
    playing = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", "--folder", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: len(processes_of(folder)) == 1 + 4, within_s=120)
        playing.send_signal(how)
        playing.wait(60)
    finally:
        playing.kill()
        playing.wait()
    wait_until(lambda: processes_of(folder) == [], within_s=30)
    assert playing.returncode != 0


def wait_until(holds: Callable[[], bool], within_s: float) -> None:
    """Wait for one look at which `holds`: a process that is just being started shows itself twice,
    or, while it takes its new program, not at all."""
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)
