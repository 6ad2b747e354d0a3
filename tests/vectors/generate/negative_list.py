"""Negative lists: proofs that hold, and for each way to be wrong one that does not."""

from dataclasses import replace

from ledger.codes import Code
from ledger.core.canonical import encode
from ledger.core.identifiers import Digest
from ledger.core.negative_list import ListHead, ListProof, NegativeList
from ledger.core.vrf import VrfKey
from tests.reference.ed25519 import L
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import seed

LIST_ID, VERSION = "LIST-110108", 3
ADDRESSES = tuple(f"ADDR-110108-{number:04d}" for number in range(7))
RFC_9381 = (
    (
        "example 16",
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "",
        (
            "8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f"
            "26f8a57ccaed74ee1b190bed1f479d9727d2d0f9b005a6e456a35d4fb0daab12"
            "68a1b0db10836d9826a528ca76567805"
        ),
        (
            "90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff"
            "66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae"
        ),
    ),
    (
        "example 17",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "72",
        (
            "f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed593"
            "3bf0864a62558b3ed7f2fea45c92a465301b3bbf5e3e54ddf2d935be3b67926d"
            "a3ef39226bbc355bdc9850112c8f4b02"
        ),
        (
            "eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb"
            "5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031"
        ),
    ),
)
"""Of RFC 9381 appendix B.3: seed, input, proof, hash."""


def vectors() -> dict[str, Cases]:
    """The keyed hash by itself, then whole proofs."""
    return {
        "negative_list/vrf.json": [
            {"name": f"RFC 9381 {name}", "seed": key, "input": data, "proof": proof, "hash": hashed}
            for name, key, data, proof, hashed in RFC_9381
        ],
        "negative_list/proofs.json": _holding(),
        "negative_list/refused.json": _refused(),
    }


def _list(count: int = len(ADDRESSES), version: int = VERSION) -> NegativeList:
    return NegativeList(LIST_ID, version, ADDRESSES[:count], VrfKey(seed("list key")))


def _absent(kept: NegativeList, *, first: bool = False, last: bool = False) -> str:
    """An address that is not listed, and would stand where it is asked to."""
    for number in range(10_000):
        address = f"ADDR-110108-X{number}"
        proof = kept.prove(address)
        if (proof.left is None) is first and (proof.right is None) is last:
            return address
    raise LookupError("no such address")


def _holding() -> Cases:
    whole, one, none = _list(), _list(1), _list(0)
    return [
        *(_case(f"listed {each}", whole, each, "listed") for each in ADDRESSES[:3]),
        _case("absent between two leaves", whole, _absent(whole), "absent"),
        _case("absent below the first", whole, _absent(whole, first=True), "absent"),
        _case("absent above the last", whole, _absent(whole, last=True), "absent"),
        _case("listed alone", one, ADDRESSES[0], "listed"),
        _case("absent from a list of one", one, _absent(one, first=True), "absent"),
        _case("absent from an empty list", none, ADDRESSES[0], "absent"),
    ]


