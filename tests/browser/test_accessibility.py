"""Every page for every reader: landmarks, room on a phone, and nothing serious that axe finds."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.axe import PHONE, troubles
from tests.browser.conftest import PROJECT, SECTION, Visitor, announce, records_of, say
from tests.network.real_network import RealNetwork

pytestmark = [pytest.mark.browser, pytest.mark.network]

TROUBLED = "无碍-2026-007"


def pages_of(network: RealNetwork) -> list[str]:
    """One page of every kind that the public is shown, an error's and a hidden record's included."""
    record = records_of(network)[1]
    height = httpx.get(f"{network.nodes[0].api}/v1/records/{record}", trust_env=False).json()[
        "height"
    ]
    return [
        "/",
        "/blocks",
        f"/blocks/{height}",
        "/nodes",
        "/nodes/centre",
        "/members/centre",
        "/alerts",
        "/alerts/AL02",
        "/checkpoints",
        f"/addresses/{PROJECT}",
        f"/seals/{PROJECT}?at=2026-03-01T09:30",
        f"/projects/{PROJECT}",
        f"/projects/{SECTION}",
        f"/records/{record}",
        f"/search?q={PROJECT}",
        "/verify",
        "/unchanged",
        "/extract",
        "/desk",
        "/desk/projects?show=all",
        "/desk/access",
        "/desk/draws",
        "/desk/week",
        f"/projects/{TROUBLED}/01",
        "/desk/sign",
        f"/desk/sign/objection?about={SECTION}",
        "/desk/sign/use?about=ADDR-000000-0000",
    ]


@pytest.fixture(scope="module")
def town(network: RealNetwork) -> RealNetwork:
    """The network with an alert, so that what counts alerts has something to show."""
    announce(network, TROUBLED)
    section = f"{TROUBLED}/01"
    say(network, "builder", "tender.document_filed", section, content=b"other", kind="tender")
    return network


@pytest.mark.parametrize("visitor", ["zh-CN", "en-GB"], indirect=True)
def test_every_page_is_for_everybody(visitor: Visitor, town: RealNetwork) -> None:
    page = visitor.page
    page.set_viewport_size(PHONE)
    wrong = []
    for path in pages_of(town):
        visitor.open(path)
        for landmark in ("banner", "main", "contentinfo", "search"):
            assert page.get_by_role(landmark).count() == 1, f"{landmark} of {path}"
        assert page.locator("h1").count() == 1, path
        expect(page.locator("label[for=q]")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        wrong += [f"{path} {each}" for each in troubles(page)]
    assert wrong == []
