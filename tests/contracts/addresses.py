"""A district that registers addresses: three sources, a platform, an owner, a keeper of the list.

The town's own parts, and further members; helpers say the ordinary steps, so that a story says only
what is out of the ordinary.
"""

from collections.abc import Mapping, Sequence

from contracts.tables import Catalogue
from ledger.core import merkle
from ledger.core.canonical import Value
from ledger.core.draw import draw_value, drawn, seed_commitment
from ledger.core.hashing import LeafKind, leaf_data, sha256
from ledger.core.identifiers import Digest, Height, MemberId, RecordId
from ledger.core.negative_list import NegativeList
from ledger.core.owner import owner_commitment
from ledger.core.record import Private
from ledger.core.vrf import VrfKey
from ledger.store.api import Store
from tests.contracts.town import CATALOGUE, DAY, ROLES, START_MS, Town
from tests.vectors.small_network import seed, signer

ADDRESS, ELSEWHERE = "ADDR-110108-0001", "ADDR-110108-0002"
LIST = "LIST-110108"
UNIT = "110108001001GB00001F00010001"
STANDARD = "STD-ADDRESS-1"
INSPECTION = "INSPECT-110108-2026"
LIST_ENDS = START_MS + 365 * DAY
LEVELS = Private(Digest(seed("levels")), ("level01_province", "level03_district", "level12_room"))
WANTED = Private(Digest(seed("wanted")), ("wanted",))
ADDRESS_ROLES: Mapping[str, tuple[str, ...]] = {
    **ROLES,
    "library": ("address_keeper",),
    "realestate": ("property_registry",),
    "platform": ("address_platform",),
    "market": ("address_supervisor", "market_registrar"),
    "otherbureau": ("address_supervisor",),
    "ewindow": ("registration_system",),
    "police": ("police",),
    "landlord": ("depositor",),
    "operator": ("depositor",),
    "shop": ("depositor",),
}


