"""The log as everybody may read it: checkpoint, tiles and entry bundles over HTTP."""

import gzip

import httpx
import pytest

from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.entry import decode_entry
from ledger.core.identifiers import Digest
from ledger.core.merkle import leaf_hash
from ledger.core.note import parse_note
from ledger.core.policy import parse_policy
from ledger.core.tile_tree import TileTree
from ledger.core.tiles import TilePath, bundles_of, split_bundle, tiles_of
from ledger.core.tlog_proof import parse_tlog_proof, receipt_in
from ledger.heads import verify_extends, verify_head
from ledger.verify import verify_receipt
from tests.api.one_node import OneNode, canonical
from tests.api.small_tender import Tender, play


@pytest.fixture(scope="module")
def tender(node: OneNode, client: httpx.Client) -> Tender:
    played = play(client, node)
    done = canonical(client, node.bundle(*(node.record() for _ in range(300))), wait=60)
    assert done.status_code == 201
    return played


def head_of(client: httpx.Client) -> Checkpoint:
    return parse_checkpoint(parse_note(client.get("/checkpoint").content).text)


def size_of(client: httpx.Client) -> int:
    return head_of(client).size


def test_the_whole_log_is_read_and_has_the_root_that_was_cosigned(tender: Tender) -> None:
    client = tender.client
    head = head_of(client)
    tree = TileTree()
    for path in bundles_of(head.size):
        leaves = split_bundle(client.get(f"/{path}").content, path.width)
        for place, full in tree.add(map(leaf_hash, leaves)):
            assert client.get(f"/{place}").content == full
    for place, partial in tree.partials():
        assert client.get(f"/{place}").content == partial
    assert tree.root() == head.root
    assert {path.level for path in tiles_of(head.size)} == {0, 1}


def test_the_origin_is_the_url_of_the_same_files(tender: Tender) -> None:
    client, (_, _, prefix) = tender.client, tender.node.genesis.origin.partition("/")
    assert client.get(f"/{prefix}/checkpoint").content == client.get("/checkpoint").content
    assert client.get(f"/{prefix}/tile/0/000").content == client.get("/tile/0/000").content
    assert client.get("/v1/checkpoint").content == client.get("/checkpoint").content


def test_the_headers_are_those_of_files_that_never_change(tender: Tender) -> None:
    client, size = tender.client, size_of(tender.client)
    for path in [*tiles_of(size), *bundles_of(size), TilePath(0, 0, 1), TilePath(None, 0, 7)]:
        answer = client.get(f"/{path}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    head = client.get("/checkpoint")
    assert head.headers["content-type"] == "text/plain; charset=utf-8"
    assert head.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("identity", False), ("gzip;q=0", False)],
)
def test_an_entry_bundle_comes_packed_where_that_is_accepted(
    tender: Tender, accepted: str, packed: bool
) -> None:
    plain = tender.client.get("/tile/entries/000", headers={"Accept-Encoding": "identity"})
    with tender.client.stream(
        "GET", "/tile/entries/000", headers={"Accept-Encoding": accepted}
    ) as answer:
        raw = b"".join(answer.iter_raw())
    assert ("content-encoding" in answer.headers) is packed
    assert (gzip.decompress(raw) if packed else raw) == plain.content
    assert answer.headers["vary"] == "Accept-Encoding"


