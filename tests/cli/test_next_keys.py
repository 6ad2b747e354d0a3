"""Keys that come while a node runs, and keys that are destroyed: what a crash in between leaves."""

import asyncio
import json
from dataclasses import replace as changed
from pathlib import Path

import pytest

from cli.compose import destroying
from cli.compose.destroying import DESTROYED_FILE, Moment, lying, replace, retire, tls_moves
from cli.compose.next_keys import NextKeys
from cli.compose.own_tls import CERTIFICATE_FILE, KEY_FILE, key_of
from cli.compose.seating import check_not_retired
from cli.failures import CommandError
from cli.keyfiles import Cost, new_key, read_key_file
from cli.seats.former_keys import said_already
from cli.settings import Address, Settings
from cli.signers.folder import LOG_KEY_FILE, NODE_KEY_FILE
from cli.signers.standing import NEXT_FOLDER, open_keys
from consensus.tls import new_certificate
from ledger.codes import Code
from ledger.core.committee_change import DESTROYED_TYPE
from ledger.core.identifiers import Digest, Epoch, Height, MemberId, NodeId
from ledger.core.signing import key_id
from ledger.errors import StoreError
from tests.vectors.small_network import SmallNetwork, small_record

PASSPHRASE = b"correct horse"
USES = {NODE_KEY_FILE: "node", LOG_KEY_FILE: "log"}


@pytest.fixture
def node(tmp_path: Path) -> Settings:
    """The folder of a node with its keys."""
    for name, use in USES.items():
        new_key(tmp_path / "keys" / name, use, PASSPHRASE, Cost.INTERACTIVE)
    for folder in (tmp_path / "tls", tmp_path / "tls" / NEXT_FOLDER):
        folder.mkdir()
        key, certificate, _ = new_certificate(NodeId("centre"), 1_700_000_000_000)
        (folder / KEY_FILE).write_bytes(key)
        (folder / CERTIFICATE_FILE).write_bytes(certificate)
    at = Address("127.0.0.1", 1)
    settings = Settings(tmp_path, NodeId("centre"), at, at, {})
    return changed(settings, keys_folder=tmp_path / "keys", tls_folder=tmp_path / "tls")


def moment() -> Moment:
    return Moment(Epoch(1), Height(7), 1_700_000_000_000)


def private_keys(node: Settings) -> set[str]:
    found = [*node.keys_folder.rglob("*.key"), *node.tls_folder.rglob("key.pem")]
    return {str(path.relative_to(node.folder)) for path in found}


def told(node: Settings) -> list[dict[str, object]]:
    lines = (node.folder / DESTROYED_FILE).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_key_that_is_made_while_the_node_runs_is_opened_where_it_lies(node: Settings) -> None:
    keys = open_keys(node.keys_folder, PASSPHRASE)
    watched = NextKeys(node.keys_folder, PASSPHRASE, keys)
    asyncio.run(watched.look())
    assert (len(keys.nodes), len(keys.logs)) == (1, 1)
    path = node.keys_folder / NEXT_FOLDER / NODE_KEY_FILE
    made = new_key(path, "node", PASSPHRASE, Cost.INTERACTIVE)
    for _ in range(2):
        asyncio.run(watched.look())
        assert [each.public_key for each in keys.nodes[1:]] == [made]
    assert len(keys.logs) == 1


def test_a_key_that_is_half_written_is_opened_once_it_is_whole(node: Settings) -> None:
    keys = open_keys(node.keys_folder, PASSPHRASE)
    watched = NextKeys(node.keys_folder, PASSPHRASE, keys)
    path = node.keys_folder / NEXT_FOLDER / LOG_KEY_FILE
    made = new_key(path, "log", PASSPHRASE, Cost.INTERACTIVE)
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    asyncio.run(watched.look())
    assert len(keys.logs) == 1
    path.write_bytes(whole)
    asyncio.run(watched.look())
    assert keys.logs[-1].public_key == made


def test_a_key_under_another_passphrase_ends_nothing(node: Settings) -> None:
    keys = open_keys(node.keys_folder, PASSPHRASE)
    path = node.keys_folder / NEXT_FOLDER / NODE_KEY_FILE
    new_key(path, "node", b"battery staple", Cost.INTERACTIVE)
    asyncio.run(NextKeys(node.keys_folder, PASSPHRASE, keys).look())
    assert len(keys.nodes) == 1


def test_a_node_that_left_keeps_no_key_and_says_what_it_had(node: Settings) -> None:
    keys = open_keys(node.keys_folder, PASSPHRASE)
    new_key(node.keys_folder / NEXT_FOLDER / NODE_KEY_FILE, "node", PASSPHRASE, Cost.INTERACTIVE)
    before = private_keys(node)
    check_not_retired(node)
    retire(node, moment(), [keys.nodes[0].public_key])
    assert private_keys(node) == set()
    (line,) = told(node)
    assert (line["retired"], set(line["files"])) == (True, before)  # type: ignore[call-overload]
    with pytest.raises(CommandError) as caught:
        check_not_retired(node)
    assert caught.value.code is Code.NODE_RETIRED


