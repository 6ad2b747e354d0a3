"""Receipts with time stamps, and the tokens of RFC 3161 by themselves."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.identifiers import Digest
from ledger.core.note import parse_note
from ledger.core.receipt import Receipt
from ledger.core.receipt_parts import StampedHead
from tests.reference.merkle import proof
from tests.stamping.maker import NOON, NULL, SHA512, Maker, integer, oid, seq, wrap
from tests.vectors.generate.outside import FIRST
from tests.vectors.generate.receipts import fails, holds
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import SmallNetwork, small_record

TEXT = Checkpoint("centre.example/0123456789abcdef", 7, Digest(bytes(range(32)))).text()
NOON_MS = int(NOON.timestamp()) * 1000


def vectors() -> dict[str, Cases]:
    """`stamped_accepted.json`, `stamped_refused.json`, and the folder of tokens."""
    network = SmallNetwork()
    network.commit([network.bundle([small_record("first")])])
    early = network.receipt(small_record("first"))
    network.commit([network.bundle([small_record("second"), small_record("third")])])
    network.commit([network.bundle([small_record("last")])])
    return {
        "receipt/stamped_accepted.json": _accepted(network, early),
        "receipt/stamped_refused.json": _refused(network, early),
        "time_stamp/accepted.json": _tokens_accepted(),
        "time_stamp/refused.json": [*_refused_form(), *_refused_words(), *_refused_signers()],
    }


def stamped(network: SmallNetwork, size: int, token: bytes | None = None) -> StampedHead:
    """A head that an authority stamped, with the path from the first block's head to it."""
    path = tuple(map(Digest, proof(FIRST, network.leaves[:size])))
    head = parse_checkpoint(parse_note(network.outside_note(["x"], size).encode()).text)
    made = Maker("time").stamp(head.text()) if token is None else token
    return StampedHead(head.text(), path, made)


def _accepted(network: SmallNetwork, early: Receipt) -> Cases:
    same, later = stamped(network, FIRST), stamped(network, len(network.leaves))

    def case(name: str, *heads: StampedHead) -> Case:
        return holds(name, network, replace(early, timestamps=heads))

    return [
        case("a stamp over the receipt's head", same),
        case("a stamp over a later head", later),
        case("two stamps over one head", same, same),
        case("stamps over two heads", same, later),
        case("a token that nobody looks into", stamped(network, FIRST, b"\x00")),
        case("eight stamps", *[same] * 8),
    ]


def _refused(network: SmallNetwork, early: Receipt) -> Cases:
    other = SmallNetwork()
    other.commit([other.bundle([small_record("another first")])])
    other.commit([other.bundle([small_record("second"), small_record("third")])])
    same, later = stamped(network, FIRST), stamped(network, len(network.leaves))
    foreign = same.checkpoint.replace(network.trust.origin, "other.example/0123456789abcdef")
    fork = replace(stamped(other, 5), token=later.token)

    def case(step: int, code: str, name: str, *heads: StampedHead) -> Case:
        return fails(step, code, name, replace(early, timestamps=heads))

    def told(name: str, text: str) -> Case:
        return case(1, "note.invalid", name, replace(same, checkpoint=text))

    return [
        case(1, "receipt.timestamps", "stamped heads descend", later, same),
        told("stamped head without a root", same.checkpoint[:40]),
        told("stamped head with signatures", f"{same.checkpoint}\n"),
        told("stamped head with an extension line", f"{same.checkpoint}extension\n"),
        told("stamped head without any text", ""),
        case(8, "receipt.origin", "stamped head of another log", replace(same, checkpoint=foreign)),
        case(8, "proof.consistency", "stamped head of a fork", fork),
        case(8, "proof.consistency", "stamped head without its path", replace(later, path=())),
        case(
            8,
            "proof.consistency",
            "stamped head with a path to itself",
            replace(same, path=later.path),
        ),
    ]


def _token(name: str, token: bytes, maker: Maker, **said: int | str) -> Case:
    spelled = b64encode(token).decode()
    return {"name": name, "checkpoint": TEXT, "token": spelled, "roots": maker.pem.decode(), **said}


