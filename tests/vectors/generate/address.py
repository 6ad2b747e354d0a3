"""Addresses: commitments to their owners."""

from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.owner import owner_commitment
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import seed


def vectors() -> dict[str, Cases]:
    """`address/owners.json`: who owns what, with the salt that the registry hands out."""
    return {
        "address/owners.json": [
            _case("an owner"),
            _case("another owner", owner="operator"),
            _case("another address", address="ADDR-110108-0002"),
            _case("another salt", salt="another salt"),
            _case("another network", network="another network"),
        ]
    }


def _case(
    name: str,
    *,
    owner: str = "landlord",
    address: str = "ADDR-110108-0001",
    salt: str = "salt",
    network: str = "network",
) -> Case:
    network_id, word = NetworkId(seed(network)), seed(salt)
    return {
        "name": name,
        "network": network_id.hex(),
        "address": address,
        "owner": owner,
        "salt": word.hex(),
        "commitment": owner_commitment(network_id, address, MemberId(owner), word).hex(),
    }
