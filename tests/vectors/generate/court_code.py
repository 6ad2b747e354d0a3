"""Extraction codes: how they follow from random bytes, what may be typed for one, what is none."""

from ledger.core.court_code import ALPHABET, RANDOM_BYTES, code_hash, grouped, new_code
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import seed

TYPED = "court_code.typed"


def vectors() -> dict[str, Cases]:
    """The folder `court_code`."""
    return {"court_code/codes.json": [*_made(), *_typed()]}


def _made() -> Cases:
    drawn = {
        "zeros": bytes(RANDOM_BYTES),
        "ones": b"\xff" * RANDOM_BYTES,
        "drawn": seed("court code")[:RANDOM_BYTES],
    }
    return [_case(name, random, grouped(new_code(random))) for name, random in drawn.items()]


def _case(name: str, random: bytes, typed: str) -> Case:
    code = new_code(random)
    told = {"code": code, "hash": code_hash(code).hex()}
    return {"name": name, "random": random.hex(), "typed": typed, **told}


def _typed() -> Cases:
    random = seed("court code")[:RANDOM_BYTES]
    code = new_code(random)
    full_width = "".join(chr(ord(each) + 0xFEE0) for each in code)
    alike = code.replace("1", "l").replace("0", "o")
    other = ALPHABET[(ALPHABET.index(code[3]) + 1) % 32]
    first = next(at for at in range(19) if code[at] != code[at + 1])
    swapped = code[:first] + code[first + 1] + code[first] + code[first + 2 :]
    right = [
        _case("lower case", random, code.lower()),
        _case("full width", random, full_width),
        _case("spaces and a dash", random, f" {code[:10]}\u2014{code[10:]}\u3000"),
        _case("letters like digits", random, alike),
    ]
    wrong = {
        "nothing": "",
        "one short": code[:-1],
        "one more": code + "0",
        "another character": code[:3] + other + code[4:],
        "two changed places": swapped,
        "a letter that is in none": "U" + code[1:],
        "other letters": "Ж" + code[1:],
        "too long to be one": code + " " * 64,
    }
    return right + [{"name": name, "typed": typed, "code": TYPED} for name, typed in wrong.items()]
