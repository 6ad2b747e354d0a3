"""One small tender, played through the API: intake, notice, a silent change, a dispute."""

from dataclasses import dataclass

import httpx

from ledger.core.record import Record
from tests.api.one_node import OneNode, canonical, now_ms

PROJECT, SECTION = "兰州-2026-001", "兰州-2026-001/01"
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Tender:
    """The records of the story, and the client that reads them."""

    client: httpx.Client
    node: OneNode
    document: Record
    replaced: Record
    complaint: Record


def say(client: httpx.Client, node: OneNode, record: Record) -> Record:
    answer = canonical(client, node.bundle(record), wait=20)
    assert answer.status_code == 201, answer.text
    return record


def play(client: httpx.Client, node: OneNode) -> Tender:
    say(client, node, node.record("builder", "tender.entry_commitment", PROJECT))
    say(
        client,
        node,
        node.record(
            "centre",
            "tender.project_accepted",
            PROJECT,
            tenderer="builder",
            name="学校改扩建",
            industry="housing",
        ),
    )
    filed = node.record("builder", "tender.document_filed", SECTION, kind="tender")
    say(client, node, filed)
    deadline = now_ms() + 60 * DAY_MS
    say(
        client,
        node,
        node.record(
            "builder",
            "tender.announcement",
            SECTION,
            kind="announcement",
            bid_deadline_ms=deadline,
        ),
    )
    replaced = node.record(
        "builder",
        "tender.document_filed",
        SECTION,
        kind="tender",
        files={"招标文件.pdf": b"other bytes"},
    )
    say(client, node, replaced)
    objection = say(
        client, node, node.record("bidder", "tender.objection", SECTION, matter="other")
    )
    answers = [("answers", objection.record_id)]
    say(
        client,
        node,
        node.record(
            "builder", "tender.objection_answered", SECTION, refs=answers, outcome="rejected"
        ),
    )
    complaint = node.record(
        "bidder", "tender.complaint", SECTION, matter="other", known_at_ms=now_ms()
    )
    say(client, node, complaint)
    return Tender(client, node, filed, replaced, complaint)
