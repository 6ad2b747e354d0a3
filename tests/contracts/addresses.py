"""A district that registers addresses: three sources, a platform, an owner, a keeper of the list.

The town's own parts, and further members; helpers say the ordinary steps, so that a story says only
what is out of the ordinary.
"""

from collections.abc import Mapping, Sequence

from contracts.tables import Catalogue
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.core.negative_list import NegativeList
from ledger.core.vrf import VrfKey
from ledger.store.api import Store
from tests.contracts.town import CATALOGUE, ROLES, Town
from tests.vectors.small_network import seed, signer

ADDRESS, ELSEWHERE = "ADDR-110108-0001", "ADDR-110108-0002"
LIST = "LIST-110108"
UNIT = "110108001001GB00001F00010001"
STANDARD = "STD-ADDRESS-1"
ADDRESS_ROLES: Mapping[str, tuple[str, ...]] = {
    **ROLES,
    "library": ("address_keeper",),
    "realestate": ("property_registry",),
    "platform": ("address_platform",),
    "market": ("address_supervisor",),
    "otherbureau": ("address_supervisor",),
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
        self.signers |= {name: signer(f"member {name}") for name in ADDRESS_ROLES}
        self.key = VrfKey(seed("negative list"))
        self.list = NegativeList(LIST, 1, (), self.key)
        self.listed_by = RecordId(bytes(32))

    def shared(self, owner: str = "landlord") -> RecordId:
        """The registry says whose the address is."""
        fields: dict[str, Value] = {"owner": owner, "property_unit": UNIT}
        return self.say("realestate", "address.property_shared", ADDRESS, fields=fields)

    def standard(self, address: str = ADDRESS) -> RecordId:
        """The library publishes the standard address."""
        fields: dict[str, Value] = {"name": "标准地址数据标准", "version": "1"}
        self.say("registry", "ledger.standard_published", STANDARD, fields=fields)
        fields = {"standard": STANDARD, "address": "海淀区某路1号101室"}
        return self.say("library", "address.standard_published", address, fields=fields)

    def matched(self, standard: RecordId, shared: RecordId, result: str = "matched") -> RecordId:
        """The platform compares both."""
        fields: dict[str, Value] = {
            "result": result,
            "algorithm": "address-compare",
            "algorithm_version": "1",
        }
        cites = [("follows", standard), ("follows", shared)]
        return self.say("platform", "address.matched", ADDRESS, refs=cites, fields=fields)

    def sources(self) -> tuple[RecordId, RecordId]:
        """The property fact and the match."""
        standard = self.standard()
        shared = self.shared()
        return shared, self.matched(standard, shared)

    def confirmed(self, matched: RecordId, by: str = "landlord", **more: Value) -> RecordId:
        """The owner lets the shop register there."""
        fields: dict[str, Value] = {
            "decision": "confirmed",
            "applicant": "shop",
            "use": "residence",
        }
        cites = [("follows", matched)]
        kind = "address.owner_confirmed"
        return self.say(by, kind, ADDRESS, refs=cites, fields={**fields, **more})

    def publish_list(self, addresses: Sequence[str] = (ELSEWHERE,), version: int = 1) -> RecordId:
        """The keeper publishes a version of its list."""
        self.list = NegativeList(LIST, version, addresses, self.key)
        fields = self.of_list()
        self.listed_by = self.say("market", "address.negative_list_changed", LIST, fields=fields)
        return self.listed_by

    def of_list(self) -> dict[str, Value]:
        """What is published of the list."""
        return {**self.list.head.fields(), "reason": "虚假登记"}

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
