"""Certificates and court bundles from a stranger before both light verifiers: one verdict, one step.

The suite tries some certificates, and some bundles elsewhere; `make campaigns` tries 2,000, and
`CAMPAIGNS=1 PAPERS=20000 PAPERS_SEED=7 pytest -m campaign tests/javascript/test_paper_differential.py`
asks for more.
"""

import base64
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from ledger.trust import TrustRoot, decode_trust
from tests.javascript.asking import node, vector_files
from tests.javascript.paper_mutants import changed_bundles, changed_certificates
from tests.javascript.test_court_bundles import verdict as bundle_verdict
from tests.javascript.test_differential import verdict
from tests.vectors.generate.receipts import World, world

SEED = int(os.environ.get("PAPERS_SEED", "9"))
MANY = int(os.environ.get("PAPERS", "2000"))
SOME = 150
BUNDLES = 0.3
"""The share of court bundles."""
AT_ONCE = 50
"""Files in one question to Node."""
COUNTS = [
    pytest.param(SOME, id="some"),
    pytest.param(MANY, id="many", marks=[pytest.mark.campaign, pytest.mark.timeout(1_800)]),
]


@pytest.fixture(scope="module")
def told() -> World:
    return world()


@pytest.fixture(scope="module")
def trusted() -> tuple[str, TrustRoot]:
    """The trust root of the small network, by its name among the vectors' roots."""
    root = next(each for each in vector_files()["receipt/trusts"])
    return root["name"], decode_trust(json.dumps(root["trust"]).encode())


def spelled(data: bytes) -> str:
    return base64.b64encode(data).decode()


def told_apart(one: list[object], other: list[object]) -> bool:
    """Whether two verdicts differ in more than the words of what is no proof at all."""
    if one[:2] != other[:2]:
        return True
    codes = [str(each[2]) for each in (one, other)]
    ours = [each.startswith("certificate_pdf.") for each in codes]
    return any(ours) and codes[0] != codes[1]


@pytest.mark.parametrize("count", COUNTS)
def test_both_say_the_same_of_certificates(
    count: int, told: World, trusted: tuple[str, TrustRoot]
) -> None:
    name, root = trusted
    files = list(changed_certificates(told, SEED, round(count * (1 - BUNDLES))))
    said, found = [verdict(each, root) for each in files], []
    trusts = vector_files()["receipt/trusts"]
    for at in range(0, len(files), AT_ONCE):
        asked = [{"trust": name, "data": spelled(each)} for each in files[at : at + AT_ONCE]]
        found += node("files", trusts=trusts, files=asked)
    differing = [
        (at, one, other)
        for at, (one, other) in enumerate(zip(said, found, strict=True))
        if told_apart(one, other)
    ]
    assert differing == []
    reached = Counter((step, code) for _, step, code in said)
    print(f"{len(said)} certificates, step and code: {reached.most_common()}")
    steps = {step for step, _ in reached}
    assert (None, None) in reached and {14, 3} & steps and reached[(None, None)] < len(said) / 2
    assert {code for _, code in reached} >= {"certificate_pdf.form", "certificate_pdf.revised"}


@pytest.mark.campaign
@pytest.mark.timeout(1_800)
def test_both_say_the_same_of_bundles(
    told: World, tmp_path: Path, trusted: tuple[str, TrustRoot]
) -> None:
    name, root = trusted
    trust = next(each for each in vector_files()["receipt/trusts"] if each["name"] == name)["trust"]
    path, said, found = tmp_path / "x.zip", [], []
    files = list(changed_bundles(told, SEED, round(MANY * BUNDLES)))
    for each in files:
        path.write_bytes(each)
        said.append(bundle_verdict(path, root))
    for at in range(0, len(files), AT_ONCE):
        asked = [spelled(each) for each in files[at : at + AT_ONCE]]
        found += node("bundles", trust=trust, files=asked)
    assert [
        (at, one, other)
        for at, (one, other) in enumerate(zip(said, found, strict=True))
        if one != other
    ] == []
    print(f"{len(said)} bundles: {Counter(map(str, said)).most_common(12)}")
    assert [None] in said and any(set(each) == {True} for each in said)
    assert any(14 in each for each in said)
