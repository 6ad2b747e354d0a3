"""Time stamps: of which authority, over which head, and what a reader may demand."""

import json
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.__main__ import main
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.identifiers import Digest
from ledger.core.receipt import Receipt, decode_receipt
from ledger.core.receipt_parts import StampedHead
from ledger.core.time_stamp import decode_token, encode_request
from ledger.errors import FormatError, LedgerError, VerificationError
from ledger.stamp_roots import authority_from, read_authority, time_trust
from ledger.time_stamps import Authority, TimeTrust, check_token, imprint_of
from ledger.verdict import Caveat
from ledger.verify import steps_passed, verify_receipt
from tests.stamping.maker import NOON, Maker
from tests.stamping.responder import Responder, openssl
from tests.vectors.generate.outside import FIRST
from tests.vectors.generate.stamped import TEXT, stamped
from tests.vectors.reading import cases
from tests.vectors.small_network import SmallNetwork, small_record

NOON_MS = int(NOON.timestamp()) * 1000
HEAD = parse_checkpoint(TEXT)


def authority(case: Any) -> Authority:
    return authority_from("tsa", case["roots"].encode())


@pytest.mark.parametrize("case", cases("time_stamp/accepted"))
def test_a_token_says_when_at_the_latest(case: Any) -> None:
    token = decode_token(b64decode(case["token"]))
    info = check_token(token, parse_checkpoint(case["checkpoint"]), authority(case))
    assert (info.time_ms, info.accuracy_ms) == (case["time_ms"], case["accuracy_ms"])


@pytest.mark.parametrize("case", cases("time_stamp/refused"))
def test_a_token_is_refused_for_what_is_wrong_with_it(case: Any) -> None:
    with pytest.raises(LedgerError) as refusal:
        token = decode_token(b64decode(case["token"]))
        check_token(token, parse_checkpoint(case["checkpoint"]), authority(case))
    assert refusal.value.code == case["code"]


class World:
    """A log of three blocks, and a receipt of the first."""

    def __init__(self) -> None:
        self.network = SmallNetwork()
        self.network.commit([self.network.bundle([small_record("first")])])
        self.early = self.network.receipt(small_record("first"))
        self.network.commit([self.network.bundle([small_record("second")])])
        self.trust = self.network.trust

    def head(self, maker: Maker, moment: str = "20260301040000Z") -> StampedHead:
        found = stamped(self.network, len(self.network.leaves))
        return replace(found, token=maker.stamp(found.checkpoint, moment))

    def receipt(self, *heads: StampedHead) -> Receipt:
        return replace(self.early, timestamps=heads)


def trusting(*makers: Maker, **asked: Any) -> TimeTrust | None:
    return time_trust([authority_from(each.name, each.pem) for each in makers], **asked)


def refusal_of(world: World, receipt: Receipt, times: TimeTrust | None) -> VerificationError:
    with pytest.raises(VerificationError) as refusal:
        verify_receipt(receipt, world.trust, times=times)
    assert len(steps_passed(receipt, world.trust, times=times)) == 7
    return refusal.value


def test_a_receipt_says_by_whom_its_time_was_stamped() -> None:
    world, court, bureau = World(), Maker("court"), Maker("bureau")
    receipt = world.receipt(world.head(court), world.head(bureau, "20260301040001Z"))
    assert decode_receipt(receipt.encode()) == receipt
    verdict = verify_receipt(receipt, world.trust, times=trusting(court, bureau))
    assert [(each.name, each.time_ms) for each in verdict.stamps] == [
        ("court", NOON_MS),
        ("bureau", NOON_MS + 1000),
    ]
    assert Caveat.TIME_STAMPS not in verdict.caveats
    assert verdict.steps[7].facts["stamps"] == 2


def test_who_trusts_no_authority_is_told_that_nobody_looked_at_the_stamps() -> None:
    world, court = World(), Maker("court")
    verdict = verify_receipt(world.receipt(world.head(court)), world.trust)
    assert verdict.stamps == ()
    assert Caveat.TIME_STAMPS in verdict.caveats
    assert Caveat.TIME_STAMPS not in verify_receipt(world.early, world.trust).caveats


def test_the_stamp_of_a_stranger_counts_for_nothing_and_refuses_nothing() -> None:
    world, court = World(), Maker("court")
    receipt = world.receipt(world.head(Maker("stranger")), world.head(court))
    verdict = verify_receipt(receipt, world.trust, times=trusting(court))
    assert [each.name for each in verdict.stamps] == ["court"]


@pytest.mark.parametrize(
    ("maker", "code"),
    [
        (Maker("court", critical=False), "time_stamp.certificate"),
        (Maker("court", until=NOON.replace(year=2026, month=2)), "time_stamp.expired"),
    ],
)
def test_a_trusted_authority_whose_stamp_does_not_hold_refuses_the_receipt(
    maker: Maker, code: str
) -> None:
    world = World()
    problem = refusal_of(world, world.receipt(world.head(maker)), trusting(maker))
    assert (problem.code, problem.step) == (code, 8)


def test_a_token_over_another_head_refuses_the_receipt_also_from_a_stranger() -> None:
    world, court = World(), Maker("court")
    first = stamped(world.network, FIRST)
    moved = replace(world.head(court), token=court.stamp(first.checkpoint))
    assert refusal_of(world, world.receipt(moved), trusting(court)).code == "time_stamp.imprint"
    theirs = trusting(Maker("other"))
    assert refusal_of(world, world.receipt(moved), theirs).code == "time_stamp.imprint"


