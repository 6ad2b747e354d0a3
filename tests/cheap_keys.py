"""Key files that open at once: what guards a passphrase costs a tenth of a second at every use."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from nacl.pwhash import argon2id

from cli import keyfiles


@contextmanager
def cheap_keys() -> Iterator[None]:
    """Files made meanwhile at the cost ``interactive`` cost least, to open too: it stands in them."""
    least = (argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)
    with mock.patch.dict(keyfiles._COSTS, {keyfiles.Cost.INTERACTIVE: least}):
        yield
