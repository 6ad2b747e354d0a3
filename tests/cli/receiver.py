"""A receiver of webhooks as its owner would write it: HTTPS, signatures checked, each id taken once."""

import base64
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

TOLERANCE_S = 300
WAIT_S = 60.0


def certificate(folder: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "receiver.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    (folder / "receiver.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class Receiver:
    """What came, and how the receiver answers."""

    secret: str
    pem: Path
    port: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    """By record id: what it is answered with instead of 200."""
    status: int = 200
    """Of everything else."""
    slow_s: float = 0.0
    taken: list[Any] = field(default_factory=list)
    """Events by their first delivery, in order."""
    seen: list[tuple[str, int]] = field(default_factory=list)
    """Each attempt: webhook id and answer."""
    forged: list[str] = field(default_factory=list)
    """Deliveries whose signature does not hold."""

    @property
    def keys(self) -> list[str]:
        """The records that were taken."""
        return [each["data"]["record_id"] for each in self.taken if "record_id" in each["data"]]

    def wait_for(self, *records: str) -> None:
        """Until these were taken."""
        until = time.monotonic() + WAIT_S
        while not set(records) <= set(self.keys):
            assert time.monotonic() < until, (records, self.seen)
            time.sleep(0.05)

    def answer(self, headers: Any, body: bytes) -> int:
        """Judge one delivery."""
        time.sleep(self.slow_s)
        identifier = headers["webhook-id"]
        if not self._holds(headers, body):
            self.forged.append(identifier)
            return 401
        event = json.loads(body)
        status = self.answers.get(str(event["data"].get("record_id")), self.status)
        known = [each for each, said in self.seen if said == 200]
        self.seen.append((identifier, status))
        if status == 200 and identifier not in known:
            self.taken.append(event)
        return status

    def _holds(self, headers: Any, body: bytes) -> bool:
        """Standard Webhooks 1.0.0, as its page says."""
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        sent = headers["webhook-timestamp"]
        signed = f"{headers['webhook-id']}.{sent}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        fresh = abs(time.time() - int(sent)) < TOLERANCE_S
        return fresh and any(
            hmac.compare_digest(expected, each) for each in headers["webhook-signature"].split(" ")
        )

    @contextmanager
    def up(self) -> Iterator[None]:
        """It listens, the next time at the same port."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                said = b'{"taken": true}'
                self.send_response(receiver.answer(self.headers, body))
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as server:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            self.port = server.server_address[1]
            serving = threading.Thread(target=server.serve_forever, args=(0.05,))
            serving.start()
            try:
                yield
            finally:
                server.shutdown()
                serving.join()
