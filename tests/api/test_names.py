"""Names of members on pages: those under which they were enrolled, whatever others say of them."""

import pytest

from ledger.core.canonical import Value
from tests.api.long_town import LongTown, begun
from tests.api.test_trouble import ask
from tests.contracts.town import Town
from tests.vectors.small_network import signer

MEMBER = "latecomer"
NAME = "后来建筑有限公司"
MANY = 25


def enrol(town: Town) -> None:
    """The registrar registers a member about which others have said a lot before."""
    said = [town.record("centre", "evidence.deposited", MEMBER) for _ in range(MANY)]
    town.commit(town.bundle(*said))
    fields: dict[str, Value] = {"kind": "organisation", "name_zh": NAME, "roles": ("bidder",)}
    fields |= town.enrolment(MEMBER, signer(f"member {MEMBER}"))
    town.say("registry", "tender.subject_registered", MEMBER, fields=fields)


@pytest.fixture(scope="module")
def towns() -> tuple[Town, Town]:
    """One in which a member was enrolled, and one that began with a snapshot after that."""
    old = LongTown()
    enrol(old)
    old.go_on()
    return old, begun(old)


def test_a_name_is_not_buried_under_what_others_say(towns: tuple[Town, Town]) -> None:
    for town in towns:
        answer = ask(town, "GET", f"/members/{MEMBER}")
        assert answer.status_code == 200, answer.text
        assert f"<h1>{NAME}</h1>" in answer.text
        assert "单位" in answer.text
