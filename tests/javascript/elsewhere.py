"""A page over plain http at an address that is no loopback: run as a program in a network namespace.

`unshare --net python -m tests.javascript.elsewhere` gives the namespace's own interface an address
of a private network, serves the tree there, and asks Chromium. Prints what the page said as JSON.
"""

import fcntl
import json
import socket
import struct
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.javascript.asking import ROOT, differences, vector_files

ADDRESS = "10.20.30.40"
SIZE = 20 << 20
# From linux/sockios.h and linux/if.h.
SIOCSIFADDR, SIOCSIFFLAGS, IFF_UP = 0x8916, 0x8914, 0x1


class Quiet(SimpleHTTPRequestHandler):
    """The tree's files, with the media types that modules need, and no log."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def bring_up(address: str) -> None:
    """Switch on this namespace's only interface, and give it a second address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        up = struct.pack("16sH14x", b"lo", IFF_UP)
        fcntl.ioctl(control, SIOCSIFFLAGS, up)
        spelled = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(control, SIOCSIFADDR, struct.pack("16s16s", b"lo:1", spelled))


def main() -> None:
    """Serve, ask, and print the answer."""
    bring_up(ADDRESS)
    server = ThreadingHTTPServer((ADDRESS, 0), partial(Quiet, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page()
        page.set_default_timeout(240_000)
        page.goto(f"http://{ADDRESS}:{server.server_port}/tests/javascript/page.html")
        page.wait_for_function("window.digestOf !== undefined")
        told = {
            "url": page.url,
            "secure": page.evaluate("isSecureContext"),
            "web_crypto": page.evaluate("crypto.subtle !== undefined"),
            "differences": differences(page.evaluate("(files) => judgeAll(files)", vector_files())),
            "document": page.evaluate("(size) => digestOf(size)", SIZE),
        }
        browser.close()
    server.shutdown()
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
