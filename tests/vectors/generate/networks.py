"""Genesis, committee, certificate, status rows, acknowledgements: what a network is made of."""

from dataclasses import replace

from ledger.codes import Code
from ledger.core.acknowledgement import acknowledge, refuse
from ledger.core.canonical import Value, decode, encode
from ledger.core.certificate import CommitCertificate, Slot, vote_body
from ledger.core.committee import Committee
from ledger.core.genesis import Role
from ledger.core.hashing import Tag
from ledger.core.identifiers import (
    Digest,
    Epoch,
    HeaderHash,
    Height,
    LogIndex,
    MemberId,
    NetworkId,
    NodeId,
    View,
)
from ledger.core.signing import key_id, sign_tagged
from ledger.core.status import (
    Interval,
    KeyRow,
    StatusTree,
    genesis_state_hash,
    key_row_key,
    state_hash,
)
from tests.vectors.generate.spelling import Case, Cases, broken, refused
from tests.vectors.small_network import (
    NAMES,
    START_MS,
    SmallNetwork,
    seed,
    signer,
    small_committee,
    small_genesis,
)

HASH = HeaderHash(seed("header hash"))


def vectors() -> dict[str, Cases]:
    """The files of genesis, committee, certificate, status and acknowledgement."""
    return {
        "genesis/genesis.json": _genesis(),
        "genesis/refused.json": _refused_genesis(),
        "committee/sizes.json": _sizes(),
        "certificate/certificates.json": _certificates(),
        "certificate/refused.json": _refused_certificates(),
        "status/trees.json": _trees(),
        "status/intervals.json": _intervals(),
        "acknowledgement/signed.json": _signed_words(),
    }


def _genesis() -> Cases:
    cases: Cases = []
    for name, members in (
        ("four departments", tuple(NAMES)),
        ("one, for development", ("centre",)),
    ):
        genesis = small_genesis(members)
        network = SmallNetwork(members)
        cases.append(
            {
                "name": name,
                "data": genesis.encode().hex(),
                "network_id": genesis.network_id.hex(),
                "origin": genesis.origin,
                "n": genesis.committee.n,
                "f": genesis.committee.f,
                "q": genesis.committee.q,
                "status_rows": [[k.decode(), v.hex()] for k, v in sorted(network.rows.items())],
                "state_hash": network.state.hex(),
            }
        )
    return [*cases, _free_genesis()]


def _free_genesis() -> Case:
    """What no rule forbids: empty words, a role twice, a slash at the end, limits without end."""
    plain = small_genesis()
    first = plain.members[0]
    role = Role("", "")
    odd = replace(first, name_zh="", name_en="", roles=(role, role), keys=())
    genesis = replace(
        plain,
        name="",
        domain="vectors.bidwitness.example/",
        created_at_ms=1 << 53,
        members=(odd, *plain.members[1:], replace(odd, member_id=MemberId("reader"))),
        parameters=replace(
            plain.parameters, committee_max=1 << 32, snapshot_interval=(1 << 64) - 1
        ),
    )
    return {
        "name": "all that no rule forbids",
        "data": genesis.encode().hex(),
        "network_id": genesis.network_id.hex(),
        "origin": genesis.origin,
        "n": genesis.committee.n,
        "f": genesis.committee.f,
        "q": genesis.committee.q,
        "status_rows": [],
        "state_hash": genesis_state_hash(genesis.network_id, {}).hex(),
    }


