"""Key files, read: a private key under a passphrase (argon2id, then secretbox), mode 0600.

Ed25519 to sign, X25519 to decrypt; none is ever used as the other. A seed never leaves this module
except into a signer. A file that others may read is refused, and so is one that asks for more
memory than a key file can need. `cli.keyfiles` writes them.
"""

import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

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
