"""What is sent to a receiver of webhooks: bytes, and the headers that prove them.

Pure. Spec: Standard Webhooks 1.0.0 (``docs/spec/webhooks.md``).
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from api.event import Event
from ledger.core.identifiers import NetworkId

SECRET_PREFIX: Final = "whsec_"
SECRET_BYTES_MIN: Final = 24
SECRET_BYTES_MAX: Final = 64
SECRETS_MAX: Final = 2
"""The one in use, and the one that takes its place."""
_TYPES: Final = {"block": "block.committed", "record": "record.committed", "alert": "alert.raised"}


def secret_of(text: str) -> bytes:
    """The secret that ``whsec_…`` spells.

    Raises:
        ValueError: it spells none, or one that is too short or too long.
    """
    if not text.startswith(SECRET_PREFIX):
        raise ValueError(f"≠ {SECRET_PREFIX}…")
    try:
        secret = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as problem:
        raise ValueError("≠ base64") from problem
    if not SECRET_BYTES_MIN <= len(secret) <= SECRET_BYTES_MAX:
        raise ValueError(f"{len(secret)} B ∉ {SECRET_BYTES_MIN} … {SECRET_BYTES_MAX}")
    return secret


def webhook_id(network_id: NetworkId, event: Event) -> str:
    """The same for one event at every node and in every attempt; it has no full stop in it."""
    return f"{network_id.hex()[:16]}-{event.kind}-{event.key}"


def body_of(network_id: NetworkId, event: Event) -> bytes:
    """The JSON that is posted."""
    moment = datetime.fromtimestamp(event.time_ms / 1_000, UTC)
    document = {
        "type": _TYPES[event.kind],
        "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "network_id": network_id.hex(),
        "index": event.index,
        "data": event.form,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(
    secrets: Sequence[bytes], identifier: str, sent_s: int, body: bytes
) -> Mapping[str, str]:
    """The three headers of a delivery.

    Args:
        secrets: each signs.
        identifier: `webhook_id`.
        sent_s: when this attempt is made, seconds since the epoch.
        body: what is posted.
    """
    signed = f"{identifier}.{sent_s}.".encode() + body
    found = (base64.b64encode(hmac.digest(each, signed, "sha256")).decode() for each in secrets)
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(sent_s),
        "webhook-signature": " ".join(f"v1,{each}" for each in found),
    }
