"""Open data from the client's side: each receipt verified, and the rest compared with them."""

from dataclasses import dataclass
from typing import Any

import httpx

from api.client.asking import Question
from api.client.core import Core
from api.client.flow import Flow
from api.ocds.packaging import check_package
from ledger.carriers.ocds_package import package_value, receipts_in
from ledger.core.receipt import Receipt, decode_receipt


@dataclass(frozen=True, slots=True)
class OpenData:
    """An OCDS record package that says what its receipts prove."""

    data: bytes
    """The file."""
    package: Any
    """The same as JSON."""
    receipts: tuple[Receipt, ...]
    """Verified."""


def open_data(core: Core, /, subject: str, prefix: str | None = None) -> Flow[OpenData]:
    """A project, with all of its sections, or one section as open data.

    That a node leaves something out is not seen here: ask another one as well.

    Args:
        subject: of the project or section.
        prefix: of ocids, as you registered it; None for the network's own.

    Raises:
        ClientError: `ocds.nothing`, `ocds.many`, or that no node could be asked.
        FormatError: `ocds.other`: the data is not what the receipts say.
        VerificationError: a receipt does not hold.
    """

    def judged(answer: httpx.Response) -> OpenData:
        package = package_value(answer.content)
        found = [decode_receipt(each) for each in receipts_in(package).values()]
        node = str(answer.request.url)
        receipts = tuple(core.verified(each.encode(), each.record_id, node) for each in found)
        check_package(package, receipts, lambda _: core.trust)
        return OpenData(answer.content, package, receipts)

    named = {} if prefix is None else {"prefix": prefix}
    question = Question("/v1/export/ocds", params={"subject": subject, **named})
    return (yield from core.asking.judged(judged, question))
