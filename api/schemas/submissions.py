"""What becomes of a submission, as JSON, described: `api.routes.bundles` makes it."""

from typing import Literal

from pydantic import Field

from api.schemas.answers import Count, NodeName, ProblemJson, ReceiptJson, TimeMs
from api.schemas.submitted import Hex32, Hex64, Model


class RecordFaultJson(Model):
    """One record that is at fault, as if those named before it were not in the bundle."""

    index: Count = Field(description="In the bundle, from 0", examples=[3])
    record_id: Hex32
    code: str = Field(examples=["record.must_follow"])
    detail: str
    detail_zh: str
    facts: dict[str, str | int]


class RefusedBundleJson(ProblemJson):
    """A bundle is refused whole; each of its records that is at fault is named."""

    records: list[RecordFaultJson] | None = Field(
        default=None, description="At most 100; absent where the bundle itself is at fault"
    )
    looked_at: Count | None = Field(
        default=None, description="Records judged, from the first on; those behind were not"
    )


class AcknowledgementJson(Model):
    """A node's signed promise: docs/spec/acknowledgement.md."""

    network_id: Hex32
    node_id: NodeName
    bundle: Hex32
    received_at_ms: TimeMs
    signature: Hex64


class RefusalJson(Model):
    """A node's signed refusal of a bundle that it had acknowledged."""

    network_id: Hex32
    node_id: NodeName
    bundle: Hex32
    code: str
    head_hash: Hex32
    signature: Hex64


class RecordPlaceJson(Model):
    """Where a submitted record entered."""

    record_id: Hex32
    height: Count
    index: Count
    certificate_number: str = Field(
        description="存证编号, for people", examples=["JINCHENG-0000-0042-K"]
    )
    certificate_url: str = Field(description="Where its certificate is made, to print")


class SubmittedJson(Model):
    """Every record is committed and has its receipt."""

    status: Literal["committed"]
    records: list[RecordPlaceJson]
    receipts: list[ReceiptJson] | None = Field(
        default=None, description="In the bundle's order; absent above 100 records"
    )
    receipts_url: str | None = Field(
        default=None, description="Receipts as JSON Lines, where there are more than 100"
    )


class WaitingJson(Model):
    """Acknowledged; ask again after `Retry-After` seconds."""

    status: Literal["pending", "committed, receipt pending"]
    height: Count | None
    bundle: Hex32
    acknowledgement: AcknowledgementJson | None


class PendingJson(Model):
    """The bundle waits for its block."""

    status: Literal["pending"]
    received_at_ms: TimeMs


class ReceiptPendingJson(Model):
    """The bundle is on the ledger, and fewer than a quorum have cosigned its block yet."""

    status: Literal["committed, receipt pending"]
    height: Count


class CommittedJson(Model):
    """The bundle is on the ledger."""

    status: Literal["committed"]
    height: Count
    receipts_url: str | None = None
    records: list[RecordPlaceJson] = Field(
        default=[], description="At most the first 100 of the bundle"
    )


class RefusedJson(Model):
    """The bundle became unfit after it was acknowledged."""

    status: Literal["refused"]
    code: str
    detail: str
    detail_zh: str
    facts: dict[str, str | int]
    refusal: RefusalJson
