"""A second verifier of receipts, written from docs/spec alone and sharing no line with `ledger`.

It knows msgpack, RFC 6962, signed notes and the ten checks, and asks OpenSSL about signatures. Slow
and plain; it says only the number of the first check that fails, or 0.
"""

import itertools
import json
import re
import unicodedata
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.reference.merkle import grown_from

Tree = tuple[int, bytes]
"""Size and root."""


class Refused(Exception):
    """Whatever does not hold."""


def need(fact: object) -> None:
    if not fact:
        raise Refused


# docs/spec/canonical.md


def unpack(data: bytes) -> Any:
    """The value whose only spelling is `data`."""
    value, rest = _item(data, 0)
    need(not rest)
    return value


def _item(data: bytes, depth: int) -> tuple[Any, bytes]:
    need(data)
    first, rest = data[0], data[1:]
    if first <= 0x7F:
        return first, rest
    if first >= 0xE0:
        return first - 256, rest
    if first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], rest
    if 0xCC <= first <= 0xCF:
        value, rest = _number(rest, 1 << first - 0xCC)
        need(value > (0x7F, 0xFF, 0xFFFF, 0xFFFFFFFF)[first - 0xCC])
        return value, rest
    if 0xD0 <= first <= 0xD3:
        width = 1 << first - 0xD0
        value, rest = _number(rest, width)
        value -= 1 << 8 * width
        need(-(1 << 8 * width - 1) <= value < (-32, -128, -(2**15), -(2**31))[first - 0xD0])
        return value, rest
    if 0xA0 <= first <= 0xBF or first in (0xD9, 0xDA, 0xDB):
        raw, rest = _run(first, rest, 0xA0, 0x1F, (0xD9, 0xDA, 0xDB))
        return _text(raw), rest
    if first in (0xC4, 0xC5, 0xC6):
        return _run(first, rest, None, -1, (0xC4, 0xC5, 0xC6))
    need(depth < 16)
    if 0x90 <= first <= 0x9F or first in (0xDC, 0xDD):
        count, rest = _count(first, rest, 0x90, (0xDC, 0xDD), 1024)
        items = []
        for _ in range(count):
            item, rest = _item(rest, depth + 1)
            items.append(item)
        return items, rest
    need(0x80 <= first <= 0x8F or first in (0xDE, 0xDF))
    count, rest = _count(first, rest, 0x80, (0xDE, 0xDF), 256)
    table: dict[str, Any] = {}
    for _ in range(count):
        key, rest = _item(rest, depth + 1)
        need(isinstance(key, str))
        need(not table or max(each.encode() for each in table) < key.encode())
        table[key], rest = _item(rest, depth + 1)
    return table, rest


def _number(data: bytes, width: int) -> tuple[int, bytes]:
    need(len(data) >= width)
    return int.from_bytes(data[:width], "big"), data[width:]


def _run(
    first: int, rest: bytes, fixed: int | None, fixed_max: int, heads: tuple[int, ...]
) -> tuple[bytes, bytes]:
    if fixed is not None and first not in heads:
        size = first - fixed
    else:
        width = 1 << heads.index(first)
        size, rest = _number(rest, width)
        need(size > {1: fixed_max, 2: 0xFF, 4: 0xFFFF}[width])
    need(size <= len(rest))
    return rest[:size], rest[size:]


def _count(
    first: int, rest: bytes, fixed: int, heads: tuple[int, int], most: int
) -> tuple[int, bytes]:
    if first not in heads:
        return first - fixed, rest
    width = 2 << heads.index(first)
    count, rest = _number(rest, width)
    need({2: 0xF, 4: 0xFFFF}[width] < count <= most)
    return count, rest


