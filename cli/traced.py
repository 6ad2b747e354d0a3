"""One amendment trace on this side: records with their receipts, the caller's openings, alerts.

Every opening is judged against its own record; one that does not open it is named and not used.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from api.client import Client, ClientError, Pending
from cli.documents import unreadable
from cli.failures import CommandError, Exit
from contracts.catalogue import load_catalogue
from contracts.tables import Catalogue
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.core.openings import Opening, Openings, verify_opening
from ledger.core.record import Record, decode_record
from ledger.errors import LedgerError, VerificationError
from ledger.field_changes import Said
from ledger.presented import proofs_under, read_presented
from ledger.traces import Chain, traces

ALERTS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Held:
    """A file of openings."""

    path: Path
    openings: Openings


@dataclass(frozen=True, slots=True)
class RefusedOpening:
    """An opening that does not open its record."""

    path: Path
    record_id: RecordId
    problem: LedgerError


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that rests on a record of a trace."""

    record_id: RecordId
    record: Record
    about: tuple[RecordId, ...]
    """The records of the trace that it rests on."""


@dataclass(frozen=True, slots=True)
class Traced:
    """Everything that a trace shows."""

    subjects: tuple[str, ...]
    chains: tuple[Chain, ...]
    receipts_count: int
    """Receipts that were verified."""
    used_count: int
    """Openings that open a record of the trace."""
    unused_count: int
    """Openings of other records."""
    refused: tuple[RefusedOpening, ...]
    alerts: tuple[Alert, ...]
    """Alerts that rest on a record of the trace; each has its receipt."""


def catalogue_in_force(client: Client) -> Catalogue | None:
    """The catalogue of this program, where it is the network's; None where it is another one."""
    catalogue = load_catalogue()
    return catalogue if catalogue.hash == client.trust.genesis.catalogue_hash else None


def read_openings(paths: Iterable[Path]) -> list[Held]:
    """The openings in files and folders; whatever else lies in a folder is left alone.

    Raises:
        CommandError: `file.unreadable`; `format.shape` for a file that is named and is none.
        FormatError: a broken one.
    """
    held: list[Held] = []
    for given in paths:
        try:
            for path in proofs_under([given]):
                content = read_presented(path).content
                if isinstance(content, Openings):
                    held.append(Held(path, content))
                elif not given.is_dir():
                    raise CommandError(Exit.USAGE, Code.FORMAT_SHAPE, what=f"openings: {path}")
        except OSError as problem:
            raise unreadable(given, problem) from problem
    return held


def trace_subject(
    client: Client,
    key: str,
    catalogue: Catalogue | None,
    held: Sequence[Held],
    told: Callable[[int, int], object],
) -> Traced:
    """The traces of a section, or of a project with all its sections.

    Raises:
        LedgerError: as `gather_said`.
    """
    subjects = (key, *client.sections(key))
    return _traced(client, subjects, catalogue, held, None, told)


def trace_record(
    client: Client,
    record_id: RecordId,
    catalogue: Catalogue | None,
    held: Sequence[Held],
    told: Callable[[int, int], object],
) -> Traced:
    """The traces that one record belongs to.

    Raises:
        LedgerError: `record.unknown`, `api.not_public`, or as `gather_said`.
    """
    try:
        subject = str(client.record(record_id)["record"]["subject"])
    except (KeyError, TypeError) as problem:
        raise ClientError(Code.API_ANSWER, node="/v1/records", what=repr(problem)) from problem
    project = subject.partition("/")[0]
    subjects = (subject,) if project == subject else (project, subject)
    return _traced(client, subjects, catalogue, held, record_id, told)


def _traced(
    client: Client,
    subjects: tuple[str, ...],
    catalogue: Catalogue | None,
    held: Sequence[Held],
    only: RecordId | None,
    told: Callable[[int, int], object],
) -> Traced:
    sets = catalogue.replacing if catalogue is not None else {}
    said = client.gather_said(subjects, sets, only, told)
    opened, unused, refused = _opened(said, held)
    chains = traces(opened, sets)
    try:
        alerts = tuple(_alerts(client, subjects, chains))
    except (KeyError, TypeError, ValueError) as problem:
        raise ClientError(Code.API_ANSWER, node="/v1/alerts", what=repr(problem)) from problem
    return Traced(
        subjects=subjects,
        chains=chains,
        receipts_count=len(said),
        used_count=sum(len(each.openings) for each in opened),
        unused_count=unused,
        refused=refused,
        alerts=alerts,
    )


def _opened(
    said: Sequence[Said], held: Sequence[Held]
) -> tuple[list[Said], int, tuple[RefusedOpening, ...]]:
    """The records with the openings that open them; how many were of others; which do not open."""
    found: dict[RecordId, dict[str, Opening]] = {each.record_id: {} for each in said}
    records = {each.record_id: each.record for each in said}
    refused: list[RefusedOpening] = []
    unused = 0
    for each in held:
        record = records.get(each.openings.record_id)
        if record is None:
            unused += len(each.openings.openings)
            continue
        for opening in each.openings.openings:
            try:
                verify_opening(record, opening)
            except VerificationError as problem:
                refused.append(RefusedOpening(each.path, record.record_id, problem))
            else:
                found[record.record_id][opening.name] = opening
    return [replace(each, openings=found[each.record_id]) for each in said], unused, tuple(refused)


def _alerts(client: Client, subjects: Iterable[str], chains: Iterable[Chain]) -> Iterator[Alert]:
    """Alerts that rest on a record of the chains, as their receipts prove them."""
    traced = {act.said.record_id for chain in chains for act in chain.acts}
    if not traced:
        return
    for subject in subjects:
        for count, item in enumerate(client.alerts(subject=subject)):
            if count >= ALERTS_MAX:
                return
            cited = {str(ref["record_id"]) for ref in item["record"]["refs"]}
            if cited.isdisjoint(each.hex() for each in traced):
                continue
            with suppress(Pending):
                receipt = client.receipt(RecordId(bytes.fromhex(item["record_id"])))
                record = decode_record(receipt.record)
                about = tuple(ref.record_id for ref in record.refs if ref.record_id in traced)
                yield Alert(receipt.record_id, record, about)
