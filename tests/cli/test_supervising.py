"""The supervisors' own stream on a real node: visits, clues and logins that the ledger never opens.

What a supervisor shows is the sealed file; what an informant holds is a number, and later the files.
"""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.client.writing import WrittenRecord
from cli.bidding import open_sealed, read_sealed
from cli.main import app
from cli.sealing_stream import SealingStream
from cli.supervising import new_number, number_digest
from ledger.__main__ import main as verify
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.openings import decode_openings
from ledger.core.record import Ref, decode_record
from ledger.errors import LedgerError
from ledger.verdict import Caveat
from tests.cli.venue import PLACES, PROJECT, SECTION, WAIT_S, Venue, record

TEXT = "两家投标人的文件出自同一台电脑"
CASE = "〔2026〕7号"


def run(venue: Venue, who: str, *words: str | Path) -> Any:
    """What a command says in JSON, run here as a member."""
    member = venue.one.network.member_folder(who)
    given = [str(word) for word in words]
    # `supervise clue` asks nobody, so it has nobody to be.
    given += ["--trust", str(venue.one.trust)] if words[1] == "clue" else ["--as", str(member)]
    ended = CliRunner().invoke(app, [*given, "--json"])
    if isinstance(ended.exception, LedgerError):
        raise ended.exception
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


