"""Whatever a member signs, the answer is a verdict: never an exception, never a stopped node."""

import random
from dataclasses import replace

import pytest

from contracts.schema import Field, RecordType
from ledger.core.canonical import INTEGER_MAX, Value
from ledger.core.identifiers import Digest, NetworkId, RecordId, Subject
from ledger.core.record import RELATIONS, Private, Record, Ref
from ledger.core.shapes import TIME_MAX
from ledger.errors import Rejected
from tests.contracts.town import CATALOGUE, DAY, PROJECT, ROLES, SECTION, START_MS, Town
from tests.vectors.small_network import signer

SEEDS = 8
RECORDS = 400
STRANGE: tuple[Value, ...] = (
    None,
    True,
    -1,
    0,
    INTEGER_MAX,
    TIME_MAX,
    "",
    "network",
    "builder",
    "x" * 300,
    "\0",
    b"",
    bytes(32),
    bytes(64),
    (),
    ("builder",),
    (1, 2),
    ("a", 1),
    {},
    {"a": 1},
)
SUBJECTS = ("", "/", "a/b/c", "network", "builder", "newcomer", PROJECT, SECTION, "\u202eP", "a\0b")


class Stranger:
    """Somebody who fills in forms at random, mostly with values of the right kind."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        everybody = tuple(key for key, role in CATALOGUE.roles.items() if not role.single)
        roles = dict.fromkeys(ROLES, everybody)
        # Of some roles there is one holder at a time, from the genesis on.
        roles["centre"] = tuple(CATALOGUE.roles)
        self.town = Town(roles=roles)
        document, announcement = self.town.announced(START_MS + 10 * DAY)
        self.known = {document: "tender.document_filed", announcement: "tender.announcement"}

    def record(self) -> Record:
        return self.of(CATALOGUE.types[self.dice.choice(sorted(CATALOGUE.types))])

    def of(self, kind: RecordType) -> Record:
        issuer = self.issuer(kind)
        fields = {
            name: self.value(field)
            for name, field in kind.fields.items()
            if (field.required and self.dice.random() < 0.97) or self.dice.random() < 0.3
        }
        if "possession" in fields and self.dice.random() < 0.5:
            fields |= self.town.enrolment("newcomer", signer(str(self.dice.random())))
        refs = tuple(self.ref(kind) for _ in range(self.dice.choice([0, 1, 1, 1, 2])))
        subject = self.subject(kind, issuer)
        made = self.town.record(issuer, kind.key, subject, fields=fields)
        private = self.private(sorted(kind.private))
        return replace(made, subject=Subject(subject), private=private, refs=refs)

    def issuer(self, _: RecordType) -> str:
        return self.dice.choice(sorted(self.town.signers))

    def value(self, field: Field) -> Value:
        if self.dice.random() < 0.04:
            return self.dice.choice(STRANGE)
        if field.allowed:
            one = self.dice.choice(sorted(field.allowed))
            return (one,) if field.kind == "texts" else one
        return self.dice.choice(
            {
                "text": ("text", "industry:water", "tenderer", ""),
                "integer": (1, 20_000, 20_400),
                "fen": (1, 10**12),
                "time": (0, START_MS, START_MS + 400 * DAY, TIME_MAX),
                "digest": (bytes(32), b"\1" * 32),
                "record": tuple(self.known),
                "bytes": (b"", bytes(32), bytes(64)),
                "bool": (True, False),
                "member": ("builder", "newcomer", "network"),
                "credit_code": ("91620100MA7C2K4D8C", "91620100MA7C2K4D8D"),
                "property_unit": ("621002001001GB00001F00010001", "621002"),
                "texts": ((), ("kind",)),
                "integers": ((), (20_001,), tuple(range(20_000, 20_300))),
                "members": (("builder",),),
                "records": (tuple(self.known),),
                "digests": ((), (bytes(32),)),
            }[field.kind]
        )

    def subject(self, kind: RecordType, issuer: str) -> str:
        if self.dice.random() < 0.1:
            return self.dice.choice(SUBJECTS)
        fit = {"issuer": (issuer,), "member": ("builder", "newcomer"), "project": (PROJECT,)}
        return self.dice.choice(fit.get(kind.subject, (SECTION, SECTION, PROJECT)))

    def ref(self, kind: RecordType) -> Ref:
        relation = self.dice.choice(sorted(kind.refs or RELATIONS))
        wanted = kind.refs[relation].types if relation in kind.refs else frozenset({"*"})
        fit = [each for each, type_key in self.known.items() if wanted & {type_key, "*"}]
        cited = self.dice.choice([*(fit or self.known), RecordId(bytes(32))])
        elsewhere = NetworkId(bytes(32)) if self.dice.random() < 0.05 else None
        return Ref(relation, cited, elsewhere)

    def private(self, names: list[str]) -> Private | None:
        if not names or self.dice.random() < 0.7:
            return None
        return Private(Digest(bytes(32)), tuple(names[: self.dice.randint(1, len(names))]))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_record_gets_a_verdict(seed: int) -> None:
    stranger = Stranger(seed)
    town, accepted, codes = stranger.town, set[str](), set[str]()
    for _ in range(RECORDS):
        town.now_ms += stranger.dice.choice([1, 1_000, DAY])
        record = stranger.record()
        bundle = town.bundle(record)
        verdict = town.executor.judge(bundle, town.now_ms)
        town.commit(bundle, at=town.now_ms)
        entered = town.chain.blocks.record(record.record_id) is not None
        assert entered is not isinstance(verdict, Rejected)
        if isinstance(verdict, Rejected):
            codes.add(verdict.code)
        else:
            accepted.add(record.type)
            stranger.known[record.record_id] = record.type
    assert len(codes) >= 6 and len(accepted) >= 10, "the stranger should get about"