def test_a_demanded_stamp_must_be_there_and_early_enough() -> None:
    world, court, bureau = World(), Maker("court"), Maker("bureau")
    receipt = world.receipt(world.head(court))

    def demand(**asked: Any) -> TimeTrust | None:
        return trusting(court, bureau, **asked)

    for held in (
        demand(demanded=["court"]),
        demand(demanded=["court"], before_ms=NOON_MS + 1),
        demand(before_ms=NOON_MS + 1),
    ):
        assert verify_receipt(receipt, world.trust, times=held).stamps
    for lacking in (
        demand(demanded=["bureau"]),
        demand(demanded=["court", "bureau"]),
        demand(demanded=["court"], before_ms=NOON_MS),
        demand(before_ms=NOON_MS),
    ):
        assert refusal_of(world, receipt, lacking).code == "time_stamp.missing"
    assert refusal_of(world, world.early, demand(before_ms=NOON_MS)).code == "time_stamp.missing"


def test_a_demand_that_nobody_could_meet_is_refused_at_once() -> None:
    court = Maker("court")
    for asked in ({"demanded": ["count"]}, {"demanded": [""]}):
        with pytest.raises(FormatError) as refusal:
            trusting(court, **asked)
        assert refusal.value.code == "time_stamp.roots"
    for makers in ((), (court, court)):
        with pytest.raises(FormatError):
            trusting(*makers, before_ms=1)
    assert trusting() is None


def test_a_stamp_from_before_the_record_says_that_a_clock_is_wrong() -> None:
    world, court = World(), Maker("court", since=NOON.replace(year=2025))
    # Committed at midnight of 2026, one second later by Greenwich.
    assert verify_receipt(world.early, world.trust).committed_at_ms == 1_767_225_601_000
    for moment, wrong in (("20260101000000Z", True), ("20260101000001Z", False)):
        receipt = world.receipt(world.head(court, moment))
        verdict = verify_receipt(receipt, world.trust, times=trusting(court))
        assert (Caveat.CLOCKS in verdict.caveats) == wrong


@pytest.mark.parametrize(
    ("kind", "named_by"),
    [
        (("rsa:2048",), "sha256"),
        (("rsa:3072",), "sha1"),
        (("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "sha384"),
        (("ec", "-pkeyopt", "ec_paramgen_curve:P-384"), "sha512"),
    ],
    ids=["rsa", "rsa-sha1", "p256", "p384"],
)
def test_what_openssl_stamps_is_taken_and_what_we_ask_for_openssl_understands(
    tmp_path: Path, kind: tuple[str, ...], named_by: str
) -> None:
    responder = Responder(tmp_path / "tsa", kind=kind, named_by=named_by)
    token = responder.token(HEAD.text().encode())
    trusted = read_authority(responder.roots)
    info = check_token(decode_token(token), HEAD, trusted)
    assert info.accuracy_ms == 1500
    asked = encode_request(imprint_of(HEAD), 1 << 63)
    told = openssl("ts", "-query", "-in", "/dev/stdin", "-text", given=asked)
    assert b"Nonce: 0x8000000000000000" in told
    assert b"Certificate required: yes" in told
    other = Checkpoint(HEAD.origin, HEAD.size, Digest(bytes(32)))
    with pytest.raises(VerificationError) as refusal:
        check_token(decode_token(token), other, trusted)
    assert refusal.value.code == "time_stamp.imprint"


def test_openssl_alone_verifies_the_token_of_a_receipt(tmp_path: Path) -> None:
    """What the page says: three lines in a file, the token beside it, and no software of ours."""
    responder = Responder(tmp_path / "tsa")
    (tmp_path / "head.txt").write_bytes(HEAD.text().encode())
    (tmp_path / "token.der").write_bytes(responder.token(HEAD.text().encode()))
    told = openssl(
        *("ts", "-verify", "-data", str(tmp_path / "head.txt"), "-in", str(tmp_path / "token.der")),
        *("-token_in", "-CAfile", str(responder.roots)),
    )
    assert b"Verification: OK" in told


def test_the_light_verifier_takes_authorities_from_the_trust_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world, court = World(), Maker("court")
    (tmp_path / "trust.json").write_bytes(world.trust.encode())
    (tmp_path / "court.tsa.pem").write_bytes(court.pem)
    receipt = tmp_path / "a.receipt.json"
    receipt.write_bytes(world.receipt(world.head(court)).encode())
    ask = [str(receipt), "--trust", str(tmp_path), "--lang", "en"]
    assert main(ask) == 0
    told = capsys.readouterr().out
    assert "existed by (time stamp of court): 2026-03-01 12:00:00 +08:00" in told
    assert "authorities that you trust stamped the time: 1" in told
    assert main([*ask, "--json", "--stamped-by", "court"]) == 0
    found = json.loads(capsys.readouterr().out)["results"][0]["record"]["time_stamps"]
    assert found == [{"name": "court", "time_ms": NOON_MS, "tree_size": len(world.network.leaves)}]
    assert main([*ask, "--stamped-by", "court", "--stamped-before", "2026-03-01T12:00"]) == 1
    assert "REFUSED at step 8" in capsys.readouterr().out
    assert main([*ask, "--stamped-by", "nobody"]) == 2
    assert "time_stamp.roots" in capsys.readouterr().err
