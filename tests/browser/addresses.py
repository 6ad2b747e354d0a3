"""An address on the ledger, from its three sources to the match that everything else rests on."""

import time

from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, RecordId
from ledger.core.record import Private
from tests.browser.conftest import say
from tests.network.real_network import RealNetwork

LEVELS = Private(sha256(b"levels"), ("level01_province", "level03_district", "level12_room"))


def match(network: RealNetwork, address: str, owner: Digest) -> dict[str, RecordId]:
    """Have the registry office say everything up to the match; its records by what they are."""
    now_ms = time.time_ns() // 1_000_000
    said: dict[str, RecordId] = {}
    rules = f"STD-{address}"
    say(network, "office", "ledger.standard_published", rules, name="标准", version="1")
    for source in ("enterprise", "property", "address"):
        said[source] = say(
            network, "office", "address.snapshot_published", "office", source=source,
            version=address, root=sha256(source.encode()), count=9, taken_ms=now_ms,
        )  # fmt: skip
    said["standard"] = say(
        network, "office", "address.standard_published", address, standard=rules,
        refs=[("batch", said["address"])], private=LEVELS,
    )  # fmt: skip
    said["shared"] = say(
        network, "office", "address.property_shared", address, owner=owner,
        refs=[("batch", said["property"])],
    )  # fmt: skip
    rests_on = [("follows", said["standard"]), ("follows", said["shared"])]
    rests_on.append(("batch", said["enterprise"]))
    said["match"] = say(
        network, "office", "address.matched", address, refs=rests_on,
        result="matched", algorithm="compare", algorithm_version="1", score_permille=990,
    )  # fmt: skip
    return said
