"""One section of a tender with a record of every class, its readers, and the table of who sees what."""

import base64
import io
import re
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import httpx

from api.token import audience_of, make_token
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.limits import Parameters
from ledger.core.record import Record, decode_record
from ledger.core.sealed import COMMITMENT_TYPE, OPENING_TYPE, Sealed, commitment_digest, seal
from tests.api.one_node import ROLES, OneNode, canonical, now_ms
from tests.vectors.small_network import seed, signer

FOLDER = Path(__file__).parent / "rights"
PROJECT, SECTION = "兰州-2026-777", "兰州-2026-777/01"
OTHER = "兰州-2026-777/02"
"""A section whose bids are opened."""
TAKEN_MS, GRACE_MS = 3_000, 1_000
"""For so long bids are taken there, and for so long after that one counts as in time."""
PARAMETERS = Parameters(sealing_tick_ms=500, clock_ahead_ms=100, deadline_grace_ms=GRACE_MS)
"""Those of a network in which nobody waits long for an opening."""
DAY_MS = 86_400_000
NOBODY = "nobody"
MEMBERS: Mapping[str, tuple[str, ...]] = {
    **{name: roles for name, roles in ROLES.items() if name != "supervisor"},
    "host": ("node_operator",),
    "bidsystem": ("bid_system",),
    "rival": ("bidder",),
    "notary": ("notary",),
    "court": ("court",),
    "elsewhere": ("court",),
    "agent": ("agent",),
    "housing": ("supervisor@industry:housing",),
    "water": ("supervisor@industry:water",),
    "lanzhou": ("supervisor@region:620100",),
    "tianshui": ("supervisor@region:620500",),
    "chief": ("supervisor",),
    "discipline": ("discipline",),
    "auditor": ("auditor",),
    "police": ("police",),
}


def stage(folder: Path) -> OneNode:
    """The node of the story, which one of its departments runs; it does not run yet."""
    node = OneNode(folder, roles=MEMBERS, operator="host")
    node.genesis = replace(node.genesis, parameters=PARAMETERS)
    return node


