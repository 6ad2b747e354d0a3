"""What a bundle's public id gives away: nothing, as long as its nonce is secret and fresh."""

from dataclasses import replace

from api.client import sign_bundle
from ledger.core.bundle import bundle_id
from tests.vectors.generate.bundles import NETWORK, bundle_of
from tests.vectors.small_network import HOUR, START_MS, signer


def test_whoever_guesses_all_but_the_nonce_does_not_find_the_id_that_the_log_shows() -> None:
    """The log is public, and times, issuer and records of a complaint are soon guessed."""
    bundle = bundle_of(1)
    guesses = [replace(bundle.header, nonce=bytes((place,) * 16)) for place in range(256)]
    ids = {bundle_id(guess.encode()) for guess in guesses}
    assert bundle.bundle_id not in ids
    assert len(ids) == 256, "each nonce has an id of its own"


def test_a_client_draws_a_fresh_nonce_for_each_bundle() -> None:
    records, issuer = bundle_of(1).records, bundle_of(1).header.issuer
    life = (START_MS, START_MS + HOUR)
    one, other = (
        sign_bundle(signer("member centre"), NETWORK, issuer, records, *life) for _ in range(2)
    )
    assert one.header.nonce != other.header.nonce
    assert replace(one.header, nonce=other.header.nonce) == other.header
    assert one.bundle_id != other.bundle_id
