"""Packages of open data: what counts has a release, what does not stands beside, and lies about it."""

import json
from collections.abc import Mapping
from typing import Any

from api.ocds.items import items_from
from api.ocds.packaging import package_of
from ledger.core.canonical import Value
from ledger.core.derived import derived_record
from ledger.core.identifiers import Subject
from ledger.core.record import Record, Ref
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import SECOND, START_MS, SmallNetwork, small_record

PROJECT, SECTION = Subject("兰州-2026-009"), Subject("兰州-2026-009/01")


class World:
    """A project of the registry's, and whatever is said about its section."""

    def __init__(self) -> None:
        self.network, self.records = SmallNetwork(), []  # type: tuple[SmallNetwork, list[Record]]
        self.say("tender.project_accepted", "centre", PROJECT, tenderer="registry")
        self.say("tender.announcement", "registry", kind="announcement")

    def say(
        self,
        type_: str,
        issuer: str,
        subject: Subject = SECTION,
        *refs: Ref,
        **fields: Value,
    ) -> Record:
        """One record more, in a block of its own."""
        name = f"{type_} {len(self.records)}"
        record = small_record(name, issuer, type=type_, subject=subject, fields=fields, refs=refs)
        self.network.commit([self.network.bundle([record], issuer)])
        self.records.append(record)
        return record

    def alert(self, about: Record, because: str) -> None:
        """What the rules conclude about the signer of a record."""
        cited, said = (Ref("follows", about.record_id),), {"alert": "AL05", "because": because}
        time_ms = START_MS + (len(self.network.headers) + 1) * SECOND
        alert = derived_record(
            "ledger.alert_raised", about.subject, time_ms, "AL05", 1, cited, {**said}
        )
        self.network.commit([], [alert])
        self.records.append(alert)

    def package(self, without: int = 0) -> Any:
        """The package of all, or of all but the last records."""
        kept = self.records[: len(self.records) - without]
        items = items_from(self.network.receipt(each) for each in kept)
        address = "https://node.example"
        return package_of(items, self.network.trust.genesis, "ocds-213czf", address, address)

    def case(self, name: str, package: Any, code: str = "") -> Case:
        """A case, with what its reader trusts."""
        said: Mapping[str, Any] = {"code": code} if code else {"holds": True}
        trust = self.network.trust.encode().decode()
        text = json.dumps(package, ensure_ascii=False)
        return {"name": name, "trust": trust, "package": text, **said}


def _confirmed(world: World, record: Record, by: str) -> None:
    world.say("ledger.confirmed", by, record.subject, Ref("confirms", record.record_id))


def _strange() -> Cases:
    """A stranger in its own name, and one without a role any more that says it speaks for another.

    The alert about the second tells of its role only, and not that nobody had delegated it.
    """
    found: Cases = []
    for because, whose, said in (
        ("not_party", "a stranger's award", {}),
        ("role_lapsed", "an award of one whose role lapsed", {"on_behalf_of": "registry"}),
    ):
        world = World()
        fields: dict[str, Value] = {"winner": "notary", "price_fen": 100, **said}
        award = world.say("tender.result_published", "notary", SECTION, **fields)
        world.alert(award, because)
        honest, told = world.package(), world.package(without=1)
        alert = honest["records"][1]["ledgerRecords"][1]
        told["records"][1]["ledgerRecords"] = [alert]
        told["publishedDate"] = honest["publishedDate"]
        found += [
            world.case(f"{whose} stands beside", honest),
            world.case(f"{whose} is told as an award", told, "ocds.other"),
        ]
    return found


def _signed() -> Cases:
    world = World()
    award = world.say("tender.result_published", "registry", winner="notary", price_fen=100)
    contract = world.say("tender.contract_signed", "registry", contractor="notary", price_fen=100)
    found = [world.case("a contract that its other party has not confirmed", world.package())]
    _confirmed(world, contract, "notary")
    voided = world.say(
        "ledger.voided", "registry", SECTION, Ref("voids", award.record_id), reason="误发"
    )
    found.append(
        world.case("a confirmed contract, and a voiding that nobody confirmed", world.package())
    )
    _confirmed(world, voided, "supervisor")
    found.append(world.case("an award that was voided", world.package()))
    return found


def _beside() -> Cases:
    world = World()
    package = world.package()
    changes: dict[str, dict[str, Any]] = {
        "another version": {"version": "1.2"},
        "a name beside what follows": {"license": "https://licence.example"},
        "an address that is none": {"uri": None},
    }
    return [
        world.case(name, {**package, **change}, "ocds.other") for name, change in changes.items()
    ]


def vectors() -> dict[str, Cases]:
    """The files of this page."""
    return {"open_data/packages.json": [*_strange(), *_signed(), *_beside()]}
