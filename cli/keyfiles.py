"""Key files: a private key under a passphrase (argon2id, then secretbox), mode 0600.

Ed25519 to sign, X25519 to decrypt; none is ever used as the other. A seed never leaves this module
except into a signer. A file that others may read is refused, and
so is one that asks for more memory than a key file can need.
"""

import json
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.utils import random

from cli.new_files import write_private
from ledger.codes import Code
from ledger.core.identifiers import PublicKey
from ledger.core.signing import SEED_BYTES, Ed25519Signer
from ledger.errors import LedgerError, StoreError

FORMAT: Final = "bidwitness-key/1"
SIGNS: Final = "ed25519"
DECRYPTS: Final = "x25519"
FILE_BYTES_MAX: Final = 4096
_MEMORY_MAX: Final = 1 << 30
_OPERATIONS_MAX: Final = 16
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


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


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What a key file holds; the seed stays boxed."""

    use: str
    """What the key is for: ``member``, ``node``, ``log`` or ``encryption``."""
    algorithm: str
    """`SIGNS` or `DECRYPTS`."""
    public_key: PublicKey
    operations: int
    memory_bytes: int
    salt: bytes
    box: bytes
    """Secretbox with its nonce, over the seed."""


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


def read_key_file(path: Path) -> KeyFile:
    """The key file at `path`, still closed.

    Raises:
        StoreError: `key.file` where it is missing, malformed, or readable by others.
    """
    try:
        mode = path.stat().st_mode
        if mode & _OTHERS:
            raise StoreError(Code.KEY_MODE, path=str(path), mode=f"{stat.S_IMODE(mode):04o}")
        with path.open("rb") as file:
            return _parsed(json.loads(file.read(FILE_BYTES_MAX)))
    except OSError as problem:
        raise StoreError(Code.KEY_FILE, path=str(path), reason=str(problem.strerror)) from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise StoreError(Code.KEY_FILE, path=str(path), reason="format") from problem


def open_key(path: Path, passphrase: bytes) -> Ed25519Signer:
    """The signer whose seed is in the file at `path`.

    Raises:
        StoreError: `key.file`, `key.mode`.
        LedgerError: `key.passphrase`.
    """
    held, seed = _opened(path, passphrase, SIGNS)
    signer = Ed25519Signer(seed)
    if signer.public_key != held.public_key:
        raise StoreError(Code.KEY_FILE, path=str(path), reason="public_key")
    return signer


def open_encryption_key(path: Path, passphrase: bytes) -> bytes:
    """The X25519 secret in the file at `path`; raises as `open_key`."""
    held, secret = _opened(path, passphrase, DECRYPTS)
    if bytes(PrivateKey(secret).public_key) != held.public_key:
        raise StoreError(Code.KEY_FILE, path=str(path), reason="public_key")
    return secret


def _opened(path: Path, passphrase: bytes, algorithm: str) -> tuple[KeyFile, bytes]:
    """A key file and the secret in it."""
    held = read_key_file(path)
    if held.algorithm != algorithm:
        raise StoreError(Code.KEY_FILE, path=str(path), reason=f"{held.algorithm} ≠ {algorithm}")
    secret = argon2id.kdf(
        SecretBox.KEY_SIZE, passphrase, held.salt, held.operations, held.memory_bytes
    )
    try:
        return held, SecretBox(secret).decrypt(held.box)
    except CryptoError as problem:
        raise LedgerError(Code.KEY_PASSPHRASE, path=str(path)) from problem


def _closed(
    use: str, algorithm: str, public: PublicKey, seed: bytes, passphrase: bytes, cost: Cost
) -> KeyFile:
    """A key file around a secret."""
    operations, memory = _COSTS[cost]
    salt = random(argon2id.SALTBYTES)
    secret = argon2id.kdf(SecretBox.KEY_SIZE, passphrase, salt, operations, memory)
    box = bytes(SecretBox(secret).encrypt(seed))
    return KeyFile(use, algorithm, public, operations, memory, salt, box)


def _parsed(document: dict[str, object]) -> KeyFile:
    """A key file from its JSON; any error of shape is a ValueError, KeyError or TypeError."""
    kdf = document["kdf"]
    if document["format"] != FORMAT or not isinstance(kdf, dict) or kdf["name"] != "argon2id":
        raise ValueError("format")
    held = KeyFile(
        use=str(document["use"]),
        algorithm=str(document["algorithm"]),
        public_key=PublicKey(bytes.fromhex(str(document["public_key"]))),
        operations=int(kdf["operations"]),
        memory_bytes=int(kdf["memory_bytes"]),
        salt=bytes.fromhex(str(kdf["salt"])),
        box=bytes.fromhex(str(document["box"])),
    )
    if held.algorithm not in {SIGNS, DECRYPTS}:
        raise ValueError("algorithm")
    sizes = (len(held.public_key), len(held.salt), len(held.box))
    overhead = SecretBox.NONCE_SIZE + SecretBox.MACBYTES
    if sizes != (32, argon2id.SALTBYTES, SEED_BYTES + overhead):
        raise ValueError("sizes")
    within = argon2id.OPSLIMIT_MIN <= held.operations <= _OPERATIONS_MAX
    if not within or not argon2id.MEMLIMIT_MIN <= held.memory_bytes <= _MEMORY_MAX:
        raise ValueError("cost")
    return held


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
