"""A real network of one node, as an operator makes it, and a way to run commands against it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.commands.network import make_network
from cli.compose.network_init import NewNetwork, Secrets
from cli.demo.processes import NodeProcess
from cli.keyfiles import Cost
from tests.cheap_keys import cheap_keys
from tests.commands import bidwitness

READY_S = 60
DESCRIPTION = """
name = "一个节点的试验网"
domain = "one.bidwitness.example"

[[members]]
id = "centre"
name_zh = "交易中心"
name_en = "Trading centre"
credit_code = "12620100438027515J"
roles = ["trading_centre", "client_system", "publisher", "registrar", "role_authority"]
node = true

[[members]]
id = "notary"
name_zh = "公证处"
name_en = "Notary office"
credit_code = "12620100438019486X"
roles = ["notary"]
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class OneNode:
    """The network, its node's process, and commands in a process of their own each."""

    network: NewNetwork
    node: NodeProcess

    @property
    def trust(self) -> Path:
        return self.network.trust_file

    def run(self, *words: str | Path, who: str = "centre", language: str = "en_US.UTF-8") -> Ended:
        """Run one command as a member, with nothing in its environment but the language."""
        environment = {
            "LANG": language,
            "COLUMNS": "200",
            "BIDWITNESS_AS": str(self.network.member_folder(who)),
            "BIDWITNESS_TRUST": str(self.trust),
        }
        ended = bidwitness(*words, env=environment)
        return Ended(ended.returncode, ended.stdout, ended.stderr)


def new_network(folder: Path, text: str = DESCRIPTION, *, https: bool = False) -> OneNode:
    """Write the network that `text` describes; its node does not run yet."""
    folder.mkdir(parents=True, exist_ok=True)
    description = folder / "network.toml"
    description.write_text(text, encoding="utf-8")
    secrets = Secrets(b"correct horse", Cost.INTERACTIVE, stored=True)
    with cheap_keys():
        network = make_network(folder / "network", description, secrets, https=https)
    (made,) = network.nodes
    return OneNode(network, NodeProcess(made.node_id, made.folder, made.api_url))
