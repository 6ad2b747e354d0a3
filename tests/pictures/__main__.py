"""`python -m tests.pictures [--node URL]`: photograph the pages that docs/zh shows.

Plays the demonstration on four real nodes, opens their pages in Chromium, and writes what stands
between two places of a page as a small PNG. With `--node` it asks a demonstration that already runs.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from cli.demo.performance import perform
from cli.demo.story_files import load_story
from cli.demo.telling import Telling
from cli.output import Output
from tests.pictures.acts import ask_unchanged, drop_two

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "zh" / "pictures"
NODE: Final = 1
"""Which node is photographed: the supervisor's."""
WIDTH: Final = 1000
MARGIN: Final = 16
PAPER_DPI: Final = 80
COLOURS: Final = 64


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of a part of a page."""

    name: str
    page: str
    """Path of the page; `{bid}` and `{change}` are ids of records."""
    first: str
    last: str
    """Selectors: the picture begins above the first and ends below the last."""
    height_max: int = 1400
    act: Callable[[Page, str, Mapping[str, str]], None] | None = None
    """What a reader does on the page first, given the node and the ids."""


TOP: Final = "header"


def _part(name: str) -> str:
    """The selector of a part of a page that has a heading."""
    return f"section[aria-labelledby={name}]"


SHOTS: Final = (
    Shot("page-home", "/", TOP, "footer", 2600),
    Shot("page-desk", "/desk", TOP, "footer", 1200),
    Shot("page-network", "/nodes", TOP, _part("clocks")),
    Shot("page-project", "/projects/{section}", TOP, _part("complete"), 1150),
    Shot("page-coverage", "/projects/{section}", _part("coverage"), _part("coverage")),
    Shot("page-timeline", "/projects/{section}", _part("timeline"), _part("timeline"), 700),
    Shot("page-record", "/records/{bid}", TOP, _part("times")),
    Shot("page-checks", "/records/{bid}", _part("checks"), _part("checks")),
    Shot("page-trace", "/records/{change}", _part("trace"), _part("trace")),
    Shot("page-verify", "/verify", TOP, "article.outcome:last-of-type .checks", 2000, drop_two),
    Shot("page-unchanged", "/unchanged", TOP, "#results", 1100, ask_unchanged),
)


def main() -> int:
    """Write every picture; the exit status is 1 where there is no Chromium."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("--node", metavar="URL", help="of a demonstration that runs")
    asked = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is not installed: apt install chromium fonts-noto-cjk", file=sys.stderr)
        return 1
    section = load_story().section
    with ExitStack() as held:
        node = asked.node or held.enter_context(_demonstration())
        ids = {
            "section": quote(section, safe=""),
            "bid": _record(node, section, "tender.bid_submitted"),
            "change": _record(node, section, "tender.clarification"),
        }
        player = held.enter_context(sync_playwright())
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(locale="zh-CN", viewport={"width": WIDTH, "height": 800})
        for shot in SHOTS:
            page.goto(node + shot.page.format(**ids))
            if shot.act is not None:
                shot.act(page, node, ids)
            picture = _small(_taken(page, shot))
            (FOLDER / f"{shot.name}.png").write_bytes(picture)
            print(f"{shot.name}.png: {len(picture) // 1024} KiB")
        browser.close()
        _certificate(node, section)
    return 0


@contextmanager
def _demonstration() -> Iterator[str]:
    """The URL of a node of a whole demonstration, which goes on until the end."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="pictures-")))
        described = held.enter_context(as_file(files("cli.demo").joinpath("network.toml")))
        telling = Telling(Output(as_json=False))
        stage = perform(load_story(), telling, folder / "demo", described, None, held)
        yield stage.nodes[NODE].api


def _record(node: str, section: str, type_key: str) -> str:
    """The id of the section's first record of a type."""
    asked = {"key": section, "limit": "500"}
    found = httpx.get(f"{node}/v1/subjects", params=asked, trust_env=False).json()["items"]
    return str(next(item["record_id"] for item in found if item["record"]["type"] == type_key))


def _certificate(node: str, section: str) -> None:
    """The first page of the section's witness certificate, where poppler-utils is installed."""
    if shutil.which("pdftoppm") is None:
        print("page-certificate.png is left as it is: apt install poppler-utils", file=sys.stderr)
        return
    asked = {"key": section}
    told = httpx.get(f"{node}/v1/completeness", params=asked, trust_env=False).json()
    record = told["certificate"]["record_id"]
    printed = httpx.get(f"{node}/v1/records/{record}/certificate.pdf", timeout=60, trust_env=False)
    printed.raise_for_status()
    command = ["pdftoppm", "-png", "-r", str(PAPER_DPI), "-f", "1", "-l", "1", "-singlefile", "-"]
    drawn = subprocess.run(command, input=printed.content, stdout=subprocess.PIPE, check=True)
    picture = _small(drawn.stdout)
    (FOLDER / "page-certificate.png").write_bytes(picture)
    print(f"page-certificate.png: {len(picture) // 1024} KiB")


def _small(picture: bytes) -> bytes:
    """The same picture with a palette: a page has few colours, and rare ones (a warning's) stay."""
    with Image.open(BytesIO(picture)) as opened:
        drawn = opened.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1)
    small = BytesIO()
    drawn.save(small, "PNG", optimize=True)
    return small.getvalue()


def _taken(page: Page, shot: Shot) -> bytes:
    """What stands between the two places, with a margin above and below."""
    top = page.locator(shot.first).first.bounding_box()
    bottom = page.locator(shot.last).first.bounding_box()
    if top is None or bottom is None:
        raise ValueError(f"{shot.name}: the page does not have {shot.first} or {shot.last}")
    begin = max(0.0, top["y"] - MARGIN)
    height = min(bottom["y"] + bottom["height"] + MARGIN - begin, shot.height_max)
    return page.screenshot(
        full_page=True, clip={"x": 0, "y": begin, "width": WIDTH, "height": height}
    )


if __name__ == "__main__":
    sys.exit(main())