class AddressTown(Town):
    """The town, with whoever registers addresses."""

    def __init__(
        self,
        store: Store | None = None,
        catalogue: Catalogue = CATALOGUE,
        roles: Mapping[str, tuple[str, ...]] = ADDRESS_ROLES,
    ) -> None:
        super().__init__(store, catalogue, roles=roles)
        self.signers |= {name: signer(f"member {name}") for name in {**ADDRESS_ROLES, **roles}}
        self.key = VrfKey(seed("negative list"))
        self.list = NegativeList(LIST, 1, (), self.key)
        self.listed_by = RecordId(bytes(32))
        self._taken: dict[str, RecordId] = {}
        self._joined: set[str] = set()

    def salt(self, owner: str, address: str = ADDRESS) -> bytes:
        """What the registry hands to an owner."""
        return seed(f"salt {owner} {address}")

    def owner(self, owner: str, address: str = ADDRESS) -> Digest:
        """The commitment to an owner."""
        salt = self.salt(owner, address)
        return owner_commitment(self.genesis.network_id, address, MemberId(owner), salt)

    def snapshot(self, source: str, by: str) -> RecordId:
        """A source is fixed, once."""
        if source not in self._taken:
            fields: dict[str, Value] = {
                "source": source,
                "version": "2026-01",
                "root": sha256(source.encode()),
                "count": 1291,
                "taken_ms": self.now_ms,
            }
            kind = "address.snapshot_published"
            self._taken[source] = self.say(by, kind, by, fields=fields)
        return self._taken[source]

    def shared(self, owner: str = "landlord", unit: str = UNIT, address: str = ADDRESS) -> RecordId:
        """The registry says whose the address is."""
        taken = self.snapshot("property", "realestate")
        fields: dict[str, Value] = {"owner": self.owner(owner, address), "property_unit": unit}
        kind, cites = "address.property_shared", [("batch", taken)]
        return self.say("realestate", kind, address, refs=cites, fields=fields)

    def standard(self, address: str = ADDRESS, **more: Value) -> RecordId:
        """The library publishes the standard address."""
        taken = self.snapshot("address", "library")
        if "standard" not in self._taken:
            fields: dict[str, Value] = {"name": "标准地址数据标准", "version": "1"}
            kind = "ledger.standard_published"
            self._taken["standard"] = self.say("registry", kind, STANDARD, fields=fields)
        fields = {"standard": STANDARD, **more}
        kind, cites = "address.standard_published", [("batch", taken)]
        return self.say("library", kind, address, refs=cites, private=LEVELS, fields=fields)

    def of_match(self, result: str = "matched") -> dict[str, Value]:
        """What a match says."""
        return {
            "result": result,
            "algorithm": "address-compare",
            "algorithm_version": "1",
            "score_permille": 970,
        }

    def matched(
        self,
        standard: RecordId,
        shared: RecordId,
        result: str = "matched",
        address: str = ADDRESS,
    ) -> RecordId:
        """The platform compares the three sources."""
        taken = self.snapshot("enterprise", "market")
        cites = [("follows", standard), ("follows", shared), ("batch", taken)]
        fields = self.of_match(result)
        return self.say("platform", "address.matched", address, refs=cites, fields=fields)

    def sources(self) -> tuple[RecordId, RecordId]:
        """The property fact and the match."""
        standard = self.standard()
        shared = self.shared()
        return shared, self.matched(standard, shared)

    def joined(self, member: str) -> None:
        """An owner or operator joins, once."""
        if member not in self._joined:
            self._joined.add(member)
            self.say(member, "address.owner_joined", member, capacity="owner")

    def of_word(self, owner: str = "landlord", **more: Value) -> dict[str, Value]:
        """What an owner's confirmation says."""
        fields: dict[str, Value] = {
            "decision": "confirmed",
            "applicant": "shop",
            "use": "residence",
            "owner_salt": self.salt(owner),
        }
        return {**fields, **more}

    def confirmed(
        self, matched: RecordId, by: str = "landlord", owner: str = "landlord", **more: Value
    ) -> RecordId:
        """The owner, or somebody for it, lets the shop register there."""
        self.joined(by)
        cites = [("follows", matched)]
        kind = "address.owner_confirmed"
        return self.say(by, kind, ADDRESS, refs=cites, fields=self.of_word(owner, **more))

    def publish_list(self, addresses: Sequence[str] = (ELSEWHERE,), version: int = 1) -> RecordId:
        """The keeper publishes a version of its list."""
        self.list = NegativeList(LIST, version, addresses, self.key)
        fields = self.of_list()
        self.listed_by = self.say("market", "address.negative_list_changed", LIST, fields=fields)
        return self.listed_by

    def of_list(self) -> dict[str, Value]:
        """What is published of the list."""
        return {**self.list.head.fields(), "reason": "虚假登记", "valid_until_ms": LIST_ENDS}

    def of_check(self) -> dict[str, Value]:
        """What a check of the address says, with its proof."""
        return self.list.check(ADDRESS)

    def check(self, matched: RecordId) -> RecordId:
        """The platform checks the address against the newest list."""
        cites = [("follows", matched), ("follows", self.listed_by)]
        fields = self.of_check()
        kind = "address.negative_list_checked"
        return self.say("platform", kind, ADDRESS, refs=cites, fields=fields)

    def of_use(
        self, shared: RecordId, will: RecordId, check: RecordId, **more: Value
    ) -> dict[str, Value]:
        """What a use-right certificate says."""
        fields: dict[str, Value] = {
            "applicant": "shop",
            "use": "residence",
            "route": "owner",
            "property_fact": shared,
            "owner_will": will,
            "list": LIST,
            "list_version": self.list.head.version,
            "list_check": check,
        }
        return {**fields, **more}

    def drew_lots(
        self, of: str, pool: Sequence[bytes], count: int
    ) -> tuple[RecordId, tuple[int, ...]]:
        """The market bureau draws from a pool, with seeds of its own and a supervisor's."""
        hashes = [merkle.leaf_hash(each) for each in pool]
        height = int(self.chain.head.height) + 4
        seeders = ("market", "supervisor")
        fields: dict[str, Value] = {
            "of": of,
            "pool_root": merkle.root(hashes),
            "pool_count": len(pool),
            "draw_count": count,
            "draw_height": height,
            "seeders": seeders,
            "reveal_until_ms": self.now_ms + DAY,
        }
        request = self.say("market", "draw.requested", INSPECTION, fields=fields)
        network, cites = self.genesis.network_id, [("follows", request)]
        seeds = {MemberId(each): seed(f"{of} {each}") for each in seeders}
        for each, secret in seeds.items():
            promised = seed_commitment(network, request, each, secret)
            kind = "draw.seed_committed"
            self.say(each, kind, INSPECTION, refs=cites, commitment=promised)
        while self.chain.head.height < height:
            self.say("notary", "evidence.deposited", "D-1")
        for each, secret in seeds.items():
            self.say(each, "draw.seed_revealed", INSPECTION, refs=cites, seed=secret)
        header = self.chain.blocks.header(Height(height)).hash()
        places = drawn(draw_value(network, request, seeds, header), len(pool), count)
        said: dict[str, Value] = {"header": header, "places": places}
        return self.say("market", "draw.drawn", INSPECTION, refs=cites, fields=said), places


def registered_leaf(registration: RecordId) -> bytes:
    """How a registration stands in the pool of an inspection."""
    return leaf_data(LeafKind.RECORD, registration)


