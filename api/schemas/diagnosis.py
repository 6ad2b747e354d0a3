"""What a node finds out about itself as JSON, described; `api.routes.diagnose` makes it."""

from typing import Any, Literal

from pydantic import Field

from api.schemas.answers import Count, MemberName, NodeName, TimeMs
from api.schemas.submitted import Hex32, Model


class FindingJson(Model):
    """One state that holds."""

    code: str = Field(examples=["diagnose.no_quorum"])
    severity: Literal["fine", "notice", "warning", "serious"]
    zh: str = Field(description="发生了什么、涉及谁、下一步怎么办")
    en: str = Field(description="What happened, to which thing, and what to do next")
    facts: dict[str, Any] = Field(description="What the sentences were filled with; spans in ms")
    section: str = Field(description="Of the handbook", examples=["docs/operations.md#no_quorum"])


class HeadJson(Model):
    """The newest block here."""

    height: Count
    hash: Hex32
    time_ms: Count
    log_size: Count
    cosigned_height: Count
    unsigned: list[NodeName] = Field(description="Whose cosignature of it is not here yet")


class AskJson(Model):
    """The highest view that a node asks for at the open height."""

    node: NodeName
    view: Count


class OpenHeightJson(Model):
    """The height that is being agreed on."""

    height: Count
    view: Count
    view_changes: Count = Field(description="At this height; 0: the primary is the parent's")
    active: bool = Field(description="false while a view is asked for and has not started")
    primary: NodeName
    proposed: Hex32 | None
    prepared_by: list[NodeName]
    committed_by: list[NodeName]
    asked_for: list[AskJson]
    waits_for: str = Field(examples=["commits"])
    lacking: Count = Field(description="Words that are lacking")
    lacking_of: list[NodeName] = Field(description="Who has not said it; any so many will do")
    waits_since_ms: TimeMs | None
    view_ends_ms: TimeMs | None = Field(description="When this node asks for the next view")
    listens_until_ms: TimeMs | None
    held_until_ms: TimeMs | None
    certified: Count = Field(description="Above the head: blocks are being fetched")
    donor: NodeName | None
    clock_trusted: bool
    muted: bool
    abstain_until: Count


class QueueJson(Model):
    """What waits to be sent to a peer."""

    frames: Count
    bytes: Count
    dropped: Count


class PeerJson(Model):
    """Another node, seen from this one."""

    node_id: NodeName
    connected: bool
    speaks: bool
    heard_ms: TimeMs | None
    height: Count | None
    view: Count | None
    offset_ms: int | None = Field(description="Its clock minus ours")
    outbound: QueueJson | None
    early_messages: Count


class PoolJson(Model):
    """What waits to be committed."""

    bundles: Count
    bytes: Count
    own: Count = Field(description="Taken in by this node")
    held: Count = Field(description="Relayed, not judged yet")
    passed_over: Count
    deferred: Count = Field(description="Relayed, unfit on this head, kept for a moment")


class WitnessJson(Model):
    """A body outside the committee that is to cosign each head."""

    name: str = Field(examples=["court.example/w1"])
    vkey: str = Field(description="Its verifier key, for policies")
    size: Count = Field(description="Of the newest head whose line is kept here; 0 for none")
    time_ms: TimeMs | None = Field(description="When it cosigned that head, by its own clock")
    failed: Count = Field(description="Attempts that failed since the node was started")
    missing: Count = Field(description="Heads shown to it since, and none cosigned for this node")
    missing_since_ms: TimeMs | None
    reason: str = Field(description="Why the last attempt failed; empty where it did not")
    faults: dict[Literal["signature", "view"], str] = Field(
        description="Its yes does not hold; it contradicts its own word, or this log; and why"
    )


class StampingJson(Model):
    """An authority that stamps the published head once in a period."""

    name: str = Field(examples=["ntsc"])
    size: Count = Field(description="Of the newest head whose token is kept here; 0 for none")
    time_ms: TimeMs | None = Field(description="When it stamped that head, by its own clock")
    period_ms: Count
    failed: Count = Field(description="Attempts that failed since the node was started")
    lacking_since_ms: TimeMs | None = Field(description="Since when a stamp is due and lacking")
    reason: str = Field(description="Why the last attempt failed; empty where it did not")
    fault: Literal["token", "clock"] | None = Field(
        description="Its token does not hold; or its time is far from this node's clock"
    )


class FaultJson(Model):
    """Evidence against a key of the committee."""

    node: NodeName
    kind: str = Field(examples=["two-commits"])


class CertificateJson(Model):
    """When a TLS certificate ends."""

    use: Literal["own", "peer", "api"]
    node_id: NodeName
    until_ms: TimeMs


class DiskJson(Model):
    """What the node's disk says."""

    journal_bytes: Count
    intake_bytes: Count
    sync_ms: Count | None = Field(description="How long the last fsync took")
    sync_ms_max: Count
    free_bytes: Count


class ClockJson(Model):
    """What the node's machine says of its clock; votes rest on the peers' clocks alone."""

    source: Literal["chrony", "timesyncd", "kernel", "unknown"]
    synchronised: bool | None = Field(description="Null where nobody knows")
    offset_us: int | None = Field(description="Still to be corrected; positive: it is behind")
    bound_us: Count | None = Field(description="By how much it may be wrong at most")
    synchronised_at_ms: TimeMs | None = Field(description="When a time server was heard last")
    unsynchronised_since_ms: TimeMs | None
    stratum: Count | None = Field(description="As chrony says; 1: beside a reference clock")


class ClockReportJson(Model):
    """What an organisation recorded last of the clock of a node that it runs."""

    node_id: NodeName
    member_id: MemberName
    record_id: Hex32
    time_ms: TimeMs = Field(description="Of the block that it entered by")
    cause: Literal["schedule", "state_change"] | None = Field(
        description="Null where the record is not kept here, and all it says is unknown"
    )
    time_source: Literal["chrony", "timesyncd", "kernel", "unknown"]
    in_step: Literal["yes", "no", "unknown"]
    peers: Literal["within_bound", "beyond_bound", "unknown"] = Field(
        description="Beyond the genesis bound of f + 1 others a node does not vote"
    )
    slow_most_ms: Count | None
    fast_most_ms: Count | None
    stratum: Count | None
    synchronised_at_ms: TimeMs | None


class NodeFactsJson(Model):
    """The facts that findings rest on."""

    epoch: Count
    n: Count
    f: Count
    q: Count
    head: HeadJson
    open: OpenHeightJson
    peers: list[PeerJson]
    pool: PoolJson
    witnesses: list[WitnessJson]
    time_stamps: list[StampingJson]
    faults: list[FaultJson]
    dropped_messages: Count
    dropped_last: str = Field(description="Why the last of them was dropped; empty before it")
    disk: DiskJson | None
    certificate_until_ms: TimeMs | None
    certificates: list[CertificateJson]
    clock: ClockJson | None


class DiagnosisJson(Model):
    """Findings, the worst first, and facts."""

    network_id: Hex32
    name: str
    node_id: NodeName
    version: str
    now_ms: Count = Field(description="This node's clock at its last step")
    severity: Literal["fine", "notice", "warning", "serious"] = Field(description="The worst")
    findings: list[FindingJson]
    facts: NodeFactsJson
    clock_reports: list[ClockReportJson] | None = Field(
        description="The last record of each node's clock; null where the ledger cannot be read"
    )
