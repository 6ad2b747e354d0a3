"""A node over HTTP where a version of the rules is adopted; and one that lacks its files."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.tables import Catalogue
from ledger.codes import Code
from ledger.core.record import Record
from ledger.errors import StoreError
from tests.api.one_node import CATALOGUE, OneNode, canonical
from tests.contracts.versions import version_of

EVIDENCE = "types/evidence.toml"
DESCRIPTION = 'fields.description = { type = "text", max = 500 }'
STRICT = DESCRIPTION.replace("500", "500, required = true")
VISIT = """["evidence.visited"]
zh = "踏勘"
en = "Site visit"
stage = "evidence"
function_points = ["25.1"]
entry = { zh = "随时可记", en = "at any time" }
visibility = "public"
subject = "any"
issuers = [{ role = "*" }]

["evidence.deposited"]"""


@pytest.fixture(scope="module")
def stricter(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Version 2: what is deposited is described, and site visits are known."""
    return version_of(
        tmp_path_factory.mktemp("rules") / "2",
        (EVIDENCE, DESCRIPTION, STRICT),
        (EVIDENCE, '["evidence.deposited"]', VISIT),
    )


def adoption(node: OneNode, catalogue: Catalogue) -> Record:
    """Of the one organisation whose node is the committee: its own word is the quorum."""
    return node.record(
        type_key="ledger.rules_adopted",
        subject="rules",
        files={"decision": b"decided"},
        catalogue=catalogue.hash,
        version="2",
    )


def answered(client: httpx.Client, node: OneNode, record: Record) -> tuple[int, Any]:
    answer = canonical(client, node.bundle(record), wait=20)
    return answer.status_code, answer.json()


def test_old_and_new_subjects_go_by_their_own_version(tmp_path: Path, stricter: Catalogue) -> None:
    node = OneNode(tmp_path, more=[stricter])
    with node.up() as client:
        assert answered(client, node, node.record(subject="old"))[0] == 201
        assert client.get("/v1/catalogue").json()["hash"] == CATALOGUE.hash.hex()
        assert answered(client, node, adoption(node, stricter))[0] == 201
        assert client.get("/v1/catalogue").json()["hash"] == stricter.hash.hex()
        assert answered(client, node, node.record(subject="old"))[0] == 201
        status, problem = answered(client, node, node.record(subject="new"))
        assert (status, problem["code"]) == (422, Code.RECORD_FIELD_MISSING.value)
        described = node.record(subject="new", description="a letter")
        assert answered(client, node, described)[0] == 201
        visited = node.record(type_key="evidence.visited", subject="new")
        assert answered(client, node, visited)[0] == 201
        shown = client.get(f"/v1/records/{visited.record_id.hex()}").json()
        assert shown["type_en"] == "Site visit"
        assert client.get("/v1/coverage", params={"key": "new"}).status_code == 200


def test_a_node_passes_on_no_version_that_it_has_not_read(
    tmp_path: Path, stricter: Catalogue
) -> None:
    node = OneNode(tmp_path)
    with node.up() as client:
        status, problem = answered(client, node, adoption(node, stricter))
        assert (status, problem["code"]) == (422, Code.CATALOGUE_UNREAD.value)
        assert answered(client, node, node.record())[0] == 201


def test_a_node_without_the_files_ends_with_the_next_record_and_goes_on_with_them(
    tmp_path: Path, stricter: Catalogue
) -> None:
    node = OneNode(tmp_path)
    node.looks_ahead = False
    with pytest.raises(StoreError) as ended, node.up() as client:
        assert answered(client, node, adoption(node, stricter))[0] == 201
        assert answered(client, node, node.record(subject="next"))[0] == 503
    assert ended.value.code is Code.CATALOGUE_MISSING
    with pytest.raises(StoreError) as refused, node.up():
        pass
    assert refused.value.code is Code.CATALOGUE_MISSING
    node.more = [stricter]
    with node.up() as client:
        assert client.get("/v1/network").json()["height"] == 1
        described = node.record(subject="next", description="a letter")
        assert answered(client, node, described)[0] == 201
