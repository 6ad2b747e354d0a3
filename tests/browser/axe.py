"""What axe finds on a page that is open, and what of it reaches beyond the screen of a phone."""

from importlib.resources import files

from playwright.sync_api import Page, ViewportSize

PHONE: ViewportSize = {"width": 360, "height": 740}
"""Narrower than what most people carry (390)."""
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TOLD = """rules => axe.run(document, {runOnly: rules}).then(({violations}) => violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .map(({id, nodes}) => `${id}: ${nodes[0].html}`))"""
CUT = """() => [...document.querySelectorAll("main *, header *, footer *")]
    .filter((each) => each.checkVisibility() && !each.closest(".scroll, pre, .unseen, .skip, svg"))
    .filter((each) => each.getBoundingClientRect().right > innerWidth
        || (each.scrollWidth > each.clientWidth + 1
            && getComputedStyle(each).overflowX !== "visible" && each.matches(":not(input, select)")))
    .map((each) => each.outerHTML.slice(0, 120))"""
"""What reaches beyond the screen, or is cut off where nobody can scroll."""


def troubles(page: Page) -> list[str]:
    """Whatever keeps somebody from reading or using the page, as wide as its window is."""
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE)
    wrong: list[str] = page.evaluate(CUT) + page.evaluate(TOLD, RULES)
    return wrong


def for_everybody(page: Page) -> None:
    """The page, as it stands filled before a member, is for everybody on a phone too."""
    seen = page.viewport_size
    assert seen is not None
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert troubles(page) == []
    page.set_viewport_size(seen)
