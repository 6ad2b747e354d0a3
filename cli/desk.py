"""A member at work: its key, its trust root, and the nodes that it speaks to.

Signs bundles and hands them to the SDK, which waits for receipts and verifies each of them: no node
is believed.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from api.client import Client, sign_bundle
from api.client.writing import WrittenRecord
from cli.documents import unreadable
from cli.keyfiles import open_key
from cli.settings import ClientSettings
from cli.signers.passphrase import passphrase
from ledger.core.entry import decode_entry
from ledger.core.identifiers import MemberId, NetworkId, RecordId
from ledger.core.receipt import Receipt
from ledger.core.signing import Signer
from ledger.reliance import read_trust
from ledger.trust import TrustRoot

LIFE_MS: Final = 3_600_000
"""How long after its signature a bundle may still enter."""
WAIT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that is on the ledger, with its verified receipt."""

    receipt: Receipt

    @property
    def height(self) -> int:
        """Of the block that holds it."""
        return decode_entry(self.receipt.entry).height


class Desk:
    """One member, its key open; use it as a context."""

    def __init__(
        self,
        member_id: MemberId,
        trust: TrustRoot,
        signer: Signer,
        client: Client,
        wait_s: float = WAIT_S,
        certificate_file: Path | None = None,
    ) -> None:
        """A desk.

        Args:
            member_id: who answers for what is submitted.
            trust: of the network.
            signer: holds a key of the member.
            client: speaks to the member's nodes.
            wait_s: how long a submission may take until every record has its receipt.
            certificate_file: of those nodes, for whoever speaks to one of them by itself.
        """
        self.certificate_file = certificate_file
        self.wait_s = wait_s
        self.member_id = member_id
        self.trust = trust
        self.signer = signer
        self.client = client

    @classmethod
    def open(cls, settings: ClientSettings, wait_s: float = WAIT_S) -> Self:
        """Open the key and the trust root that `settings` name.

        Raises:
            CommandError: `file.unreadable`.
            LedgerError: `key.*`, or a trust root that is none.
        """
        try:
            trust = read_trust(settings.trust_file)
        except OSError as problem:
            raise unreadable(settings.trust_file, problem) from problem
        secret = passphrase(str(settings.key_file), settings.passphrase_file)
        signer = open_key(settings.key_file, secret)
        client = Client(settings.nodes, trust, certificate_file=settings.certificate_file)
        return cls(settings.member_id, trust, signer, client, wait_s, settings.certificate_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    @property
    def network_id(self) -> NetworkId:
        """The network that this member's bundles are signed for."""
        return self.trust.network_id

    def submit(self, written: Sequence[WrittenRecord]) -> list[Kept]:
        """Put records on the ledger in one bundle; returns once each has its receipt.

        Raises:
            LedgerError: the refusal, or that no node could take it.
        """
        now_ms = time.time_ns() // 1_000_000
        bundle = sign_bundle(
            self.signer,
            self.network_id,
            self.member_id,
            [each.record.encode() for each in written],
            now_ms,
            now_ms + LIFE_MS,
        )
        return [Kept(receipt) for receipt in self.client.submit(bundle, self.wait_s)]

    def alert(self, code: str, about: RecordId) -> Any:
        """What the API says of the alert of that code about a record; None until it was raised."""
        for item in self.client.alerts(code=code):
            cited = [ref["record_id"] for ref in item["record"]["refs"]]
            if about.hex() in cited:
                return item
        return None

    def at(self, url: str) -> "Desk":
        """The same member, speaking to one node only."""
        client = Client([url], self.trust, certificate_file=self.certificate_file)
        whom = (self.member_id, self.trust, self.signer)
        return Desk(*whom, client, self.wait_s, self.certificate_file)

    def network(self) -> Any:
        """What a node says of the network; nothing of it is proved."""
        return self.client.network()
