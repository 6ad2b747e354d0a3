"""A member at a browser: the signer of its key in a terminal, its desk, and a page that logs in."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.network.real_network import RealNetwork

ASKED = "有网页请您签名"
FREE = "没有待签的请求"
ASKED_S = 30
LOOK_MS = 100


@dataclass
class Terminal:
    """The terminal in which a signer runs."""

    process: subprocess.Popen[str]
    link: str = ""
    """Opens the signer's desk, once."""

    @property
    def base(self) -> str:
        """Where pages speak to the signer."""
        return self.link.partition("/open/")[0]

    @property
    def port(self) -> str:
        """Of it."""
        return self.base.rpartition(":")[2]

    def wait_for(self, pattern: str) -> str:
        """The first line from here on that fits, or the group in it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.search(pattern, line)
            if found is not None:
                return found[found.re.groups]
        raise AssertionError(f"the signer ended without {pattern}")


@contextmanager
def signer_of(network: RealNetwork, member: str) -> Iterator[Terminal]:
    """The signer of a member, at a port of its own."""
    folder: Path = network.folder / "network" / "members" / member
    with subprocess.Popen(
        [*(sys.executable, "-m", "cli.main", "signer"), *("--as", str(folder), "--port", "0")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"LANG": "zh_CN.UTF-8", "LC_ALL": ""},
    ) as process:
        try:
            terminal = Terminal(process)
            terminal.link = terminal.wait_for(r"(http://127\.0\.0\.1:\d+/open/[0-9a-f]+)")
            yield terminal
        finally:
            # What failed is to be told now: the signer waits for nobody to end it.
            process.terminate()


def asked(desk: Page) -> None:
    """Look at the signer's desk until something lies there; by itself it looks every two seconds."""
    until = time.monotonic() + ASKED_S
    while desk.locator("h1").inner_text() != ASKED:
        assert time.monotonic() < until, "nothing to sign"
        desk.wait_for_timeout(LOOK_MS)
        # The desk may be about to look by itself.
        with suppress(Error):
            desk.reload()


def agree(desk: Page, *said: str) -> None:
    """Read what lies on the signer's desk, and agree."""
    asked(desk)
    for each in said:
        expect(desk.locator("main")).to_contain_text(each)
    desk.get_by_role("checkbox").check()
    desk.get_by_role("button", name="同意并签署").click()
    expect(desk.locator("h1")).to_have_text(FREE)


def log_in(page: Page, terminal: Terminal) -> Page:
    """Log a page of the desk in as the signer's member; the signer's own desk is returned."""
    browser = page.context.browser
    assert browser is not None
    # In a window of its own: a tab behind another one draws once a second, and clicks wait for that.
    desk = browser.new_context(locale="zh-CN").new_page()
    desk.goto(terminal.link)
    page.locator("#signer-port").fill(terminal.port)
    page.locator("#log-in").click()
    terminal.wait_for(r"网页 (http\S+) 请求配对")
    page.locator("#pairing-code").fill(terminal.wait_for(r"^(\d{4}-\d{4})$"))
    page.locator("#pairing button").click()
    agree(desk, "登录不能提交任何记录")
    expect(page.locator("#signer")).to_have_attribute("data-state", "in", timeout=10_000)
    return desk


def desk_of(context: BrowserContext, network: RealNetwork, path: str = "/desk") -> Page:
    """A page of the desk whose console must stay silent."""
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(network.nodes[0].api + path)
    expect(page.locator("html[data-ready]")).to_be_attached(timeout=30_000)
    assert said == []
    return page