def _refused() -> Cases:
    kept = _list()
    hit, miss = ADDRESSES[0], _absent(kept)
    listed, absent = kept.prove(hit), kept.prove(miss)
    if listed.own is None or absent.left is None or absent.right is None:
        raise LookupError("the cases need both kinds of proof")
    index, path = listed.own
    other = kept.prove(_absent(kept, last=True))
    head, list_code = kept.head, Code.PROOF_NEGATIVE_LIST
    flipped = Digest(bytes((absent.left.path[0][0] ^ 1,)) + absent.left.path[0][1:])
    bent = replace(absent.left, path=(flipped, *absent.left.path[1:]))
    far = kept.prove(_absent(kept, first=True)).right
    unreduced = int.from_bytes(listed.vrf[48:], "little") + L
    vrf_of_other = other.vrf
    return [
        _bad("another address", head, miss, listed, Code.PROOF_VRF),
        _bad("another version", _list(version=4).head, hit, listed, Code.PROOF_VRF),
        _bad("another list", replace(head, list_id="LIST-110101"), hit, listed, Code.PROOF_VRF),
        _bad("a proof bit flipped", head, hit, _vrf(listed, _flip(listed.vrf, 40)), Code.PROOF_VRF),
        _bad("Gamma is no point", head, hit, _vrf(listed, b"\x02" * 80), Code.PROOF_VRF),
        _bad(
            "s is not below the order",
            head,
            hit,
            _vrf(listed, listed.vrf[:48] + unreduced.to_bytes(32, "little")),
            Code.PROOF_VRF,
        ),
        _bad("a weak key", replace(head, key=bytes(32)), hit, listed, Code.KEY_WEAK),
        _bad(
            "another root",
            replace(head, root=Digest(seed("root"))),
            hit,
            listed,
            Code.PROOF_INCLUSION,
        ),
        _bad("another index", head, hit, replace(listed, own=(index ^ 1, path)), _INCLUSION),
        _bad("a path cut short", head, hit, replace(listed, own=(index, path[:-1])), _INCLUSION),
        _bad("listed with a neighbour", head, hit, replace(listed, left=absent.left), list_code),
        _bad("listed and absent", head, miss, replace(absent, own=(index, path)), list_code),
        _bad("a neighbour's path bent", head, miss, replace(absent, left=bent), _INCLUSION),
        _bad("no left neighbour", head, miss, replace(absent, left=None), list_code),
        _bad("no right neighbour", head, miss, replace(absent, right=None), list_code),
        _bad("no neighbours", head, miss, replace(absent, left=None, right=None), list_code),
        _bad("neighbours with room between", head, miss, replace(absent, left=far), list_code),
        _bad("the gap of another address", head, miss, _vrf(other, absent.vrf), list_code),
        _bad("absence of a listed address", head, hit, _hidden(kept, hit), list_code),
        _bad("a hash that is not its own", head, hit, _vrf(listed, vrf_of_other), Code.PROOF_VRF),
        _raw("an unknown version", head, hit, _items(listed.vrf, listed.own, version=2)),
        _raw("a vrf of 79 bytes", head, hit, _items(bytes(79), (0, ()))),
        _raw("a path of 41", head, hit, _items(listed.vrf, (0, (bytes(32),) * 41))),
        _raw("a neighbour without its hash", head, hit, _items(listed.vrf, None, (0, ()))),
        _raw("an index below 0", head, hit, _items(listed.vrf, (-1, ()))),
        _raw("another word", head, hit, _items(listed.vrf, listed.own, word="listed-proof")),
    ]


_INCLUSION = Code.PROOF_INCLUSION


def _items(
    vrf: bytes,
    own: object,
    left: object = None,
    word: str = "negative-list-proof",
    version: int = 1,
) -> tuple[object, ...]:
    """A proof of these parts, whatever they are."""
    return (word, version, vrf, own, left, None)


def _hidden(kept: NegativeList, address: str) -> ListProof:
    """Absence of a listed address: the leaf below and the one above it, itself left out."""
    proof = kept.prove(address)
    if proof.own is None:
        raise LookupError("not listed")
    index = proof.own[0]
    # The leaf itself as the right neighbour: its hash is not above the address's.
    before = kept.leaf(index - 1) if index else None
    return ListProof(proof.vrf, None, before, kept.leaf(index))


def _vrf(proof: ListProof, vrf: bytes) -> ListProof:
    return replace(proof, vrf=vrf)


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def _head(head: ListHead) -> Case:
    return {
        "list": head.list_id,
        "version": head.version,
        "root": head.root.hex(),
        "count": head.count,
        "key": head.key.hex(),
    }


def _case(name: str, kept: NegativeList, address: str, result: str) -> Case:
    proof = kept.prove(address).encode().hex()
    head = _head(kept.head)
    return {"name": name, "head": head, "address": address, "proof": proof, "result": result}


def _bad(name: str, head: ListHead, address: str, proof: ListProof, code: Code) -> Case:
    spelled = proof.encode().hex()
    case = {"name": name, "head": _head(head), "address": address, "proof": spelled}
    return {**case, "code": code.value}


def _raw(name: str, head: ListHead, address: str, value: tuple[object, ...]) -> Case:
    spelled = encode(value).hex()  # type: ignore[arg-type]
    code = Code.FORMAT_VERSION if value[1] == 2 else Code.FORMAT_SHAPE
    case = {"name": name, "head": _head(head), "address": address, "proof": spelled}
    return {**case, "code": code.value}
