"""Key files, made: a private key under a passphrase (argon2id, then secretbox), mode 0600.

Read again by `api.client.key_files`, whose names are at hand here as well.
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import Final

from nacl.public import PrivateKey
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.utils import random

from api.client.key_files import (
    DECRYPTS,
    FORMAT,
    SIGNS,
    KeyFile,
    open_encryption_key,
    open_key,
    read_key_file,
)
from cli.new_files import write_private
from ledger.core.identifiers import PublicKey
from ledger.core.signing import SEED_BYTES, Ed25519Signer

__all__ = [
    "DECRYPTS",
    "SIGNS",
    "Cost",
    "KeyFile",
    "new_encryption_key",
    "new_key",
    "open_encryption_key",
    "open_key",
    "read_key_file",
]


class Cost(StrEnum):
    """How long one guess at a passphrase takes."""

    INTERACTIVE = "interactive"
    """64 MiB, a tenth of a second: demonstrations and tests."""
    MODERATE = "moderate"
    """256 MiB, most of a second: what `keys new` takes unless told."""
    SENSITIVE = "sensitive"
    """1 GiB, several seconds: keys that are opened once a month."""


_COSTS: Final = {
    Cost.INTERACTIVE: (argon2id.OPSLIMIT_INTERACTIVE, argon2id.MEMLIMIT_INTERACTIVE),
    Cost.MODERATE: (argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE),
    Cost.SENSITIVE: (argon2id.OPSLIMIT_SENSITIVE, argon2id.MEMLIMIT_SENSITIVE),
}


def new_key(path: Path, use: str, passphrase: bytes, cost: Cost = Cost.MODERATE) -> PublicKey:
    """Make a key pair and write its file; an existing file is never replaced.

    Args:
        path: where the file is to be; its folder is made where it is missing.
        use: ``member``, ``node`` or ``log``, for people.
        passphrase: opens the file; its bytes as they are.
        cost: of one guess at the passphrase.

    Raises:
        StoreError: `file.exists`, `file.unwritable`.
    """
    seed = random(SEED_BYTES)
    public = Ed25519Signer(seed).public_key
    _write(path, _closed(use, SIGNS, public, seed, passphrase, cost))
    return public


def new_encryption_key(path: Path, passphrase: bytes, cost: Cost = Cost.MODERATE) -> bytes:
    """Make an X25519 key pair and write its file; returns the public key, raises as `new_key`."""
    secret = random(SEED_BYTES)
    public = bytes(PrivateKey(secret).public_key)
    held = _closed("encryption", DECRYPTS, PublicKey(public), secret, passphrase, cost)
    _write(path, held)
    return public


def _closed(
    use: str, algorithm: str, public: PublicKey, seed: bytes, passphrase: bytes, cost: Cost
) -> KeyFile:
    """A key file around a secret."""
    operations, memory = _COSTS[cost]
    salt = random(argon2id.SALTBYTES)
    secret = argon2id.kdf(SecretBox.KEY_SIZE, passphrase, salt, operations, memory)
    box = bytes(SecretBox(secret).encrypt(seed))
    return KeyFile(use, algorithm, public, operations, memory, salt, box)


def _write(path: Path, held: KeyFile) -> None:
    document = {
        "format": FORMAT,
        "use": held.use,
        "algorithm": held.algorithm,
        "public_key": held.public_key.hex(),
        "kdf": {
            "name": "argon2id",
            "operations": held.operations,
            "memory_bytes": held.memory_bytes,
            "salt": held.salt.hex(),
        },
        "box": held.box.hex(),
    }
    write_private(path, (json.dumps(document, indent=2) + "\n").encode())
