"""Court bundles of a network that has changed its committee: whose policy, and whose names."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.documents import court_desk
from api.documents.court_bundle import Contents, bundle_parts, written
from api.published import Published
from ledger.core.identifiers import RecordId
from ledger.core.note import parse_note
from ledger.core.policy import parse_policy
from ledger.court_bundles import check_court_bundle, read_court_bundle
from ledger.errors import LedgerError
from tests.api.changed_town import ChangedTown, changed_town
from tests.vectors.small_network import signer


@pytest.fixture(scope="module")
def changed() -> ChangedTown:
    return changed_town()


def contents(changed: ChangedTown, *records: RecordId) -> Contents:
    """What the desk of one node packs about these records."""
    chain = changed.chain
    service: Any = SimpleNamespace(
        chain=chain,
        receipt_of=chain.receipt,
        published=Published(chain, signer("log registry")),
        node=SimpleNamespace(status=SimpleNamespace(node_id="node-registry")),
        catalogue=SimpleNamespace(types={}),
    )
    made = [court_desk._proved(service, each) for each in records]
    return court_desk._contents(service, "about", made, {})


def page_of(packed: Contents) -> bytes:
    (content,) = (each.content for each in bundle_parts(packed) if each.name == "verify.html")
    assert isinstance(content, bytes)
    return content


@pytest.mark.parametrize("name", ["first", "last"])
def test_the_policy_is_of_the_committee_that_cosigned_what_is_inside(
    changed: ChangedTown, name: str
) -> None:
    epoch = {"first": 0, "last": 2}[name]
    packed = contents(changed, getattr(changed, name))
    (policy,) = packed.policies.values()
    assert policy.startswith(f"# Committee of epoch {epoch}:".encode())
    for _, proof in packed.proofs:
        parse_policy(policy).verify(parse_note(proof.checkpoint.encode()))


def test_heads_of_two_committees_have_a_policy_each(changed: ChangedTown, tmp_path: Path) -> None:
    """Each proof fulfils the policy whose first line names its head's epoch, and not the other."""
    both = contents(changed, changed.first, changed.last)
    assert both.policies.keys() == {"policy.txt", "policy-0.txt"}
    policies = [parse_policy(both.policies[each]) for each in ("policy-0.txt", "policy.txt")]
    for (_, proof), own, other in zip(both.proofs, policies, policies[::-1], strict=True):
        note = parse_note(proof.checkpoint.encode())
        own.verify(note)
        with pytest.raises(LedgerError):
            other.verify(note)
    page = page_of(both)
    assert all(f"network/{name}".encode() in page for name in both.policies)
    path = tmp_path / "x.zip"
    path.write_bytes(b"".join(written(bundle_parts(both))))
    check_court_bundle(read_court_bundle(path))


def test_the_page_names_the_committee_of_the_newest_head_inside(changed: ChangedTown) -> None:
    both = contents(changed, changed.first, changed.last)
    assert both.trust.epochs == changed.chain.epochs
    page = page_of(both)
    assert b"node-agency" in page and b"node-centre" not in page
    early = contents(changed, changed.first)
    page = page_of(early)
    assert b"node-centre" in page and b"node-agency" not in page
