"""The SDK: submit signed bundles, wait for receipts, ask; needs only `ledger` and httpx.

Whatever a node answers is verified against the trust root before it is returned, so that a client
has to trust no single node::

    client = Client(["https://node-1.example", "https://node-2.example"], trust)
    receipts = client.submit(sign_bundle(signer, trust.network_id, member, records, now, later))
"""

from api.client.batches import AnchoredBatch
from api.client.calls.certifying import CertificateStatus, FetchedCertificate
from api.client.calls.coding import MadeCode
from api.client.calls.following import Event
from api.client.calls.opening_data import OpenData
from api.client.calls.querying import FoundRecord, QueryPage
from api.client.client import AsyncClient, Client
from api.client.key_files import open_key
from api.client.nodes import Nodes
from api.client.problems import ClientError, Pending, RecordFault
from api.client.provenance import captured
from api.client.sealing import SealingDesk, Tick
from api.client.seals import SealStatus, seal_row
from api.client.signing import sign_bundle
from api.client.writing import Author, WrittenRecord, document

__all__ = [
    "AnchoredBatch",
    "AsyncClient",
    "Author",
    "CertificateStatus",
    "Client",
    "ClientError",
    "Event",
    "FetchedCertificate",
    "FoundRecord",
    "MadeCode",
    "Nodes",
    "OpenData",
    "Pending",
    "QueryPage",
    "RecordFault",
    "SealStatus",
    "SealingDesk",
    "Tick",
    "WrittenRecord",
    "captured",
    "document",
    "open_key",
    "seal_row",
    "sign_bundle",
]
