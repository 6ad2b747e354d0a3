"""A procedure of few steps on one node: long enough for a witness certificate, and fast."""

from pathlib import Path
from typing import Any

import httpx

from contracts.catalogue import load_catalogue
from ledger.core.record import Record
from tests.api.one_node import OneNode, now_ms
from tests.api.small_tender import DAY_MS, PROJECT, SECTION, say

WORKS = load_catalogue([Path(__file__).parents[1] / "contracts" / "works"])


class Errand:
    """The section, step by step, and what a node says of it after each."""

    def __init__(self, node: OneNode, client: httpx.Client) -> None:
        self.node, self.client = node, client

    def say(self, issuer: str, type_key: str, subject: str = SECTION, **more: Any) -> Record:
        return say(self.client, self.node, self.node.record(issuer, type_key, subject, **more))

    def announce(self) -> None:
        self.say("builder", "tender.entry_commitment", PROJECT)
        facts = {"tenderer": "builder", "name": "修缮", "industry": "housing"}
        self.say("centre", "tender.project_accepted", PROJECT, **facts)
        self.say("builder", "tender.document_filed", kind="tender")
        said = {"kind": "announcement", "procedure": "errand"}
        deadline = now_ms() + DAY_MS
        self.say("builder", "tender.announcement", bid_deadline_ms=deadline, **said)

    def hand_in(self) -> None:
        self.say("supervisor", "works.signed_in")
        self.say("builder", "works.handed_in")

    def pledge(self) -> None:
        """The last record that its certificate waits for."""
        self.say("builder", "works.pledged", bidder="supervisor")

    def told(self, key: str = SECTION) -> Any:
        answer = self.client.get("/v1/completeness", params={"key": key})
        assert answer.status_code == 200
        return answer.json()

    def states(self) -> list[str]:
        return [node["state"] for group in self.told()["groups"] for node in group["nodes"]]
