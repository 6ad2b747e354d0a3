"""An application that is the shipped one, but for what a liar overrides."""

from collections.abc import Sequence

from consensus.application import Application
from ledger.core.block import Head, Header
from ledger.core.bundle import Bundle
from ledger.core.certificate import CommitCertificate
from ledger.core.committee import Committee
from ledger.core.identifiers import Height, NodeId
from ledger.errors import Rejected


class OtherApplication:
    """Satisfies `consensus.application.Application`, which says what each of these does."""

    def __init__(self, true: Application) -> None:
        self.true = true

    @property
    def head(self) -> Head:
        return self.true.head

    @property
    def committee(self) -> Committee:
        return self.true.committee

    def judge(self, bundle: Bundle, time_ms: int) -> object | Rejected:
        return self.true.judge(bundle, time_ms)

    def next_due_ms(self) -> int | None:
        return self.true.next_due_ms()

    def assemble(
        self, bundles: Sequence[Bundle], time_ms: int, proposer: NodeId
    ) -> tuple[Header, bytes] | None:
        return self.true.assemble(bundles, time_ms, proposer)

    def check(self, header: Header, payload: bytes) -> Rejected | None:
        return self.true.check(header, payload)

    def commit(self, header: Header, payload: bytes, certificate: CommitCertificate) -> object:
        return self.true.commit(header, payload, certificate)

    def serve(self, from_height: Height, limit_bytes: int) -> Sequence[tuple[bytes, bytes, bytes]]:
        return self.true.serve(from_height, limit_bytes)
