"""A node's seat in the committee, from one epoch to the next, while it runs.

Whenever the slow state moves, the transport learns whom to let in, and which certificate to show.
Keys that `network rotate` makes are opened while the node runs, and take over with their epoch. A
node that left the committee, or renewed its keys, serves until a quorum of the new committee has
the closing block; only then its old keys are destroyed, and that is recorded. Spec:
``docs/spec/committee.md``.
"""

import asyncio
from pathlib import Path
from typing import Final

import structlog

from cli.compose.acquaintances import acquaintances
from cli.compose.destroying import Moment, replace, retire, tls_moves
from cli.compose.next_keys import NextKeys
from cli.compose.own_tls import CERTIFICATE_FILE, PEERS_FOLDER, own_files
from cli.settings import Settings
from cli.signers.folder import LOG_KEY_FILE, NODE_KEY_FILE
from cli.signers.standing import NEXT_FOLDER, NodeKeys
from consensus.runner import Runner
from consensus.tcp import TcpTransport
from consensus.tls import key_digest, read_certificate
from ledger.chain import Chain
from ledger.core.committee import CommitteeNode
from ledger.core.identifiers import Height, PublicKey

_LOOKS_S: Final = 1.0

log = structlog.get_logger("node")


class Seat:
    """One node, seen by the committees that follow each other."""

    def __init__(
        self,
        settings: Settings,
        chain: Chain,
        keys: NodeKeys,
        transport: TcpTransport,
        next_keys: NextKeys,
    ) -> None:
        self._next_keys = next_keys
        self._settings = settings
        self._chain = chain
        self._keys = keys
        self._transport = transport
        self._seen = b""
        self._shown: tuple[Path, Path] | None = None

    def look(self) -> None:
        """Let the transport follow the slow state, where it has moved."""
        root = self._chain.status.root
        if root == self._seen:
            return
        self._seen = root
        folder = self._settings.tls_folder
        self._transport.know(acquaintances(self._chain, self._settings, folder / PEERS_FOLDER))
        shown = own_files(folder, (self._chain.committee,), self._settings.node_id)
        if shown != self._shown:
            self._transport.present(*shown)
            self._shown = shown

    async def run(self, runner: Runner) -> None:
        """Follow until the node has left the committee and has served its time."""
        while True:
            await self._next_keys.look()
            self.look()
            if self._served(runner) and self._settle():
                return
            await runner.moved(_LOOKS_S)
            await asyncio.sleep(0)

    @property
    def _place(self) -> CommitteeNode | None:
        """As the committee in force knows this node, by a key that it holds."""
        own, committee = self._settings.node_id, self._chain.committee
        place = committee.node(own) if own in committee else None
        held = {each.public_key for each in self._keys.nodes}
        return place if place is not None and place.node_key in held else None

    def _served(self, runner: Runner) -> bool:
        """Whether a quorum of the committee has the block that closed the epoch before."""
        ended_at = self._chain.epochs.ended_at
        if not ended_at:
            return False
        closing = self._chain.blocks.height_of_size(ended_at[-1]) or Height(0)
        return runner.status.succeeded(closing, seated=self._place is not None)

    def _settle(self) -> bool:
        """Destroy the keys that count no more; True where none is left that does."""
        own, place, held = self._settings.node_id, self._place, self._keys.nodes
        if place is not None:
            self._renewed(place)
            return False
        known = {each.public_key for each in held}
        was = any(
            own in committee and committee.node(own).node_key in known
            for committee in self._chain.epochs.committees
        )
        if was:
            keys = [each.public_key for each in (*held, *self._keys.logs)]
            retire(self._settings, self._moment, keys)
            log.info("node.retired", node=own, epoch=self._chain.committee.epoch)
        return was

    def _renewed(self, place: CommitteeNode) -> None:
        """Put the keys that took over in the place of those before."""
        keys, tls = self._settings.keys_folder, self._settings.tls_folder
        moves: dict[Path, Path] = {}
        gone: list[PublicKey] = []
        for file, known, signers in (
            (NODE_KEY_FILE, place.node_key, self._keys.nodes),
            (LOG_KEY_FILE, place.log_key, self._keys.logs),
        ):
            later = keys / NEXT_FOLDER / file
            if len(signers) > 1 and signers[-1].public_key == known and later.exists():
                moves[later] = keys / file
                gone.append(signers[-2].public_key)
        later = tls / NEXT_FOLDER / CERTIFICATE_FILE
        if later.exists() and key_digest(read_certificate(later)) == place.tls_key_digest:
            moves |= {source: to for source, to in tls_moves(tls).items() if source.exists()}
        if moves:
            replace(self._settings, self._moment, moves, gone)
            self._shown = None
            self._seen = b""

    @property
    def _moment(self) -> Moment:
        head = self._chain.head
        return Moment(head.epoch, head.height, head.time_ms)
