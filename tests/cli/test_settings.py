"""Settings: every key documented, none unknown, and each mistake named with its file."""

import itertools
import json
import tomllib
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from string import Template

import pytest

from api.outbound.target import WitnessTarget
from cli.failures import CommandError, Exit
from cli.settings import (
    Address,
    ObserverSettings,
    Settings,
    client_settings,
    node_settings,
    observer_settings,
)
from ledger.codes import Code
from ledger.core.identifiers import NodeId
from ledger.core.note import Kind, NoteKey
from tests.stamping.maker import Maker
from tests.vectors.small_network import signer

NODE = """
node_id = "centre"
consensus_listen = "127.0.0.1:7001"
api_listen = "127.0.0.1:8001"
[peers]
notary = "10.0.0.4:7001"
"""
CLIENT = 'member_id = "tenderer"\nnodes = ["http://127.0.0.1:8001/"]\n'


def node(folder: Path, text: str) -> Settings:
    (folder / "node.toml").write_text(text, encoding="utf-8")
    return node_settings(folder)


UPSTREAM = '[upstreams.centre]\nurl = "https://10.0.0.7:8443/"\ncertificate = "centre.pem"'


def observer(folder: Path, upstreams: str) -> ObserverSettings:
    text = 'observer_id = "o"\nmember_id = "court"\napi_listen = "127.0.0.1:8091"\n'
    (folder / "observer.toml").write_text(text + upstreams, encoding="utf-8")
    return observer_settings(folder)


def test_paths_are_relative_to_the_folder_of_the_file(tmp_path: Path) -> None:
    read = node(tmp_path, NODE)
    assert read.database_folder == tmp_path / "db"
    assert read.trust_file == tmp_path / "trust.json"
    assert read.peers == {"notary": Address("10.0.0.4", 7001)}
    assert read.passphrase_file is None
    assert read.show_all is False


def test_the_template_documents_every_key_and_no_other() -> None:
    template = files("cli").joinpath("node.template.toml").read_text(encoding="utf-8")
    names = dict.fromkeys(Template(template).get_identifiers(), '127.0.0.1:1"')
    names |= {"peers": "", "show_all": "false", "joining": "false", "passphrase_file": ""}
    text = Template(template).substitute({name: value.strip('"') for name, value in names.items()})
    documented = set(tomllib.loads(text))
    assert documented == {item.name for item in fields(Settings)} - {"folder"}
    lines = text.splitlines()
    undocumented = [
        line
        for before, line in itertools.pairwise(lines)
        if "=" in line and not line.startswith("#") and not before.startswith(("#", "database"))
    ]
    assert undocumented == []


def test_an_observers_template_documents_every_key_and_no_other() -> None:
    template = files("cli").joinpath("observer.template.toml").read_text(encoding="utf-8")
    names = dict.fromkeys(Template(template).get_identifiers(), "x")
    text = Template(template).substitute(names | {"upstreams": UPSTREAM})
    documented = {item.name for item in fields(ObserverSettings)} - {"folder"}
    assert set(tomllib.loads(text)) == documented
    lines = text.partition("[upstreams")[0].splitlines()
    pairs = [(above, line) for above, line in itertools.pairwise(lines) if "=" in line]
    settings = [(above, line) for above, line in pairs if not line.startswith("#")]
    assert [line for above, line in settings if not above.startswith("#")] == []


def test_an_observer_pins_the_certificate_of_whom_it_follows(tmp_path: Path) -> None:
    at = observer(tmp_path, UPSTREAM).upstreams[NodeId("centre")]
    assert at.url == "https://10.0.0.7:8443"
    assert at.certificate_file == tmp_path / "centre.pem"
    here = observer(tmp_path, '[upstreams.centre]\nurl = "http://127.0.0.1:8080"').upstreams
    assert here[NodeId("centre")].certificate_file is None
    assert observer(tmp_path, '[upstreams.centre]\nurl = "http://[::1]:8080"').upstreams


@pytest.mark.parametrize(
    "upstream",
    [
        'url = "http://10.0.0.7:8080"',
        'url = "http://localhost.example:8080"',
        'url = "ftp://127.0.0.1:21"',
        'url = "10.0.0.7:8080"',
        'certificate = "centre.pem"',
        'url = "https://10.0.0.7"\npin = "x"',
    ],
)
def test_a_token_leaves_this_machine_over_https_only(tmp_path: Path, upstream: str) -> None:
    with pytest.raises(CommandError) as refused:
        observer(tmp_path, f"[upstreams.centre]\n{upstream}")
    assert refused.value.code is Code.SETTINGS_INVALID
    assert refused.value.detail["key"] == "upstreams"


