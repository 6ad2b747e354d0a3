"""How a node issues certificates: where its pages are, and the key that signs."""

from dataclasses import dataclass
from typing import Protocol

from ledger.core.identifiers import Digest, RecordId
from ledger.time_stamps import TimeTrust


class SignsDocuments(Protocol):
    """A key that signs certificates; `api.documents.signing.DocumentSigner` fits it."""

    def valid_at(self, time_ms: int) -> bool:
        """Whether its certificate is valid then."""
        ...

    def sign(self, data: bytes) -> bytes:
        """A file with room for a signature, signed."""
        ...


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues certificates here, and where its pages are."""

    public_url: str = ""
    """Under which people reach this node's pages; empty: the QR holds no address."""
    signer: SignsDocuments | None = None
    """None: they are not signed."""
    times: TimeTrust | None = None
    """Whose time stamps are printed, because this node judges them; None: nobody's."""


def link_of(issuer: Issuer, record_id: RecordId, entry_hash: Digest) -> str:
    """What the QR says: the short link of the record, or its id, with the entry's hash."""
    place = f"{record_id.hex()}?entry={entry_hash.hex()}"
    return f"{issuer.public_url}/v/{place}" if issuer.public_url else f"bidwitness:{place}"
