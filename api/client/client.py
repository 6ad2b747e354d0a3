"""Client and AsyncClient: what members and readers do with a network, each proof checked here.

The one blocks, the other is awaited in asyncio; their calls are the same flows (`both`).
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from api.client.asking import TIMEOUT_S, Asking
from api.client.both import Awaiting, Call, CallForEach, Waiting
from api.client.calls import (
    anchoring,
    bidding,
    certifying,
    coding,
    depositing,
    enciphering,
    following,
    looking_up,
    opening_data,
    querying,
    reading,
    submitting,
    telling,
    tracing,
    witnessing,
)
from api.client.core import Core
from api.client.driving import AsyncDriver
from api.client.https import trusting
from api.client.nodes import Nodes
from api.client.plain import AsyncPlain
from api.client.proving import Proof
from ledger.core.identifiers import MemberId
from ledger.core.signing import Signer
from ledger.trust import TrustRoot


class _Calls:
    """All that either client can be asked."""

    submit = Call(submitting.submit)
    receipt = Call(reading.receipt)
    tlog_proof = Call(reading.tlog_proof)
    status_answer = Call(reading.status_answer)
    head = Call(reading.head)
    follow = Call(reading.follow)
    record = Call(telling.record)
    knows = Call(telling.knows)
    trace = Call(telling.trace)
    subject = CallForEach(telling.subject)
    alerts = CallForEach(telling.alerts)
    search = Call(telling.search)
    network = Call(telling.network)
    records = CallForEach(querying.records)
    query_pages = CallForEach(querying.query_pages)
    projects_of = CallForEach(querying.projects_of)
    open_data = Call(opening_data.open_data)
    events = CallForEach(following.events)
    bundle_receipts = CallForEach(following.bundle_receipts)
    submit_many = CallForEach(anchoring.submit_many)
    anchor_many = Call(anchoring.anchor_many)
    seal_status = Call(telling.seal_status)
    completeness = Call(telling.completeness)
    witness = Call(telling.witness)
    coverage = Call(telling.coverage)
    coverage_pages = CallForEach(telling.coverage_pages)
    sections = Call(tracing.sections)
    gather_said = Call(tracing.gather_said)
    witnessed_receipt = Call(witnessing.witnessed_receipt)
    fetched_certificate = Call(certifying.fetched_certificate)
    standing_now = Call(certifying.standing_now)
    certificate_status = Call(certifying.certificate_status)
    gather_bid_proof = Call(bidding.gather_bid_proof)
    encryption_key_of = Call(enciphering.encryption_key_of)
    look_up = Call(looking_up.look_up)
    put_deposit = Call(depositing.put_deposit)
    deposits = CallForEach(depositing.deposits)
    deposit = Call(depositing.deposit)
    make_court_code = Call(coding.make_court_code)
    end_court_code = Call(coding.end_court_code)
    court_code = Call(coding.court_code)
    court_codes = Call(coding.court_codes)

    core: Core

    @property
    def trust(self) -> TrustRoot:
        """The network, with every epoch that was met on the way."""
        return self.core.trust

    def read_as(self, member: MemberId, signer: Signer) -> None:
        """Ask as a member from now on, which shows what it may see, and who reads to the node.

        Args:
            member: who asks.
            signer: holds a key of it.
        """
        self.core.asking.proof = Proof(self.core, member, signer).header_for


class Client(_Calls, Waiting):
    """Speaks to several nodes of one network and believes none of them; threads may share it."""

    def __init__(
        self,
        nodes: Sequence[str],
        trust: TrustRoot,
        transport: httpx.BaseTransport | None = None,
        certificate_file: Path | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """A client; nothing is asked yet.

        Args:
            nodes: base URLs, the preferred one first.
            trust: of the network; grows by the epochs that are met on the way.
            transport: for tests, and for lines of another kind.
            certificate_file: PEM of the nodes' own certificates, or of who issued them; None for
                the authorities that httpx trusts.
            timeout_s: of a whole call, all nodes and all tries, beyond the `wait_s` that it is
                given; of a list, for each of its pages.

        Raises:
            ClientError: `node.unreachable` for no nodes.
            FormatError: `tls.file`.
        """
        self.certificate_file = certificate_file
        self.core = Core(Asking(nodes, timeout_s), trust)
        self.nodes = Nodes(self.core.asking, transport, certificate_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        problem: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.nodes.close()


class AsyncClient(_Calls, Awaiting):
    """The same in an event loop of asyncio; tasks may share it."""

    def __init__(
        self,
        nodes: Sequence[str],
        trust: TrustRoot,
        transport: httpx.AsyncBaseTransport | None = None,
        certificate_file: Path | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """As `Client`."""
        self.certificate_file = certificate_file
        self.core = Core(Asking(nodes, timeout_s), trust)
        line = transport or httpx.AsyncHTTPTransport(
            verify=trusting(certificate_file), trust_env=False
        )
        plain = AsyncPlain(line, unfolds=True)
        self._driver = AsyncDriver(httpx.AsyncClient(transport=plain, trust_env=False))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        problem: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._driver.close()