def _refused_genesis() -> Cases:
    good = small_genesis().encode()
    items = decode(good, len(good))
    if not isinstance(items, tuple):
        raise SystemExit("a genesis is an array")
    nodes, members, parameters = items[5], items[6], items[8]

    def but(place: int, value: Value) -> bytes:
        return encode((*items[:place], value, *items[place + 1 :]))

    def node_but(place: int, value: Value) -> bytes:
        return but(5, ((*nodes[0][:place], value, *nodes[0][place + 1 :]), *nodes[1:]))

    def member_but(place: int, value: Value) -> bytes:
        return but(6, ((*members[0][:place], value, *members[0][place + 1 :]), *members[1:]))

    def parameter(name: str, value: Value) -> bytes:
        return but(8, {**parameters, name: value})

    weak = (1).to_bytes(32, "little")
    crowd: Value = tuple(
        (
            f"node-{n}",
            "centre",
            signer(f"node {n}").public_key,
            signer(f"log {n}").public_key,
            seed(f"{n}"),
        )
        for n in range(33)
    )
    shapes = {
        "name of 257 bytes": but(2, "n" * 257),
        "domain of 129 bytes": but(3, "d" * 129),
        "founded before the epoch": but(4, -1),
        "founded beyond 53 bits": but(4, (1 << 53) + 1),
        "node of four items": but(5, (nodes[0][:4], *nodes[1:])),
        "node key of 31 bytes": node_but(2, nodes[0][2][:31]),
        "log key of 31 bytes": node_but(3, nodes[0][3][:31]),
        "TLS key digest of 31 bytes": node_but(4, bytes(31)),
        "node's member in capitals": node_but(1, "Centre"),
        "member of five items": but(6, (members[0][:5], *members[1:])),
        "member in capitals": member_but(0, "Centre"),
        "kind of member is bytes": member_but(1, b"system"),
        "one name of a member": member_but(2, ("centre",)),
        "name of a member of 257 bytes": member_but(2, ("n" * 257, "")),
        "english name of a member of 257 bytes": member_but(2, ("", "n" * 257)),
        "credit code of 19 bytes": member_but(3, "9" * 19),
        "role without a scope": member_but(4, (("bidder",),)),
        "role of 65 bytes": member_but(4, (("r" * 65, ""),)),
        "scope of 129 bytes": member_but(4, (("bidder", "s" * 129),)),
        "roles are a map": member_but(4, {}),
        "member key of 31 bytes": member_but(5, (bytes(31),)),
        "member keys are one": member_but(5, bytes(32)),
        "parameters are an array": but(8, ()),
        "a limit is a text": parameter("refs_max", "32"),
    }
    return [
        *broken(good),
        refused("version 2", but(1, 2), "format.version"),
        refused("domain bidwitness/", but(3, "bidwitness/a"), "genesis.invalid"),
        refused("domain cosignature/", but(3, "cosignature/a"), "genesis.invalid"),
        refused("domain empty", but(3, ""), "genesis.invalid"),
        refused("domain with a space", but(3, "a b"), "genesis.invalid"),
        refused("domain with a plus sign", but(3, "a+b"), "genesis.invalid"),
        refused("domain with a nul", but(3, "a\x00b"), "genesis.invalid"),
        refused("domain that ends with a delete", but(3, "ab\x7f"), "genesis.invalid"),
        refused("domain in chinese", but(3, "兰州"), "genesis.invalid"),
        refused("no nodes", but(5, ()), "committee.invalid"),
        refused("a node twice", but(5, (nodes[0], nodes[0])), "committee.invalid"),
        refused("node of nobody", node_but(1, "stranger"), "genesis.invalid"),
        refused("node name in capitals", node_but(0, "Node"), "format.shape"),
        refused("weak node key", node_but(2, weak), "key.weak"),
        refused("node key also log key", node_but(3, nodes[0][2]), "committee.invalid"),
        refused("two nodes with one TLS key", node_but(4, nodes[1][4]), "committee.invalid"),
        refused("member named network", member_but(0, "network"), "genesis.invalid"),
        refused("member twice", but(6, (*members, members[0])), "genesis.invalid"),
        refused("unknown kind of member", member_but(1, "robot"), "genesis.invalid"),
        refused("weak member key", member_but(5, (weak,)), "key.weak"),
        refused("member key is a node key", member_but(5, (nodes[0][2],)), "genesis.invalid"),
        refused("catalogue hash of 31 bytes", but(7, bytes(31)), "format.shape"),
        refused("a parameter missing", but(8, dict(list(parameters.items())[1:])), "format.shape"),
        refused("a parameter unknown", parameter("zeal", 1), "format.shape"),
        refused("a limit below zero", parameter("refs_max", -1), "format.shape"),
        refused(
            "algorithm that is not known", parameter("algorithms", ("sm2",)), "genesis.invalid"
        ),
        refused(
            "grace shorter than tick and clocks",
            parameter("deadline_grace_ms", 12_499),
            "genesis.invalid",
        ),
        refused("more nodes than allowed", parameter("committee_max", 3), "genesis.invalid"),
        refused("day that has no hours", parameter("day_ms", 23), "genesis.invalid"),
        refused("two algorithms", parameter("algorithms", ("ed25519",) * 2), "genesis.invalid"),
        refused("no algorithm", parameter("algorithms", ()), "genesis.invalid"),
        *(refused(name, data, "format.shape") for name, data in shapes.items()),
        refused("33 nodes", but(5, crowd), "committee.invalid"),
        refused("domain that begins with a slash", but(3, "/a"), "genesis.invalid"),
        refused("domain subtree", but(3, "subtree"), "genesis.invalid"),
    ]


