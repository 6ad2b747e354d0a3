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
FORM = {"form": b"form", "licence": b"licence"}
SEAL_ROLES: Mapping[str, tuple[str, ...]] = {
    **ROLES,
    "province": ("seal_office",),
    "publisher": ("seal_publisher",),
    "checker": ("seal_verifier",),
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
        self._has_standard = False

    def applied(self, seal: str = SEAL, by: str = "builder", **more: Value) -> RecordId:
        """The builder applies for the seal of its name."""
        said: dict[str, Value] = {"seal_type": "legal_name", "form_version": "2026"}
        fields = {**said, "name": "兰州某建设单位", **more}
        return self.say(by, "seal.applied", seal, files=FORM, fields=fields)

    def checked(
        self, application: RecordId, decision: str = "passed", seal: str = SEAL
    ) -> RecordId:
        """The province checks the material."""
        refs = [("follows", application)]
        return self.say("province", "seal.checked", seal, refs=refs, decision=decision)

    def approved(
        self, seal: str = SEAL, by: str = "builder", **more: Value
    ) -> tuple[list[tuple[str, RecordId]], dict[str, Value]]:
        """Everything up to the maker's record: what it cites, and what it says of the seal."""
        application = self.applied(seal, by, **more)
        cites = [("follows", self.checked(application, seal=seal))]
        approved = self.say("approver", "seal.approved", seal, refs=cites, decision="approved")
        filed = self.say(
            "province", "seal.filed", seal, refs=cites, files=FORM, archive_class="法定名称章"
        )
        return [("follows", approved), ("follows", filed)], self.of_made(application)

    def made(self, seal: str = SEAL, by: str = "builder", **more: Value) -> RecordId:
        """Everything up to the maker's record, and that."""
        cites, fields = self.approved(seal, by)
        return self.say("maker", "seal.made", seal, refs=cites, fields={**fields, **more})

    def of_made(self, application: RecordId) -> dict[str, Value]:
        """What the maker says of a seal."""
        return {
            "application": application,
            "seal_type": "legal_name",
            "image": bytes(32),
            "seal_certificate": b"\x01" * 32,
        }

    def published(self, seal: str = SEAL, by: str = "builder", **more: Value) -> RecordId:
        """A seal that anyone can find valid."""
        cites = [("follows", self.made(seal, by, **more))]
        return self.say("publisher", "seal.published", seal, refs=cites, status="valid")

    def suspended(self, by: str = "builder", **more: Value) -> RecordId:
        """The seal is stopped."""
        return self.say(by, "seal.suspended", SEAL, fields={"reason": "介质遗失", **more})

    def resumed(self, suspension: RecordId) -> RecordId:
        """The seal goes on."""
        cites = [("follows", suspension)]
        return self.say("publisher", "seal.resumed", SEAL, refs=cites, reason="已找回")

    def seal_standard(self, version: str = "1") -> RecordId:
        """A version of the standard by which systems are tested."""
        self._has_standard = True
        fields: dict[str, Value] = {"name": "用章系统接入标准", "version": version}
        return self.say("registry", "ledger.standard_published", STANDARD, fields=fields)

    def tested(
        self, system: str = "tradesystem", result: str = "passed", failed: int = 0
    ) -> RecordId:
        """A system that was tested."""
        asked = self.say(system, "seal.test_requested", system, standard=STANDARD, version="1")
        fields: dict[str, Value] = {"result": result, "case_count": 36, "failed_count": failed}
        return self.say("tester", "seal.tested", system, refs=[("follows", asked)], fields=fields)

    def connected(self, system: str = "tradesystem", region: str = "620100") -> RecordId:
        """A system that was tested and connected."""
        if not self._has_standard:
            self.seal_standard()
        cites = [("follows", self.tested(system))]
        fields: dict[str, Value] = {"action": "connect", "region": region}
        return self.say("province", "seal.connected", system, refs=cites, fields=fields)

    def authorised(self, grantee: str = "city", **more: Value) -> RecordId:
        """The owner lets another member use its seal."""
        terms: dict[str, Value] = {
            "grantee": grantee,
            "system": "tradesystem",
            "direction": "same_region",
            "purpose": "中标通知书",
            "quota": 2,
            "valid_until_ms": self.now_ms + 3_600_000,
        }
        return self.say("builder", "seal.use_authorised", SEAL, fields={**terms, **more})

    def permitted(self, grantee: str = "city", **more: Value) -> RecordId:
        """The owner lets another member stamp a batch."""
        terms: dict[str, Value] = {
            "grantee": grantee,
            "system": "tradesystem",
            "scope": "2025年度取水许可证",
            "permitted_count": 1_000,
            "valid_until_ms": self.now_ms + 3_600_000,
        }
        return self.say("builder", "seal.batch_permitted", SEAL, fields={**terms, **more})

    def batch(self, **more: Value) -> dict[str, Value]:
        """The fields of a batch use, with a fresh answer."""
        fields: dict[str, Value] = {
            "system": "tradesystem",
            "scope": "2025年度取水许可证",
            "root": bytes(32),
            "count": 1_000,
        }
        return {**fields, **self.answer(), **more}

    def answer(self, status: str = "valid") -> dict[str, Value]:
        """What the newest block says about a seal, as a use cites it."""
        head = self.chain.head
        return {"status_height": head.height, "status_time_ms": head.time_ms, "status": status}

    def use(self, **more: Value) -> dict[str, Value]:
        """The fields of a use for award notices, with a fresh answer."""
        fields: dict[str, Value] = {"system": "tradesystem", "purpose": "中标通知书"}
        return {**fields, **self.answer(), **more}
