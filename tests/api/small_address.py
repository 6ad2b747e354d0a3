"""One address on one node, from its sources to the two certificates: said by the trading centre, which
holds every role there, and by an owner and an applicant."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import httpx

from ledger.core.canonical import Value
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.negative_list import NegativeList
from ledger.core.openings import Opening, Openings, commit_fields
from ledger.core.owner import owner_commitment
from ledger.core.record import Private, Record
from ledger.core.vrf import VrfKey
from tests.api.one_node import OneNode, canonical, now_ms
from tests.vectors.small_network import seed

ADDRESS, LIST = "ADDR-110108-0001", "LIST-110108"
LEVELS: dict[str, Value] = {
    "level01_province": "北京市",
    "level03_district": "海淀区",
    "level12_room": "101 室",
}


class SmallAddress:
    """What was said of one address, by the names of its records."""

    def __init__(self, node: OneNode, client: httpx.Client) -> None:
        self.node = node
        self.client = client
        self.records: dict[str, RecordId] = {}
        self.levels: tuple[Opening, ...] = ()
        """What opens the levels of the standard address."""
        self.salt = seed("owner salt")
        self.list = NegativeList(LIST, 1, ("ADDR-110108-0404",), VrfKey(seed("list")))

    def say(
        self,
        called: str,
        issuer: str,
        kind: str,
        subject: str = ADDRESS,
        refs: Sequence[tuple[str, str]] = (),
        private: Private | None = None,
        fields: Mapping[str, Value] | None = None,
        **more: Value,
    ) -> RecordId:
        """Put a record on the ledger; later ones cite it as it is called."""
        cites = [(relation, self.records[cited]) for relation, cited in refs]
        record = self.node.record(issuer, kind, subject, refs=cites)
        said = {**(fields or {}), **more}
        return self.put(called, replace(record, fields=said, private=private))

    def put(self, called: str, record: Record) -> RecordId:
        """Put a record on the ledger."""
        answer = canonical(self.client, self.node.bundle(record), wait=20)
        assert answer.status_code == 201, answer.text
        self.records[called] = record.record_id
        return record.record_id

    def certified(self) -> RecordId:
        """Everything up to the use-right certificate; returns its id."""
        network = self.node.genesis.network_id
        self.say("rules", "centre", "ledger.standard_published", "STD-1", name="标准", version="1")
        for source in ("enterprise", "property", "address"):
            self.say(
                source, "centre", "address.snapshot_published", "centre",
                source=source, version="1", root=sha256(source.encode()), count=9,
                taken_ms=now_ms() - 60_000,
            )  # fmt: skip
        levels, self.levels = commit_fields(
            MemberId("centre"), LEVELS, {name: seed(name)[:16] for name in LEVELS}
        )
        self.say(
            "standard", "centre", "address.standard_published", refs=[("batch", "address")],
            private=levels, standard="STD-1",
        )  # fmt: skip
        owner = owner_commitment(network, ADDRESS, MemberId("builder"), self.salt)
        kind, refs = "address.property_shared", [("batch", "property")]
        self.say("shared", "centre", kind, refs=refs, owner=owner)
        self.say(
            "match", "centre", "address.matched",
            refs=[("follows", "standard"), ("follows", "shared"), ("batch", "enterprise")],
            result="matched", algorithm="compare", algorithm_version="1", score_permille=990,
        )  # fmt: skip
        self.say("joined", "builder", "address.owner_joined", "builder", capacity="owner")
        self.say(
            "will", "builder", "address.owner_confirmed", refs=[("follows", "match")],
            decision="confirmed", applicant="bidder", use="residence", owner_salt=self.salt,
        )  # fmt: skip
        self.say(
            "list", "centre", "address.negative_list_changed", LIST, reason="虚假登记",
            valid_until_ms=now_ms() + 10**10, fields=self.list.head.fields(),
        )  # fmt: skip
        self.say(
            "check", "centre", "address.negative_list_checked",
            refs=[("follows", "match"), ("follows", "list")], fields=self.list.check(ADDRESS),
        )  # fmt: skip
        return self.use_certified()

    def use_certified(self) -> RecordId:
        """The certificate of use."""
        return self.say(
            "use", "centre", "address.use_certified",
            refs=[("follows", each) for each in ("shared", "match", "will", "check")],
            applicant="bidder", use="residence", route="owner",
            property_fact=self.records["shared"], owner_will=self.records["will"],
            list=LIST, list_version=1, list_check=self.records["check"],
        )  # fmt: skip

    def question(self, issuer: str, by: str, wanted: str) -> Openings:
        """A question on record, with what opens it."""
        private, openings = commit_fields(
            MemberId(issuer), {"wanted": wanted}, {"wanted": seed(wanted)[:16]}
        )
        asked = self.say(
            f"question {by} {wanted}", issuer, "address.looked_up", issuer, private=private,
            by=by, purpose="设立登记",
        )  # fmt: skip
        return Openings(asked, openings)