def _sizes() -> Cases:
    """n, f and q, from the words of the spec and not from the class."""
    cases: Cases = []
    for n in range(1, 33):
        f = (n - 1) // 3
        q = -(-(n + f + 1) // 2)
        cases.append({"name": f"{n} nodes", "n": n, "f": f, "q": q})
    return cases


def slot_of(
    view: int = 2, height: int = 5, epoch: int = 0, network_id: NetworkId | None = None
) -> Slot:
    """The slot of the certificates."""
    network_id = network_id or small_genesis().network_id
    return Slot(network_id, Epoch(epoch), Height(height), View(view))


def certificate_of(
    members: tuple[str, ...], slot: Slot, tag: Tag = Tag.COMMIT
) -> CommitCertificate:
    """Commit votes of these members' nodes, in this order."""
    body = vote_body(slot, HASH)
    votes = tuple(
        (NodeId(f"node-{member}"), sign_tagged(signer(f"node {member}"), tag, body))
        for member in members
    )
    return CommitCertificate(slot, HASH, votes)


def _certificates() -> Cases:
    members, slot = tuple(NAMES), slot_of()
    good = certificate_of(members[:3], slot)
    other_view = certificate_of(members[:3], slot_of(view=1))
    mixed = replace(good, votes=(*good.votes[:2], other_view.votes[2]))
    stranger = replace(good, votes=(*good.votes[:2], (NodeId("node-zeal"), good.votes[2][1])))
    prepares = certificate_of(members[:3], slot, Tag.PREPARE)
    return [
        _certificate("q votes", good, ""),
        _certificate("all votes", certificate_of(members, slot), ""),
        _certificate("votes of 1, 3, 4", certificate_of((members[0], *members[2:]), slot), ""),
        _certificate("one vote too few", certificate_of(members[:2], slot), "certificate.quorum"),
        _certificate("no votes", replace(good, votes=()), "certificate.quorum"),
        _certificate("votes of two views", mixed, "signature.invalid"),
        _certificate(
            "another header", replace(good, header_hash=HeaderHash(seed("x"))), "signature.invalid"
        ),
        _certificate("another height", replace(good, slot=slot_of(height=6)), "signature.invalid"),
        _certificate(
            "epoch 1", certificate_of(members[:3], slot_of(epoch=1)), "certificate.invalid"
        ),
        _certificate(
            "another network that the same nodes serve",
            certificate_of(members[:3], slot_of(network_id=NetworkId(seed("another network")))),
            "certificate.invalid",
        ),
        _certificate("prepares for commits", prepares, "signature.invalid"),
        _certificate(
            "a node twice",
            replace(good, votes=(good.votes[0], *good.votes[:2])),
            "certificate.invalid",
        ),
        _certificate("out of order", replace(good, votes=good.votes[::-1]), "certificate.invalid"),
        _certificate("a stranger", stranger, "certificate.invalid"),
    ]


def _certificate(name: str, certificate: CommitCertificate, code: str) -> Case:
    """A certificate under the committee of the four departments; no code where it holds."""
    return {
        "name": name,
        "genesis": small_genesis().encode().hex(),
        "data": certificate.encode().hex(),
        "code": code or None,
    }


def _refused_certificates() -> Cases:
    good = certificate_of(tuple(NAMES)[:3], slot_of())
    items = decode(good.encode(), 8192)
    if not isinstance(items, tuple):
        raise SystemExit("a certificate is an array")

    def but(place: int, value: Value) -> bytes:
        return encode((*items[:place], value, *items[place + 1 :]))

    return [
        *broken(good.encode()),
        refused("version 2", but(1, 2), "format.version"),
        refused("height as text", but(4, "5"), "format.shape"),
        refused("negative view", but(5, -1), "format.shape"),
        refused("header hash of 31 bytes", but(6, bytes(31)), "format.shape"),
        refused("vote without signature", but(7, (("node-centre",),)), "format.shape"),
        refused("node in capitals", but(7, (("Node-Centre", bytes(64)),)), "format.shape"),
        refused("signature of 63 bytes", but(7, (("node-centre", bytes(63)),)), "format.shape"),
        refused("33 votes", but(7, (items[7][0],) * 33), "format.shape"),
    ]


def _trees() -> Cases:
    key = signer("member centre").public_key
    name = key_row_key(MemberId("centre"), key_id(key))
    row = KeyRow(Interval(LogIndex(3), START_MS, None, None), MemberId("centre"), key).encode()
    sets: list[tuple[str, dict[bytes, bytes]]] = [
        ("no rows", {}),
        ("one key", {name: row}),
        (
            "keys in byte order",
            {b"role/b": b"\x90", name: row, b"role/B": b"\x90", b"role/": b"\xc0"},
        ),
    ]
    cases: Cases = []
    for title, rows in sets:
        tree = StatusTree(rows)
        ordered = sorted(rows.items())
        writes = [(b"status/" + each, value) for each, value in ordered]
        cases.append(
            {
                "name": title,
                "rows": [[each.hex(), value.hex()] for each, value in ordered],
                "size": tree.size,
                "root": tree.root.hex(),
                "paths": [[each.hex() for each in tree.path(i)] for i in range(tree.size)],
                "parent": seed("parent").hex(),
                "state_hash": state_hash(seed("parent"), writes).hex(),
                "state_hash_of_deletion": state_hash(
                    seed("parent"), [(each, None) for each, _ in writes]
                ).hex(),
            }
        )
    return cases


def _intervals() -> Cases:
    return [
        {"name": name, "interval": list(interval), "index": index, "in_force": inside}
        for name, interval, index, inside in (
            ("since genesis", (None, None, None, None), 0, True),
            ("before its own entry", (5, 1, None, None), 4, False),
            ("at its own entry", (5, 1, None, None), 5, False),
            ("after its own entry", (5, 1, None, None), 6, True),
            ("before the end", (5, 1, 9, 2), 8, True),
            ("at the end", (5, 1, 9, 2), 9, False),
            ("after the end", (5, 1, 9, 2), 10, False),
            ("since genesis, before the end", (None, None, 9, 2), 0, True),
        )
    ]


def _signed_words() -> Cases:
    network, node = small_genesis().network_id, NodeId("node-centre")
    one, pool = signer("node centre"), Digest(seed("pool key"))
    good = acknowledge(one, network, node, pool, START_MS)
    no = refuse(one, network, node, pool, Code.BUNDLE_INVALID, HASH)
    facts = {"network_id": network.hex(), "node_id": node, "bundle": pool.hex()}
    key = {"public_key": one.public_key.hex()}
    said = {**facts, "received_at_ms": START_MS, "signature": good.signature.hex(), **key}
    refusal = {
        **facts,
        "code": no.code.value,
        "head_hash": HASH.hex(),
        "signature": no.signature.hex(),
        **key,
    }
    flipped = bytes((good.signature[0] ^ 1,)) + good.signature[1:]
    return [
        {"name": "acknowledgement", "kind": "acknowledgement", **said, "holds": True},
        {
            "name": "a millisecond later",
            "kind": "acknowledgement",
            **said,
            "received_at_ms": START_MS + 1,
            "holds": False,
        },
        {
            "name": "another node",
            "kind": "acknowledgement",
            **said,
            "node_id": "node-notary",
            "holds": False,
        },
        {
            "name": "another bundle",
            "kind": "acknowledgement",
            **said,
            "bundle": seed("y").hex(),
            "holds": False,
        },
        {
            "name": "another network",
            "kind": "acknowledgement",
            **said,
            "network_id": seed("y").hex(),
            "holds": False,
        },
        {
            "name": "one bit flipped",
            "kind": "acknowledgement",
            **said,
            "signature": flipped.hex(),
            "holds": False,
        },
        {"name": "refusal", "kind": "refusal", **refusal, "holds": True},
        {
            "name": "another reason",
            "kind": "refusal",
            **refusal,
            "code": "bundle.signature",
            "holds": False,
        },
        {
            "name": "another head",
            "kind": "refusal",
            **refusal,
            "head_hash": seed("y").hex(),
            "holds": False,
        },
        {
            "name": "an acknowledgement's signature",
            "kind": "refusal",
            **refusal,
            "signature": good.signature.hex(),
            "holds": False,
        },
    ]


def committee() -> Committee:
    """The committee of the four departments."""
    return small_committee(tuple(NAMES))
