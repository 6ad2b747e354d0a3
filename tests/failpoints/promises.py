"""What stands in a node's journal on disk, as messages: read from outside, after its death."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from consensus.append_file import frame, scan
from consensus.core.config import Config
from consensus.core.message_decoding import decode_message
from consensus.core.messages import Message
from consensus.core.ready import EntryKind
from consensus.journal import Journal
from ledger.core.identifiers import NetworkId, NodeId
from ledger.core.reader import Reader
from tests.consensus.memory_file import MemoryFile

_HEAD_BYTES_MAX = 1 << 16


@dataclass(frozen=True)
class Written:
    """A journal file, looked at without touching it."""

    path: Path
    network_id: NetworkId
    node_id: NodeId

    @property
    def data(self) -> bytes:
        """All bytes of it; nothing where the node died before it had one."""
        return self.path.read_bytes() if self.path.exists() else b""

    def messages(self) -> Iterator[Message]:
        """Everything that the node has signed, as far as the journal still holds it.

        Raises:
            StoreError: no crash explains what is there.
        """
        bodies = scan(self.data, str(self.path)).bodies
        whole = MemoryFile(durable=b"".join(map(frame, bodies)))
        if len(bodies) < 2:
            return
        config = Config(self.network_id, self.node_id, lambda header, payload: None)
        for entry in Journal(whole, self.network_id, self.node_id).entries:
            body = entry.body
            if entry.kind is EntryKind.COMMIT:
                reader = Reader(body)
                reader.array(2)
                body = reader.bytes_(_HEAD_BYTES_MAX)
            yield decode_message(body, config)