class Registry(AddressTown):
    """A district in which a certificate is there, and what follows from it is said step by step."""

    def __init__(self, roles: Mapping[str, tuple[str, ...]] = ADDRESS_ROLES) -> None:
        super().__init__(roles=roles)
        self.shared_by, self.matched_by = self.sources()
        self.publish_list()
        self.will = RecordId(bytes(32))
        self.commitment = RecordId(bytes(32))
        self.certificates: dict[str, RecordId] = {}
        self.called_by = RecordId(bytes(32))
        self.registration = RecordId(bytes(32))
        self.notices: dict[str, RecordId] = {}

    def certified(
        self,
        applicant: str = "shop",
        use: str = "residence",
        route: str = "owner",
        until_ms: int = 0,
    ) -> RecordId:
        """The use-right certificate of an applicant, with what it needs."""
        ends: dict[str, Value] = {"until_ms": until_ms} if until_ms else {}
        if route == "owner":
            said: dict[str, Value] = {**self.of_word(), "applicant": applicant, "use": use, **ends}
            self.joined("landlord")
            kind, cites = "address.owner_confirmed", [("follows", self.matched_by)]
            self.will = self.say("landlord", kind, ADDRESS, refs=cites, fields=said)
        else:
            cites, kind = [("follows", self.matched_by)], "address.commitment"
            self.will = self.say(applicant, kind, ADDRESS, refs=cites, use=use)
            self.commitment = self.will
        check = self.check(self.matched_by)
        self.certificates["property"] = self.property_certified()
        fields = self.of_use(
            self.shared_by, self.will, check, applicant=applicant, use=use, route=route, **ends
        )
        cites = [("follows", each) for each in (self.shared_by, self.matched_by, self.will, check)]
        kind = "address.use_certified"
        self.certificates["use"] = self.say("platform", kind, ADDRESS, refs=cites, fields=fields)
        return self.certificates["use"]

    def property_certified(self) -> RecordId:
        """The property certificate, once."""
        if "property" in self.certificates:
            return self.certificates["property"]
        cites = [("follows", self.shared_by), ("follows", self.matched_by)]
        kind = "address.property_certified"
        made = self.say("platform", kind, ADDRESS, refs=cites, property_fact=self.shared_by)
        self.say("realestate", "ledger.confirmed", ADDRESS, refs=[("confirms", made)])
        return made

    def of_call(self, applicant: str = "shop", use: str = "residence") -> dict[str, Value]:
        """What a call of the certificates says."""
        return {"applicant": applicant, "use": use}

    def both(self) -> list[tuple[str, RecordId]]:
        """Both certificates, cited."""
        return [("follows", each) for each in self.certificates.values()]

    def called(self, applicant: str = "shop", use: str = "residence") -> RecordId:
        """The registration system picks them."""
        fields, kind = self.of_call(applicant, use), "address.certificate_called"
        self.called_by = self.say("ewindow", kind, ADDRESS, refs=self.both(), fields=fields)
        return self.called_by

    def of_registration(self, applicant: str = "shop", use: str = "residence") -> dict[str, Value]:
        """What a registration says."""
        return {
            "kind": "establishment",
            "applicant": applicant,
            "use": use,
            "supervised_by": "supervisor",
        }

    def registered(
        self, applicant: str = "shop", use: str = "residence", at: int | None = None
    ) -> RecordId:
        """The registration is completed."""
        fields, cites = self.of_registration(applicant, use), [("follows", self.called_by)]
        kind = "address.registered"
        self.registration = self.say("market", kind, ADDRESS, at, refs=cites, fields=fields)
        return self.registration

    def settled(
        self, applicant: str = "shop", use: str = "residence", route: str = "owner"
    ) -> RecordId:
        """All the way from the owner's word to the registration."""
        self.certified(applicant, use, route)
        self.called(applicant, use)
        return self.registered(applicant, use)

    def told(self, side: str, at: int | None = None) -> RecordId:
        """The registrar tells the owner, or the supervisors."""
        cites = [("follows", self.registration)]
        fields: dict[str, Value] = (
            {"channel": "platform"} if side == "owner" else {"department": "supervisor"}
        )
        kind = f"address.{side}_notified"
        self.notices[side] = self.say("market", kind, ADDRESS, at, refs=cites, fields=fields)
        return self.notices[side]

    def receipted(self, side: str, at: int | None = None) -> RecordId:
        """Who was told says so."""
        by = "landlord" if side == "owner" else "supervisor"
        fields = {"owner_salt": self.salt("landlord")} if side == "owner" else {}
        cites = [("answers", self.notices[side])]
        return self.say(by, "address.notice_received", ADDRESS, at, refs=cites, fields=fields)

    def objected(self) -> RecordId:
        """The owner objects to the registration that it was told of."""
        cites = [("follows", self.notices["owner"])]
        fields = {"owner_salt": self.salt("landlord")}
        return self.say("landlord", "address.owner_objected", ADDRESS, refs=cites, fields=fields)

    def inspected(self, result: str, **more: Value) -> RecordId:
        """A directed inspection."""
        cites = [("follows", self.registration)]
        fields: dict[str, Value] = {"kind": "directed", "result": result, **more}
        return self.say("market", "address.inspected", ADDRESS, refs=cites, fields=fields)

    def of_credit(self, member: str = "shop") -> dict[str, Value]:
        """What a credit record says."""
        return {
            "member": member,
            "until_ms": self.now_ms + 365 * DAY,
            "measure": "列入信用记录一年",
        }

    def punished(self, finding: RecordId) -> RecordId:
        """The credit record that rests on a finding."""
        cites = [("follows", self.commitment), ("follows", finding)]
        kind = "address.false_commitment"
        return self.say("market", kind, ADDRESS, refs=cites, fields=self.of_credit())
