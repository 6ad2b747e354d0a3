"""`bidwitness catalogue`: every row is found by what people call it, orphans are, exports are true."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from cli.catalogue.json_schema import record_schema
from cli.catalogue.markdown import markdown
from cli.catalogue.rule_words import rule_words
from cli.commands import catalogue as command
from cli.failures import CommandError, Exit
from cli.main import app
from contracts.catalogue import load_catalogue, load_version
from contracts.orphans import orphans
from contracts.shape import check_shape
from contracts.tables import Catalogue
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.core.record import Record, decode_record
from ledger.errors import FormatError, StoreError
from ledger.words import sentence
from tests.api.json_bundle import record_json
from tests.contracts.test_tender import whole_tender
from tests.contracts.town import CATALOGUE, SECTION, Town
from tests.contracts.versions import copied

ROOT = Path(__file__).parents[2]


def run(*words: str | Path, language: str = "en_US.UTF-8") -> Result:
    return CliRunner().invoke(app, ["catalogue", *map(str, words)], env={"LC_ALL": language})


# The page and the check.


def test_the_page_says_what_the_data_says() -> None:
    page = (ROOT / "docs/catalogue.md").read_text(encoding="utf-8")
    again = "bidwitness catalogue export --format markdown --replace docs/catalogue.md"
    assert page == markdown(CATALOGUE), f"the data has changed: {again}"
    assert again in page


def test_every_row_is_on_the_page() -> None:
    page = markdown(CATALOGUE)
    for key, kind in CATALOGUE.types.items():
        assert f"`{key}`" in page and kind.zh in page and kind.en in page
    for deadline in CATALOGUE.deadlines.values():
        assert deadline.source in page
    for point in CATALOGUE.points.values():
        assert f"| {point.key} | {point.zh} {point.en} |" in page


def test_every_table_of_the_page_has_as_many_cells_in_each_line() -> None:
    columns = 0
    for line in markdown(CATALOGUE).splitlines():
        cells = line.replace("\\|", "").count("|")
        assert not columns or not cells or cells == columns, line
        columns = cells


def test_nothing_in_the_catalogue_is_an_orphan() -> None:
    found = orphans(CATALOGUE, rule_words())
    assert not found, found
    checked = run("check", "--json")
    assert checked.exit_code == 0
    said = json.loads(checked.stdout)
    assert (len(said["subsystems"]), len(said["points"])) == (25, 125)
    assert set(said["points_planned"]) == {
        key for key, names in CATALOGUE.at_point.items() if not names
    }
    assert not any(said["orphans"].values())


LOST = """
["lost.found"]
zh = "失物"
en = "Found"
stage = "any"
visibility = "public"
subject = "section"
issuers = [{ role = "*" }]
"""


@pytest.fixture
def with_orphans(tmp_path: Path) -> Catalogue:
    """The catalogue with one row too many of each kind."""
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "lost.toml").write_text(LOST, encoding="utf-8")
    (tmp_path / "deadlines").mkdir()
    row = (ROOT / "contracts/deadlines/opening.toml").read_text(encoding="utf-8")
    key = "bid_opening"
    begin = row.index(f"[{key}]")
    end = row.find("\n[", begin)
    lost = row[begin : end if end > 0 else len(row)].replace(key, "forgotten")
    (tmp_path / "deadlines" / "lost.toml").write_text(lost, encoding="utf-8")
    loaded = load_catalogue([tmp_path])
    tenderer = replace(loaded.roles["tenderer"], reads=True)
    cashier = replace(loaded.roles["bank"], key="cashier")
    reason = loaded.reasons["few_bids"]
    alert = replace(loaded.alerts["AL34"], rule="clause", version=1)
    quiet = {
        key: replace(kind, alerts=tuple(code for code in kind.alerts if code != "AL34"))
        for key, kind in loaded.types.items()
    }
    return replace(
        loaded,
        types=quiet,
        roles={**loaded.roles, "tenderer": tenderer, "cashier": cashier},
        reasons={**loaded.reasons, "nobody_says_so": reason},
        alerts={**loaded.alerts, "AL34": alert},
    )


def test_an_orphan_of_each_kind_is_named_and_the_check_fails(
    with_orphans: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = orphans(with_orphans, rule_words())
    assert found.types == ("lost.found",)
    assert found.deadlines == ("forgotten",)
    assert found.roles == ("cashier",)
    assert found.reasons == ("nobody_says_so",)
    assert found.alerts == ("AL34",)
    assert found.stale == ("tenderer",)
    monkeypatch.setattr(command, "_load", lambda: with_orphans)
    checked = run("check")
    assert checked.exit_code == 1
    for name in ("lost.found", "forgotten", "cashier", "nobody_says_so"):
        assert name in checked.stdout


def test_a_type_that_says_why_it_begins_or_follows_another_is_no_orphan(tmp_path: Path) -> None:
    for number, line in enumerate(
        ('entry = { zh = "随时", en = "any time" }', 'must_follow = ["tender.announcement"]')
    ):
        folder = tmp_path / str(number) / "types"
        folder.mkdir(parents=True)
        (folder / "lost.toml").write_text(LOST + line + "\n", encoding="utf-8")
        assert orphans(load_catalogue([folder.parent]), rule_words()).types == ()


# Looking up.


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("T09", "Tender announcement"),
        ("t09", "tender.announcement"),
        ("tender.announcement", "bid_deadline_ms*: time"),
        ("evidence.deposited", "Follows nothing"),
        ("AL05", "Unauthorised signer"),
        ("al34", "Alerts planned"),
        ("15.3", "T46 Award decided"),
        ("15", "15.5 Award notice"),
        ("complaint_intake", "3 working_days"),
        ("open_tender", "T40 (T34 × T19)"),
        ("supervisor", "Administrative supervisor"),
    ],
)
def test_a_row_is_found_by_whatever_people_call_it(name: str, told: str) -> None:
    shown = run("show", name)
    assert shown.exit_code == 0
    assert told in " ".join(shown.stdout.split())
    assert json.loads(run("show", name, "--json").stdout)


def test_it_speaks_chinese_first_and_lists_all_types_where_none_is_named() -> None:
    assert "中标候选人公示" in run("show", "15", language="zh_CN.UTF-8").stdout
    listed = run("show", "--json")
    assert set(json.loads(listed.stdout)["types"]) == set(CATALOGUE.types)
    assert "T09" in run("show").stdout


def test_what_is_not_there_is_said_so_with_what_to_do() -> None:
    shown = run("show", "T99")
    assert isinstance(shown.exception, CommandError)
    assert shown.exception.exit_code is Exit.USAGE
    assert "T99" in sentence(shown.exception.code, shown.exception.detail, "en")


# Exports.


def test_an_export_replaces_nothing_unless_told_to(tmp_path: Path) -> None:
    page = tmp_path / "catalogue.md"
    page.write_text("mine")
    refused = run("export", "--format", "markdown", page)
    assert isinstance(refused.exception, StoreError)
    assert refused.exception.code is Code.FILE_EXISTS
    assert page.read_text() == "mine"
    assert run("export", "--format", "markdown", "--replace", page).exit_code == 0
    assert page.read_text(encoding="utf-8") == markdown(CATALOGUE)


def test_the_json_export_has_every_row_and_the_hash(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.json"
    assert run("export", "--format", "json", file).exit_code == 0
    said = json.loads(file.read_text(encoding="utf-8"))
    assert said["hash"] == CATALOGUE.hash.hex()
    assert set(said["types"]) == set(CATALOGUE.types)
    assert said["types"]["tender.announcement"]["must_follow"][0]["text"] == "tender.document_filed"
    assert said["subsystems"]["15"]["points"][2]["key"] == "15.3"


def test_each_type_has_a_schema_of_the_2020_dialect(tmp_path: Path) -> None:
    done = run("export", "--format", "json-schema", tmp_path / "schemas", "--json")
    written = [Path(each) for each in json.loads(done.stdout)["files"]]
    assert len(written) == len(CATALOGUE.types)
    for file in written:
        schema = json.loads(file.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        assert file.name == f"{schema['properties']['type']['const']}.schema.json"


def said_in(town: Town) -> Iterator[Record]:
    """Every record on the ledger of a town."""
    for key, _ in town.chain.state.scan(b"record/"):
        stored = town.chain.blocks.record(RecordId(key.removeprefix(b"record/")))
        assert stored is not None
        yield decode_record(stored.data)


def faults(record: Record, **changed: Any) -> list[str]:
    kind = CATALOGUE.types[record.type]
    document = {**record_json(record), **changed}
    schema = record_schema(CATALOGUE, kind)
    return [each.message for each in Draft202012Validator(schema).iter_errors(document)]


def test_every_record_of_a_whole_tender_fits_the_schema_of_its_type() -> None:
    seen = set()
    for record in said_in(whole_tender()):
        assert faults(record) == []
        seen.add(record.type)
    assert {"tender.bid_submitted", "tender.evaluation_report", "ledger.alert_raised"} <= seen
    assert "tender.witness_certificate" in seen


NOTICE: Mapping[str, Value] = {"kind": "announcement", "bid_deadline_ms": 1}


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "announcement"},
        {**NOTICE, "kind": "rumour"},
        {**NOTICE, "kind": 1},
        {**NOTICE, "bid_deadline_ms": -1},
        {**NOTICE, "bid_deadline_ms": "soon"},
        {**NOTICE, "colour": "red"},
        {**NOTICE, "procedure": "p" * 65},
        {**NOTICE, "on_behalf_of": "No Member"},
        {**NOTICE, "certificate": bytes(31)},
        {**NOTICE, "intake": "pigeon"},
    ],
)
def test_what_the_judge_refuses_by_its_shape_the_schema_refuses(
    fields: Mapping[str, Value],
) -> None:
    town = Town()
    good = town.record("builder", "tender.announcement", fields=NOTICE)
    kind = CATALOGUE.types[good.type]
    assert check_shape(good, kind, CATALOGUE.common) is None
    assert faults(good) == []
    bad = town.record("builder", "tender.announcement", fields=fields)
    assert check_shape(bad, kind, CATALOGUE.common) is not None
    assert faults(bad) != []


def test_so_are_documents_private_names_and_citations_that_do_not_fit() -> None:
    town = Town()
    good = town.record("builder", "tender.announcement", fields=NOTICE)
    private = {"root": "00" * 32, "names": ["estimate_fen"]}
    assert faults(good, evidence=[])
    assert faults(good, subject="A/B/C")
    assert faults(good, private=private)
    assert faults(good, refs=[{"relation": "marries", "record_id": "00" * 32}])
    assert faults(good, type="tender.change")
    filed = town.record("builder", "tender.document_filed", SECTION, kind="tender")
    assert faults(filed, private=private) == []
    assert faults(filed, private={**private, "names": ["colour"]})
    stopped = town.record("centre", "tender.guarantee_verified", outcome="genuine", bidder="mason")
    assert any("contain" in each for each in faults(stopped))


# Versions.


def test_the_files_are_handed_on_as_they_are_and_read_again_as_the_same_version(
    tmp_path: Path,
) -> None:
    assert run("export", "--format", "toml", tmp_path / "1").exit_code == 0
    assert load_version(tmp_path / "1").hash == CATALOGUE.hash
    again = run("export", "--format", "toml", tmp_path / "1")
    assert isinstance(again.exception, StoreError)


def test_a_proposal_says_in_words_what_it_changes_and_what_comes_next(tmp_path: Path) -> None:
    folder = copied(
        tmp_path / "2",
        ("deadlines/statutory.toml", "count = 3", "count = 1"),
        (
            "types/tender_notice.toml",
            '    "tender.project_accepted",\n',
            '    "tender.project_accepted",\n    "tender.plan_published",\n',
        ),
    )
    said = run("propose", folder)
    assert said.exit_code == 0
    assert load_version(folder).hash.hex() in said.stdout
    assert "count: 3 → 1" in said.stdout
    assert "Record type T08" in said.stdout
    assert "tender.plan_published, otherwise" in said.stdout
    assert "bidwitness submit rules.toml" in said.stdout
    document = json.loads(run("propose", folder, "--json").stdout)
    assert document["hash"] == load_version(folder).hash.hex()
    assert {each["key"] for each in document["differences"]} == {
        "objection_answer",
        "T08 tender.document_filed",
    }
    assert (
        json.loads(run("propose", folder, "--from", folder, "--json").stdout)["differences"] == []
    )


def test_a_folder_that_is_no_version_is_named_with_what_lacks(tmp_path: Path) -> None:
    (tmp_path / "types").mkdir()
    refused = run("propose", tmp_path)
    assert isinstance(refused.exception, FormatError)
    assert refused.exception.code is Code.CATALOGUE_FOLDER
    told = sentence(refused.exception.code, refused.exception.detail, "en")
    assert str(tmp_path) in told
    assert "roles.toml" in told


def test_a_version_without_what_the_rules_name_is_not_put_to_anybody(tmp_path: Path) -> None:
    folder = copied(tmp_path / "2", ("alerts.toml", "similarity_bp_most", "similarity_bp_at_most"))
    said = run("propose", folder)
    assert said.exit_code == Exit.REFUSED
    assert "AL08.similarity_bp_most" in said.stdout
    assert "bidwitness submit" not in said.stdout
