"""Seals and stamps of the national standards: real ones, made ones, and what a forger would try."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core, pem
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.foreign import eseal_asn1 as spec
from api.foreign.eseal_format import Seal, Stamp, Standard, decode_certificate, decode_eseal
from api.foreign.eseal_steps import Asked, Finding, Holds, Step, judge_eseal
from cli.main import app
from ledger.codes import Code
from ledger.errors import FormatError
from tests.api.foreign.making import DOCUMENT, START, YEAR, Maker, holder, ms, sm3

MAKER = Maker()
LATER_MS = ms(START + YEAR)


def seal_of(data: bytes) -> Seal:
    found = decode_eseal(data)
    assert isinstance(found, Seal)
    return found


def asked(**changes: Any) -> Asked:
    given_: dict[str, Any] = {
        "at_ms": LATER_MS,
        "authorities": (MAKER.root.certificate,),
        "signer": MAKER.signer.certificate,
        "document": DOCUMENT,
    }
    return Asked(**given_ | changes)


def against(data: bytes, asked_: Asked | None = None) -> dict[Step, str]:
    """The steps that do not hold, each with why."""
    found = judge_eseal(decode_eseal(data), asked_ or asked())
    return {each.step: each.why for each in found if each.holds is not Holds.YES}


def step(data: bytes, name: Step, asked_: Asked) -> Finding:
    return next(each for each in judge_eseal(decode_eseal(data), asked_) if each.step is name)


@pytest.mark.parametrize(
    ("name", "standard"),
    [("UserV1.esl", Standard.GMT_0031), ("UserV4.esl", Standard.GBT_38540)],
)
def test_a_real_seal_holds_while_it_was_valid(
    real_data: Path, name: str, standard: Standard
) -> None:
    seal = seal_of((real_data / "seals" / name).read_bytes())
    assert (seal.standard, seal.signer_count) == (standard, 1)
    then = Asked(seal.made_ms + 86_400_000, signer=seal.signers[0])
    judged = {each.step: (each.holds, each.why) for each in judge_eseal(seal, then)}
    assert judged == {
        Step.FORM: (Holds.YES, "seal"),
        Step.MAKER_SIGNATURE: (Holds.YES, "holds"),
        Step.MAKER_CERTIFICATE: (Holds.UNKNOWN, "no_authority"),
        Step.VALIDITY: (Holds.YES, "holds"),
        Step.SIGNER_LISTED: (Holds.YES, "holds"),
        Step.SIGNER_CERTIFICATE: (Holds.UNKNOWN, "no_authority"),
    }
    ended = {each.step: each.holds for each in judge_eseal(seal, Asked(seal.valid_until_ms + 1))}
    assert ended[Step.VALIDITY] is Holds.NO


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not here")
@pytest.mark.parametrize("name", ["UserV1.esl", "UserV4.esl"])
def test_openssl_says_the_same_of_a_real_makers_signature(
    real_data: Path, tmp_path: Path, name: str
) -> None:
    seal = seal_of((real_data / "seals" / name).read_bytes())
    key = decode_certificate(seal.maker).public_key.dump()
    parts = {"key": pem.armor("PUBLIC KEY", key), "signed": seal.signed, "sig": seal.signature}
    for each, data in parts.items():
        (tmp_path / each).write_bytes(data)
    words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-digest", "sm3"]
    words += ["-pkeyopt", "distid:1234567812345678", "-in", "signed", "-sigfile", "sig"]
    assert subprocess.run(words, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    (tmp_path / "signed").write_bytes(seal.signed + b"x")
    assert subprocess.run(words, cwd=tmp_path, check=False, capture_output=True).returncode != 0


def test_seals_and_stamps_of_both_standards_hold_in_every_step() -> None:
    for old, new in ((MAKER.old_seal(), MAKER.new_seal()),):
        for data in (old, new, MAKER.old_stamp(old), MAKER.new_stamp(new)):
            assert against(data) == {}
    found = decode_eseal(MAKER.new_stamp(MAKER.new_seal()))
    assert isinstance(found, Stamp) and found.stamped_ms == LATER_MS
    listed = spec.Digests([{"type": "SM3", "value": sm3(MAKER.signer.certificate)}])
    assert against(MAKER.new_seal(listed, 2)) == {}


def test_a_forged_seal_falls_at_the_step_that_it_forges() -> None:
    stranger, own_root = holder("张三"), holder("国密根", ca=True)
    seal = MAKER.new_seal()
    for make in (MAKER.old_seal, MAKER.new_seal):
        assert against(make(by=stranger)) == {Step.MAKER_SIGNATURE: "eseal.signature"}
        assert against(make(list=[stranger.certificate])) == {Step.SIGNER_LISTED: "absent"}
        assert against(make(until=START + YEAR / 2)) == {Step.VALIDITY: "outside"}
        assert against(make(began=START + 2 * YEAR)) == {Step.VALIDITY: "outside"}
    # Its name is the authority's, its key is not.
    both = {Step.MAKER_CERTIFICATE: "eseal.signature", Step.SIGNER_CERTIFICATE: "eseal.signature"}
    assert against(seal, asked(authorities=(own_root.certificate,))) == both
    assert against(seal, asked(authorities=(own_root.certificate, MAKER.root.certificate))) == {}
    stranger_root = asked(authorities=(stranger.certificate,))
    assert set(against(seal, stranger_root).values()) == {"authority"}
    assert set(against(seal, asked(authorities=())).values()) == {"no_authority"}


def test_a_certificate_speaks_only_while_valid_and_only_for_what_it_is_meant() -> None:
    town = Maker()
    for usage, why in (({"key_encipherment"}, "usage"), ({"non_repudiation"}, None)):
        town.signer = holder("局", town.root, usage=usage)
        found = against(
            town.new_seal(),
            asked(authorities=(town.root.certificate,), signer=town.signer.certificate),
        )
        assert found == ({Step.SIGNER_CERTIFICATE: why} if why else {})
    town.maker = holder("制章", town.root, began=START + YEAR / 2)
    told = against(town.new_seal(), asked(authorities=(town.root.certificate,), signer=None))
    assert told[Step.MAKER_CERTIFICATE] == "outside"
    # One who has a certificate of the authority cannot issue further ones.
    middle = holder("代理", town.root)
    town.maker = holder("制章", middle)
    told = against(town.new_seal(), asked(authorities=(middle.certificate,), signer=None))
    assert told[Step.MAKER_CERTIFICATE] == "authority_unfit"


def test_a_stamp_is_of_one_document_and_by_one_signer() -> None:
    seal = MAKER.new_seal()
    stamp, stranger = MAKER.new_stamp(seal), holder("张三", MAKER.root)
    assert against(stamp, asked(document=b"another")) == {Step.DOCUMENT: "other"}
    assert against(stamp, asked(document=None)) == {Step.DOCUMENT: "no_document"}
    assert against(MAKER.new_stamp(seal, stranger)) == {Step.SIGNATURE: "eseal.signature"}
    # Whose certificate is in the stamp counts, and not whose the reader brings.
    assert against(stamp, asked(signer=stranger.certificate)) == {}


def test_what_cannot_be_judged_here_is_not_said_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = spec.Digests([{"type": "1.2.3", "value": b"x"}])
    found = step(MAKER.new_seal(listed, 2), Step.SIGNER_LISTED, asked())
    assert (found.holds, found.why) == (Holds.UNKNOWN, "digests")
    monkeypatch.setitem(sys.modules, "tongsuopy.crypto", None)
    found = step(MAKER.new_seal(), Step.MAKER_SIGNATURE, asked())
    assert (found.holds, found.why) == (Holds.UNKNOWN, "gm.missing")


def test_any_changed_byte_of_a_seal_is_noticed() -> None:
    """Outside of the signature's own spelling of its two numbers nothing may change unnoticed."""
    for whole in (MAKER.old_seal(), MAKER.new_seal()):
        for at in range(0, len(whole), 7):
            data = bytearray(whole)
            data[at] ^= 0x40
            try:
                assert against(bytes(data)) != {}, at
            except FormatError as problem:
                assert problem.code is Code.ESEAL_FORM


