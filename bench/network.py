"""Owns the measured network: four node processes, started as people start them."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cli.keyfiles import open_key
from cli.settings import client_settings, node_settings
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.signing import Signer
from ledger.trust import TrustRoot, decode_trust

BIDWITNESS = Path(sys.executable).with_name("bidwitness")
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 15


@dataclass(frozen=True, slots=True)
class Member:
    """A member's client, at the node that it trusts."""

    member_id: MemberId
    network_id: NetworkId
    signer: Signer
    url: str
    """Base URL of its node."""
    trust: TrustRoot


@dataclass(frozen=True, slots=True)
class Network:
    """Processes that run, and the members that have a node of their own."""

    folders: tuple[Path, ...]
    members: tuple[Member, ...]
    nodes: list[subprocess.Popen[bytes]]
    """In the members' order."""

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the nodes, in the members' order."""
        return tuple(node.pid for node in self.nodes)

    def status(self, number: int) -> dict[str, Any]:
        """What a node says of the network and itself.

        Raises:
            httpx.HTTPError: it does not answer.
        """
        answer = httpx.get(f"{self.members[number].url}/v1/network", timeout=5, trust_env=False)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told

    def begin_again(self, number: int) -> None:
        """Start a node whose process has ended; it is not ready yet."""
        self.nodes[number] = _start(self.folders[number])

    def wait_ready(self, number: int) -> None:
        """Return when a node is ready.

        Raises:
            RuntimeError: it ended, or is not ready in time.
        """
        _wait_until_ready(self.members[number].url, self.nodes[number])


@contextmanager
def running_network(folder: Path, description: Path | None = None) -> Iterator[Network]:
    """Make a network in `folder`, run its nodes, and stop them all at the end.

    Args:
        folder: must not exist yet.
        description: of the network; the demonstration's four nodes where there is none.

    Raises:
        RuntimeError: a node did not become ready.
    """
    passphrase = folder.with_name("passphrase")
    passphrase.touch(mode=0o600)
    passphrase.write_text(secrets.token_hex(16))
    keys = ("--cost", "interactive", "--store-passphrase", "--passphrase-file", passphrase)
    described = () if description is None else ("--description", description)
    _run("network", "init", folder, *keys, *described)
    with running_nodes(folder) as network:
        yield network


@contextmanager
def running_nodes(folder: Path) -> Iterator[Network]:
    """Run the nodes of a network that was made, and stop them all at the end.

    Raises:
        RuntimeError: a node did not become ready.
    """
    folders = sorted((folder / "nodes").iterdir())
    nodes = [_start(each) for each in folders]
    try:
        urls = [f"http://{node_settings(each).api_listen}" for each in folders]
        for url, node in zip(urls, nodes, strict=True):
            _wait_until_ready(url, node)
        # Who runs no node submits through somebody else's.
        members = tuple(_member(folder / "members" / each.name) for each in folders)
        yield Network(tuple(folders), members, nodes)
    finally:
        _stop(nodes)


def _run(*words: str | Path) -> None:
    result = subprocess.run([BIDWITNESS, *words], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"bidwitness {words[0]} {words[1]}: {result.stdout}{result.stderr}")


def _start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "output").open("wb") as output:
        return subprocess.Popen(
            [BIDWITNESS, "node", "run", folder],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )


def _wait_until_ready(url: str, node: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if node.poll() is not None:
            raise RuntimeError(f"the node at {url} ended with status {node.returncode}")
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", timeout=1).is_success:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the node at {url} is not ready after {START_SECONDS_MAX} s")


def _member(folder: Path) -> Member:
    """The client of one member, with its key opened once."""
    settings = client_settings(folder)
    if settings.passphrase_file is None:
        raise RuntimeError(f"{folder}: no passphrase was stored")
    passphrase = settings.passphrase_file.read_bytes().strip()
    signer = open_key(settings.key_file, passphrase)
    trust = decode_trust(settings.trust_file.read_bytes())
    committee = trust.committee.nodes
    own = next(number for number, node in enumerate(committee) if node.member_id == folder.name)
    return Member(settings.member_id, trust.network_id, signer, settings.nodes[own], trust)


def _stop(nodes: list[subprocess.Popen[bytes]]) -> None:
    for node in nodes:
        node.terminate()
    for node in nodes:
        try:
            node.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            node.kill()
            node.wait()