def test_an_unknown_key_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        node(tmp_path, 'log_lvel = "debug"\n' + NODE)
    assert refused.value.code is Code.SETTINGS_UNKNOWN
    assert refused.value.detail["key"] == "log_lvel"
    assert refused.value.exit_code is Exit.USAGE


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        node(tmp_path, NODE.replace('api_listen = "127.0.0.1:8001"', ""))
    assert refused.value.code is Code.SETTINGS_MISSING
    assert refused.value.detail["key"] == "api_listen"


@pytest.mark.parametrize(
    "line",
    [
        'api_listen = "127.0.0.1"',
        'api_listen = "127.0.0.1:0"',
        'api_listen = "127.0.0.1:70000"',
        "api_listen = 8001",
        'log_level = "loud"',
        'show_all = "yes"',
        "keys_folder = 3",
    ],
)
def test_a_wrong_value_is_named_with_its_key(tmp_path: Path, line: str) -> None:
    key = line.split(" ", maxsplit=1)[0]
    others = "\n".join(each for each in NODE.splitlines() if not each.startswith(key))
    with pytest.raises(CommandError) as refused:
        node(tmp_path, line + "\n" + others)
    assert refused.value.code is Code.SETTINGS_INVALID
    assert refused.value.detail["key"] == key


COURT = NoteKey("court.example/w1", Kind.COSIGNATURE, signer("court").public_key)
NOTARY = NoteKey("notary.example/w1", Kind.COSIGNATURE, signer("notary").public_key)


def witness(**values: str) -> str:
    """One table of `witnesses`, well-formed but for what is given."""
    whole = {"vkey": COURT.vkey(), "url": "https://court.example:8090/w/"} | values
    return "[[witnesses]]\n" + "".join(f'{name} = "{value}"\n' for name, value in whole.items())


def test_witnesses_are_read_whole(tmp_path: Path) -> None:
    second = witness(vkey=NOTARY.vkey(), url="http://10.0.0.9")
    read = node(tmp_path, NODE + witness(certificate="court.pem") + second)
    assert read.witnesses == (
        WitnessTarget(COURT, "https://court.example:8090/w", tmp_path / "court.pem"),
        WitnessTarget(NOTARY, "http://10.0.0.9", None),
    )
    assert node(tmp_path, NODE).witnesses == ()


