"""Key files: what opens them, who may read them, and what a damaged one says."""

import json
from pathlib import Path

import pytest

from cli.keyfiles import Cost, new_key, open_key, read_key_file
from ledger.codes import Code
from ledger.core.signing import verify
from ledger.errors import LedgerError

PASSPHRASE = "一个足够长的口令".encode()


def make(path: Path) -> Path:
    new_key(path, "member", PASSPHRASE, Cost.INTERACTIVE)
    return path


def test_a_key_signs_after_it_was_opened_with_its_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "member.key"
    public = new_key(path, "member", PASSPHRASE, Cost.INTERACTIVE)
    signer = open_key(path, PASSPHRASE)
    verify(public, b"message", signer.sign(b"message"))
    assert read_key_file(path).use == "member"


def test_the_seed_is_nowhere_in_the_file(tmp_path: Path) -> None:
    path = make(tmp_path / "member.key")
    document = json.loads(path.read_text())
    assert set(document) == {"format", "use", "algorithm", "public_key", "kdf", "box"}
    assert len(bytes.fromhex(document["box"])) == 24 + 16 + 32, "nonce, tag and 32 boxed bytes"


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = make(tmp_path / "member.key")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(LedgerError) as refused:
        open_key(path, PASSPHRASE)
    assert refused.value.code is Code.KEY_MODE
    assert refused.value.detail["mode"] == "0640"


def test_another_passphrase_does_not_open_it(tmp_path: Path) -> None:
    path = make(tmp_path / "member.key")
    with pytest.raises(LedgerError) as refused:
        open_key(path, PASSPHRASE + b" ")
    assert refused.value.code is Code.KEY_PASSPHRASE


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    path = make(tmp_path / "member.key")
    before = path.read_bytes()
    with pytest.raises(LedgerError) as refused:
        make(path)
    assert refused.value.code is Code.FILE_EXISTS
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "bidwitness-key/2"),
        ("public_key", "00" * 31),
        ("box", "00" * 71),
        ("box", "not hex"),
        ("kdf", {"name": "scrypt"}),
        ("kdf", {"name": "argon2id", "operations": 2, "memory_bytes": 1 << 40, "salt": "00" * 16}),
        (
            "kdf",
            {"name": "argon2id", "operations": 1 << 30, "memory_bytes": 8192, "salt": "00" * 16},
        ),
    ],
)
def test_a_damaged_file_is_refused_before_it_costs_anything(
    tmp_path: Path, name: str, value: object
) -> None:
    path = make(tmp_path / "member.key")
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    with pytest.raises(LedgerError) as refused:
        open_key(path, PASSPHRASE)
    assert refused.value.code is Code.KEY_FILE


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[]", b"{", b"1" * 100_000])
def test_what_is_no_key_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "member.key"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(LedgerError) as refused:
        read_key_file(path)
    assert refused.value.code is Code.KEY_FILE


def test_a_public_key_that_is_not_the_boxed_seeds_is_refused(tmp_path: Path) -> None:
    path, other = make(tmp_path / "a.key"), make(tmp_path / "b.key")
    mixed = json.loads(path.read_text()) | {
        "public_key": json.loads(other.read_text())["public_key"]
    }
    path.write_text(json.dumps(mixed))
    with pytest.raises(LedgerError) as refused:
        open_key(path, PASSPHRASE)
    assert refused.value.detail["reason"] == "public_key"