def test_what_is_not_there_yet_is_404_and_nobody_may_remember_it(tender: Tender) -> None:
    client, size = tender.client, size_of(tender.client)
    for path in (f"tile/0/001.p/{size - 255}", "tile/0/002", "tile/1/000", "tile/2/000.p/1"):
        answer = client.get(f"/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "tile.unknown")
        assert answer.headers["cache-control"] == "no-store"
    for path in ("tile/0/0", "tile/00/000", "tile/0/000.p/256", "tile/x", "tile/" + "0" * 5000):
        answer = client.get(f"/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "tile.path")


def test_an_empty_log_has_no_tile(tmp_path_factory: pytest.TempPathFactory) -> None:
    with OneNode(tmp_path_factory.mktemp("empty")).up() as client:
        assert client.get("/checkpoint").json()["code"] == "checkpoint.none"
        assert client.get("/tile/0/000.p/1").json()["code"] == "tile.unknown"
        assert client.get("/tile/entries/000.p/1").status_code == 404


def test_a_leaf_shows_of_a_record_that_is_not_public_only_where_it_stands(tender: Tender) -> None:
    record_id = tender.complaint.record_id
    leaves = split_bundle(tender.client.get("/tile/entries/000").content, 256)
    (found,) = [leaf for leaf in leaves if leaf.endswith(record_id)]
    entry = decode_entry(found)
    assert entry.leaf() == found and entry.record_id == record_id
    place = tender.client.get(f"/v1/blocks/{entry.height}").json()["records"]["items"][0]
    assert place["record"] is None
    assert (place["record_id"], place["bundle_id"], place["committed_at_ms"]) == (
        entry.record_id.hex(),
        (entry.bundle_id or b"").hex(),
        entry.block_time_ms,
    )


# Policy, proofs, and consistency between any two heads.


def test_the_checkpoint_fulfils_the_policy_of_its_node(tender: Tender) -> None:
    answer = tender.client.get("/v1/policy")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    policy = parse_policy(answer.content)
    head, held = policy.verify(parse_note(tender.client.get("/checkpoint").content))
    assert head.origin == tender.node.genesis.origin
    assert [each.key.kind.name for each in held] == ["LOG", "COSIGNATURE"]


def test_a_proof_fulfils_the_same_policy_and_carries_the_receipt(tender: Tender) -> None:
    path = f"/v1/records/{tender.document.record_id.hex()}"
    answer = tender.client.get(f"{path}/tlog-proof")
    assert answer.headers["content-disposition"].endswith('.tlog-proof"')
    proof = parse_tlog_proof(answer.content)
    parse_policy(tender.client.get("/v1/policy").content).verify(
        parse_note(proof.checkpoint.encode())
    )
    receipt = receipt_in(proof)
    verdict = verify_receipt(receipt, tender.node.trust)
    assert verdict.record_id == tender.document.record_id
    plain = tender.client.get(f"{path}/receipt").json()
    assert receipt.value() == plain | {"checkpoint": proof.checkpoint}


def test_a_proof_of_a_record_that_is_not_public_is_not_given(tender: Tender) -> None:
    answer = tender.client.get(f"/v1/records/{tender.complaint.record_id.hex()}/tlog-proof")
    assert (answer.status_code, answer.json()["code"]) == (403, "api.not_public")


def test_any_two_heads_are_of_one_log(tender: Tender) -> None:
    client, newest = tender.client, head_of(tender.client)
    verify_head(parse_note(client.get("/checkpoint").content), tender.node.trust)
    heads = [newest]
    for block in client.get("/v1/blocks", params={"limit": 500}).json()["items"]:
        header = block["header"]
        root = Digest(bytes.fromhex(header["log_root"]))
        heads.append(Checkpoint(newest.origin, header["log_size"], root))
    for new in heads[::3]:
        for old in (each for each in heads if each.size <= new.size):
            told = client.get("/v1/consistency", params={"old": old.size, "new": new.size}).json()
            verify_extends(old, new, [Digest(bytes.fromhex(each)) for each in told["path"]])
            assert told["old"] == {"size": old.size, "root": old.root.hex()}
            assert told["new"] == {"size": new.size, "root": new.root.hex()}


def test_of_sizes_that_are_none_nothing_is_proved(tender: Tender) -> None:
    client, size = tender.client, size_of(tender.client)
    for query, status, code in [
        ({"old": 1, "new": size + 1}, 404, "checkpoint.beyond"),
        ({"old": size + 1}, 404, "checkpoint.beyond"),
        ({"old": 3, "new": 2}, 400, "api.parameter"),
        ({"old": 0}, 400, "api.parameter"),
        ({"old": 1, "new": 1 << 70}, 400, "api.parameter"),
    ]:
        answer = client.get("/v1/consistency", params=query)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
