"""Deposits kept by a node: signed by their author, fetched by whom they are for, and by nobody else."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from nacl.public import PrivateKey
from nacl.utils import random

from api import deposit_store
from api.client import Client, ClientError
from api.deposit_store import DepositStore
from api.token import audience_of, make_token
from ledger.codes import Code
from ledger.core.deposit import CONTENT_KEY_BYTES, NONCE_BYTES, Deposit, Recipient, signed_body
from ledger.core.hashing import Tag, sha256
from ledger.core.identifiers import Digest, MemberId, NetworkId, RecordId
from ledger.core.openings import Openings, commit_fields
from ledger.core.record import Record
from ledger.core.signing import sign_tagged
from ledger.deposits import make_deposit, open_deposit
from ledger.errors import LedgerError
from tests.api.awaited import Opening
from tests.api.one_node import OneNode, canonical, now_ms
from tests.vectors.small_network import nonce, seed, signer

PATH = "/v1/deposits"
SUPERVISOR = PrivateKey(seed("encryption supervisor"))


@pytest.fixture(scope="module")
def kept(node: OneNode, client: httpx.Client) -> tuple[Record, Openings]:
    """A record with private fields on the ledger, and what its author keeps."""
    record = node.record("builder", subject="P-1")
    salts = {"holder": nonce("salt")}
    private, openings = commit_fields(MemberId("builder"), {"holder": "三号柜"}, salts)
    record = replace(record, private=private)
    assert canonical(client, node.bundle(record), wait=20).status_code == 201
    return record, Openings(record.record_id, openings)


def deposited(
    node: OneNode, kept: tuple[Record, Openings], by: str = "builder", *, network: bytes = b""
) -> Deposit:
    record, openings = kept
    return make_deposit(
        openings,
        record,
        NetworkId(Digest(network)) if network else node.genesis.network_id,
        [Recipient(MemberId("supervisor"), bytes(SUPERVISOR.public_key))],
        signer(f"member {by}"),
        random(CONTENT_KEY_BYTES + NONCE_BYTES),
    )


def resigned(deposit: Deposit, by: str = "builder") -> Deposit:
    body = signed_body(deposit.header, deposit.wrapped, deposit.ciphertext)
    key = signer(f"member {by}")
    signature = sign_tagged(key, Tag.DEPOSIT, body)
    return replace(deposit, key=key.public_key, signature=signature)


def put(client: httpx.Client, deposit: Deposit) -> httpx.Response:
    return client.post(PATH, content=deposit.encode())


@pytest.fixture
def sdk(node: OneNode, client: httpx.Client, opens: Opening) -> Iterator[Client]:
    assert client.base_url.host == "127.0.0.1"
    with opens([node.url], node.trust) as made:
        yield made


def test_a_deposit_is_kept_and_its_recipient_opens_it(
    node: OneNode, client: httpx.Client, kept: tuple[Record, Openings], sdk: Client
) -> None:
    deposit = deposited(node, kept)
    answer = put(client, deposit)
    assert answer.status_code == 201, answer.text
    digest = sha256(deposit.encode()).hex()
    assert answer.json()["digest"] == digest
    assert (answer.json()["issuer"], answer.json()["names"]) == ("builder", ["holder"])
    assert put(client, deposit).json() == answer.json(), "again is the same"
    for member in ("supervisor", "builder"):
        reader = MemberId(member), signer(f"member {member}")
        assert digest in list(sdk.deposits(*reader))
        assert sdk.deposit(digest, *reader) == deposit.encode()
    assert open_deposit(deposit, bytes(SUPERVISOR), kept[0]) == kept[1]


def test_for_everybody_else_there_is_none(
    node: OneNode, client: httpx.Client, kept: tuple[Record, Openings], sdk: Client
) -> None:
    deposit = deposited(node, kept)
    digest = put(client, deposit).json()["digest"]
    stranger = MemberId("bidder"), signer("member bidder")
    assert list(sdk.deposits(*stranger)) == []
    with pytest.raises(ClientError) as refused:
        sdk.deposit(digest, *stranger)
    assert refused.value.code is Code.API_NOT_FOUND
    for path in (PATH, f"{PATH}/{digest}"):
        unknown = client.get(path)
        assert (unknown.status_code, unknown.json()["code"]) == (401, "identity.missing")
    token = make_token(
        signer("member supervisor"),
        MemberId("supervisor"),
        audience_of(node.genesis.network_id, "another"),
        now_ms(),
    )
    elsewhere = client.get(PATH, headers={"Authorization": f"Bearer {token}"})
    assert elsewhere.json()["code"] == "identity.audience"


def test_what_its_author_did_not_sign_is_not_kept(
    node: OneNode, client: httpx.Client, kept: tuple[Record, Openings]
) -> None:
    good = deposited(node, kept)
    forged = replace(good, signature=bytes(64))
    refused: list[tuple[Any, str]] = [
        (put(client, resigned(good, "supervisor")), "identity.key"),
        (put(client, resigned(good, "nobody")), "identity.key"),
        (put(client, forged), "signature.invalid"),
        (put(client, deposited(node, kept, network=seed("elsewhere"))), "deposit.record"),
        (client.post(PATH, content=b"{}"), "format.shape"),
        (client.post(PATH, content=b"not JSON"), "format.json"),
        (client.post(PATH, content=bytes(5 << 20)), "format.too_large"),
    ]
    for answer, code in refused:
        assert answer.json()["code"] == code, answer.text
    names = {each.name for each in (node.folder / "deposits").glob("*")}
    assert f"{sha256(forged.encode()).hex()}.deposit.json" not in names


def test_a_deposit_for_what_the_record_is_not_is_refused(
    node: OneNode, client: httpx.Client, kept: tuple[Record, Openings]
) -> None:
    good = deposited(node, kept)
    header = good.header
    unknown = replace(header, record_id=RecordId(seed("none")))
    for changed, code in (
        (replace(header, root=Digest(seed("root"))), "deposit.record"),
        (replace(header, names=("colour",)), "deposit.record"),
        (replace(header, issuer=MemberId("supervisor")), "deposit.record"),
        (unknown, "record.unknown"),
    ):
        answer = put(client, resigned(replace(good, header=changed)))
        assert answer.json()["code"] == code, answer.text


def test_a_store_finds_again_what_lies_there_and_leaves_the_rest_alone(
    node: OneNode, kept: tuple[Record, Openings], tmp_path: Path
) -> None:
    deposit = deposited(node, kept)
    store = DepositStore(tmp_path)
    digest = store.put(deposit.encode(), deposit.header).digest
    (tmp_path / f"{'0' * 64}.deposit.json").write_bytes(deposit.encode())
    (tmp_path / f"{sha256(b'{}').hex()}.deposit.json").write_bytes(b"{}")
    again = DepositStore(tmp_path)
    assert [each.digest for each in again.of(MemberId("supervisor"))] == [digest]
    assert again.read(digest) == deposit.encode()
    (tmp_path / f"{digest.hex()}.deposit.json").write_bytes(b"damaged")
    with pytest.raises(LedgerError) as damaged:
        again.read(digest)
    assert damaged.value.code is Code.STORE_DAMAGED


@pytest.mark.parametrize(
    ("limit", "least"),
    [("PER_RECORD_MAX", 1), ("PER_MEMBER_BYTES_MAX", 6_000), ("TOTAL_BYTES_MAX", 6_000)],
)
def test_a_store_has_an_end(
    node: OneNode,
    kept: tuple[Record, Openings],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    least: int,
) -> None:
    monkeypatch.setattr(deposit_store, limit, least)
    store = DepositStore(tmp_path)
    full: LedgerError | None = None
    for _ in range(8):
        deposit = deposited(node, kept)
        try:
            store.put(deposit.encode(), deposit.header)
        except LedgerError as problem:
            full = problem
            break
    assert full is not None and full.code is Code.DEPOSIT_FULL
    assert store.of(MemberId("supervisor"))


@pytest.mark.parametrize(
    "body",
    [
        {"items": None},
        {"items": [{}], "cursor": None},
        {"items": [{"digest": "1"}, {"digest": "1"}], "cursor": None},
        {"items": [{"digest": "1"}], "cursor": "2"},
        {"items": [], "cursor": ""},
        [],
    ],
)
def test_a_node_that_lists_nonsense_is_named(node: OneNode, body: Any, opens: Opening) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/network":
            return httpx.Response(200, json={"this_node": "one"})
        return httpx.Response(200, json=body)

    with opens(["http://127.0.0.1:1"], node.trust, httpx.MockTransport(answer)) as lying:
        builder = MemberId("builder"), signer("member builder")
        with pytest.raises(ClientError) as refused:
            list(lying.deposits(*builder))
        assert refused.value.code is Code.API_ANSWER
        with pytest.raises(ClientError):
            lying.deposit("1" * 64, *builder)
