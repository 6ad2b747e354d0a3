"""What the state keeps of addresses: the newest head of each negative list, and certificates.

A certificate is three slow rows: itself, the property fact, and the owner's will or what stands for
it (双真实), so that either fact can end alone and the certificate's history stays provable. Spec:
``docs/spec/status.md``.
"""

from dataclasses import dataclass
from typing import Final, cast

from contracts.standing import since
from contracts.state import State
from contracts.verdict import Times
from ledger.core.canonical import Value, decode_stored, encode
from ledger.core.identifiers import Digest, MemberId, RecordId
from ledger.core.negative_list import ListHead
from ledger.core.status import PREFIX

_LIST: Final = b"list/"


@dataclass(frozen=True, slots=True)
class HeldList:
    """The newest version of a negative list."""

    head: ListHead
    published_by: RecordId
    authority: MemberId
    """Who keeps it: nobody else publishes a version."""


def held_list(state: State, list_id: str) -> HeldList | None:
    """The newest version of a list; None where none was published."""
    data = state.overlay.get(_LIST + list_id.encode())
    if data is None:
        return None
    version, root, count, key, record_id, authority = cast(
        "tuple[int, bytes, int, bytes, bytes, str]", decode_stored(data)
    )
    head = ListHead(list_id, version, Digest(root), count, key)
    return HeldList(head, RecordId(record_id), MemberId(authority))


def put_list(state: State, held: HeldList) -> None:
    """Keep a list's newest version."""
    head = held.head
    row = (head.version, head.root, head.count, head.key, held.published_by, held.authority)
    state.overlay.put(_LIST, head.list_id.encode(), encode(row))


def put_certificate(
    state: State, record_id: RecordId, about: tuple[Value, ...], times: Times
) -> None:
    """Begin a certificate.

    Args:
        state: the state.
        record_id: of the certificate.
        about: address, kind, applicant, list and list version; nil for what its kind lacks.
        times: where it takes effect.
    """
    _put(state, record_id, "", about, times)


def put_fact(state: State, record_id: RecordId, name: str, fact: bytes, times: Times) -> None:
    """Begin one of the facts that a certificate shows, ``property`` or ``will``."""
    _put(state, record_id, f"/{name}", (fact,), times)


def _put(
    state: State, record_id: RecordId, rest: str, about: tuple[Value, ...], times: Times
) -> None:
    key = f"certificate/{record_id.hex()}{rest}".encode()
    state.overlay.put(PREFIX, key, encode((since(times).value(), *about)))
