"""What a client takes of one node's log: its checkpoint, its entry bundles, and proofs out of it.

Nothing is judged here but its form: whoever takes it compares it with a cosigned head.
"""

from typing import Final

from api.client.epochs import followed
from api.client.nodes import ClientError, Nodes, json_of
from ledger.codes import Code
from ledger.core.identifiers import DIGEST_BYTES, Digest
from ledger.core.tiles import TilePath
from ledger.trust import TrustRoot

PATIENCE_S: Final = 30.0
"""How long a node that is away, for a restart perhaps, is asked again."""
_PATH_MAX: Final = 128


class NodeLog:
    """The log as one node serves it."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes

    def checkpoint(self) -> bytes:
        """The newest cosigned head, as a signed note.

        Raises:
            ClientError: `checkpoint.none`, or that the node could not be asked.
        """
        return self._nodes.request("GET", "/checkpoint", patience_s=PATIENCE_S).content

    def follow(self, trust: TrustRoot) -> TrustRoot:
        """The trust root with the later epochs to which the node leads."""
        return followed(self._nodes, trust).trust

    def read(self, path: TilePath) -> bytes:
        """A tile or an entry bundle.

        Raises:
            ClientError: `tile.unknown`, or that the node could not be asked.
        """
        return self._nodes.request("GET", f"/{path}", patience_s=PATIENCE_S).content

    def consistency(self, old: int, new: int) -> tuple[Digest, ...]:
        """The path that shows that the log of `new` leaves begins with that of `old`.

        Raises:
            ClientError: `checkpoint.beyond`, `api.answer`, or that the node could not be asked.
        """
        return self.growth(old, new)[1]

    def growth(self, old: int, new: int) -> tuple[Digest, tuple[Digest, ...]]:
        """The root of `old` leaves, as the node says it is, and the path to that of `new`.

        Raises:
            ClientError: as `consistency`.
        """
        answer = self._nodes.request("GET", "/v1/consistency", params={"old": old, "new": new})
        told = json_of(answer)
        try:
            if not isinstance(told, dict) or not isinstance(told.get("old"), dict):
                raise ValueError("old")
            given = told.get("path")
            if not isinstance(given, list) or len(given) > _PATH_MAX:
                raise ValueError("path")
            hashes = [told["old"].get("root"), *given]
            root, *path = (Digest(bytes.fromhex(each)) for each in hashes)
            if any(len(each) != DIGEST_BYTES for each in (root, *path)):
                raise ValueError("digest")
        except (ValueError, TypeError) as problem:
            node = str(answer.request.url)
            raise ClientError(Code.API_ANSWER, node=node, what=repr(problem)) from problem
        return root, tuple(path)
