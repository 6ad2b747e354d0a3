"""The demonstration's folder: network, keys, documents. Made anew each time."""

import fcntl
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from nacl.utils import random

from cli.compose.description import Description
from cli.compose.network_init import NewNetwork, Secrets, init_network, write_client
from cli.demo.processes import NodeProcess
from cli.demo.signers import give_signers
from cli.demo.story import Story
from cli.demo.story_files import Document, load_documents
from cli.failures import CommandError, Exit
from cli.keyfiles import Cost, new_key
from cli.new_files import write_public
from cli.signers.folder import MEMBER_KEY_FILE
from ledger.codes import Code
from ledger.core.identifiers import Digest
from ledger.trust import trust_root

MARK_FILE: Final = ".bidwitness-demo"
"""Says that a folder is the demonstration's, so that it may be removed."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that was there before the first scene."""

    folder: Path
    network: NewNetwork
    nodes: tuple[NodeProcess, ...]
    documents: Path
    """The folder that the trading centre anchors."""
    papers: Path
    """What each party keeps to itself."""
    receipts: Path

    @property
    def trust_file(self) -> Path:
        """All that verifying needs."""
        return self.network.trust_file

    @property
    def room(self) -> Path:
        """Where the offline verifier is put."""
        return self.folder / ".offline"

    @property
    def inbox(self) -> Path:
        """Where the bid system takes sealed files."""
        return self.folder / "bid-system"

    @property
    def files(self) -> dict[str, Path]:
        """Every document of the story, by its name."""
        return {
            path.name: path for folder in (self.papers, self.documents) for path in folder.iterdir()
        }

    def document(self, file: str) -> Path:
        """A document of the story, wherever it lies."""
        anchored = self.documents / file
        return anchored if anchored.is_file() else self.papers / file

    def node(self, node_id: str) -> NodeProcess:
        """The process of that node."""
        return next(node for node in self.nodes if node.node_id == node_id)


def claim(folder: Path) -> IO[bytes]:
    """Make `folder` anew for one demonstration, and hold it while the answer is open.

    Raises:
        CommandError: `file.exists` where the folder is not a demonstration's, `store.locked`
            where another demonstration plays in it.
    """
    mark = folder / MARK_FILE
    if folder.exists():
        if any(folder.iterdir()) and not mark.exists():
            raise CommandError(Exit.USAGE, Code.FILE_EXISTS, path=str(folder))
        with mark.open("ab") as earlier:
            _lock(earlier, folder)
            shutil.rmtree(folder)
    write_public(mark, b"made by: bidwitness demo\n")
    held = mark.open("ab")
    _lock(held, folder)
    return held


def _lock(mark: IO[bytes], folder: Path) -> None:
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        raise CommandError(Exit.UNAVAILABLE, Code.STORE_LOCKED, path=str(folder)) from problem


def set_up(folder: Path, story: Story, description: Description, catalogue_hash: Digest) -> Stage:
    """Write the network, the members that are enrolled later, and the documents.

    The folder was claimed before.

    Raises:
        CommandError: `file.*`.
        LedgerError: `genesis.invalid`, `committee.invalid`.
    """
    secrets = Secrets(random(16).hex().encode(), Cost.INTERACTIVE, stored=True)
    now_ms = time.time_ns() // 1_000_000
    network = init_network(folder, description, secrets, catalogue_hash, now_ms)
    give_signers(network, secrets, now_ms)
    _add_members(network, story, secrets)
    stage = Stage(
        folder=folder,
        network=network,
        nodes=tuple(
            NodeProcess(node.node_id, node.folder, f"http://{node.api}") for node in network.nodes
        ),
        documents=folder / "documents",
        papers=folder / "papers",
        receipts=folder / "receipts",
    )
    for made in (stage.receipts, stage.inbox, stage.documents, stage.papers):
        made.mkdir()
    for document in load_documents(story):
        _write(stage.documents if document.anchored else stage.papers, document)
    return stage


def _add_members(network: NewNetwork, story: Story, secrets: Secrets) -> None:
    trust = trust_root(network.genesis).encode()
    urls = [f"http://{node.api}" for node in network.nodes]
    for member in story.members:
        folder = network.member_folder(member.id)
        new_key(folder / MEMBER_KEY_FILE, "member", secrets.passphrase, secrets.cost)
        write_client(folder, member.id, urls, secrets)
        write_public(folder / "trust.json", trust)


def _write(folder: Path, document: Document) -> None:
    (folder / document.file).write_text(document.text, encoding="utf-8")
