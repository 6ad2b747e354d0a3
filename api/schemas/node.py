"""What a node says of itself and its network as JSON, described; the routes make it."""

from typing import Any, Literal

from pydantic import Field

from api.schemas.answers import Count, MemberName, NodeName, TimeMs, Words
from api.schemas.diagnosis import ClockJson, ClockReportJson, StampingJson, WitnessJson
from api.schemas.submitted import Hex32, Model


class CommitteeNodeJson(Model):
    """One node of the committee, by its public keys."""

    node_id: NodeName
    member_id: MemberName
    node_key: Hex32
    log_key: Hex32
    tls_key_digest: Hex32


class RoleJson(Model):
    """A role and where it holds."""

    role: str = Field(examples=["supervisor"])
    scope: str = Field(description="Empty for the whole network")


class MemberJson(Model):
    """A founding member."""

    member_id: MemberName
    kind: Literal["organisation", "system", "person", "label"]
    name_zh: str
    name_en: str
    credit_code: str
    roles: list[RoleJson]


class NodeJson(Model):
    """A node as this one sees it."""

    node_id: NodeName
    member_id: MemberName
    reachable: bool
    height: Count | None
    lag: Count | None
    heard_ms: TimeMs | None
    offset_ms: int | None = Field(description="Its clock minus ours")


class UpstreamJson(Model):
    """A node that an observer may follow."""

    node_id: NodeName
    url: str
    height: Count | None
    heard_ms: TimeMs | None
    fault: Literal["lies", "mute", "refuses", "behind"] | None
    lied: bool = Field(description="Whether it ever gave what does not hold, since the start")


class ObserverJson(Model):
    """Whom an observer follows."""

    follows: NodeName | None
    upstreams: list[UpstreamJson]


class SnapshotProgressJson(Model):
    """A snapshot that a node fetches."""

    height: Count = Field(description="Of the snapshot; 0 while none was chosen")
    chunks: Count = Field(description="That are here")
    total: Count
    donors: list[NodeName] = Field(description="Who may be asked for more")
    liars: list[NodeName] = Field(description="Who gave what does not hold; not asked any more")
    silent: list[NodeName] = Field(description="Who left the last request for a chunk unanswered")


class NetworkJson(Model):
    """The network, its nodes and their health."""

    network_id: Hex32
    name: str
    origin: str = Field(description="Of the log: first line of every checkpoint")
    created_at_ms: TimeMs
    catalogue_hash: Hex32
    parameters: dict[str, Any]
    epoch: Count
    n: Count
    f: Count
    q: Count
    committee: list[CommitteeNodeJson]
    members: list[MemberJson]
    height: Count
    log_size: Count
    cosigned_height: Count
    view: Count
    primary: NodeName
    has_quorum: bool | None = Field(description="null on an observer, which cannot tell")
    waiting: Count
    troubles: list[str]
    words_zh: Words
    words_en: Words
    this_node: NodeName
    observer: ObserverJson | None = Field(description="null on a node of the committee")
    first_height: Count = Field(description="Of the blocks that are kept here")
    snapshot: SnapshotProgressJson | None = Field(description="null while none is fetched")
    nodes: list[NodeJson]
    witnesses: list[WitnessJson] = Field(description="Outside the committee, of this node")
    clock: ClockJson | None = Field(description="Of this node's machine")
    clock_reports: list[ClockReportJson] = Field(
        description="The last record of each node's clock; observers last"
    )
    time_stamps: list[StampingJson] = Field(description="Authorities that stamp its heads")


class TypeJson(Model):
    """A record type in force."""

    key: str = Field(examples=["tender.announcement"])
    code: str = Field(examples=["T09"])
    zh: str
    en: str
    stage: str
    visibility: str
    issuers: list[str]
    alerts: list[str]


class CatalogueJson(Model):
    """All record types in force."""

    items: list[TypeJson]
    cursor: None
    hash: Hex32


class HealthJson(Model):
    """Whether the process works."""

    status: Literal["ok", "stopped"]
    reason: str | None = None


class ReadyJson(Model):
    """Whether a submission can be committed now."""

    ready: bool
    height: Count
    words_zh: Words
    words_en: Words
