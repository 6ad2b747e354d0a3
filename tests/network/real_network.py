"""Four real node processes of a real network in a folder: made and run as an operator would."""

import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from cli.demo.processes import NodeProcess, stop_all
from cli.keyfiles import open_key
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.identifiers import Digest, MemberId, Subject
from ledger.core.record import Evidence, Record
from ledger.core.signing import Ed25519Signer
from ledger.reliance import read_trust
from ledger.trust import TrustRoot
from tests.cli.one_node import Ended
from tests.commands import bidwitness

READY_S = 120
HOUR_MS = 3_600_000
MEMBERS = ("centre", "supervisor", "registry", "notary")
DESCRIPTION = "\n".join(
    ['name = "四节点试验网"', 'domain = "nemesis.bidwitness.example"', ""]
    + [
        f'[[members]]\nid = "{member}"\nname_zh = "{member}"\nname_en = "{member}"\n'
        f'credit_code = "{code}"\nroles = ["{role}"]\nnode = true\n'
        for member, code, role in zip(
            MEMBERS,
            (
                "12620100438027515J",
                "11620100013902265W",
                "11620100013903137H",
                "12620100438019486X",
            ),
            ("trading_centre", "supervisor", "registrar", "notary"),
            strict=True,
        )
    ]
)


@dataclass
class RealNetwork:
    """The processes, and the members' keys for whoever submits."""

    folder: Path
    more_members: str = ""
    """Tables of TOML: members beside the four; who of them runs a node says so."""
    trust: TrustRoot = field(init=False)
    nodes: list[NodeProcess] = field(init=False)
    keys: dict[str, Ed25519Signer] = field(init=False)
    made_count: int = 0
    commands: list[tuple[str, ...]] = field(default_factory=list)
    """Every command that members have run."""

    def __post_init__(self) -> None:
        description = self.folder / "network.toml"
        description.write_text(DESCRIPTION + self.more_members, encoding="utf-8")
        passphrase = self.folder / "passphrase"
        passphrase.write_text("correct horse", encoding="utf-8")
        network = self.folder / "network"
        bidwitness(
            *("network", "init", network, "--description", description, "--json"),
            *("--passphrase-file", passphrase, "--store-passphrase", "--cost", "interactive"),
        ).check_returncode()
        self.trust = read_trust(network / "trust.json")
        self.keys = {
            member: open_key(network / "members" / member / "member.key", b"correct horse")
            for member in (*MEMBERS, *_named(self.more_members))
        }
        running = (*MEMBERS, *_named(self.more_members, with_node=True))
        self.nodes = [_process(network / "nodes" / member) for member in running]

    def run(self, who: str, *words: str | Path, language: str = "en_US.UTF-8") -> Ended:
        """Run one command as a member, in a process of its own."""
        self.commands.append(tuple(map(str, words)))
        environment = {
            "LANG": language,
            "COLUMNS": "160",
            "BIDWITNESS_AS": str(self.folder / "network" / "members" / who),
            "BIDWITNESS_TRUST": str(self.folder / "network" / "trust.json"),
        }
        ended = bidwitness(*words, env=environment, timeout=900)
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def start(self) -> None:
        """Start every node and wait until all are ready."""
        self.start_some(self.nodes)

    def start_some(self, nodes: Sequence[NodeProcess]) -> None:
        """Start these, a quorum at least, and wait until they are ready."""
        for node in nodes:
            node.start()
        for node in nodes:
            node.wait_ready(READY_S)

    def stop(self) -> None:
        """Ask every node to stop, and wait."""
        stop_all(self.nodes)

    def status(self, node: NodeProcess) -> dict[str, Any]:
        """What a node says about the network and itself."""
        answer: dict[str, Any] = httpx.get(f"{node.api}/v1/network", trust_env=False).json()
        return answer

    def bundle(self, count: int, member: str) -> Bundle:
        """A signed bundle of fresh records."""
        now_ms = time.time_ns() // 1_000_000
        records = [self._record(member, now_ms) for _ in range(count)]
        network_id = self.trust.network_id
        return sign_bundle(
            self.keys[member],
            network_id,
            MemberId(member),
            records,
            now_ms,
            now_ms + HOUR_MS,
            bytes(16),
        )

    def _record(self, member: str, now_ms: int) -> bytes:
        self.made_count += 1
        number = self.made_count.to_bytes(16)
        evidence = Evidence("file", Digest(number * 2), None, 1, "application/pdf")
        return Record(
            type="evidence.deposited",
            issuer=MemberId(member),
            subject=Subject(f"nemesis-{self.made_count}"),
            occurred_at_ms=now_ms,
            evidence=(evidence,),
            fields={},
            private=None,
            refs=(),
            nonce=number,
        ).encode()


def _named(tables: str, *, with_node: bool = False) -> list[str]:
    """The members of tables of TOML; those that run a node, or all."""
    members = tomllib.loads(tables).get("members", [])
    return [each["id"] for each in members if each.get("node", False) or not with_node]


def _process(folder: Path) -> NodeProcess:
    settings = tomllib.loads((folder / "node.toml").read_text(encoding="utf-8"))
    return NodeProcess(settings["node_id"], folder, f"http://{settings['api_listen']}")
