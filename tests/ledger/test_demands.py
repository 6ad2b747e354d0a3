"""A policy that demands bodies outside the committee: how it is written, and who lacks."""

import pytest

from ledger.codes import Code
from ledger.core.checkpoint import cosign
from ledger.core.identifiers import Height
from ledger.core.note import Kind, NoteKey
from ledger.core.policy import committee_policy, demanding, parse_policy
from ledger.errors import FormatError, VerificationError
from ledger.outside import lacking
from ledger.store.memory import MemoryStore
from ledger.trust import trust_root
from ledger.verify import verify_receipt
from tests.ledger.small_chain import GENESIS, NODES, SmallChain, make_bundle
from tests.vectors.small_network import signer, small_record

TRUST = trust_root(GENESIS)
COMMITTEE = committee_policy(TRUST.origin, TRUST.committee, NODES[0])


def key_of(name: str, key: str = "") -> NoteKey:
    return NoteKey(name, Kind.COSIGNATURE, signer(key or name).public_key)


WITNESSES = tuple(key_of(f"{name}.example/w1") for name in ("court", "notary", "press"))


def test_the_file_says_that_both_groups_are_asked_for() -> None:
    made = demanding(COMMITTEE, WITNESSES, 2)
    lines = made.format().decode().splitlines()
    assert lines[-3:] == [
        "group outside 2 court.example/w1 notary.example/w1 press.example/w1",
        "group both 2 committee outside",
        "quorum both",
    ]
    assert lines[-7] == f"witness court.example/w1 {WITNESSES[0].vkey()}"
    assert parse_policy(made.format()) == made


@pytest.mark.parametrize(
    ("keys", "needed"),
    [
        ((), 1),
        (WITNESSES, 4),
        (WITNESSES, 0),
        ((WITNESSES[0], WITNESSES[0]), 1),
        ((WITNESSES[0], key_of("other.example", WITNESSES[0].name)), 1),
        ((key_of("inside.example", "node centre"),), 1),
        ((key_of("committee"),), 1),
        ((key_of("none"),), 1),
        ((NoteKey("log.example", Kind.LOG, signer("x").public_key),), 1),
    ],
)
def test_a_demand_that_no_file_can_say_is_refused(keys: tuple[NoteKey, ...], needed: int) -> None:
    with pytest.raises(FormatError) as refused:
        demanding(COMMITTEE, keys, needed)
    assert refused.value.code is Code.POLICY_INVALID


def test_those_who_lack_are_named_until_nobody_does() -> None:
    small, record = SmallChain(MemoryStore()), small_record("a")
    small.commit([make_bundle([record])])
    small.cosign(1)
    chain, policy = small.chain, demanding(COMMITTEE, WITNESSES, 2)

    def missing() -> list[str]:
        receipt = chain.receipt(record.record_id, WITNESSES)
        names = [name.partition(".")[0] for name in lacking(policy, receipt)]
        if names:
            with pytest.raises(VerificationError) as refused:
                verify_receipt(receipt, TRUST, policy=policy)
            assert refused.value.code is Code.POLICY_QUORUM
        else:
            verify_receipt(receipt, TRUST, policy=policy)
        return names

    # The fourth node of the committee lacks too, and is not missed: a quorum is there.
    expected = [["court", "notary", "press"], ["notary", "press"], []]
    for names, witness in zip(expected, WITNESSES, strict=True):
        assert missing() == names
        head = chain.outside.checkpoint(Height(1))
        line = cosign(signer(witness.name), witness.name, head, 1)
        chain.outside.keep(witness, Height(1), line)
    assert missing() == []