def _tokens_accepted() -> Cases:
    good = Maker("time")
    text = TEXT.encode()
    exact, named = good.info(text), good.attributes

    def case(name: str, token: bytes, time_ms: int = NOON_MS, accuracy_ms: int = 0) -> Case:
        return _token(name, token, good, time_ms=time_ms, accuracy_ms=accuracy_ms)

    fine = good.info(text, "20260301040000.0001Z")
    rough = seq(integer(1), wrap(0x80, b"\x05"), wrap(0x81, b"\x01"))
    extension = seq(oid("1.2.3"), wrap(0x04, b"x"))
    return [
        case("plain", good.token(exact)),
        case("a fraction of a millisecond is rounded up", good.token(fine), NOON_MS + 1),
        case(
            "accuracy is rounded up", good.token(good.info(text, accuracy=rough)), accuracy_ms=1006
        ),
        case("with a nonce", good.token(good.info(text, nonce=integer(1 << 60)))),
        case("ordered", good.token(good.info(text, ordering=b"\x01\x01\xff"))),
        case(
            "an extension that need not be known",
            good.token(good.info(text, rest=wrap(0xA1, extension))),
        ),
        case("certificate named by SHA-1", good.token(exact, named(exact, v1=True))),
        case(
            "first second of the certificate",
            good.token(good.info(text, f"{NOON - timedelta(days=30):%Y%m%d%H%M%S}Z")),
            NOON_MS - 30 * 86_400_000,
        ),
        case(
            "last second of the certificate",
            good.token(good.info(text, f"{NOON + timedelta(days=365):%Y%m%d%H%M%S}.999Z")),
            NOON_MS + 365 * 86_400_000 + 999,
        ),
        case(
            "the root travels along too",
            good.token(
                exact,
                certificates=[
                    each.public_bytes(Encoding.DER) for each in (good.certificate, good.root)
                ],
            ),
        ),
    ]


def _refused_form() -> Cases:
    """Another spelling, or another form."""
    good = Maker("time")
    text = TEXT.encode()
    exact = good.info(text)
    plain = good.token(exact)

    def case(name: str, token: bytes) -> Case:
        return _token(name, token, good, code="time_stamp.format")

    def info(name: str, made: bytes) -> Case:
        return case(name, good.token(made))

    outer = plain[4:]
    der = good.certificate.public_bytes(Encoding.DER)
    fourth = der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020103"), 1)
    return [
        case("empty", b""),
        case("cut short", plain[:-1]),
        case("a byte behind", plain + b"\x00"),
        case("length in three bytes where two do", b"\x30\x83\x00" + plain[2:4] + outer),
        case("indefinite length", b"\x30\x80" + outer + b"\x00\x00"),
        case("length of four bytes", b"\x30\x84\x00\x00" + plain[2:4] + outer),
        case("an answer and no token", seq(seq(integer(0)), plain)),
        case("two signers", good.token(exact, signers=2)),
        case("no signer", good.token(exact, signers=0)),
        case("version 1 of the envelope", good.token(exact, version=1)),
        case("another kind of content", good.token(exact, kind="1.2.840.113549.1.7.1")),
        case(
            "attributes out of order",
            good.token(exact, sorted(good.attributes(exact), reverse=True), sort=False),
        ),
        case(
            "an attribute twice",
            good.token(exact, [*good.attributes(exact), good.attributes(exact)[0]]),
        ),
        case("no content type", good.token(exact, good.attributes(exact)[1:])),
        case("no message digest", good.token(exact, good.attributes(exact)[::2])),
        case("a certificate that is none", good.token(exact, certificates=[seq(NULL)])),
        case("a certificate of version 4", good.token(exact, certificates=[fourth])),
        info("version 2", good.info(text, version=2)),
        info("stamped by SHA-512", good.info(text, digest=SHA512)),
        info("a boolean of BER", good.info(text, ordering=b"\x01\x01\x01")),
        info("a default that is spelled", good.info(text, ordering=b"\x01\x01\x00")),
        info("an integer with a zero before it", good.info(text, nonce=b"\x02\x02\x00\x01")),
        info("time with a zone", good.info(text, "20260301120000+0800")),
        info("time without seconds", good.info(text, "202603010400Z")),
        info("time with a zero at its end", good.info(text, "20260301040000.10Z")),
        info("time with a comma", good.info(text, "20260301040000,1Z")),
        info("time of 30 February", good.info(text, "20260230040000Z")),
        info("time of 29 February in another year", good.info(text, "20260229040000Z")),
        info("time of a leap second", good.info(text, "20260301040060Z")),
        info("time before the epoch", good.info(text, "19691231235959Z")),
        info(
            "accuracy of 1,000 ms in its part",
            good.info(text, accuracy=seq(wrap(0x80, b"\x03\xe8"))),
        ),
        info("a negative accuracy", good.info(text, accuracy=seq(integer(-1)))),
        info(
            "an extension that must be known",
            good.info(text, rest=wrap(0xA1, seq(oid("1.2.3"), b"\x01\x01\xff", wrap(4, b"x")))),
        ),
        info("something behind the last field", good.info(text, rest=NULL)),
    ]