def committed(venue: Venue, *files: Path) -> None:
    """The inspector's stream runs until each file has its receipt."""
    until = time.monotonic() + WAIT_S
    with venue.desk("inspector") as desk, SealingStream(desk, venue.inbox, PLACES) as stream:
        while any(read_sealed(path).receipt is None for path in files):
            assert time.monotonic() < until
            stream.step(time.time_ns() // 1_000_000)
            time.sleep(0.1)


def announcement(venue: Venue) -> str:
    with venue.desk("builder") as desk:
        (found,) = (
            each["record_id"]
            for each in desk.client.subject(SECTION)
            if each["record"]["type"] == "tender.announcement"
        )
        return str(found)


@pytest.mark.network
def test_visits_logins_and_clues_are_committed_shown_and_never_opened(
    venue: Venue, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, inbox, announced = venue.inbox.parent, venue.inbox, announcement(venue)
    clue, login = folder / "clue.json", folder / "login.json"
    fields = {"fields": {"anonymous": True}, "private": {"text": TEXT}}
    clue.write_text(json.dumps({"type": "tender.clue_filed", "subject": PROJECT, **fields}))
    login.write_text(json.dumps({"type": "tender.logged_in", "subject": "alpha"}))

    sealed = inbox / "clue.sealed.json"
    number = run(venue, "inspector", "supervise", "seal", clue, "--out", sealed)["number"]
    run(venue, "alpha", "supervise", "seal", login, "--committed-by", "inspector")
    shutil.copy(folder / "login.sealed.json", inbox)
    visit = run(
        venue,
        "inspector",
        *("supervise", "read", announced, "--inbox", inbox, "--out", folder / "read"),
        *("--purpose", "核查投标保证金", "--subject", SECTION, "--case", CASE),
    )
    assert visit["receipts"] == [str(folder / "read" / f"{announced}.receipt.json")]
    files = [sealed, inbox / "login.sealed.json", Path(visit["visit"])]
    committed(venue, *files)

    # Any supervisor verifies the files, and is told what they are.
    capsys.readouterr()
    assert verify([*map(str, files), "--trust", str(venue.one.trust), "--json"]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    inner = [each["sealed"]["type"] for each in results]
    assert inner == ["tender.clue_filed", "tender.logged_in", "ledger.evidence_accessed"]
    for each in results:
        assert each["record"]["type"] == "sealed.commitment"
        assert each["record"]["issuer"] == "inspector"
        assert each["record"]["not_proved"][0] == Caveat.OFF_LEDGER
    # What is private inside is shown to whoever is given its opening, and to nobody else.
    looked = read_sealed(files[2]).sealed.record
    beside = files[2].with_name(files[2].name.replace(".sealed.", ".openings."))
    (private,) = decode_openings(beside.read_bytes()).openings
    assert private.value == CASE and CASE.encode() not in looked

    with venue.desk("inspector") as desk, pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.client, "submit", pytest.fail)
        done = open_sealed(desk, files)
    assert [each.problem and each.problem.code for each in done] == [Code.SEALED_OFF_LEDGER] * 3
    the_number_tells_what_became_of_the_clue(venue, number, files)


def the_number_tells_what_became_of_the_clue(venue: Venue, number: str, files: list[Path]) -> None:
    clue, closed = files[0], venue.inbox.parent / "closed.receipt.json"
    held = read_sealed(clue)
    assert held.receipt is not None
    assert not [word for word in (number, number.replace("-", "")) if word in clue.read_text()]
    assert TEXT.encode() not in held.sealed.record

    def ask(asked: str, *shown: Path) -> Any:
        return run(venue, "", "supervise", "clue", *shown, "--number", asked)

    assert ask(number, clue)["closed"] == []
    assert ask(number.lower().replace("-", " ").replace("1", "l"), *files)["file"] == str(clue)

    fields: dict[str, Value] = {
        "received_ms": time.time_ns() // 1_000_000 - 60_000,
        "outcome": "transferred",
    }
    with venue.desk("inspector") as desk:
        refs = (Ref("answers", held.receipt.record_id),)
        closing = record("inspector", "tender.clue_closed", PROJECT, refs, fields)
        (kept,) = desk.submit([WrittenRecord(closing.record, ())])
    closed.write_bytes(kept.receipt.encode())
    told = ask(number, clue, closed)
    assert [each["outcome"] for each in told["closed"]] == ["transferred"]
    assert told["commitment"] == held.receipt.record_id.hex()

    for wrong, code in ((new_number(), Code.CLUE_UNKNOWN), (number[:-1], Code.CLUE_NUMBER)):
        with pytest.raises(LedgerError) as refusal:
            ask(wrong, clue, closed)
        assert refusal.value.code is code
    # Nor can whoever keeps the clue show another one under its number.
    forged = closed.with_name("forged.sealed.json")
    forged.write_text(json.dumps({**json.loads(clue.read_text()), "salt": "00" * 32}))
    with pytest.raises(LedgerError) as refusal:
        ask(number, forged)
    assert refusal.value.code is Code.SEALED_COMMITMENT
    commands_show_the_whole_to_whom_may_see_it(venue, kept.receipt.record_id.hex())


def commands_show_the_whole_to_whom_may_see_it(venue: Venue, hidden: str) -> None:
    """A closed clue is the supervisors': every command that reads takes a key, and proves it."""
    folder, visits = venue.inbox.parent / "whole", venue.inbox.parent / "visits"
    folder.mkdir()

    def exported(who: str, name: str, *words: str | Path) -> str:
        run(venue, who, "export", "records", folder / name, "--subject", PROJECT, *words)
        return (folder / name).read_text()

    assert hidden not in exported("inspector", "public.csv")
    # No right is another one's: a bidder proves itself, and is shown what everybody is.
    assert hidden not in exported("alpha", "alpha.csv", "--whole")
    for asked in (
        ("export", "records", folder / "unrecorded.csv", "--whole"),
        ("trace", hidden, "--whole"),
    ):
        with pytest.raises(LedgerError) as refusal:
            run(venue, "inspector", *asked)
        assert refusal.value.code is Code.SUPERVISE_UNRECORDED
    assert hidden in exported("inspector", "whole.csv", "--inbox", visits)

    whole = ("--inbox", visits)
    receipt, package = folder / "receipt.json", folder / "evidence.zip"
    with pytest.raises(LedgerError) as refusal:
        run(venue, "inspector", "receipt", hidden, "--out", receipt)
    assert refusal.value.code is Code.API_NOT_PUBLIC
    run(venue, "inspector", "receipt", hidden, "--out", receipt, *whole)
    packed = run(venue, "inspector", "bundle", hidden, "--out", package, *whole)
    assert packed["records"] >= 1
    assert run(venue, "inspector", "trace", hidden, *whole)["asked"] == hidden
    assert run(venue, "inspector", "certificate", "show", hidden, *whole)["record"] == hidden
    assert run(venue, "inspector", "project", SECTION, *whole)["subject"] == SECTION
    # Each of the six left a record of its visit, naming what was looked at.
    seen = [decode_record(read_sealed(each).sealed.record) for each in visits.glob("*.sealed.*")]
    assert sorted(each.subject for each in seen) == ["", "", "", "", PROJECT, SECTION]
    named = [each.fields["records"] for each in seen if not each.subject]
    assert named == [(bytes.fromhex(hidden),)] * 4


@pytest.mark.network
def test_a_visit_is_recorded_first_and_no_second_node_is_asked(
    venue: Venue, tmp_path: Path
) -> None:
    """A desk with two nodes, the first of them down: the other one is not told who looks."""
    own, live = tmp_path / "inspector", venue.one.node.api
    shutil.copytree(venue.one.network.member_folder("inspector"), own)
    settings = (own / "client.toml").read_text()
    assert f'"{live}"' in settings
    both = settings.replace(f'"{live}"', f'"http://127.0.0.1:9", "{live}"')
    (own / "client.toml").write_text(both)
    announced = announcement(venue)
    words = ["supervise", "read", announced, "--as", str(own), "--purpose", "x"]
    places = ["--inbox", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    ended = CliRunner().invoke(app, [*words, *places])
    assert isinstance(ended.exception, LedgerError), ended.output
    assert ended.exception.code is Code.NODE_UNREACHABLE
    (visit,) = (tmp_path / "in").glob("visit-*.sealed.json")
    inner = decode_record(read_sealed(visit).sealed.record)
    assert inner.fields["records"] == (bytes.fromhex(announced),)
    assert not (tmp_path / "out").exists()


@pytest.mark.network
@pytest.mark.parametrize("type_key", ["tender.bid_submitted", "evidence.deposited"])
def test_what_the_ledger_opens_or_shows_does_not_belong_here(
    type_key: str, venue: Venue, tmp_path: Path
) -> None:
    (tmp_path / "it.json").write_text(json.dumps({"type": type_key, "subject": SECTION}))
    with pytest.raises(LedgerError) as refusal:
        run(venue, "alpha", "supervise", "seal", tmp_path / "it.json")
    assert refusal.value.code is Code.SEALED_ON_LEDGER
    assert not (tmp_path / "it.sealed.json").exists()


def test_a_number_is_hard_to_guess_and_easy_to_copy() -> None:
    number = new_number()
    assert len({new_number() for _ in range(100)}) == 100
    assert [len(group) for group in number.split("-")] == [4] * 5
    assert number_digest(number) == number_digest(number.lower().replace("-", ""))
    for wrong in ("", number + "0", "U" * 20, "é" * 20):
        with pytest.raises(LedgerError, match=r"clue\.number"):
            number_digest(wrong)
