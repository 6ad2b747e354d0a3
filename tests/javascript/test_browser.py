"""The second implementation in Chromium: at an address that is secure, and at one that is not.

A browser gives a page `crypto.subtle` in secure contexts only. A node that is asked over plain http
at a name or an address that is not loopback has none, and every verdict must be the same.
"""

import datetime
import hashlib
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.javascript.asking import ROOT, differences, vector_files
from tests.javascript.elsewhere import ADDRESS, SIZE, Quiet

pytestmark = pytest.mark.browser

HOST = "ledger.example"
"""A name that the browser does not know for loopback; a flag says where it leads."""
MIB = 1 << 20


def _own_certificate(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = folder / "own.pem"
    path.write_bytes(
        certificate.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.fixture(scope="module", params=["https", pytest.param("http", marks=pytest.mark.campaign)])
def page(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """The page that loads the verifier, at a name that is not loopback."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt install chromium fonts-noto-cjk")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(ROOT)))
    if request.param == "https":
        context = _own_certificate(tmp_path_factory.mktemp("https"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    flags = [*FLAGS, f"--host-resolver-rules=MAP {HOST} 127.0.0.1"]
    try:
        with sync_playwright() as player:
            browser = player.chromium.launch(executable_path=CHROMIUM, args=flags)
            opened = browser.new_context(ignore_https_errors=True).new_page()
            opened.set_default_timeout(240_000)
            base = f"{request.param}://{HOST}:{server.server_port}"
            opened.goto(f"{base}/tests/javascript/page.html")
            opened.wait_for_function("window.digestOf !== undefined")
            yield opened
            browser.close()
    finally:
        server.shutdown()
        server.server_close()


def secure(page: Page) -> bool:
    return page.url.startswith("https:")


def test_only_a_secure_address_has_web_crypto(page: Page) -> None:
    assert page.evaluate("isSecureContext") is secure(page)
    assert page.evaluate("crypto.subtle !== undefined") is secure(page)


def test_every_vector_is_judged_as_by_the_other_implementation(page: Page) -> None:
    assert differences(page.evaluate("(files) => judgeAll(files)", vector_files())) == []


NAMESPACE = ("unshare", "--user", "--map-root-user", "--net")


def test_a_plain_address_that_is_not_loopback_judges_the_same(tmp_path: Path) -> None:
    """In a network namespace, because no test may open a port to the outside."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt install chromium fonts-noto-cjk")
    tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no network namespaces here: {tried.stderr.strip()}")
    asked = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.javascript.elsewhere"],
        cwd=ROOT,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert asked.returncode == 0, asked.stderr
    told = json.loads(asked.stdout)
    assert told["url"].startswith(f"http://{ADDRESS}:")
    assert (told["secure"], told["web_crypto"]) == (False, False)
    assert told["differences"] == []
    assert told["document"]["sha256"] == document_sha256(SIZE)
    assert told["document"]["turns"] > 1


def document_sha256(size: int) -> str:
    """Of the document that the page makes."""
    said = hashlib.sha256()
    for at in range(0, size, MIB):
        said.update(bytes([at // MIB % 256]) * min(MIB, size - at))
    return said.hexdigest()


@pytest.mark.parametrize("size", [3 * MIB + 5, 20 * MIB], ids=["at once", "piece by piece"])
def test_a_document_is_hashed_while_the_page_stays_awake(page: Page, size: int) -> None:
    told = page.evaluate("(size) => digestOf(size)", size)
    sm3 = hashes.Hash(hashes.SM3())
    for at in range(0, size, MIB):
        sm3.update(bytes([at // MIB % 256]) * min(MIB, size - at))
    assert told["sha256"] == document_sha256(size)
    assert told["sm3"] == sm3.finalize().hex()
    assert told["told"] == -(-size // MIB)
    # One turn at the end shows nothing; a page that hashes all at once has no other.
    assert told["turns"] > 1