def _refused_words() -> Cases:
    """What was signed is not this, or not by whom it says."""
    good, other = Maker("time"), Maker("elsewhere")
    text = TEXT.encode()
    exact, later = good.info(text), good.info(text, "20260401040000Z")

    def case(code: str, name: str, token: bytes) -> Case:
        return _token(name, token, good, code=f"time_stamp.{code}")

    flipped = bytearray(good.token(exact))
    flipped[-1] ^= 1
    by_root = good.root.public_bytes(Encoding.DER)
    renamed = good.token(exact, certificates=[other.certificate.public_bytes(Encoding.DER)])
    return [
        case("imprint", "over another head", good.stamp(TEXT.replace("7", "8", 1))),
        case("imprint", "over the head without its last newline", good.stamp(TEXT[:-1])),
        case("signature", "signature flipped", bytes(flipped)),
        case(
            "signature",
            "signature of another key",
            good.token(exact, signature=other.key.sign(b"x")),
        ),
        case(
            "signature",
            "another time under the same attributes",
            good.token(later, good.attributes(exact)),
        ),
        case(
            "certificate",
            "attributes that name another certificate",
            good.token(exact, good.attributes(exact, by_root)),
        ),
        case(
            "certificate",
            "attributes that name none",
            good.token(exact, good.attributes(exact)[:2]),
        ),
        case("certificate", "without the signer's certificate", good.token(exact, certificates=[])),
        case("certificate", "another authority's certificate", renamed),
        case(
            "algorithm",
            "an algorithm that nobody knows",
            good.token(exact, signed_with="1.2.840.113549.1.1.5"),
        ),
        case(
            "algorithm",
            "the algorithm of another key",
            good.token(exact, signed_with="1.2.840.113549.1.1.11"),
        ),
    ]


def _refused_signers() -> Cases:
    """Who signed must not stamp time, or not then, or is unknown."""
    early, late = NOON - timedelta(days=10), NOON - timedelta(days=1)
    usage = ExtendedKeyUsageOID

    def case(code: str, name: str, maker: Maker, roots: Maker | None = None) -> Case:
        return _token(name, maker.stamp(TEXT), roots or maker, code=f"time_stamp.{code}")

    return [
        case("certificate", "for servers", Maker("time", usages=(usage.SERVER_AUTH,))),
        case(
            "certificate",
            "for time and for servers",
            Maker("time", usages=(usage.TIME_STAMPING, usage.SERVER_AUTH)),
        ),
        case("certificate", "for anything", Maker("time", usages=(usage.ANY_EXTENDED_KEY_USAGE,))),
        case("certificate", "for nothing in particular", Maker("time", usages=())),
        case("certificate", "for time, if one likes", Maker("time", critical=False)),
        case("expired", "certificate expired", Maker("time", since=early, until=late)),
        case(
            "expired",
            "certificate not yet in force",
            Maker("time", since=NOON + timedelta(seconds=1)),
        ),
        case("expired", "authority expired", Maker("time", root_until=late)),
        case("unknown", "whom nobody trusts", Maker("stranger"), Maker("time")),
        case("unknown", "a root that may not issue", Maker("time", may_issue=False)),
    ]
