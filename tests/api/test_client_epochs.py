"""A client that was given its trust root at the founding, and a committee that has changed since."""

import json

import httpx
import pytest

from api.client import Client
from api.client.epochs import followed
from api.client.log import NodeLog
from ledger.codes import Code
from ledger.core.epochs_file import decode_epochs_file
from ledger.epoch_links import led, led_by_file
from ledger.errors import VerificationError
from tests.api.changed_town import Answer, ChangedTown, answering, changed_town, line_to
from tests.bits import flipped

AWAY = "http://away"


@pytest.fixture(scope="module")
def changed() -> ChangedTown:
    return changed_town()


def lying(answer: Answer, path: str, content: bytes) -> Answer:
    """The same node, which lies where it is asked for `path`."""

    def told(request: httpx.Request) -> httpx.Response:
        if request.url.path == path:
            return httpx.Response(200, content=content)
        return answer(request)

    return told


def client_of(changed: ChangedTown, **nodes: Answer) -> Client:
    urls = [AWAY, *(f"http://{name}" for name in nodes)]
    return Client(urls, changed.trust, line_to(**nodes))


def test_a_node_gives_the_links_that_lead_on_from_an_epoch(changed: ChangedTown) -> None:
    answer = answering(changed.app())
    for after in range(3):
        given = answer(httpx.Request("GET", f"http://node/v1/epochs?after={after}"))
        file = decode_epochs_file(given.content)
        assert len(file.links) == 2 - after
        known = led(changed.trust, changed.chain.links.up_to(after))
        assert led_by_file(known, file).epochs == changed.chain.epochs
    beyond = answer(httpx.Request("GET", "http://node/v1/epochs?after=7"))
    assert decode_epochs_file(beyond.content).links == ()


def test_a_head_of_a_later_epoch_is_judged_by_its_committee(changed: ChangedTown) -> None:
    asked: list[str] = []
    client = client_of(changed, node=answering(changed.app(), asked))
    assert client.head().size == changed.chain.head.log_size
    assert client.trust.epochs == changed.chain.epochs
    client.head()
    assert asked == ["/checkpoint", "/v1/epochs?after=0", "/checkpoint", "/v1/epochs?after=2"]


def test_who_was_a_quorum_once_is_none_for_a_later_head(changed: ChangedTown) -> None:
    """Two founders left, and with their keys and a third one anybody makes an old quorum."""
    for epoch in (0, 1):
        forged = changed.note(changed.sizes[-1], epoch, root=flipped(bytes(32))).format()
        liar = lying(answering(changed.app()), "/checkpoint", forged)
        with pytest.raises(VerificationError) as refused:
            client_of(changed, node=liar).head()
        assert refused.value.code in {Code.RECEIPT_QUORUM, Code.NOTE_UNKNOWN_KEY}


def test_a_head_of_an_earlier_epoch_is_still_that_committees(changed: ChangedTown) -> None:
    for size, epoch in ((changed.sizes[0], 0), (changed.sizes[1], 0), (changed.sizes[2], 1)):
        old = changed.note(size, epoch).format()
        client = client_of(changed, node=lying(answering(changed.app()), "/checkpoint", old))
        assert client.head().size == size
        new = changed.note(size, 2).format()
        client = client_of(changed, node=lying(answering(changed.app()), "/checkpoint", new))
        with pytest.raises(VerificationError) as refused:
            client.head()
        assert refused.value.code is Code.RECEIPT_QUORUM


def test_one_honest_node_leads_past_those_that_bend_or_hold_back_links(
    changed: ChangedTown,
) -> None:
    honest = answering(changed.app())
    bent = json.loads(honest(httpx.Request("GET", "http://node/v1/epochs")).content)
    held_back = json.loads(json.dumps(bent | {"links": bent["links"][:1]}))
    bent["links"][0]["entry"]["path"][0] = "00" * 32
    nodes = {
        "bends": lying(honest, "/v1/epochs", json.dumps(bent).encode()),
        "holds": lying(honest, "/v1/epochs", json.dumps(held_back).encode()),
        "talks": lying(honest, "/v1/epochs", b"[]"),
    }
    assert client_of(changed, **nodes).follow().committee.epoch == 1
    assert client_of(changed, bends=nodes["bends"]).follow().committee.epoch == 0
    client = client_of(changed, **nodes, honest=honest)
    assert client.follow().epochs == changed.chain.epochs


def test_links_from_the_founding_on_are_found_by_who_knows_the_end(changed: ChangedTown) -> None:
    client = client_of(changed, node=answering(changed.app()))
    client.follow()
    found = followed(client.nodes, client.trust, after=0)
    assert found.links == changed.chain.links.up_to(2)
    assert NodeLog(client.nodes).follow(changed.trust).epochs == changed.chain.epochs


def test_what_a_receipt_leads_to_is_kept(changed: ChangedTown) -> None:
    receipt = changed.chain.receipt(changed.last)
    client = client_of(changed, node=lambda _: httpx.Response(200, content=receipt.encode()))
    client.receipt(changed.last)
    assert client.trust.epochs == changed.chain.epochs