@given(st.binary(max_size=200) | st.integers(0, 500).map(lambda size: MAKER.old_seal()[:size]))
def test_foreign_bytes_are_refused_by_one_code(data: bytes) -> None:
    with pytest.raises(FormatError) as told:
        decode_eseal(data)
    assert told.value.code is Code.ESEAL_FORM


def test_a_certificate_that_nests_without_end_is_refused_and_ends_nothing() -> None:
    """What stands behind an algorithm may be anything, and was followed to its bottom."""
    deep = core.Null().dump()
    for _ in range(3_000):
        deep = core.Sequence(contents=deep).dump()
    algorithm = core.Sequence(contents=core.ObjectIdentifier("1.2.3.4").dump() + deep).dump()
    whole = decode_certificate(MAKER.signer.certificate)
    signed, was = whole["tbs_certificate"], whole["tbs_certificate"]["signature"].dump()
    bent = core.Sequence(contents=signed.contents.replace(was, algorithm, 1)).dump()
    rest = [whole[each].dump() for each in ("signature_algorithm", "signature_value")]
    certificate = core.Sequence(contents=b"".join((bent, *rest))).dump()
    with pytest.raises(FormatError):
        decode_certificate(certificate)
    told = step(MAKER.new_seal(), Step.SIGNER_LISTED, asked(signer=certificate))
    assert (told.holds, told.why) == (Holds.NO, "eseal.form")


def test_a_clerk_is_told_in_chinese_and_a_machine_in_json(tmp_path: Path) -> None:
    seal, root, signer = (tmp_path / name for name in ("章.esl", "root.pem", "signer.cer"))
    seal.write_bytes(MAKER.new_seal())
    root.write_bytes(pem.armor("CERTIFICATE", MAKER.root.certificate))
    signer.write_bytes(MAKER.signer.certificate)
    words = ["seal", "verify", seal, "--authority", root, "--signer", signer]
    words += ["--at", "2027-01-01T00:00+08:00"]
    told = CliRunner().invoke(app, list(map(str, words)), env={"LANG": "zh_CN.UTF-8"})
    assert told.exit_code == 0, told.output
    assert "各项均成立" in told.output and "制章者的签名：成立" in told.output
    assert sm3(seal.read_bytes()).hex() in told.output
    late = [*words[:-1], "2040-01-01T00:00+08:00", "--json"]
    told = CliRunner().invoke(app, list(map(str, late)))
    assert told.exit_code == 1
    steps = {each["step"]: each["holds"] for each in json.loads(told.stdout)["steps"]}
    assert steps["validity"] == steps["signer_certificate"] == "no"
    assert steps["maker_signature"] == steps["maker_certificate"] == "yes"