def _text(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError as problem:
        raise Refused from problem
    need(unicodedata.normalize("NFC", text) == text)
    need(not any(unicodedata.category(character) == "Cn" for character in text))
    return text


def pack(value: Any) -> bytes:
    """The few spellings that the checks have to make themselves."""
    if value is None:
        return b"\xc0"
    if isinstance(value, str):
        raw = value.encode()
        return (bytes((0xA0 | len(raw),)) if len(raw) < 32 else bytes((0xD9, len(raw)))) + raw
    if isinstance(value, bytes):
        wide = len(value) > 0xFF
        return (
            b"\xc5" + len(value).to_bytes(2, "big") if wide else bytes((0xC4, len(value)))
        ) + value
    if isinstance(value, int):
        if value < 0:
            raise Refused
        for head, size in ((b"", 0x7F), (b"\xcc", 0xFF), (b"\xcd", 0xFFFF), (b"\xce", 0xFFFFFFFF)):
            if value <= size:
                width = {b"": 1, b"\xcc": 1, b"\xcd": 2, b"\xce": 4}[head]
                return head + value.to_bytes(width, "big")
        return b"\xcf" + value.to_bytes(8, "big")
    need(len(value) < 16)
    return bytes((0x90 | len(value),)) + b"".join(pack(each) for each in value)


# docs/spec/hashing.md


def tagged(tag: str, body: bytes) -> bytes:
    return sha256(f"bidwitness/{tag}/v1\n".encode() + body).digest()


def check_path(data: bytes, index: int, tree: Tree, path: list[str]) -> None:
    """RFC 9162 section 2.1.3.2."""
    size, root = tree
    need(0 <= index < size)
    fn, sn, r = index, size - 1, sha256(b"\0" + data).digest()
    for each in path:
        p = bytes.fromhex(each)
        need(sn != 0)
        if fn & 1 or fn == sn:
            r = sha256(b"\1" + p + r).digest()
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\1" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and r == root)


# docs/spec/signing.md, for enrolled keys and honest R


def check_signature(key: bytes, message: bytes, signature: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError) as problem:
        raise Refused from problem


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        check_signature(key, message, signature)
    except Refused:
        return False
    return True


# docs/spec/receipt.md

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


class Verifier:
    """One receipt under one trust root."""

    def __init__(self, receipt: Any, trust: Any, documents: list[Any]) -> None:
        self.receipt, self.documents = receipt, documents
        self.genesis = b64decode(trust["genesis"])
        facts = unpack(self.genesis)
        self.network = tagged("genesis", self.genesis)
        self.origin = f"{facts[3]}/{self.network.hex()[:16]}"
        self.nodes, self.limits = facts[5], facts[8]
        anchors = trust.get("anchors", [])
        self.known = [self.nodes, *(nodes_of(b64decode(each["committee"])) for each in anchors)]
        self.began = [0, *(each["began_at"] for each in anchors)]
        n = len(self.nodes)
        self.f = (n - 1) // 3
        self.q = -(-(n + self.f + 1) // 2)

    def first_failure(self) -> int:
        """The number of the first check that fails; 0 where none does."""
        checks = (
            self.format,
            self.same_network,
            self.record_id,
            self.bundle,
            self.key,
            self.log,
            self.committee,
            self.quorum,
            self.sealed,
            self.document,
        )
        for number, check in enumerate(checks, 1):
            try:
                check()
            except Refused:
                return number
        return 0

    def format(self) -> None:
        told = self.receipt
        self.record_bytes = b64decode(told["record"])
        self.record = self.record_of(self.record_bytes)
        self.entry_bytes = b64decode(told["entry"]["leaf"])
        self.entry = entry_of(self.entry_bytes)
        self.logged_bytes, self.logged = self.record_bytes, self.record
        if told["sealed"] is not None:
            self.sealed_shape(told["sealed"])
        self.leaf_bytes = b64decode(told["head"]["leaf"])
        self.leaf = unpack(self.leaf_bytes)
        self.leaf_shape()
        self.note()
        need((told["bundle"] is None) == (told["key"] is None))
        if told["bundle"] is not None:
            self.header_bytes = b64decode(told["bundle"]["header"])
            self.header = header_of(self.header_bytes)
            self.row_bytes = b64decode(told["key"]["row"])
            self.row = row_of(self.row_bytes)
        self.links = [self.link_shape(each) for each in told["epochs"]]
        self.outside = [self.outside_head(each) for each in told["cosignatures"]]
        sizes = [tree[0] for _, tree, _ in self.outside]
        need(all(later > each for each, later in itertools.pairwise(sizes)))
        self.stamped = [self.stamped_head(each) for each in told["timestamps"]]
        sizes = [tree[0] for _, tree, _ in self.stamped]
        need(all(later >= each for each, later in itertools.pairwise(sizes)))

    def outside_head(self, told: Any) -> tuple[str, Tree, list[str]]:
        """docs/spec/receipt.md: a head that bodies outside the committee cosigned"""
        text, _ = note_of(told["checkpoint"])
        return (*checkpoint_of(text), told["path"])

    def stamped_head(self, told: Any) -> tuple[str, Tree, list[str]]:
        """docs/spec/receipt.md: the text of a checkpoint"""
        need(told["checkpoint"].endswith("\n"))
        return (*checkpoint_of(told["checkpoint"][:-1]), told["path"])

    def link_shape(self, told: Any) -> dict[str, Any]:
        """docs/spec/committee.md"""
        header, certificate = (b64decode(told[name]) for name in ("header", "certificate"))
        record, entry = b64decode(told["record"]), b64decode(told["entry"]["leaf"])
        closing = unpack(header)
        need(isinstance(closing, list) and closing[:2] == ["header", 1] and len(closing) == 17)
        leaf_facts(closing)
        need(type(closing[15]) is int and closing[15] >= 0 and digest(closing[16]))
        return {
            "change": self.record_of(record),
            "record": record,
            "entry": entry_of(entry),
            "leaf": entry,
            "index": told["entry"]["index"],
            "path": told["entry"]["path"],
            "closing": closing,
            "header": header,
            "votes": certificate_of(certificate),
        }

    def sealed_shape(self, part: Any) -> None:
        """docs/spec/sealed.md"""
        self.logged_bytes = b64decode(part["opening"])
        self.logged = self.record_of(self.logged_bytes)
        fields = self.logged[7]
        need(self.logged[2] == "sealed.opening")
        need(sorted(fields) == ["header", "record", "salt", "signature"])
        need(all(isinstance(each, bytes) for each in fields.values()))
        need(len(fields["record"]) <= 12 * 1024 and len(fields["header"]) <= 512)
        need(len(fields["salt"]) == 32 and len(fields["signature"]) == 64)
        self.author = header_of(fields["header"])
        self.committed_bytes = b64decode(part["commitment"]["record"])
        self.committed = self.record_of(self.committed_bytes)
        self.committed_entry_bytes = b64decode(part["commitment"]["leaf"])
        self.committed_entry = entry_of(self.committed_entry_bytes)
        self.author_row_bytes = b64decode(part["key"]["row"])
        self.author_row = row_of(self.author_row_bytes)

    def record_of(self, data: bytes) -> Any:
        need(len(data) <= self.limits["record_bytes_max"])
        record = unpack(data)
        need(isinstance(record, list) and record[:2] == ["record", 1])
        need(type(record[1]) is int and len(record) == 11)
        self.record_shape(record)
        return record

    def record_shape(self, record: Any) -> None:
        _, _, kind, issuer, subject, occurred, evidence, fields, private, refs, nonce = record
        need(isinstance(kind, str) and len(kind.encode()) <= 64)
        need(isinstance(issuer, str) and NAME.fullmatch(issuer))
        need(isinstance(subject, str) and len(subject.encode()) <= 200 and time(occurred))
        need(isinstance(evidence, list) and len(evidence) <= self.limits["evidence_max"])
        for line in evidence:
            need(isinstance(line, list) and len(line) == 5)
            need(isinstance(line[0], str) and len(line[0].encode()) <= 200 and digest(line[1]))
            need((line[2] is None or digest(line[2])) and time(line[3]))
            need(isinstance(line[4], str) and len(line[4].encode()) <= 100)
        need(isinstance(fields, dict) and len(fields) <= self.limits["fields_max"])
        if private is not None:
            need(isinstance(private, list) and len(private) == 2 and digest(private[0]))
            names = private[1]
            need(isinstance(names, list) and 1 <= len(names) <= self.limits["fields_max"])
            need(all(isinstance(name, str) and len(name.encode()) <= 64 for name in names))
            need(all(a < b for a, b in itertools.pairwise(names)))
        need(isinstance(refs, list) and len(refs) <= self.limits["refs_max"])
        relations = [
            "follows",
            "amends",
            "opens",
            "answers",
            "voids",
            "confirms",
            "redacts",
            "alert",
            "batch",
        ]
        for ref in refs:
            need(isinstance(ref, list) and len(ref) == 3 and ref[0] in relations)
            need(digest(ref[1]) and (ref[2] is None or digest(ref[2])))
        need(isinstance(nonce, bytes) and len(nonce) == 16)

    def leaf_shape(self) -> None:
        leaf = self.leaf
        need(isinstance(leaf, list) and leaf[:2] == ["block", 1] and len(leaf) == 15)
        leaf_facts(leaf)

    def note(self) -> None:
        """docs/spec/checkpoint.md"""
        text, self.lines = note_of(self.receipt["checkpoint"])
        self.text = text + "\n"
        self.checkpoint_origin, self.tree = checkpoint_of(text)

    def same_network(self) -> None:
        need(bytes.fromhex(self.receipt["network_id"]) == self.network)
        need(self.leaf[2] == self.network and self.checkpoint_origin == self.origin)

    def record_id(self) -> None:
        self.id = tagged("record", self.logged_bytes)
        need(self.id == self.entry[5])
        need(self.receipt["sealed"] is None or self.logged[7]["record"] == self.record_bytes)

    def bundle(self) -> None:
        part = self.receipt["bundle"]
        need((part is None) == (self.logged[3] == "network"))
        if part is None:
            fields = self.logged[7]
            rule, version = fields.get("rule"), fields.get("rule_version")
            need(isinstance(rule, str) and type(version) is int)
            rests_on = [ref[1] for ref in self.logged[9]]
            body = b"\x93" + pack(rule) + pack(version) + array(rests_on)
            need(self.logged[10] == tagged("derived", body)[:16])
            return
        need(self.header[2] == self.network and self.header[3] == self.logged[3])
        need(self.header[4] == tagged("key", pack(["ed25519", self.row[2]])))
        message = b"bidwitness/bundle/v1\n" + self.header_bytes
        check_signature(self.row[2], message, bytes.fromhex(part["signature"]))
        leaf = pack(["record", self.id])
        check_path(leaf, part["index"], (self.header[7], self.header[8]), part["path"])

    def key(self) -> None:
        part = self.receipt["key"]
        if part is None:
            return
        index = self.receipt["entry"]["index"]
        self.check_row(self.header, self.row, self.row_bytes, part, index)

    def check_row(self, header: Any, row: Any, data: bytes, part: Any, index: int) -> None:
        """docs/spec/status.md"""
        issuer = header[3]
        need(row[1] == issuer)
        name = f"key/{issuer}/{header[4].hex()}".encode()
        leaf = b"\x93" + pack("status") + pack(name) + pack(data)
        check_path(leaf, part["index"], (self.leaf[12], self.leaf[13]), part["path"])
        begin, _, end, _ = row[0]
        need((begin is None or begin < index) and (end is None or index < end))

    def log(self) -> None:
        part = self.receipt["bundle"]
        bundle_id = None if part is None else tagged("bundle", self.header_bytes)
        need(self.entry[4] == bundle_id)
        entry, head = self.receipt["entry"], self.receipt["head"]
        check_path(self.entry_bytes, entry["index"], self.tree, entry["path"])
        check_path(self.leaf_bytes, self.tree[0] - 1, self.tree, head["path"])
        need(self.entry[2] <= self.leaf[3])

    def committee(self) -> None:
        known, began = list(self.known), list(self.began)
        for place, link in enumerate(self.links):
            closing, votes = link["closing"], link["votes"]
            epoch = closing[7] + 1
            need(place == 0 or epoch == self.links[place - 1]["closing"][7] + 2)
            need(epoch <= len(known) and closing[2] == self.network)
            hashed = tagged("header", link["header"])
            need(votes[2:5] == [self.network, epoch - 1, closing[3]] and votes[6] == hashed)
            self.check_votes(votes, known[epoch - 1])
            need(link["entry"][2] == closing[3])
            need(link["entry"][5] == tagged("record", link["record"]))
            tree = (closing[15], closing[16])
            check_path(link["leaf"], link["index"], tree, link["path"])
            change, fields = link["change"], link["change"][7]
            need(change[2] == "committee.change" and fields.get("epoch") == epoch)
            need(type(fields["epoch"]) is int and isinstance(fields.get("committee"), bytes))
            nodes = nodes_of(fields["committee"])
            if epoch < len(known):
                need((nodes, closing[15]) == (known[epoch], began[epoch]))
                continue
            need(closing[15] > began[-1])
            known.append(nodes)
            began.append(closing[15])
        reached = max(epoch for epoch, size in enumerate(began) if self.tree[0] > size)
        linked = self.links[-1]["closing"][7] + 1 if self.links else reached
        need(self.leaf[7] == reached == linked)
        self.committees = known[: reached + 1]
        self.nodes = self.committees[-1]
        n = len(self.nodes)
        self.f = (n - 1) // 3
        self.q = -(-(n + self.f + 1) // 2)

    def check_votes(self, votes: Any, nodes: Any) -> None:
        """docs/spec/certificate.md"""
        n = len(nodes)
        need(len(votes[7]) >= -(-(n + (n - 1) // 3 + 1) // 2))
        keys = {node[0]: node[2] for node in nodes}
        names = [vote[0] for vote in votes[7]]
        places = [list(keys).index(name) for name in names if name in keys]
        need(len(places) == len(names) and places == sorted(set(places)))
        body = b"bidwitness/commit/v1\n" + pack(votes[2:7])
        for name, signature in votes[7]:
            check_signature(keys[name], body, signature)

    def quorum(self) -> None:
        held = 0
        for node in self.nodes:
            name, key = f"{self.origin}/{node[0]}", node[2]
            key_id = sha256(name.encode() + b"\n\x04" + key).digest()[:4]
            line = self.lines.get((name, key_id))
            if line is None:
                continue
            need(len(line) == 72 and int.from_bytes(line[:8], "big") < 1 << 63)
            time_s = int.from_bytes(line[:8], "big")
            message = f"cosignature/v1\ntime {time_s}\n{self.text}".encode()
            check_signature(key, message, line[8:])
            held += 1
        need(held >= self.q)
        for each in self.receipt["acknowledgements"]:
            self.acknowledgement(each)
        for origin, tree, path in (*self.outside, *self.stamped):
            need(origin == self.origin and tree[0] >= self.tree[0])
            hashes = [bytes.fromhex(each) for each in path]
            need(grown_from(self.tree[0], tree[0], self.tree[1], hashes) == (self.tree[1], tree[1]))

    def acknowledgement(self, each: Any) -> None:
        """docs/spec/acknowledgement.md"""
        part, named = self.receipt["bundle"], each["node_id"]
        keys = {node[2] for nodes in self.committees for node in nodes if node[0] == named}
        need(part is not None and keys)
        signed = self.header_bytes + bytes.fromhex(part["signature"])
        need(bytes.fromhex(each["bundle"]) == tagged("signed-bundle", signed))
        pool_key = bytes.fromhex(each["bundle"])
        body = pack([self.network, each["node_id"], pool_key, each["received_at_ms"]])
        message = b"bidwitness/acknowledgement/v1\n" + body
        signature = bytes.fromhex(each["signature"])
        need(any(is_signed(key, message, signature) for key in keys))

    def sealed(self) -> None:
        part = self.receipt["sealed"]
        if part is None:
            return
        told, author, row = part["commitment"], self.author, self.author_row
        committed_id = tagged("record", self.committed_bytes)
        need(self.logged[9] == [["opens", committed_id, None]])
        need(self.committed_entry[5] == committed_id)
        fields = self.logged[7]
        names = ("header", "signature", "record", "salt")
        body = array([self.network, self.committed[3], *(fields[name] for name in names)])
        need(self.committed[2] == "sealed.commitment")
        need(self.committed[7].get("commitment") == tagged("commitment", body))
        need(told["index"] < self.receipt["entry"]["index"])
        need(self.logged[3] in (self.committed[3], author[3]))
        check_path(self.committed_entry_bytes, told["index"], self.tree, told["path"])
        need(author[2] == self.network and author[3] == self.record[3])
        inner_id = tagged("record", self.record_bytes)
        check_path(pack(["record", inner_id]), 0, (author[7], author[8]), [])
        need(author[4] == tagged("key", pack(["ed25519", row[2]])))
        message = b"bidwitness/bundle/v1\n" + fields["header"]
        check_signature(row[2], message, fields["signature"])
        self.check_row(author, row, self.author_row_bytes, part["key"], told["index"])

    def document(self) -> None:
        for held in self.documents:
            need(
                any(
                    line[1].hex() == held["sha256"]
                    and line[3] == held["size_bytes"]
                    and (None in (line[2], held["sm3"]) or line[2].hex() == held["sm3"])
                    for line in self.record[6]
                )
            )


def note_of(note: str) -> tuple[str, dict[tuple[str, bytes], bytes]]:
    """docs/spec/checkpoint.md: the text without its last newline, and the lines below"""
    need(len(note.encode()) <= 16 * 1024)
    need(all(c == "\n" or c >= " " for c in note) and note.endswith("\n"))
    text, gap, signed = note.rpartition("\n\n")
    need(gap)
    lines: dict[tuple[str, bytes], bytes] = {}
    for line in signed[:-1].split("\n"):
        need(len(line) <= 1024)
        match = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
        need(match)
        name, spelled = match.groups() if match else ("", "")
        raw = base64(spelled)
        need(len(raw) > 4 and (name, raw[:4]) not in lines)
        lines[name, raw[:4]] = raw[4:]
    need(1 <= len(lines) <= 48)
    return text, lines


def checkpoint_of(text: str) -> tuple[str, Tree]:
    """docs/spec/checkpoint.md: origin, and size and root of the log"""
    parts = text.split("\n")
    need(len(parts) == 3 and parts[0] and re.fullmatch(r"0|[1-9][0-9]{0,18}", parts[1]))
    size, root = int(parts[1]), base64(parts[2])
    need(len(root) == 32 and size < 1 << 63)
    return parts[0], (size, root)


def leaf_facts(leaf: Any) -> None:
    """docs/spec/block.md, of a header or of its leaf"""
    need(type(leaf[1]) is int)
    need(all(digest(leaf[place]) for place in (2, 4, 9, 11, 13)))
    need(type(leaf[3]) is int and leaf[3] >= 1 and time(leaf[5]))
    need(isinstance(leaf[6], str) and NAME.fullmatch(leaf[6]))
    need(all(type(leaf[place]) is int and leaf[place] >= 0 for place in (7, 8, 10, 12)))
    if leaf[14] is not None:
        need(isinstance(leaf[14], list) and len(leaf[14]) == 3 and digest(leaf[14][2]))
        need(type(leaf[14][0]) is int and leaf[14][0] >= 1)
        need(type(leaf[14][1]) is int and leaf[14][1] >= 0)


def certificate_of(data: bytes) -> Any:
    """docs/spec/certificate.md"""
    votes = unpack(data)
    need(isinstance(votes, list) and votes[:2] == ["certificate", 1] and len(votes) == 8)
    need(type(votes[1]) is int and digest(votes[2]) and digest(votes[6]))
    need(all(type(votes[place]) is int and votes[place] >= 0 for place in (3, 4, 5)))
    need(isinstance(votes[7], list) and len(votes[7]) <= 32)
    for vote in votes[7]:
        need(isinstance(vote, list) and len(vote) == 2)
        need(isinstance(vote[0], str) and NAME.fullmatch(vote[0]))
        need(isinstance(vote[1], bytes) and len(vote[1]) == 64)
    return votes


def nodes_of(data: bytes) -> Any:
    """docs/spec/committee.md"""
    nodes = unpack(data)
    need(isinstance(nodes, list) and 1 <= len(nodes) <= 32 and len(data) <= 8192)
    for node in nodes:
        need(isinstance(node, list) and len(node) == 5 and all(digest(each) for each in node[2:]))
        need(all(isinstance(each, str) and NAME.fullmatch(each) for each in node[:2]))
        need(not any(is_weak(each) for each in node[2:4]))
    keys = [key for node in nodes for key in node[2:4]]
    for names in (keys, [node[0] for node in nodes], [node[4] for node in nodes]):
        need(len(set(names)) == len(names))
    return nodes


def is_weak(key: bytes) -> bool:
    """docs/spec/signing.md: enough for the keys of vectors, of which none is subtly weak."""
    return key == bytes(32)


def entry_of(data: bytes) -> Any:
    """docs/spec/log.md"""
    entry = unpack(data)
    need(isinstance(entry, list) and entry[:2] == ["entry", 1])
    need(type(entry[1]) is int and len(entry) == 6)
    need(type(entry[2]) is int and entry[2] >= 1 and time(entry[3]))
    need(entry[4] is None or digest(entry[4]))
    need(digest(entry[5]))
    return entry


def header_of(data: bytes) -> Any:
    """docs/spec/bundle.md"""
    header = unpack(data)
    need(isinstance(header, list) and header[:2] == ["bundle", 2] and len(header) == 10)
    need(type(header[1]) is int and all(digest(header[place]) for place in (2, 4, 8)))
    need(isinstance(header[3], str) and NAME.fullmatch(header[3]))
    need(time(header[5]) and time(header[6]))
    need(type(header[7]) is int and 1 <= header[7] <= 1 << 31)
    need(isinstance(header[9], bytes) and len(header[9]) == 16)
    return header


def row_of(data: bytes) -> Any:
    """docs/spec/status.md"""
    row = unpack(data)
    need(isinstance(row, list) and len(row) == 3)
    need(isinstance(row[0], list) and len(row[0]) == 4)
    for place in (0, 2):
        index, at = row[0][place], row[0][place + 1]
        need(index is None or (type(index) is int and index >= 0))
        need(at is None or time(at))
    need(isinstance(row[1], str) and NAME.fullmatch(row[1]) and digest(row[2]))
    return row


def array(items: list[bytes]) -> bytes:
    count = len(items)
    head = bytes((0x90 | count,)) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    return head + b"".join(pack(each) for each in items)


def digest(value: Any) -> bool:
    return isinstance(value, bytes) and len(value) == 32


def time(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 1 << 53


def base64(text: str) -> bytes:
    try:
        data = b64decode(text, validate=True)
    except ValueError as problem:
        raise Refused from problem
    need(b64encode(data).decode() == text)
    return data


def first_failure(receipt: str, trust: str, documents: list[Any]) -> int:
    """The number of the first check that fails; 0 where none does.

    Args:
        receipt: JSON that is shaped as a receipt.
        trust: JSON that is shaped as a trust root.
        documents: sha256, size_bytes and sm3 of each, hex.
    """
    return Verifier(json.loads(receipt), json.loads(trust), documents).first_failure()
