"""A seal's status over HTTP: asked for before a use, proven from the root that the header carries."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.client import Client, ClientError
from api.client.seals import SealStatus, seal_status
from ledger.codes import Code
from ledger.core.canonical import encode
from ledger.core.identifiers import RecordId
from ledger.core.merkle import leaf_hash, verify_inclusion
from ledger.core.status import status_leaf
from tests.api.one_node import OneNode, canonical, now_ms
from tests.api.small_tender import say

SEAL = "SEAL-620100-0001"
MADE = {"seal_type": "legal_name", "image": bytes(32), "seal_certificate": b"\x01" * 32}
FORM = {"form": b"form"}
CONNECT: dict[str, Any] = {"action": "connect", "region": "620100"}


def life_of_a_seal(node: OneNode, client: httpx.Client) -> RecordId:
    """Applied for, checked, approved, filed, made, published, by a centre with every role."""

    def step(type_key: str, *after: RecordId, **fields: Any) -> RecordId:
        refs = [("follows", each) for each in after]
        record = node.record("centre", type_key, SEAL, refs=refs, **fields)
        return say(client, node, record).record_id

    about: dict[str, Any] = {"seal_type": "legal_name", "form_version": "2026"}
    form = node.record("builder", "seal.applied", SEAL, files=FORM, **about)
    applied = say(client, node, form).record_id
    checked = step("seal.checked", applied, decision="passed")
    approved = step("seal.approved", checked, decision="approved")
    archived = node.record(
        "centre", "seal.filed", SEAL, files=FORM, refs=[("follows", checked)], archive_class="1"
    )
    filed = say(client, node, archived).record_id
    made = step("seal.made", approved, filed, application=applied, **MADE)
    return step("seal.published", made, status="valid")


@pytest.fixture(scope="module")
def published(node: OneNode, client: httpx.Client) -> Iterator[tuple[OneNode, RecordId]]:
    """A node on whose ledger one seal is valid."""
    yield node, life_of_a_seal(node, client)


def asked(client: httpx.Client, row: str, **query: int) -> Any:
    answer = client.get(f"/v1/status/{row}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_published_seal_is_valid_and_says_by_which_record(
    published: tuple[OneNode, RecordId], client: httpx.Client
) -> None:
    told = asked(client, f"seal/{SEAL}")
    (row,) = told["items"]
    assert row["in_force"] and row["until_index"] is None
    assert row["value"][:3] == [SEAL, "valid", "builder"]
    assert row["value"][-1] == {"hex": published[1].hex()}


def test_before_it_was_published_it_was_not_valid(
    published: tuple[OneNode, RecordId], client: httpx.Client
) -> None:
    (row,) = asked(client, f"seal/{SEAL}")["items"]
    begun = row["from_time_ms"]
    assert not asked(client, f"seal/{SEAL}", at=begun - 1)["items"][0]["in_force"]
    assert asked(client, f"seal/{SEAL}", at=begun)["items"][0]["in_force"]


def test_a_row_has_its_path_under_the_root_of_the_header(
    published: tuple[OneNode, RecordId], client: httpx.Client
) -> None:
    told = asked(client, "role/centre")
    assert len(told["items"]) > 5
    header = client.get(f"/v1/blocks/{told['height']}").json()["header"]
    assert (header["status_root"], header["status_size"]) == (
        told["status_root"],
        told["status_size"],
    )
    # A role's row has no byte strings, so that the value in the tree is what the answer shows.
    for row in told["items"]:
        names = ("from_index", "from_time_ms", "until_index", "until_time_ms")
        value = encode((tuple(row[name] for name in names), *row["value"]))
        leaf = leaf_hash(status_leaf(row["key"].encode(), value))
        path = [bytes.fromhex(each) for each in row["path"]]
        root = bytes.fromhex(told["status_root"])
        verify_inclusion(leaf, row["index"], told["status_size"], path, root)


def test_a_row_of_that_name_alone_is_told(
    published: tuple[OneNode, RecordId], client: httpx.Client
) -> None:
    """Not what only begins alike."""
    assert client.get("/v1/status/seal/SEAL-620100-000").status_code == 404
    answer = client.get("/v1/status/nothing")
    assert answer.status_code == 404 and answer.json()["code"] == "api.not_found"


def test_the_client_asks_and_the_use_cites_the_answer(
    published: tuple[OneNode, RecordId], client: httpx.Client
) -> None:
    node = published[0]
    fields: dict[str, Any] = {"name": "接入标准", "version": "1"}
    say(client, node, node.record("centre", "ledger.standard_published", "STD-1", **fields))
    request = node.record("builder", "seal.test_requested", "builder", standard="STD-1")
    cites = [("follows", say(client, node, request).record_id)]
    passed = node.record(
        "centre", "seal.tested", "builder", refs=cites, result="passed", case_count=36
    )
    cites = [("follows", say(client, node, passed).record_id)]
    say(client, node, node.record("centre", "seal.connected", "builder", refs=cites, **CONNECT))

    with Client([node.url], node.trust) as sdk:
        answer = sdk.seal_status(SEAL)
        use: dict[str, Any] = {"system": "builder", "purpose": "中标通知书", **answer.fields()}
        client_side = node.record("builder", "seal.used", SEAL, **use)
        say(client, node, client_side)
        assert list(sdk.alerts(subject=SEAL)) == []
        with pytest.raises(ClientError) as unknown:
            sdk.seal_status("SEAL-620100-9999")
    assert unknown.value.code is Code.API_NOT_FOUND


def test_a_use_that_cites_a_false_answer_is_422(
    published: tuple[OneNode, RecordId], client: httpx.Client
) -> None:
    node = published[0]
    false: dict[str, Any] = {**SealStatus(SEAL, "revoked", 1, now_ms()).fields()}
    use = node.record("builder", "seal.used", SEAL, system="builder", purpose="x", **false)
    answer = canonical(client, node.bundle(use), wait=20)
    assert answer.status_code == 422
    assert answer.json()["code"] in {"seal.status_answer", "record.must_follow"}


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        {"items": [], "height": 1, "time_ms": 1},
        {"items": [{"in_force": True, "value": []}], "height": 1, "time_ms": 1},
        {"items": [{"in_force": True, "value": ["x", 1]}], "height": 1, "time_ms": 1},
        {"items": [{"in_force": True, "value": ["x", "valid"]}], "height": "1", "time_ms": 1},
        {"items": [{"in_force": True, "value": ["x", "valid"]}] * 2, "height": 1, "time_ms": 1},
    ],
)
def test_an_answer_that_tells_no_status_is_named(told: Any) -> None:
    with pytest.raises(ClientError) as problem:
        seal_status(told, SEAL)
    assert problem.value.code is Code.API_ANSWER