LOG_KEY = NoteKey("court.example/w1", Kind.LOG, signer("court").public_key)
SAME_KEY = NoteKey("other.example/w1", Kind.COSIGNATURE, signer("court").public_key)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (witness(vkey=LOG_KEY.vkey()), "[1]: vkey: 0x01 ≠ 0x04"),
        (witness(vkey=COURT.vkey()[:-4]), "[1]: vkey: note."),
        (witness(vkey="court.example"), "[1]: vkey: note.invalid"),
        (witness(vkey=""), "[1]: vkey: '' ≠ text"),
        (witness(url="court.example"), "[1]: url: court.example ≠ http(s)://host[:port][/path]"),
        (witness(url="ftp://court.example"), "[1]: url: ftp://court.example ≠"),
        (witness(url="http://"), "[1]: url: http: ≠"),
        (witness(url="http://a:b@court.example"), "[1]: url: http://a:b@court.example ≠"),
        (witness(url="http://court.example?x=1"), "[1]: url: http://court.example?x=1 ≠"),
        (witness(url="http://court.example:70000"), "[1]: Port out of range"),
        (witness(url="http://court.example", certificate="a.pem"), "[1]: certificate: url ≠ https"),
        (witness(cert="a.pem"), "[1]: cert ∉ vkey, url, certificate"),
        (f'[[witnesses]]\nvkey = "{COURT.vkey()}"\n', "[1]: – url"),
        (witness() + witness(), "[2]: vkey: 2 × court.example/w1"),
        (witness() + witness(vkey=SAME_KEY.vkey()), "[2]: vkey: 2 × other.example/w1"),
        ("[witnesses]\n", "{} ≠ list"),
        (witness() * 9, "9 > 8"),
    ],
)
def test_a_witness_that_is_none_is_refused_with_its_place(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(CommandError) as refused:
        node(tmp_path, NODE + text)
    assert refused.value.code is Code.SETTINGS_INVALID
    assert refused.value.detail["key"] == "witnesses"
    assert str(refused.value.detail["reason"]).startswith(reason)


def authority(**values: object) -> str:
    """One table of `time_stamps`, well-formed but for what is given."""
    whole = {"name": "ntsc", "url": "http://tsa.example/tsr", "roots": "ntsc.pem"} | values
    return "[[time_stamps]]\n" + "".join(
        f"{name} = {json.dumps(value)}\n" for name, value in whole.items()
    )


def test_authorities_are_read_whole_with_their_certificates(tmp_path: Path) -> None:
    for each in ("ntsc", "other"):
        (tmp_path / f"{each}.pem").write_bytes(Maker(each).pem)
    second = authority(
        name="other", roots="other.pem", period_s=60, url="https://b", certificate="c.pem"
    )
    one, two = node(tmp_path, NODE + authority() + second).time_stamps
    assert (one.authority.name, one.url, one.period_s) == ("ntsc", "http://tsa.example/tsr", 3600)
    assert one.authority.anchors == (Maker("ntsc").root,)
    assert (two.period_s, two.certificate) == (60, tmp_path / "c.pem")
    assert node(tmp_path, NODE).time_stamps == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (authority(name=""), "[1]: name: '' ≠ text"),
        (authority(name="a\nb"), "[1]: name: "),
        (authority(name="x" * 65), "[1]: name: "),
        (authority(url="tsa.example"), "[1]: url: tsa.example ≠ http(s)://"),
        (authority(roots="nowhere.pem"), "[1]: roots: "),
        (authority(roots="empty.pem"), "[1]: roots: time_stamp.roots"),
        (authority(period_s=59), "[1]: period_s: 59 ∉ 60 … 604800"),
        (authority(period_s=604_801), "[1]: period_s: 604801"),
        (authority(period_s=True), "[1]: period_s: True"),
        (authority(certificate="a.pem"), "[1]: certificate: url ≠ https"),
        (authority(root="ntsc.pem"), "[1]: root ∉ name, url, roots"),
        ('[[time_stamps]]\nname = "ntsc"\n', "[1]: – roots"),
        (authority() + authority(), "[2]: name: 2 × ntsc"),
        (authority() * 9, "9 > 8"),
        ("[time_stamps]\n", "{} ≠ list"),
    ],
)
def test_an_authority_that_is_none_is_refused_with_its_place(
    tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "ntsc.pem").write_bytes(Maker("ntsc").pem)
    (tmp_path / "empty.pem").write_bytes(b"")
    with pytest.raises(CommandError) as refused:
        node(tmp_path, NODE + text)
    assert refused.value.detail["key"] == "time_stamps"
    assert str(refused.value.detail["reason"]).startswith(reason)


def test_what_is_not_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        node(tmp_path, "node_id = ")
    assert refused.value.code is Code.FILE_INVALID
    with pytest.raises(CommandError) as missing:
        node_settings(tmp_path / "nowhere")
    assert missing.value.code is Code.FILE_UNREADABLE


def test_a_client_knows_its_member_and_nodes(tmp_path: Path) -> None:
    (tmp_path / "client.toml").write_text(CLIENT)
    read = client_settings(tmp_path)
    assert read.member_id == "tenderer"
    assert read.nodes == ("http://127.0.0.1:8001",)
    assert read.key_file == tmp_path / "member.key"


def test_folders_of_other_versions_are_relative_and_may_be_none(tmp_path: Path) -> None:
    assert node(tmp_path, NODE).catalogues == ()
    named = node(tmp_path, f'catalogues = ["rules/1", "/srv/rules/2"]\n{NODE}')
    assert named.catalogues == (tmp_path / "rules/1", Path("/srv/rules/2"))
    assert node(tmp_path, f"catalogues = []\n{NODE}").catalogues == ()
    for wrong in ('"rules"', "[1]", str([""] * 257).replace("'", '"')):
        with pytest.raises(CommandError) as refused:
            node(tmp_path, f"catalogues = {wrong}\n{NODE}")
        assert refused.value.code is Code.SETTINGS_INVALID
