"""A town with a provincial seal house: who may apply, check, approve, make, publish, test and use.

The town's own parts, and further members; helpers say the ordinary steps, so that a story says only
what is out of the ordinary.
"""

from collections.abc import Mapping

from contracts.tables import Catalogue
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.store.api import Store
from tests.contracts.town import CATALOGUE, ROLES, Town
from tests.vectors.small_network import signer

SEAL = "SEAL-620100-0001"
STANDARD = "STD-ESEAL-1"
SEAL_ROLES: Mapping[str, tuple[str, ...]] = {
    **ROLES,
    "province": ("seal_office", "seal_publisher"),
    "approver": ("seal_approver",),
    "maker": ("seal_maker",),
    "tester": ("seal_test_service",),
    "city": ("client_system",),
    "tradesystem": ("client_system",),
}


class SealTown(Town):
    """The town, with whoever makes and uses seals."""

    def __init__(
        self,
        store: Store | None = None,
        catalogue: Catalogue = CATALOGUE,
        roles: Mapping[str, tuple[str, ...]] = SEAL_ROLES,
    ) -> None:
        super().__init__(store, catalogue, roles=roles)
        self.signers |= {name: signer(f"member {name}") for name in SEAL_ROLES}

    def applied(self, seal: str = SEAL, **more: Value) -> RecordId:
        """The builder applies for the seal of its name."""
        fields = {"seal_type": "legal_name", "name": "兰州某建设单位", **more}
        return self.say("builder", "seal.applied", seal, files={"form": b"form"}, fields=fields)

    def checked(
        self, application: RecordId, decision: str = "passed", seal: str = SEAL
    ) -> RecordId:
        """The province checks the material."""
        refs = [("follows", application)]
        return self.say("province", "seal.checked", seal, refs=refs, decision=decision)

    def made(self, seal: str = SEAL) -> RecordId:
        """Everything up to the maker's record."""
        checked = self.checked(self.applied(seal), seal=seal)
        cites = [("follows", checked)]
        approved = self.say("approver", "seal.approved", seal, refs=cites, decision="approved")
        self.say("province", "seal.filed", seal, refs=cites, archive_class="法定名称章")
        fields = self.of_made()
        return self.say("maker", "seal.made", seal, refs=[("follows", approved)], fields=fields)

    def of_made(self) -> dict[str, Value]:
        """What the maker says of a seal."""
        return {"seal_type": "legal_name", "image": bytes(32), "seal_certificate": b"\x01" * 32}

    def published(self, seal: str = SEAL) -> RecordId:
        """A seal that anyone can find valid."""
        cites = [("follows", self.made(seal))]
        return self.say("province", "seal.published", seal, refs=cites, status="valid")

    def connected(self, system: str = "tradesystem", result: str = "passed") -> RecordId:
        """A system that was tested, and connected where it passed."""
        fields: dict[str, Value] = {"name": "用章系统接入标准", "version": "1"}
        self.say("registry", "ledger.standard_published", STANDARD, fields=fields)
        asked = self.say(system, "seal.test_requested", system, standard=STANDARD)
        cites = [("follows", asked)]
        tested = self.say("tester", "seal.tested", system, refs=cites, result=result)
        if result != "passed":
            return tested
        return self.say("province", "seal.connected", system, refs=[("follows", tested)])

    def authorised(self, grantee: str = "city", **more: Value) -> RecordId:
        """The owner lets another member use its seal."""
        terms: dict[str, Value] = {
            "grantee": grantee,
            "purpose": "中标通知书",
            "quota": 2,
            "valid_until_ms": self.now_ms + 3_600_000,
        }
        return self.say("builder", "seal.use_authorised", SEAL, fields={**terms, **more})

    def answer(self, status: str = "valid") -> dict[str, Value]:
        """What the newest block says about a seal, as a use cites it."""
        head = self.chain.head
        return {"status_height": head.height, "status_time_ms": head.time_ms, "status": status}

    def use(self, **more: Value) -> dict[str, Value]:
        """The fields of a use for award notices, with a fresh answer."""
        fields: dict[str, Value] = {"system": "tradesystem", "purpose": "中标通知书"}
        return {**fields, **self.answer(), **more}
