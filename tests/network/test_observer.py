"""An observer of four real nodes over HTTPS: admitted by record, killed, lied about by nobody.

One story, told in order: what it may not do before it is admitted, that its answers are the nodes'
to the byte, and that neither its own end nor its upstream's keeps it from going on.
"""

import json
from pathlib import Path

import httpx
import pytest

from cli.demo.processes import NodeProcess
from ledger.core.add_checkpoint import AddCheckpoint
from ledger.core.identifiers import RecordId
from ledger.core.note import parse_line, parse_note, verify_note, verify_signature
from ledger.core.receipt import Receipt, decode_receipt
from ledger.core.tiles import bundles_of, tiles_of
from ledger.heads import verify_head
from ledger.verify import verify_receipt
from tests.network.observing import ObservedNetwork, ObserverProcess, command
from tests.network.real_witness import RealWitness


@pytest.mark.network
@pytest.mark.slow
def test_an_observer_follows_and_answers_as_the_nodes_do(tmp_path: Path) -> None:
    network = ObservedNetwork(tmp_path)
    try:
        network.start()
        records = [network.submit(network.bundle("notary")).record_id for _ in range(2)]
        observer = not_admitted_it_follows_nobody(network)
        admitted_by_a_quorum_it_catches_up(network, observer)
        its_answers_are_the_nodes_to_the_byte(network, observer, records)
        killed_it_goes_on(network, observer, records)
        its_upstream_is_killed_and_it_changes_over(network, observer, records)
        it_takes_no_submissions_and_says_who_does(network, observer)
        its_pages_say_what_it_is(network, observer, records[0])
        it_cosigns_the_heads_that_it_judged(network, observer)
        its_receipts_carry_the_lines_of_its_own_witnesses(network, observer, records)
        who_loses_the_role_is_refused_at_the_next_block(network, observer)
        an_audit_of_its_folder_finds_nothing(observer)
    finally:
        network.stop()


def not_admitted_it_follows_nobody(network: ObservedNetwork) -> ObserverProcess:
    observer = network.observer("court", "court-observer", "court.example/observer")
    observer.start()
    network.until(lambda: answers(network, observer), "it answers")
    network.until(lambda: "upstream_refuses" in network.codes(observer), "it is refused")
    findings = network.told(observer, "/v1/diagnose")["findings"]
    refused = next(each for each in findings if each["code"] == "diagnose.upstream_refuses")
    assert "court" in refused["zh"] and "observer" in refused["en"], refused
    assert network.told(observer)["height"] == 0
    return observer


def admitted_by_a_quorum_it_catches_up(network: ObservedNetwork, observer: ObserverProcess) -> None:
    network.decide("grant", "court")
    network.until(lambda: caught_up(network, observer), "it has caught up")
    assert network.ready(observer)
    assert network.told(observer)["observer"]["follows"] in network.nodes


def its_answers_are_the_nodes_to_the_byte(
    network: ObservedNetwork, observer: ObserverProcess, records: list[RecordId]
) -> None:
    network.until(lambda: caught_up(network, observer), "it has caught up")
    for record in records:
        for path in (
            f"/v1/records/{record.hex()}/receipt",
            f"/v1/records/{record.hex()}/tlog-proof",
        ):
            ours = network.get(observer, path)
            assert ours in {network.get(node, path) for node in running(network)}, path
    note = network.get(observer, "/checkpoint")
    head = verify_head(parse_note(note), network.trust)
    for tile in (*bundles_of(head.size), *tiles_of(head.size)):
        theirs = {network.get(node, f"/{tile}") for node in running(network)}
        assert theirs == {network.get(observer, f"/{tile}")}, tile


def killed_it_goes_on(
    network: ObservedNetwork, observer: ObserverProcess, records: list[RecordId]
) -> None:
    observer.kill()
    its_folder_tells_and_gives_its_log_without_it(network, observer)
    records.append(network.submit(network.bundle("notary")).record_id)
    observer.start()
    network.until(lambda: answers(network, observer), "it answers again")
    network.until(lambda: caught_up(network, observer), "it has caught up again")
    assert network.codes(observer) == {"observer"}
    shown = command("diagnose", "--data", str(observer.folder), "--lang", "en")
    assert "This is observer court-observer" in shown.stdout, shown
    assert shown.returncode == 0, shown
    its_answers_are_the_nodes_to_the_byte(network, observer, records)


def its_folder_tells_and_gives_its_log_without_it(
    network: ObservedNetwork, observer: ObserverProcess
) -> None:
    looked = command("diagnose", "--data", str(observer.folder), "--json")
    assert looked.returncode == 3, looked
    (seen,) = json.loads(looked.stdout)["nodes"]
    assert [each["code"] for each in seen["findings"]] == ["diagnose.down"]
    assert "bidwitness observer run" in seen["findings"][0]["en"] and seen["stored_height"] > 0
    copy = network.home / "log-of-the-observer"
    done = command("export", "tiles", str(copy), "--stopped", str(observer.folder), "--json")
    assert done.returncode == 0, done
    head = verify_head(parse_note((copy / "checkpoint").read_bytes()), network.trust)
    assert head.size == json.loads(done.stdout)["size"] > 0
    for tile in (*bundles_of(head.size), *tiles_of(head.size)):
        theirs = {network.get(node, f"/{tile}") for node in running(network)}
        assert theirs == {(copy / str(tile)).read_bytes()}, tile


