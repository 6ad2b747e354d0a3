"""Writing: records in a member's name, with digests of documents, fresh salts and nonces, signed.

Documents never leave this machine: a record names them by their digests. Spec:
``docs/spec/record.md``, ``docs/spec/openings.md``.
"""

import mimetypes
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from api.client.function_points import is_sealed, with_point
from api.client.problems import ClientError
from api.client.signing import sign_bundle
from ledger.codes import Code
from ledger.core.bundle import Bundle
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId, NetworkId, Subject, check_name
from ledger.core.openings import SALT_BYTES, Opening, Openings, commit_fields
from ledger.core.record import NONCE_BYTES, Evidence, Record, Ref
from ledger.core.sealed import SALT_BYTES as SEAL_SALT_BYTES
from ledger.core.sealed import seal
from ledger.core.sealed_file import SealedFile
from ledger.core.signing import Signer
from ledger.files import digest_document

LIFE_MS: Final = 3_600_000
"""How long after its signature a bundle may still enter, unless its author says otherwise."""
LABEL_BYTES_MAX: Final = 200
_FALLBACK_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """A record, and the openings that its author must keep."""

    record: Record
    openings: tuple[Opening, ...]
    """Empty where the record has no private fields."""

    def openings_file(self) -> bytes:
        """The file ``X.openings.json``: whoever loses it can never disclose the private fields."""
        return Openings(self.record.record_id, self.openings).encode()


class Author:
    """A member at work: records in its name, under its key."""

    def __init__(self, member: str, signer: Signer, network_id: NetworkId) -> None:
        """An author.

        Args:
            member: its id, as it is enrolled.
            signer: holds a key of it that is in force.
            network_id: of the ledger: `TrustRoot.network_id`.

        Raises:
            FormatError: `format.shape` for what is no member id.
        """
        self.member = MemberId(check_name(member, "member"))
        self.signer = signer
        self.network_id = network_id

    def record(
        self,
        type_key: str,
        subject: str = "",
        *,
        documents: Sequence[Path | Evidence] = (),
        fields: Mapping[str, Value] | None = None,
        private: Mapping[str, Value] | None = None,
        refs: Sequence[Ref] = (),
        occurred_at_ms: int | None = None,
    ) -> WrittenRecord:
        """A record; nothing is sent.

        Args:
            type_key: key of the catalogue, such as ``tender.announcement``.
            subject: what it is about: ``PROJECT`` or ``PROJECT/SECTION``, a seal, an address.
            documents: files that are hashed here, or what was hashed before.
            fields: public facts. The function point is named where the registry leaves no choice.
            private: fields of which the ledger holds a commitment only. Keep the openings.
            refs: records that it cites.
            occurred_at_ms: when it happened; None for now.

        Raises:
            FormatError: a value outside the canonical profile.
            OSError: a document that cannot be read.
        """
        record = Record(
            type=type_key,
            issuer=self.member,
            subject=Subject(subject),
            occurred_at_ms=_now_ms() if occurred_at_ms is None else occurred_at_ms,
            evidence=tuple(
                each if isinstance(each, Evidence) else document(each) for each in documents
            ),
            fields=with_point(type_key, fields or {}),
            private=None,
            refs=tuple(refs),
            nonce=secrets.token_bytes(NONCE_BYTES),
        )
        record.encode()
        return private_record(record, private or {})

    def bundle(self, *written: WrittenRecord | Record, life_ms: int = LIFE_MS) -> Bundle:
        """Records signed together: all of them enter, or none does.

        Write its bytes (`encode`) down before you submit it: whoever is cut off sends the same
        bytes again, and nothing stands there twice.

        Args:
            written: distinct records, in their order.
            life_ms: how long it may still enter.

        Raises:
            FormatError: `bundle.invalid` for no records or the same one twice.
            ClientError: `sealed.only` for what stays secret: a node that refuses it has read it.
        """
        records = [each.record if isinstance(each, WrittenRecord) else each for each in written]
        for each in records:
            if is_sealed(each.type):
                raise ClientError(Code.SEALED_ONLY, type=each.type)
        now_ms = _now_ms()
        data = [each.encode() for each in records]
        life = (now_ms, now_ms + life_ms)
        return sign_bundle(self.signer, self.network_id, self.member, data, *life)

    def seal(self, written: WrittenRecord, committed_by: str, life_ms: int) -> SealedFile:
        """A record under seal, for the system that commits it; nothing is sent.

        Args:
            written: the record; keep its openings as well.
            committed_by: the member that runs the sealing system.
            life_ms: the commitment must be on the ledger by then.

        Raises:
            FormatError: `sealed.too_large`.
        """
        now_ms = _now_ms()
        sealed = seal(
            self.signer,
            self.network_id,
            self.member,
            written.record.encode(),
            now_ms,
            now_ms + life_ms,
            secrets.token_bytes(SEAL_SALT_BYTES),
            secrets.token_bytes(NONCE_BYTES),
        )
        return SealedFile(self.network_id, MemberId(committed_by), sealed)


def document(path: Path, label: str = "", media_type: str = "") -> Evidence:
    """The evidence that names a file by its digests; it is read once, and stays where it is.

    Args:
        path: of the file.
        label: what it is to its owner; empty for its name.
        media_type: empty for what its name suggests.

    Raises:
        OSError: it cannot be read.
    """
    digest = digest_document(path)
    name = (label or path.name).encode()[:LABEL_BYTES_MAX].decode(errors="ignore")
    kind = media_type or mimetypes.guess_type(path.name)[0] or _FALLBACK_TYPE
    return Evidence(name, digest.sha256, digest.sm3, digest.size_bytes, kind)


def private_record(record: Record, private: Mapping[str, Value]) -> WrittenRecord:
    """`record` with a commitment to `private`, and the openings with fresh salts."""
    if not private:
        return WrittenRecord(record, ())
    salts = {name: secrets.token_bytes(SALT_BYTES) for name in private}
    commitment, openings = commit_fields(record.issuer, private, salts)
    return WrittenRecord(replace(record, private=commitment), openings)


def new_nonce() -> bytes:
    """Sixteen random bytes: they make a record's id unguessable."""
    return secrets.token_bytes(NONCE_BYTES)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
