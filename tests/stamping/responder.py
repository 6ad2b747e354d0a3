"""A real time stamping authority: `openssl ts -reply` behind an HTTP server on loopback."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

import pytest

OPENSSL = shutil.which("openssl")
ANSWER_TYPE = "application/timestamp-reply"
QUERY_TYPE = "application/timestamp-query"
_CONFIG = """
[ tsa ]
default_tsa = one
[ one ]
dir = {folder}
serial = $dir/serial
crypto_device = builtin
signer_cert = $dir/tsa.pem
signer_key = $dir/tsa.key
certs = $dir/root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = {accuracy}
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = {named_by}
"""
_USAGE = "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    """What openssl answers on standard output."""
    if OPENSSL is None:
        pytest.skip("openssl is not installed: apt install openssl")
    done = subprocess.run(
        [OPENSSL, *arguments], input=given, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, (arguments, done.stderr.decode()[-1500:])
    return done.stdout


@dataclass
class Responder:
    """One authority, its keys in a folder of its own."""

    folder: Path
    name: str = "time"
    kind: tuple[str, ...] = ("rsa:2048",)
    named_by: str = "sha256"
    accuracy: str = "secs:1, millisecs:500"
    usage: str = _USAGE
    answers: Callable[[bytes], bytes] | None = None
    """What is sent instead of what openssl says to a request."""
    asked: list[bytes] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._make_keys()
        (self.folder / "serial").write_text("01\n")
        config = _CONFIG.format(folder=self.folder, named_by=self.named_by, accuracy=self.accuracy)
        (self.folder / "tsa.cnf").write_text(config)

    @property
    def roots(self) -> Path:
        """The certificate that a reader trusts."""
        return self.folder / "root.pem"

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}/tsa"

    def reply(self, query: bytes) -> bytes:
        """What openssl answers to a request."""
        asked = self.folder / "query.tsq"
        asked.write_bytes(query)
        config = str(self.folder / "tsa.cnf")
        return openssl("ts", "-reply", "-config", config, "-queryfile", str(asked))

    def token(self, data: bytes) -> bytes:
        """A token over some bytes, asked for by openssl too."""
        document = self.folder / "data"
        document.write_bytes(data)
        query = openssl("ts", "-query", "-data", str(document), "-sha256", "-cert")
        answer = self.folder / "answer.tsr"
        answer.write_bytes(self.reply(query))
        return openssl("ts", "-reply", "-in", str(answer), "-token_out")

    def __enter__(self) -> Self:
        responder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == QUERY_TYPE
                responder.asked.append(query)
                answer = (responder.answers or responder.reply)(query)
                self.send_response(200)
                self.send_header("Content-Type", ANSWER_TYPE)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def _make_keys(self) -> None:
        root_key, root = str(self.folder / "root.key"), str(self.folder / "root.pem")
        key, request = str(self.folder / "tsa.key"), str(self.folder / "tsa.csr")
        extensions = self.folder / "tsa.ext"
        extensions.write_text(self.usage)
        new = ("-newkey", *self.kind, "-nodes")
        common = f"/CN={self.name}"
        openssl(
            "req",
            "-x509",
            *new,
            "-keyout",
            root_key,
            "-out",
            root,
            "-subj",
            f"{common} root",
            "-days",
            "30",
        )
        openssl("req", *new, "-keyout", key, "-out", request, "-subj", f"{common} tsa")
        openssl(
            "x509",
            "-req",
            "-in",
            request,
            "-CA",
            root,
            "-CAkey",
            root_key,
            "-CAcreateserial",
            "-out",
            str(self.folder / "tsa.pem"),
            "-days",
            "20",
            "-extfile",
            str(extensions),
        )