def its_upstream_is_killed_and_it_changes_over(
    network: ObservedNetwork, observer: ObserverProcess, records: list[RecordId]
) -> None:
    followed = network.told(observer)["observer"]["follows"]
    network.nodes[followed].kill()
    records.append(network.submit(network.bundle("notary")).record_id)
    network.until(lambda: caught_up(network, observer), "it has caught up elsewhere")
    assert network.told(observer)["observer"]["follows"] not in {None, followed}
    assert "upstream_mute" in network.codes(observer)
    its_answers_are_the_nodes_to_the_byte(network, observer, records[-1:])
    network.nodes[followed].start()


def it_takes_no_submissions_and_says_who_does(
    network: ObservedNetwork, observer: ObserverProcess
) -> None:
    bundle = network.bundle("notary")
    headers = {"Content-Type": "application/msgpack"}
    refused = network.http.post(
        f"{observer.api}/v1/bundles", content=bundle.encode(), headers=headers
    )
    assert (refused.status_code, refused.json()["code"]) == (421, "observer.submission")
    for node in network.nodes.values():
        assert f"{node.node_id} ({node.api})" in refused.json()["detail_zh"]
    # The SDK takes the hint: an observer in its list costs one answer.
    standing = next(node for node in running(network))
    network.submit(bundle, observer.api, standing.api)


def its_pages_say_what_it_is(
    network: ObservedNetwork, observer: ObserverProcess, record: RecordId
) -> None:
    home = network.http.get(observer.api, headers={"Accept": "text/html"}).text
    followed = network.told(observer)["observer"]["follows"]
    assert "观察节点 court-observer" in home and followed in home
    page = network.get(observer, f"/records/{record.hex()}?lang=en").decode()
    assert "Made by observer court-observer" in page
    metrics = network.get(observer, "/metrics").decode()
    assert "bidwitness_height" in metrics


def it_cosigns_the_heads_that_it_judged(
    network: ObservedNetwork, observer: ObserverProcess
) -> None:
    note = parse_note(network.get(running(network)[0], "/checkpoint"))
    asked = AddCheckpoint(0, (), note).format()
    answer = network.http.post(f"{observer.api}/witness/add-checkpoint", content=asked)
    assert answer.status_code == httpx.codes.OK, answer.text
    verify_signature(note.text, parse_line(answer.text.rstrip("\n")), network.vkey)


def its_receipts_carry_the_lines_of_its_own_witnesses(
    network: ObservedNetwork, observer: ObserverProcess, records: list[RecordId]
) -> None:
    """They were the nodes' to the byte, and carried nobody's: no node here has a witness."""
    notary = RealWitness(network.folder / "notary-witness", network.trust, "notary.example/w1")
    notary.make()
    settings = observer.folder / "observer.toml"
    text = settings.read_text(encoding="utf-8")
    named = f'[{{ vkey = "{notary.vkey}", url = "{notary.url}" }}]'
    assert "witnesses = []\n" in text
    settings.write_text(text.replace("witnesses = []\n", f"witnesses = {named}\n"), "utf-8")

    def receipt() -> Receipt:
        return decode_receipt(network.get(observer, f"/v1/records/{records[0].hex()}/receipt"))

    assert receipt().cosignatures == ()
    with notary.running():
        observer.ask_to_stop()
        observer.wait_stopped()
        observer.start()
        network.until(lambda: answers(network, observer), "it answers with a witness")
        network.until(lambda: bool(receipt().cosignatures), "the witness has cosigned")
        (head,) = receipt().cosignatures
        note = parse_note(head.checkpoint.encode())
        assert notary.key in {each.key for each in verify_note(note, [notary.key])}
        verify_receipt(receipt(), network.trust)
        shown = parse_note(network.get(observer, "/checkpoint"))
        assert notary.name in {line.name for line in shown.signatures}
        told = network.told(observer)["witnesses"]
        assert [each["name"] for each in told] == [notary.name]


def who_loses_the_role_is_refused_at_the_next_block(
    network: ObservedNetwork, observer: ObserverProcess
) -> None:
    network.decide("withdraw", "court")
    network.until(lambda: "follows_nobody" in network.codes(observer), "it is refused")
    assert not network.ready(observer)


def an_audit_of_its_folder_finds_nothing(observer: ObserverProcess) -> None:
    observer.ask_to_stop()
    observer.wait_stopped()
    audited = command("audit", str(observer.folder), "--json")
    assert audited.returncode == 0, audited.stdout
    assert json.loads(audited.stdout)["findings"] == []


def running(network: ObservedNetwork) -> list[NodeProcess]:
    return [node for node in network.nodes.values() if node.running and network.ready(node)]


def answers(network: ObservedNetwork, observer: ObserverProcess) -> bool:
    try:
        return network.http.get(f"{observer.api}/healthz").status_code == httpx.codes.OK
    except httpx.TransportError:
        assert observer.running, observer.last_words()
        return False


def caught_up(network: ObservedNetwork, observer: ObserverProcess) -> bool:
    """The same heights as every node that runs."""
    seen = {
        (told["height"], told["cosigned_height"])
        for node in (*running(network), observer)
        for told in [network.told(node)]
    }
    return len(seen) == 1
