"""CertificateWatch: when the certificates of a node end, its peers' and its API's among them.

Between nodes only the pinned key counts, so an ended certificate stops no vote; but whoever sees it
coming can renew in peace. Read again once a minute, and whenever the committee has moved.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cryptography import x509

from cli.compose.acquaintances import acquaintances
from cli.compose.own_tls import PEERS_FOLDER, own_files
from cli.settings import Settings
from consensus.depths import CertificateFacts, CertificateUse
from consensus.tls import digest_of, ends_ms, valid_until_ms
from ledger.chain import Chain
from ledger.core.identifiers import Digest, NodeId
from ledger.errors import StoreError

EVERY_S: Final = 60.0


class CertificateWatch:
    """The certificates that one node shows or pins, in the committee in force."""

    def __init__(
        self, settings: Settings, chain: Chain, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` gives seconds that only grow."""
        self._settings = settings
        self._chain = chain
        self._clock = clock
        self._seen: tuple[float, Digest] | None = None
        self._facts: tuple[CertificateFacts, ...] = ()

    def facts(self) -> tuple[CertificateFacts, ...]:
        """What is known; a certificate that cannot be read is left out."""
        now, root = self._clock(), self._chain.status.root
        if self._seen is None or self._seen[1] != root or now - self._seen[0] >= EVERY_S:
            self._seen = (now, root)
            self._facts = tuple(self._look())
        return self._facts

    def _look(self) -> Iterator[CertificateFacts]:
        own, folder = self._settings.node_id, self._settings.tls_folder
        committee = self._chain.committee
        certificate, _ = own_files(folder, (committee,), own)
        yield from _of(CertificateUse.OWN, own, certificate)
        known = acquaintances(self._chain, self._settings, folder / PEERS_FOLDER)
        for node in committee.nodes:
            of_node = known[node.node_id].certificates if node.node_id in known else ()
            for der in of_node:
                # Of a node that has renewed its key the old certificate may lie there still.
                until_ms = _until_ms(der, node.tls_key_digest)
                if until_ms is not None:
                    yield CertificateFacts(CertificateUse.PEER, node.node_id, until_ms)
                    break
        yield from api_certificate(own, self._settings.api_certificate_file)


def api_certificate(node: NodeId, path: Path | None) -> tuple[CertificateFacts, ...]:
    """When the certificate of a node's HTTPS ends; nothing where it has none."""
    return () if path is None else tuple(_of(CertificateUse.API, node, path))


def _of(use: CertificateUse, node: NodeId, path: Path) -> Iterator[CertificateFacts]:
    try:
        yield CertificateFacts(use, node, valid_until_ms(path))
    except StoreError:
        return


def _until_ms(der: bytes, pin: Digest) -> int | None:
    try:
        return ends_ms(x509.load_der_x509_certificate(der)) if digest_of(der) == pin else None
    except ValueError:
        return None
