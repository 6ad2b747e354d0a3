"""A network over HTTPS and an observer of it, as real processes."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from api.client import Client
from api.client.https import trusting
from cli.compose.ports import free_addresses
from cli.demo.processes import CONSOLE_FILE, NodeProcess, stop_all
from cli.keyfiles import open_key
from cli.settings import client_settings, node_settings
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.canonical import Value
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId, RecordId, Subject
from ledger.core.note import NoteKey, parse_vkey
from ledger.core.receipt import Receipt
from ledger.core.record import Evidence, Record, Ref
from ledger.core.signing import Ed25519Signer
from ledger.reliance import read_trust
from ledger.trust import TrustRoot
from tests.commands import bidwitness

HOUR_MS = 3_600_000
PATIENCE_S = 90
NODES = ("centre", "supervisor", "registry", "notary")
ROLES = {
    "centre": ["trading_centre", "role_authority"],
    "supervisor": ["supervisor"],
    "registry": ["registrar"],
    "notary": ["notary"],
    "court": ["court"],
    "bank": ["bank"],
}
DESCRIPTION = 'name = "观察试验网"\ndomain = "observed.example"\n' + "".join(
    f'[[members]]\nid = "{member}"\nname_zh = "{member} 单位"\nname_en = "{member}"\n'
    f"roles = {roles}\nnode = {str(member in NODES).lower()}\n".replace("'", '"')
    for member, roles in ROLES.items()
)


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """A command of `bidwitness`, run to its end."""
    return bidwitness(*words, timeout=PATIENCE_S)


@dataclass(slots=True)
class ObserverProcess(NodeProcess):
    """An observer of the network, or a projector, running or not."""

    kind: str = "observer"
    """The command that runs it."""

    def start(self) -> None:
        with (self.folder / CONSOLE_FILE).open("ab") as console:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "cli.main", self.kind, "run", str(self.folder)),
                    "--stop-with-parent",
                ],
                stdin=subprocess.PIPE,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )


@dataclass
class ObservedNetwork:
    """The processes, the members' keys, and one HTTP client that believes the nodes' certificates."""

    folder: Path
    trust: TrustRoot = field(init=False)
    nodes: dict[str, NodeProcess] = field(init=False)
    http: httpx.Client = field(init=False)
    vkey: NoteKey = field(init=False)
    """Under which the observer made last cosigns."""
    observers: list[ObserverProcess] = field(default_factory=list)
    _made: int = 0

    def __post_init__(self) -> None:
        description, passphrase = self.folder / "network.toml", self.folder / "passphrase"
        description.write_text(DESCRIPTION, encoding="utf-8")
        passphrase.write_text("correct horse", encoding="utf-8")
        made = command(
            *("network", "init", str(self.home), "--description", str(description), "--https"),
            *("--passphrase-file", str(passphrase), "--cost", "interactive"),
            *("--store-passphrase", "--json"),
        )
        assert made.returncode == 0, made.stderr
        self.trust = read_trust(self.home / "trust.json")
        certificates = self.member("bank") / "nodes.pem"
        self.http = httpx.Client(verify=trusting(certificates), timeout=60, trust_env=False)
        self.nodes = {
            name: NodeProcess(name, folder, node_settings(folder).api_url)
            for name in NODES
            for folder in [self.home / "nodes" / name]
        }

    @property
    def home(self) -> Path:
        return self.folder / "network"

    def member(self, name: str) -> Path:
        return self.home / "members" / name

    def key(self, name: str) -> Ed25519Signer:
        return open_key(self.member(name) / "member.key", b"correct horse")

    def start(self) -> None:
        for node in self.nodes.values():
            node.start()
        for node in self.nodes.values():
            self.until(partial(self.ready, node), f"{node.node_id} is ready")

    def stop(self) -> None:
        stop_all([*self.nodes.values(), *self.observers])
        self.http.close()

    def observer(
        self, member: str, name: str, cosigns_as: str, kind: str = "observer"
    ) -> ObserverProcess:
        """The observer of a member, over HTTP on loopback, made by the command and not started."""
        folder = self.folder / name
        listen = str(free_addresses(1)[0])
        made = command(
            *("observer", "init", str(folder), "--as", str(self.member(member))),
            *("--name", name, "--listen", listen, "--json"),
            *("--cosign", cosigns_as, "--cost", "interactive"),
        )
        assert made.returncode == 0, made.stderr
        process = ObserverProcess(name, folder, f"http://{listen}", kind=kind)
        self.vkey = parse_vkey(json.loads(made.stdout)["vkey"])
        self.observers.append(process)
        return process

    def ready(self, node: NodeProcess) -> bool:
        try:
            return self.http.get(f"{node.api}/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            assert node.running, node.last_words()
            return False

    def get(self, node: NodeProcess, path: str) -> bytes:
        answer = self.http.get(node.api + path)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.content

    def told(self, node: NodeProcess, path: str = "/v1/network") -> dict[str, Any]:
        told: dict[str, Any] = self.http.get(node.api + path).json()
        return told

    def codes(self, node: NodeProcess) -> set[str]:
        """What a node finds out about itself."""
        found = self.told(node, "/v1/diagnose")["findings"]
        return {each["code"].removeprefix("diagnose.") for each in found}

    def until(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, what
            time.sleep(0.2)

    def bundle(
        self,
        member: str,
        type_key: str = "evidence.deposited",
        subject: str = "P-1",
        confirms: RecordId | None = None,
        **fields: Value,
    ) -> Bundle:
        """One record under a member's key."""
        self._made += 1
        now_ms = time.time_ns() // 1_000_000
        number = self._made.to_bytes(16)
        evidence = (Evidence("file", sha256(number), None, 1, "application/pdf"),)
        record = Record(
            type_key,
            MemberId(member),
            Subject(subject),
            now_ms,
            evidence if type_key == "evidence.deposited" else (),
            fields,
            None,
            () if confirms is None else (Ref("confirms", confirms),),
            number,
        )
        return sign_bundle(
            self.key(member),
            self.trust.network_id,
            record.issuer,
            [record.encode()],
            now_ms,
            now_ms + HOUR_MS,
            number,
        )

    def submit(self, bundle: Bundle, *urls: str) -> Receipt:
        """Submit, and return the verified receipt; to the running nodes unless told otherwise."""
        certificates = client_settings(self.member("bank")).certificate_file
        running = [node.api for node in self.nodes.values() if node.running]
        with Client(urls or running, self.trust, certificate_file=certificates) as client:
            (receipt,) = client.submit(bundle)
        return receipt

    def decide(self, action: str, member: str) -> None:
        """The role granted or withdrawn, confirmed by the quorum of the nodes' organisations."""
        change = self.bundle(
            "centre", "ledger.role_changed", member, action=action, role="observer"
        )
        self.submit(change)
        for node in ("supervisor", "registry"):
            confirms = change.record_ids[0]
            self.submit(self.bundle(node, "ledger.confirmed", member, confirms=confirms))
