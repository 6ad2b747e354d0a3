"""Ed25519: keys that may be enrolled, key ids, and signatures at the edge of what libraries accept."""

from ledger.core.signing import Ed25519Signer, key_id
from tests.reference import ed25519 as reference
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import seed, signer

MESSAGE = b"bidwitness/record/v1\nmessage"
RFC8032 = [
    (
        "rfc 8032 test 1",
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
    ),
    (
        "rfc 8032 test 2",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
    ),
]


def vectors() -> dict[str, Cases]:
    """`keys/keys.json` and `signing/signatures.json`."""
    return {"keys/keys.json": key_cases(), "signing/signatures.json": _signatures()}


def key_cases() -> Cases:
    """Keys that are fit for enrolment, and keys that are not."""
    return [*_fit(), *_weak()]


def _fit() -> Cases:
    names = ("member centre", "node centre", "log centre")
    keys: list[tuple[str, bytes]] = [
        (f"of the seed of “{name}”", signer(name).public_key) for name in names
    ]
    keys += [(name, bytes.fromhex(public)) for name, _, public, _ in RFC8032]
    return [
        {"name": name, "public_key": key.hex(), "fit": True, "key_id": key_id(key).hex()}
        for name, key in keys
    ]


def _weak() -> Cases:
    p = reference.P
    good = reference.point_of(signer("member centre").public_key) or reference.IDENTITY
    points = reference.torsion()
    cases = [
        (f"small order, {place} times the generator of the torsion", reference.spelled(point))
        for place, point in enumerate(points)
    ]
    cases += [
        (f"outside the prime-order subgroup by torsion point {place}", reference.spelled(mixed))
        for place, point in enumerate(points[1:], 1)
        for mixed in [reference.add(good, point)]
    ]
    cases += [
        ("y is p", p.to_bytes(32, "little")),
        ("y is p + 1, the identity again", (p + 1).to_bytes(32, "little")),
        ("y is 2**255 - 1", (2**255 - 1).to_bytes(32, "little")),
        ("identity with the sign bit", (1 | 1 << 255).to_bytes(32, "little")),
        ("y = -1 with the sign bit", (p - 1 | 1 << 255).to_bytes(32, "little")),
        ("no point has this y", (2).to_bytes(32, "little")),
        ("all ones", b"\xff" * 32),
        ("31 bytes", signer("member centre").public_key[:31]),
        ("33 bytes", signer("member centre").public_key + b"\x00"),
        ("no bytes", b""),
    ]
    return [{"name": name, "public_key": key.hex(), "fit": False} for name, key in cases]


def _signatures() -> Cases:
    one = signer("member centre")
    key, good = one.public_key, one.sign(MESSAGE)
    cases: Cases = [_case("plain", key, MESSAGE, good, holds=True)]
    for name, secret, public, message in RFC8032:
        signature = Ed25519Signer(bytes.fromhex(secret)).sign(bytes.fromhex(message))
        cases.append(
            _case(name, bytes.fromhex(public), bytes.fromhex(message), signature, holds=True)
        )
    s = int.from_bytes(good[32:], "little")
    for name, signature in (
        ("S is S + L", good[:32] + (s + reference.L).to_bytes(32, "little")),
        ("S is L", good[:32] + reference.L.to_bytes(32, "little")),
        ("S is 2**256 - 1", good[:32] + b"\xff" * 32),
        ("S is 0", good[:32] + bytes(32)),
        ("R with its sign bit flipped", good[:31] + bytes((good[31] ^ 0x80,)) + good[32:]),
        ("first bit of R flipped", bytes((good[0] ^ 1,)) + good[1:]),
        ("first bit of S flipped", good[:32] + bytes((good[32] ^ 1,)) + good[33:]),
        ("R and S exchanged", good[32:] + good[:32]),
        ("63 bytes", good[:63]),
        ("65 bytes", good + b"\x00"),
        ("no bytes", b""),
    ):
        cases.append(_case(name, key, MESSAGE, signature, holds=False))
    cases.append(_case("another message", key, MESSAGE + b"!", good, holds=False))
    cases.append(_case("without the tag", key, MESSAGE[21:], good, holds=False))
    cases.append(
        _case("another key", signer("member notary").public_key, MESSAGE, good, holds=False)
    )
    return cases + _torsion_cases()


def _torsion_cases() -> Cases:
    """What only the owner of a key can sign, and what libraries disagree about."""
    secret, _ = reference.secret_of(seed("member centre"))
    key = signer("member centre").public_key
    cases: Cases = []
    for place, point in enumerate(reference.torsion()):
        # R of small order: [S]B - [k]A = R can be met with r = 0 where R is the identity.
        r = reference.spelled(point)
        cases.append(_signed(f"R of small order, torsion point {place}", key, secret, 0, r))
    for place, point in enumerate(reference.torsion()[1:], 1):
        # The cofactored equation holds: R differs from [r]B by a small-order part only.
        mixed = reference.spelled(reference.add(reference.times(7, reference.BASE), point))
        cases.append(_signed(f"R with torsion part {place}", key, secret, 7, mixed))
    p = reference.P
    cases.append(
        _signed("R is the identity, spelled p + 1", key, secret, 0, (p + 1).to_bytes(32, "little"))
    )
    honest = reference.spelled(reference.times(7, reference.BASE))
    cases.append(_signed("small r, honest R", key, secret, 7, honest) | {"holds": True})
    return cases


def _signed(name: str, key: bytes, secret: int, r: int, spelled: bytes) -> Case:
    """A signature with a chosen R, which only the key's owner can make."""
    s = (r + reference.challenge(spelled, key, MESSAGE) * secret) % reference.L
    return _case(name, key, MESSAGE, spelled + s.to_bytes(32, "little"), holds=False)


def _case(name: str, key: bytes, message: bytes, signature: bytes, *, holds: bool) -> Case:
    return {
        "name": name,
        "public_key": key.hex(),
        "message": message.hex(),
        "signature": signature.hex(),
        "holds": holds,
    }
