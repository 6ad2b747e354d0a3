"""Names for the ids that walk through every layer, and the one spelling of member and node ids.

Digests, keys and record ids are raw bytes here; in JSON, URLs and for people they are lower-case
hex (``docs/spec/canonical.md``).
"""

import re
from typing import Final, NewType

from ledger.codes import Code
from ledger.errors import FormatError

Digest = NewType("Digest", bytes)
"""32 bytes of SHA-256."""
RecordId = NewType("RecordId", bytes)
BundleId = NewType("BundleId", bytes)
NetworkId = NewType("NetworkId", bytes)
HeaderHash = NewType("HeaderHash", bytes)
KeyId = NewType("KeyId", bytes)
PublicKey = NewType("PublicKey", bytes)
"""32 bytes, Ed25519."""
Signature = NewType("Signature", bytes)
"""64 bytes, Ed25519."""
MemberId = NewType("MemberId", str)
NodeId = NewType("NodeId", str)
Subject = NewType("Subject", str)
Height = NewType("Height", int)
View = NewType("View", int)
Epoch = NewType("Epoch", int)
LogIndex = NewType("LogIndex", int)

DIGEST_BYTES: Final = 32
NETWORK_MEMBER: Final = MemberId("network")
"""The reserved issuer of derived records: no key, no bundle."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


def check_name(name: str, what: str) -> str:
    """Return `name` where it is a well-formed member or node id.

    Raises:
        FormatError: `format.shape`, naming `what`.
    """
    if _NAME.fullmatch(name) is None:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return name
