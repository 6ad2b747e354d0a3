"""The life of one seal over HTTP, by a centre with every role, and the system by which it is used."""

from typing import Any

import httpx

from ledger.core.identifiers import RecordId
from tests.api.one_node import OneNode
from tests.api.small_tender import say

SEAL = "SEAL-620100-0001"
MADE = {"seal_type": "legal_name", "image": bytes(32), "seal_certificate": b"\x01" * 32}
FORM = {"form": b"form"}
CONNECT: dict[str, Any] = {"action": "connect", "region": "620100"}


def life_of_a_seal(node: OneNode, client: httpx.Client, seal: str = SEAL) -> RecordId:
    """Applied for, checked, approved, filed, made, published, by a centre with every role."""

    def step(type_key: str, *after: RecordId, **fields: Any) -> RecordId:
        refs = [("follows", each) for each in after]
        record = node.record("centre", type_key, seal, refs=refs, **fields)
        return say(client, node, record).record_id

    about: dict[str, Any] = {"seal_type": "legal_name", "form_version": "2026"}
    form = node.record("builder", "seal.applied", seal, files=FORM, **about)
    applied = say(client, node, form).record_id
    checked = step("seal.checked", applied, decision="passed")
    approved = step("seal.approved", checked, decision="approved")
    archived = node.record(
        "centre", "seal.filed", seal, files=FORM, refs=[("follows", checked)], archive_class="1"
    )
    filed = say(client, node, archived).record_id
    made = step("seal.made", approved, filed, application=applied, **MADE)
    return step("seal.published", made, status="valid")


def connected(node: OneNode, client: httpx.Client, system: str = "builder") -> None:
    """A system that was tested and connected."""
    fields: dict[str, Any] = {"name": "接入标准", "version": "1"}
    say(client, node, node.record("centre", "ledger.standard_published", "STD-1", **fields))
    request = node.record(system, "seal.test_requested", system, standard="STD-1")
    cites = [("follows", say(client, node, request).record_id)]
    result: dict[str, Any] = {"result": "passed", "case_count": 36}
    passed = node.record("centre", "seal.tested", system, refs=cites, **result)
    cites = [("follows", say(client, node, passed).record_id)]
    say(client, node, node.record("centre", "seal.connected", system, refs=cites, **CONNECT))
