"""The network that is simulated: the shipped catalogue, real keys, and what its members submit."""

from functools import cache

from contracts.catalogue import load_catalogue
from contracts.genesis_rows import genesis_rows
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.genesis import Founder, Genesis, Role
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId, Subject
from ledger.core.limits import Parameters
from ledger.core.record import Evidence, Record
from ledger.trust import TrustRoot, trust_root
from tests.vectors.small_network import nonce, signer, small_committee

START_MS = 1_767_225_600_000
HOUR_MS = 3_600_000
MEMBERS = ("centre", "supervisor", "registry", "notary", "builder", "agency", "bidder")
CATALOGUE = load_catalogue()
INTERVALS = {5: 2, 7: 1}
"""Networks of so many founders make snapshots of their state, and nodes of them begin with one."""


@cache
def genesis_of(nodes: int) -> Genesis:
    """A network whose first `nodes` members run a node each."""
    return Genesis(
        name="simulated",
        domain="simulated.example",
        created_at_ms=START_MS - 1,
        committee=small_committee(MEMBERS[:nodes]),
        members=tuple(
            Founder(
                MemberId(name),
                "organisation",
                name,
                name,
                "",
                (Role("client_system", ""),),
                (signer(f"member {name}").public_key,),
            )
            for name in MEMBERS
        ),
        catalogue_hash=CATALOGUE.hash,
        parameters=Parameters(snapshot_interval=INTERVALS.get(nodes, 0)),
    )


@cache
def trust_of(nodes: int) -> TrustRoot:
    return trust_root(genesis_of(nodes))


@cache
def rows_of(nodes: int) -> dict[bytes, bytes]:
    return genesis_rows(genesis_of(nodes))


def bundle_of(nodes: int, member: str, number: int, records: int, now_ms: int) -> Bundle:
    """A few deposits of evidence under a member's signature."""
    made = [
        Record(
            "evidence.deposited",
            MemberId(member),
            Subject(f"文件-{number}"),
            now_ms,
            (Evidence("file", sha256(b"%d" % number), None, 7, "text/plain"),),
            {},
            None,
            (),
            nonce(f"simulated {number} {position}"),
        ).encode()
        for position in range(records)
    ]
    return sign_bundle(
        signer(f"member {member}"),
        trust_of(nodes).network_id,
        MemberId(member),
        made,
        now_ms,
        now_ms + HOUR_MS,
        bytes(16),
    )
