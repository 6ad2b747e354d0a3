"""A node tells a receiver that is down, busy, broken and well again; and who was told is proved."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from cli.demo.processes import stop_all
from cli.hook_targets import hook_targets
from cli.main import app
from ledger.__main__ import main as verify
from tests.cli.one_node import READY_S, OneNode, new_network
from tests.cli.receiver import WAIT_S, Receiver, certificate

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Place:
    """A network of one node that tells two receivers: the supervisor's, and the party's."""

    one: OneNode
    folder: Path
    desk: Receiver
    party: Receiver

    def submit(self, name: str) -> str:
        """A record on the ledger; its id."""
        path = self.folder / f"{name}.txt"
        path.write_text(name)
        member = self.one.network.member_folder("centre")
        return str(self.command("anchor", path, "--as", member)["records"][0]["record"])

    def metric(self, name: str, hook: str = "desk") -> float:
        wanted = f'bidwitness_webhook_{name}{{webhook="{hook}"}} '
        text = httpx.get(f"{self.one.node.api}/metrics", timeout=10, trust_env=False).text
        (line,) = (line for line in text.splitlines() if line.startswith(wanted))
        return float(line.removeprefix(wanted))

    def command(self, *words: str | Path) -> Any:
        """What a command says in JSON, run in this process."""
        ended = CliRunner().invoke(app, [*map(str, words), "--json"])
        assert ended.exit_code == 0, (ended.output, ended.exception)
        return json.loads(ended.stdout)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("hooks")
    one = new_network(folder / "net")
    pem = certificate(folder)
    desk, party = Receiver(SECRET, pem), Receiver(SECRET, pem)
    tables = []
    for name, member, receiver in (("desk", "notary", desk), ("party", "centre", party)):
        with receiver.up():
            # It had a port; now nobody listens there.
            pass
        secret = one.node.folder / f"{name}.secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)
        tables.append(
            f'{{ name = "{name}", member = "{member}", secret = "{secret.name}", since = 0,'
            f' url = "https://127.0.0.1:{receiver.port}/hook", kinds = ["records"], attempts = 2,'
            f' certificate = "{folder / "receiver.crt"}", private = ["127.0.0.1/32"], notes = true,'
            f' types = ["evidence.deposited"] }}'
        )
    settings = one.node.folder / "node.toml"
    text = settings.read_text(encoding="utf-8")
    assert "\nwebhooks = []\n" in text
    made = text.replace("\nwebhooks = []\n", f"\nwebhooks = [{', '.join(tables)}]\n")
    settings.write_text(made, encoding="utf-8")
    one.node.start()
    try:
        one.node.wait_ready(READY_S)
        yield Place(one, folder, desk, party)
    finally:
        stop_all([one.node])


@pytest.mark.network
def test_a_receiver_is_told_everything_whatever_happens_to_it_or_to_the_node(place: Place) -> None:
    one, desk, party, node = place.one, place.desk, place.party, place.one.node.folder
    # Both are down: nothing is lost, and nobody waits.
    first = place.submit("first")
    until(lambda: place.metric("failures_total") >= 1)
    desk.slow_s = 0.5
    with desk.up(), party.up():
        desk.wait_for(first)
        party.wait_for(first)
        # It says that it cannot now: that is no word on the event, which is not set aside.
        desk.status, desk.slow_s = 503, 0.0
        second = place.submit("second")
        until(lambda: sum(1 for _, said in desk.seen if said == 503) >= 2)
        assert place.metric("set_aside") == 0
        # It breaks on one event, and only on that one.
        desk.answers[second], desk.status = 500, 200
        third = place.submit("third")
        desk.wait_for(third)
        assert second not in desk.keys
        until(lambda: place.metric("set_aside") == 1)
        told = place.command("webhook", "list", node)["webhooks"][0]
        assert [each["key"] for each in told["set_aside"]] == [second]
        assert told["set_aside"][0]["reason"] == "HTTP 500"
        found = httpx.get(f"{one.node.api}/v1/diagnose", timeout=10, trust_env=False).text
        assert "diagnose.webhook_dead" in found and SECRET not in found
        party.wait_for(first, second, third)

        # Killed and started again, it goes on where it was.
        one.node.kill()
        one.node.wait_stopped()
        one.node.start()
        one.node.wait_ready(READY_S)
        fourth = place.submit("fourth")
        desk.wait_for(fourth)
        party.wait_for(fourth)
        # Mended, it is told what was set aside.
        desk.answers.clear()
        place.command("webhook", "resend", node, "desk", "--all")
        desk.wait_for(second)
        until(lambda: place.metric("set_aside") == 0)
    assert desk.keys == [first, third, fourth, second] and party.keys == sorted(
        [first, second, third, fourth], key=[first, second, third, fourth].index
    )
    assert not desk.forged and not party.forged
    assert {each["type"] for each in desk.taken} == {"record.committed"}
    both_were_told_and_a_member_proves_it(place, second)


def both_were_told_and_a_member_proves_it(place: Place, record: str) -> None:
    """双告知: what both receivers answered is put on record by a member; the node signs nothing."""
    node, member = place.one.node.folder, place.one.network.member_folder("notary")
    before = place.command("webhook", "told", node, record)["told"]
    assert [each["member"] for each in before] == ["notary", "centre"]
    assert [each["record"] for each in before] == [None, None]
    anchored = place.command("webhook", "anchor", node, "--as", member)["anchored"]
    assert anchored == {"desk": 4, "party": 4}
    after = place.command("webhook", "told", node, record)["told"]
    for each in after:
        note = Path(each["file"])
        receipt = note.with_name(f"{note.name}.receipt.json")
        assert json.loads(receipt.read_text())
        words = [str(receipt), "--trust", str(place.one.trust), "--document", str(note)]
        assert verify(words) == 0
        assert (each["key"], each["status"]) == (record, 200)
    # A note of a note would never end: what puts them on record is told, and not noted.
    with place.desk.up(), place.party.up():
        place.desk.wait_for(*(each["record"] for each in after))
        place.party.wait_for(*(each["record"] for each in after))
    waiting = place.command("webhook", "list", node)["webhooks"]
    assert [each["notes_waiting"] for each in waiting] == [0, 0]
    # And what is on the ledger says nothing of who was told what.
    said = json.dumps([each["data"] for each in place.desk.taken if "webhook" in str(each)])
    assert record not in said and "delivery.json" in said


def test_settings_name_what_is_wrong_and_never_the_secret(tmp_path: Path) -> None:
    secret = tmp_path / "s"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    good = {"name": "a", "member": "m", "url": "https://desk.example/hook", "secret": "s"}
    (target,) = hook_targets([good], tmp_path)
    assert (target.member, target.attempts_max, target.private) == ("m", 8, ())
    for changed, what in (
        ({"url": "http://desk.example/hook"}, "https://"),
        ({"url": "http://localhost/hook"}, "https://"),
        ({"url": "https://u:p@desk.example/"}, "url"),
        ({"name": "../a"}, "name"),
        ({"member": ""}, "member"),
        ({"kinds": ["all"]}, "kinds"),
        ({"private": ["10.0.0.1/8"]}, "private"),
        ({"attempts": 0}, "attempts"),
        ({"secret": "absent"}, "secret"),
        ({"colour": "red"}, "colour"),
        ({"certificate": "c.pem", "url": "http://127.0.0.1/"}, "certificate"),
    ):
        with pytest.raises((ValueError, TypeError), match=what):
            hook_targets([{**good, **changed}], tmp_path)
    with pytest.raises(ValueError, match="name"):
        hook_targets([good, good], tmp_path)
    for text, mode in (("whsec_c2hvcnQ=", 0o600), ("hunter2", 0o600), (SECRET, 0o644)):
        secret.write_text(text)
        secret.chmod(mode)
        with pytest.raises(ValueError, match="secret") as refused:
            hook_targets([good], tmp_path)
        assert text not in str(refused.value)
