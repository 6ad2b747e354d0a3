"""Who is asking: a token proves a member for a minute and one node, and everything else is refused."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from api.identity import caller_of
from api.token import audience_of, make_token
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.core.signing import Ed25519Signer, key_id
from ledger.errors import LedgerError
from ledger.follow import decode_chunk
from tests.api.one_node import OneNode, canonical, now_ms
from tests.contracts.town import Town
from tests.vectors.small_network import signer

NOW = 1_800_000_000_000
KEY = signer("member builder")


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


def audience(town: Town, node: str = "centre") -> str:
    return audience_of(town.chain.head.network_id, node)


def told(town: Town, token: str, at_ms: int = NOW, header: str = "Bearer ") -> str:
    """The member that a token proves, or the code with which it is refused."""
    try:
        return caller_of(header + token, town.chain, "centre", at_ms).member_id
    except LedgerError as refusal:
        return refusal.code.value


def claims(town: Town, **changes: Any) -> dict[str, Any]:
    now_s = NOW // 1000
    said = {"iss": "builder", "aud": audience(town), "iat": now_s, "exp": now_s + 60, "jti": "1"}
    return {name: value for name, value in (said | changes).items() if value is not None}


def signed(said: dict[str, Any], key: Ed25519Signer = KEY, **header: Any) -> str:
    """A token by the same rule as any, whatever it says."""
    head = {"alg": "EdDSA", "kid": key_id(key.public_key).hex(), "typ": "JWT"} | header
    parts = [json.dumps(each, separators=(",", ":")).encode() for each in (head, said)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return (text + b"." + base64.urlsafe_b64encode(key.sign(text)).rstrip(b"=")).decode()


def test_a_member_is_known_by_its_token(town: Town) -> None:
    token = make_token(KEY, MemberId("builder"), audience(town), NOW)
    assert told(town, token) == "builder"
    assert told(town, token, NOW + 60_000) == "builder", "within the leeway of two clocks"
    assert told(town, token, header="bearer ") == "builder", "the scheme's name has no case"


def test_the_token_is_one_that_the_worlds_libraries_read_and_write(town: Town) -> None:
    ours = make_token(KEY, MemberId("builder"), audience(town), now_ms())
    seed_key = Ed25519PrivateKey.generate()
    raw = seed_key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = Ed25519PrivateKey.from_private_bytes(raw).public_key()
    mine = make_token(Ed25519Signer(raw), MemberId("builder"), audience(town), now_ms())
    read = jwt.decode(mine, public, ["EdDSA"], audience=audience(town))
    assert read["iss"] == "builder"
    assert ours.startswith("eyJ"), "never what members sign elsewhere, which begins with a tag"


@pytest.mark.parametrize("at_s", [-6, 65, 3_600, -3_600])
def test_a_token_is_good_for_its_minute_only(town: Town, at_s: int) -> None:
    token = make_token(KEY, MemberId("builder"), audience(town), NOW)
    assert told(town, token, NOW + at_s * 1000) == "identity.time"


@pytest.mark.parametrize("name", ["iss", "aud", "iat", "exp", "jti"])
def test_every_claim_must_be_there(town: Town, name: str) -> None:
    assert told(town, signed(claims(town, **{name: None}))) == "identity.token"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW // 1000 + 61},
        {"exp": NOW // 1000 - 1},
        {"iat": str(NOW // 1000)},
        {"iat": NOW / 1000},
        {"iat": True},
        {"aud": ["a", "b"]},
        {"iss": "Builder !"},
        {"jti": ""},
        {"jti": "x" * 65},
        {"nbf": 0},
        {"role": "observer"},
    ],
    ids=str,
)
def test_a_claim_that_is_not_as_specified_is_refused(town: Town, changes: dict[str, Any]) -> None:
    assert told(town, signed(claims(town, **changes))) == "identity.token"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "eddsa"},
        {"kid": "ff"},
        {"kid": 7},
        {"typ": "JWS"},
        {"crit": ["b64"], "b64": False},
        {"jwk": {"kty": "OKP"}},
        {"jku": "https://example.com/keys"},
    ],
    ids=str,
)
def test_a_header_chooses_nothing(town: Town, header: dict[str, Any]) -> None:
    assert told(town, signed(claims(town), **header)) == "identity.token"


def spelled(head: bytes, said: bytes) -> str:
    """A signed token whose parts are exactly these bytes."""
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (head, said))
    return (text + b"." + base64.urlsafe_b64encode(KEY.sign(text)).rstrip(b"=")).decode()


def test_a_token_has_one_spelling(town: Town) -> None:
    kid, said = key_id(KEY.public_key).hex(), json.dumps(claims(town)).encode()
    head = f'{{"alg":"EdDSA","kid":"{kid}","typ":"JWT"}}'
    assert told(town, spelled(head.encode(), said)) == "builder"
    twice = head.replace('"alg"', '"alg":"none","alg"')
    for other in (twice.encode(), b"\xef\xbb\xbf" + head.encode(), head.encode("utf-16")):
        assert told(town, spelled(other, said)) == "identity.token"
    assert told(town, spelled(head.encode(), said) + "==") == "identity.token"


@pytest.mark.parametrize(
    ("head", "aud"),
    [({"alg": "\ud800"}, None), ({"kid": "\ud800"}, None), ({}, "\ud800"), ({}, "\u202e")],
    ids=str,
)
def test_a_text_that_cannot_be_told_again_is_refused_in_words(
    one: tuple[OneNode, httpx.Client], town: Town, head: dict[str, Any], aud: str | None
) -> None:
    """A half of a surrogate pair is in no sentence that can be sent: it made an answer 500."""
    said = claims(town) if aud is None else claims(town, aud=aud)
    headers = {"Authorization": f"Bearer {signed(said, **head)}"}
    answer = one[1].get("/v1/follow", params={"from": 1}, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] in {"identity.token", "identity.audience"}


def test_a_public_key_is_no_secret_to_sign_with(town: Town) -> None:
    """The known confusion: HMAC with the public key, or no signature at all."""
    head = {"kid": key_id(KEY.public_key).hex()}
    mixed = jwt.encode(claims(town), KEY.public_key, "HS256", head)
    bare = jwt.encode(claims(town), "", "none", head)
    assert told(town, mixed) == told(town, bare) == "identity.token"


@pytest.mark.parametrize(
    "token", ["", "x", "a.b", "a.b.c", "a.b.c.d", "e30.e30.", "é.a.b", "x" * 2_049]
)
def test_what_is_no_token_is_refused(town: Town, token: str) -> None:
    assert told(town, token) in {"identity.token", "identity.missing"}


def test_without_a_token_the_caller_is_nobody(town: Town) -> None:
    for header in (None, "", "Basic YTpi", "Bearer"):
        with pytest.raises(LedgerError) as refused:
            caller_of(header, town.chain, "centre", NOW)
        assert refused.value.code is Code.IDENTITY_MISSING


def test_another_nodes_token_or_another_networks_is_refused(town: Town) -> None:
    elsewhere = make_token(KEY, MemberId("builder"), audience(town, "notary"), NOW)
    assert told(town, elsewhere) == "identity.audience"
    other = signed(claims(town, aud=f"{'00' * 32}/centre"))
    assert told(town, other) == "identity.audience"


def test_a_signature_of_another_key_is_refused(town: Town) -> None:
    other = signer("member bidder")
    stolen = signed(claims(town), other, kid=key_id(KEY.public_key).hex())
    assert told(town, stolen) == "identity.signature"
    changed = signed(claims(town))[:-4] + "AAAA"
    assert told(town, changed) == "identity.signature"


def test_a_key_must_be_the_members_own_and_in_force_now() -> None:
    town = Town()
    stranger = signed(claims(town, iss="nobody"))
    assert told(town, stranger) == "identity.key"
    not_mine = signed(claims(town, iss="bidder"))
    assert told(town, not_mine) == "identity.key"
    token = make_token(KEY, MemberId("builder"), audience(town), NOW)
    assert told(town, token) == "builder"
    town.say(
        "registry",
        "ledger.key_revoked",
        "builder",
        key_id=key_id(KEY.public_key),
        reason="compromised",
    )
    assert told(town, token) == "identity.key", "the same token, a block later"


def test_a_role_counts_from_its_confirmation_until_its_withdrawal() -> None:
    town = Town()
    caller = caller_of(
        "Bearer " + make_token(KEY, MemberId("builder"), audience(town), NOW),
        town.chain,
        "centre",
        NOW,
    )
    fields = {"action": "grant", "role": "observer"}
    granted = town.say("centre", "ledger.role_changed", "builder", fields=fields)
    town.say("supervisor", "ledger.confirmed", "builder", refs=[("confirms", granted)])
    with pytest.raises(LedgerError) as refused:
        caller.require_observer()
    assert refused.value.code is Code.IDENTITY_ROLE
    town.say("registry", "ledger.confirmed", "builder", refs=[("confirms", granted)])
    caller.require_observer()


# Over HTTP.


@pytest.fixture(scope="module")
def one(node: OneNode, client: httpx.Client) -> Iterator[tuple[OneNode, httpx.Client]]:
    done = canonical(client, node.bundle(node.record(), node.record()), wait=60)
    assert done.status_code == 201
    yield node, client


def asked(one: tuple[OneNode, httpx.Client], member: str, **query: int) -> httpx.Response:
    node, client = one
    to = audience_of(node.genesis.network_id, "one")
    token = make_token(signer(f"member {member}"), MemberId(member), to, now_ms())
    headers = {"Authorization": f"Bearer {token}"}
    return client.get("/v1/follow", params={"from": 1, **query}, headers=headers)


def test_the_feed_is_for_admitted_members_and_the_nodes_own(
    one: tuple[OneNode, httpx.Client],
) -> None:
    bare = one[1].get("/v1/follow", params={"from": 1})
    assert (bare.status_code, bare.json()["code"]) == (401, "identity.missing")
    assert bare.headers["www-authenticate"] == "Bearer"
    stranger = asked(one, "bidder")
    assert (stranger.status_code, stranger.json()["code"]) == (403, "identity.role")
    assert "bidder" in stranger.json()["detail_zh"]
    assert asked(one, "centre").status_code == 200


def test_the_feed_gives_blocks_and_the_heads_kept_for_them(
    one: tuple[OneNode, httpx.Client],
) -> None:
    node, client = one
    answer = asked(one, "centre")
    chunk = decode_chunk(answer.content, node.genesis.parameters)
    assert chunk.network_id == node.genesis.network_id
    assert len(chunk.blocks) == chunk.head == client.get("/v1/network").json()["height"]
    newest = client.get("/checkpoint").content.decode()
    assert chunk.notes[-1].note == newest, "what the node itself shows, the log's signature first"
    rest = asked(one, "centre", **{"from": chunk.head + 1, "noted": chunk.notes[-1].height})
    after = decode_chunk(rest.content, node.genesis.parameters)
    assert (after.head, after.blocks, after.notes) == (chunk.head, (), ())
    early = decode_chunk(
        asked(one, "centre", **{"from": chunk.head + 1}).content, node.genesis.parameters
    )
    assert [each.height for each in early.notes] == [each.height for each in chunk.notes]
