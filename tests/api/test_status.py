"""A seal's status over HTTP: asked for before a use, proven from the root that the header carries."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.client import Client, ClientError
from api.client.seals import SealStatus, seal_row, seal_status
from ledger.codes import Code
from ledger.core.canonical import decode, encode
from ledger.core.identifiers import NodeId, RecordId
from ledger.core.merkle import leaf_hash, verify_inclusion
from ledger.core.status import status_leaf
from ledger.core.status_answer import decode_status_answer
from ledger.errors import VerificationError
from ledger.status_answers import Standing, verify_status_answer
from ledger.verdict import Caveat
from tests.api.one_node import OneNode, canonical, now_ms
from tests.api.small_seal import SEAL, connected, life_of_a_seal
from tests.api.small_tender import say


@pytest.fixture(scope="module")
def published(node: OneNode, client: httpx.Client) -> Iterator[tuple[OneNode, RecordId]]:
    """A node on whose ledger one seal is valid."""
    seal = life_of_a_seal(node, client)
    connected(node, client)
    yield node, seal


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


def test_an_answer_is_proven_and_signed_and_says_when_the_seal_was_valid(
    published: tuple[OneNode, RecordId], client: httpx.Client
) -> None:
    node = published[0]
    (row,) = asked(client, f"seal/{SEAL}")["items"]
    with Client([node.url], node.trust) as sdk:
        answer, verified = sdk.status_answer(seal_row(SEAL))
        told = verified.verdict
        assert (told.standing, told.value[:3]) == (Standing.IN_FORCE, (SEAL, "valid", "builder"))
        assert [name for name, _ in told.stated] == [node.nodes[0].node_id]
        # A committee of one tolerates no fault: its own word is all there is.
        assert told.stated_needed == 1 and Caveat.UNSTATED not in verified.carrier.caveats
        before = sdk.status_answer(seal_row(SEAL), row["from_time_ms"] - 1)[1].verdict
        assert before.standing is Standing.NOT_IN_FORCE
        at = sdk.status_answer(seal_row(SEAL), row["from_time_ms"])[1].verdict
        assert at.standing is Standing.IN_FORCE
    unsigned = verify_status_answer(replace(answer, statements=()), node.trust)
    assert Caveat.UNSTATED in unsigned.carrier.caveats
    again = decode_status_answer(answer.encode())
    assert again == answer
    assert verify_status_answer(again, node.trust) == verified


@pytest.mark.parametrize("row", ["seal/SEAL-620100-9999/", "a", "zz", "key/builder/00", "seal/"])
def test_that_there_is_no_row_is_proven_by_its_neighbours(
    published: tuple[OneNode, RecordId], row: str
) -> None:
    node = published[0]
    with Client([node.url], node.trust) as sdk:
        answer, verified = sdk.status_answer(row)
    if row == "seal/":
        # A question about every seal is answered by the first spell that holds.
        assert verified.verdict.standing is Standing.IN_FORCE
        return
    assert verified.verdict.standing is Standing.ABSENT
    assert len(answer.rows) == (1 if row in {"a", "zz"} else 2)


@pytest.mark.parametrize("row", [f"seal/{SEAL}", "seal", f"grant/{SEAL}", "key/builder"])
def test_a_question_without_its_slash_is_not_answered_with_a_proof_of_absence(
    published: tuple[OneNode, RecordId], row: str
) -> None:
    """No row can be called that: the proof would be true, and be read as "no such seal"."""
    node = published[0]
    with Client([node.url], node.trust) as sdk, pytest.raises(ClientError) as refused:
        sdk.status_answer(row)
    assert refused.value.code is Code.API_PARAMETER
    assert f"{row}/" in refused.value.sentence("en")


def test_a_time_that_no_block_has_reached_is_not_answered(
    published: tuple[OneNode, RecordId], client: httpx.Client
) -> None:
    late = now_ms() + 3_600_000
    answer = client.get(f"/v1/status-answers/seal/{SEAL}/", params={"at": late})
    assert answer.status_code == 400 and answer.json()["code"] == "api.parameter"
    with (
        Client([published[0].url], published[0].trust) as sdk,
        pytest.raises(ClientError, match="newest block") as early,
    ):
        # The nodes are there and say why: that is no fault of the line.
        sdk.status_answer(seal_row(SEAL), late)
    assert early.value.code is Code.API_PARAMETER


def test_an_answer_that_was_changed_is_refused_by_the_number_of_the_check(
    published: tuple[OneNode, RecordId],
) -> None:
    node = published[0]
    with Client([node.url], node.trust) as sdk:
        answer, _ = sdk.status_answer(seal_row(SEAL))
        absent, _ = sdk.status_answer("seal/SEAL-620100-9999/")
    (row,), (said,) = answer.rows, answer.statements
    left, right = absent.rows
    forged = encode((decode(row.value, 16384)[0], SEAL, "revoked"))  # type: ignore[index]
    late = replace(said, answered_at_ms=said.answered_at_ms + 1)
    for wrong, step, code in (
        (replace(answer, rows=(replace(row, value=forged),)), 16, Code.PROOF_INCLUSION),
        (replace(answer, rows=(replace(row, index=row.index + 1),)), 16, Code.PROOF_INCLUSION),
        (replace(answer, rows=()), 16, Code.ANSWER_ROWS),
        (replace(answer, row="seal/SEAL-620100-0002/"), 16, Code.ANSWER_ROWS),
        (replace(answer, at_ms=1 << 52), 16, Code.ANSWER_FUTURE),
        (replace(answer, at_ms=1), 16, Code.ANSWER_ROWS),
        (replace(absent, rows=(left,)), 16, Code.ANSWER_ROWS),
        (replace(absent, rows=(right, left)), 16, Code.ANSWER_ROWS),
        (replace(absent, row=f"seal/{SEAL}/"), 16, Code.ANSWER_ROWS),
        (replace(answer, statements=(late,)), 17, Code.ANSWER_STATEMENT),
        (replace(answer, statements=(said, said)), 17, Code.ANSWER_STATEMENT),
        (replace(answer, statements=(replace(said, node_id=NodeId("x")),)), 17, Code.ANSWER_STATEMENT),
    ):  # fmt: skip
        with pytest.raises(VerificationError) as problem:
            verify_status_answer(wrong, node.trust)
        assert (problem.value.step, problem.value.code) == (step, code)