@pytest.mark.parametrize("spared", range(5))
def test_a_crash_while_keys_are_destroyed_spares_none_beyond_the_next_start(
    node: Settings, spared: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_key(node.keys_folder / NEXT_FOLDER / LOG_KEY_FILE, "log", PASSPHRASE, Cost.INTERACTIVE)
    gone: list[Path] = []

    def dies(path: Path) -> None:
        if len(gone) == spared:
            raise KeyboardInterrupt
        gone.append(path)
        path.unlink()

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(destroying, "unlink_durably", dies)
        retire(node, moment(), [])
    assert len(private_keys(node)) == 5 - spared
    with pytest.raises(CommandError):
        check_not_retired(node)
    assert private_keys(node) == set()


def test_keys_that_were_renewed_take_the_old_ones_place_and_the_node_has_not_left(
    node: Settings,
) -> None:
    renewed = (node.tls_folder / NEXT_FOLDER / KEY_FILE).read_bytes()
    replace(node, moment(), tls_moves(node.tls_folder), [])
    assert (node.tls_folder / KEY_FILE).read_bytes() == renewed
    (line,) = told(node)
    assert line["files"] == ["tls/key.pem", "tls/certificate.pem"]
    check_not_retired(node)


def public_of(node: Settings, *names: str) -> set[Digest]:
    """What the keys in files of a node's folder are called."""
    paths = (node.keys_folder / name for name in names)
    return {Digest(key_id(read_key_file(path).public_key)) for path in paths}


def test_what_a_crash_has_spared_lies_there_although_the_line_says_it_is_destroyed(
    node: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = public_of(node, NODE_KEY_FILE, LOG_KEY_FILE)
    assert len(lying(node, former)) == 2

    def dies(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(destroying, "unlink_durably", dies)
        retire(node, moment(), [])
    # No key of a node that has left counts: whatever it is called, it is still there.
    assert {str(each.relative_to(node.folder)) for each in lying(node, ())} == private_keys(node)
    with pytest.raises(CommandError):
        check_not_retired(node)
    assert lying(node, former) == []


def test_a_tls_key_that_cannot_be_read_may_be_any(node: Settings) -> None:
    (node.tls_folder / KEY_FILE).write_text("no PEM")
    with pytest.raises(StoreError) as refusal:
        lying(node, ())
    assert refusal.value.code is Code.TLS_FILE


def test_a_node_that_renewed_its_keys_keeps_the_new_ones_and_only_the_old_ones_lie_there(
    node: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else people who are to say that the old ones are gone delete those that it goes on with."""
    path = node.keys_folder / NODE_KEY_FILE
    later = node.keys_folder / NEXT_FOLDER / NODE_KEY_FILE
    new_key(later, "node", PASSPHRASE, Cost.INTERACTIVE)
    former = public_of(node, NODE_KEY_FILE)

    def dies(_source: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(destroying, "replace_durably", dies)
        replace(node, moment(), {later: path}, [])
    assert lying(node, former) == [path]
    replace(node, moment(), {later: path}, [])
    assert lying(node, former) == []
    assert len(private_keys(node)) == 4


def test_a_tls_key_that_was_renewed_is_told_by_its_public_half(node: Settings) -> None:
    pin = key_of(node.tls_folder / KEY_FILE)
    assert lying(node, {pin}) == [node.tls_folder / KEY_FILE]
    replace(node, moment(), tls_moves(node.tls_folder), [])
    assert lying(node, {pin}) == []


def test_a_node_cannot_make_up_that_something_was_stated() -> None:
    """What it gives counts with its receipt, and where the member said it of its own node."""
    network = SmallNetwork()
    said = [
        small_record("own", type=DESTROYED_TYPE, fields={"epoch": 3}),
        small_record("other", "notary", type=DESTROYED_TYPE, fields={"epoch": 4}),
        small_record("type", type="evidence.deposited", fields={"epoch": 5}),
    ]
    for each in said:
        network.commit([network.bundle([each], each.issuer)])
    receipts = [network.receipt(each) for each in said]
    assert said_already(receipts, MemberId("centre")) == {Epoch(3)}


def test_a_line_that_a_crash_has_torn_says_nothing(node: Settings) -> None:
    (node.folder / DESTROYED_FILE).write_text('{"retired": true, "epo')
    check_not_retired(node)
    assert len(private_keys(node)) == 4
    retire(node, moment(), [])
    with pytest.raises(CommandError):
        check_not_retired(node)
