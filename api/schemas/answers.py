"""What clients get as JSON, described: `api.forms` and the routes make it, a test compares."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from api.schemas.submitted import Hex32, Hex64, Model, RecordJson

Count: TypeAlias = Annotated[int, Field(ge=0)]
TimeMs: TypeAlias = Annotated[
    int, Field(ge=0, description="Milliseconds since 1970", examples=[1_767_225_600_000])
]
Cursor: TypeAlias = Annotated[
    int | None, Field(description="For the next page; null where there is none")
]
NodeName: TypeAlias = Annotated[str, Field(examples=["node-centre"])]
MemberName: TypeAlias = Annotated[str, Field(examples=["centre"])]
ReceiptJson: TypeAlias = Annotated[
    dict[str, Any], Field(description="A receipt file: docs/spec/receipt.md")
]
Words: TypeAlias = Annotated[list[str], Field(description="Sentences, the worst first")]


class ProblemJson(Model):
    """RFC 9457: what went wrong, and what to do next."""

    type: str = Field(examples=["urn:bidwitness:problem:bundle.signature"])
    title: str
    status: int
    code: str = Field(description="Stable name of the reason", examples=["bundle.signature"])
    detail: str = Field(description="What happened and what to do next")
    detail_zh: str = Field(description="发生了什么，下一步怎么办")
    facts: dict[str, str | int]
    instance: str = Field(examples=["/v1/bundles"])
    request_id: str = Field(
        description="As in `X-Request-Id`, and in the node's log",
        examples=["6f1c0e0f0a5b4d0c9a3f2b1e7d8c5a40"],
    )


class PlaceJson(Model):
    """Where a record stands in the log; public for every record."""

    record_id: Hex32
    index: Count
    height: Count
    committed_at_ms: TimeMs
    bundle_id: Hex32 | None = Field(description="null where the rules concluded the record")


class SealedPlaceJson(Model):
    """Where a record that came out of an opening takes effect."""

    opening: Hex32 = Field(description="The record that let it out; has the entry")
    commitment: Hex32
    index: Count | None = Field(
        description="Null, as what follows, where the commitment is not kept here"
    )
    height: Count | None
    committed_at_ms: TimeMs | None


class StoredRecordJson(PlaceJson):
    """A record on the ledger; one that was sealed stands at its opening's place."""

    type_code: str = Field(examples=["T09"])
    type_zh: str = Field(examples=["招标公告"])
    type_en: str = Field(examples=["Tender announcement"])
    sealed: SealedPlaceJson | None = Field(description="null for a record that was never sealed")
    record: RecordJson


class HiddenRecordJson(PlaceJson):
    """A record that is not shown to the public."""

    record: None


class RecordPageJson(Model):
    """A page of a list by content."""

    items: list[StoredRecordJson]
    cursor: Cursor


class PlacedPageJson(Model):
    """A page of a list by place."""

    items: list[StoredRecordJson | HiddenRecordJson]
    cursor: Cursor


class AlertJson(StoredRecordJson):
    """What the rules concluded, in words."""

    alert: str = Field(examples=["AL02"])
    severity: Literal["notice", "warning", "serious"]
    name_zh: str
    name_en: str
    sentence_zh: str
    sentence_en: str


class AlertPageJson(Model):
    """A page of alerts."""

    items: list[AlertJson]
    cursor: Cursor


class SnapshotJson(Model):
    """A root over the whole state after an earlier block."""

    height: Count
    size: Count
    root: Hex32


class BlockHeaderJson(Model):
    """docs/spec/block.md."""

    hash: Hex32
    network_id: Hex32
    height: Count
    previous: Hex32
    time_ms: TimeMs
    proposer: NodeName
    epoch: Count
    bundle_count: Count
    bundles_root: Hex32
    entry_count: Count
    state_hash: Hex32
    status_size: Count
    status_root: Hex32
    snapshot: SnapshotJson | None
    log_size: Count
    log_root: Hex32


class VoteJson(Model):
    """One node's commit vote."""

    node_id: NodeName
    signature: Hex64


class CertificateJson(Model):
    """Who committed a block, in which view."""

    view: Count
    votes: list[VoteJson]


class BlockJson(Model):
    """A block without its records."""

    header: BlockHeaderJson
    certificate: CertificateJson
    cosigned: bool = Field(description="Whether a quorum has cosigned this head or a later one")


class BlockWithRecordsJson(BlockJson):
    """A block and a page of its records."""

    records: PlacedPageJson


class BlockPageJson(Model):
    """Blocks, the newest first."""

    items: list[BlockJson]
    cursor: Cursor


class HitJson(Model):
    """One thing under the name that was searched."""

    kind: Literal["record", "document", "block", "member", "type", "subject"]
    name: str
    link: str
    records: list[StoredRecordJson | HiddenRecordJson]


class SearchJson(Model):
    """Everything under that name, the most particular first."""

    query: str
    hits: list[HitJson]


class TreeHeadJson(Model):
    """The log at one size."""

    size: Count
    root: Hex32


class ConsistencyJson(Model):
    """That one log begins with another."""

    old: TreeHeadJson
    new: TreeHeadJson
    path: list[Hex32]