def read_table() -> tuple[tuple[str, ...], dict[str, dict[str, bool]]]:
    """The classes, and for each reader whether it is shown each of them."""
    text = (FOLDER / "readers.txt").read_text(encoding="utf-8").splitlines()
    head = next(line for line in text if line.startswith("# reader"))
    classes = tuple(head.split()[2:])
    rows = [line.partition("#")[0].split() for line in text if line and line[0] != "#"]
    cells = {name: [{"+": True, "-": False}[mark] for mark in marks] for name, *marks in rows}
    return classes, {name: dict(zip(classes, row, strict=True)) for name, row in cells.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """A record of one class, and what would betray it."""

    record: Record
    record_id: RecordId
    height: int
    index: int
    bundle: str
    """Pool key of the bundle that it came in; empty for what a rule concluded."""

    def asks(self, template: str) -> str:
        """How a route is asked about it; empty where it has not what is asked for."""
        facts = {
            "id": self.record_id.hex(),
            "subject": quote(self.record.subject, safe=""),
            "sha256": self.record.evidence[0].sha256.hex() if self.record.evidence else "",
            "issuer": self.record.issuer,
            "type": self.record.type,
            "height": str(self.height),
            "index": str(self.index),
            "bundle": self.bundle,
        }
        named = [name for name in facts if "{" + name + "}" in template]
        return template.format(**facts) if all(facts[name] for name in named) else ""

    def names(self, body: bytes) -> bool:
        """Whether the body names the record by its id."""
        return self.record_id.hex().encode() in body

    def betrayed(self, body: bytes, told: str) -> bool:
        """Whether the body tells something of what it says that was not `told` by the asker."""
        digests = [self.record.nonce, *(each.sha256 for each in self.record.evidence)]
        unknown = [each for each in digests if each.hex() not in told]
        spelled = [each.hex().encode() for each in unknown] + unknown
        # Receipts, and what carries one, hold the record whole in base64.
        spelled.append(base64.b64encode(self.record.encode()))
        return any(each in body for each in spelled)


@dataclass(frozen=True, slots=True)
class Story:
    """The node with everything said, and those who ask it."""

    node: OneNode
    client: httpx.Client
    said: Mapping[str, Said]
    """By class."""
    before: Mapping[str, str]
    """What the public was answered before anything hidden was said, by what was asked."""

    def ask(self, path: str, reader: str = NOBODY) -> httpx.Response:
        """What a reader is answered."""
        return self.client.get(path, headers=token(self.node, reader))


def settled(answer: httpx.Response) -> str:
    """Status and body, but for the head that an answer is given at, its time and its request."""
    if answer.headers["content-type"] == "application/zip":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            return f"{answer.status_code} {archive.namelist()}"
    body = re.sub(r'"(height|time_ms)": ?\d+', r'"\1":0', answer.text)
    body = re.sub(r'<(p|small) class="[\w -]*as-of">.*?</\1>', "", body)
    # A page that renews itself says from which height on.
    body = re.sub(r' data-since="\d+"', "", body)
    # Forms that ask for a time begin with this minute.
    body = re.sub(r'value="\d{4}-\d\d-\d\dT\d\d:\d\d"', "", body)
    body = body.replace(answer.headers["X-Request-Id"], "")
    return f"{answer.status_code} {body}"


def token(node: OneNode, reader: str) -> dict[str, str]:
    """The header by which a member proves itself; none for nobody."""
    if reader == NOBODY:
        return {}
    audience = audience_of(node.genesis.network_id, "one")
    made = make_token(signer(f"member {reader}"), MemberId(reader), audience, now_ms())
    return {"Authorization": f"Bearer {made}"}


def unpacked(answer: httpx.Response) -> bytes:
    """The bytes of an answer, those inside of a ZIP included."""
    if answer.headers.get("content-type") != "application/zip":
        return answer.content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return b"\n".join(name.encode() + archive.read(name) for name in archive.namelist())


def say(node: OneNode, client: httpx.Client, record: Record) -> Said:
    """Have a record committed."""
    bundle = node.bundle(record)
    answer = canonical(client, bundle, wait=20)
    assert answer.status_code == 201, answer.text
    (place,) = answer.json()["records"]
    return Said(record, record.record_id, place["height"], place["index"], bundle.pool_key.hex())


class SealedBids:
    """Two bids under seal in a second section of the project."""

    def __init__(self, node: OneNode, client: httpx.Client) -> None:
        """Announce the section, and commit both while bids are taken."""
        self._node, self._client = node, client
        self._deadline_ms = now_ms() + TAKEN_MS
        self._say(node.record("builder", "tender.document_filed", OTHER, kind="tender"))
        until = self._deadline_ms
        notice = ("builder", "tender.announcement", OTHER)
        self._say(node.record(*notice, kind="announcement", bid_deadline_ms=until))
        self._bids = [
            node.record(name, "tender.bid_submitted", OTHER, files={"bid": name.encode()})
            for name in ("bidder", "rival")
        ]
        self._sealed = [self._seal(each) for each in self._bids]
        self._committed = [self._say(self._commitment(each)) for each in self._sealed]
        if now_ms() >= self._deadline_ms:
            raise TimeoutError("a machine so slow that the bids are late")

    def one_of_two_opened(self) -> tuple[Said, Said]:
        """Once no more are taken: the bid that is opened, and the one that stays sealed."""
        time.sleep(max(0, self._deadline_ms + GRACE_MS + 100 - now_ms()) / 1_000)
        names = tuple(sorted(each.record_id for each in self._committed))
        bids = ("bidsystem", "tender.bid_set_sealed", OTHER)
        self._say(self._node.record(*bids, commitments=names, count=2, part=1, parts=1))
        self._say(self._node.record("builder", "tender.opening_started", OTHER))
        opens = [("opens", self._committed[0].record_id)]
        empty = self._node.record("bidsystem", OPENING_TYPE, "", refs=opens)
        opening = self._say(replace(empty, fields=dict(self._sealed[0].fields())))
        stands = zip((opening, self._committed[1]), self._bids, strict=True)
        opened, sealed = (replace(at, record=bid, record_id=bid.record_id) for at, bid in stands)
        return opened, sealed

    def _seal(self, bid: Record) -> Sealed:
        made, author = now_ms(), signer(f"member {bid.issuer}")
        network, salt = self._node.genesis.network_id, seed(f"salt of {bid.issuer}")
        until = made + DAY_MS
        return seal(author, network, bid.issuer, bid.encode(), made, until, salt, bytes(16))

    def _commitment(self, sealed: Sealed) -> Record:
        network = self._node.genesis.network_id
        digest = commitment_digest(network, MemberId("bidsystem"), sealed)
        return self._node.record("bidsystem", COMMITMENT_TYPE, "", commitment=digest)

    def _say(self, record: Record) -> Said:
        return say(self._node, self._client, record)


def concluded(node: OneNode, client: httpx.Client, height: int, code: str) -> Said:
    """The alert of a code that a block concluded, as whoever sees all is shown it."""
    body = client.get(f"/v1/blocks/{height}", headers=token(node, "discipline")).json()
    entries = [each for each in body["records"]["items"] if each["record"]]
    (alert,) = [each for each in entries if each["record"]["fields"].get("alert") == code]
    path = f"/v1/records/{alert['record_id']}?raw=true"
    data = client.get(path, headers=token(node, "discipline")).content
    record = decode_record(data)
    return Said(record, record.record_id, height, alert["index"], "")
