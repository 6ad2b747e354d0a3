"""A witness that is shown two logs of one quorum keeps what proves it, and accuses nobody otherwise."""

from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from api.tlog_witness.app import create_witness_app
from api.tlog_witness.service import Witness, WitnessedLog
from consensus.evidence import Evidence, EvidenceFolder, EvidenceInMemory
from ledger.core.add_checkpoint import AddCheckpoint
from ledger.core.identifiers import Digest
from ledger.core.misconduct import Grown
from ledger.core.misconduct_file import MisconductFile, decode_misconduct_file
from ledger.core.note import Note, parse_note
from ledger.culprit import verify_misconduct
from ledger.errors import VerificationError
from ledger.forked_heads import faults_of
from tests.api.test_tlog_witness import TRUST, Client, disk_with
from tests.consensus.memory_file import MemoryFile
from tests.vectors.generate.add_checkpoint import (
    KEY,
    NAME,
    TIME_S,
    grown,
    head_of,
    note_of,
    request_for,
)
from tests.vectors.small_network import NAMES, signer

LOG, FORK = grown(8), grown(8, "fork ")
EVERYBODY = {f"node-{name}" for name in NAMES}


def witness_with(disk: MemoryFile, evidence: Evidence) -> Client:
    log = WitnessedLog(TRUST, disk, signer(KEY), NAME, evidence=evidence)
    return Client(create_witness_app(Witness([log], lambda: TIME_S)))


def refused(client: Client, request: AddCheckpoint) -> int:
    return client.post("/add-checkpoint", content=request.format()).status_code


def accused(evidence: Evidence) -> set[str]:
    """Whom a stranger names who has the trust root and the files."""
    files = [MisconductFile(fault).encode() for fault in evidence.faults]
    return {verify_misconduct(decode_misconduct_file(file), TRUST).node_id for file in files}


@pytest.mark.parametrize(
    ("held", "request_", "status"),
    [
        (8, AddCheckpoint(8, (), note_of(head_of(FORK, 8))), 422),
        (6, AddCheckpoint(2, (Digest(bytes(32)),), note_of(head_of(FORK, 6))), 409),
        (6, request_for(FORK, 6, 14), 422),
    ],
    ids=["one size", "one size, from elsewhere", "grown from another log"],
)
def test_all_that_signed_two_logs_are_proven_though_everybody_conspired(
    held: int, request_: AddCheckpoint, status: int, tmp_path: Path
) -> None:
    evidence, disk = EvidenceFolder(tmp_path / "misconduct"), disk_with(None)
    client = witness_with(disk, evidence)
    assert refused(client, request_for(LOG, 0, held)) == 200
    before = disk.read()
    assert refused(client, request_) == status
    assert accused(evidence) == EVERYBODY
    # The last word stands, and what was proven survives the process.
    assert disk.read() == before
    again = EvidenceFolder(tmp_path / "misconduct")
    assert accused(again) == EVERYBODY
    assert refused(witness_with(disk, again), request_) == status
    assert len(again.faults) == len(EVERYBODY)


def test_only_those_are_named_that_signed_both() -> None:
    evidence = EvidenceInMemory()
    client = witness_with(disk_with(None), evidence)
    first, second = note_of(head_of(LOG, 6)), note_of(head_of(FORK, 6))
    few = replace(request_for(LOG, 0, 6), note=Note(first.text, first.signatures[1:4]))
    assert refused(client, few) == 200
    assert refused(client, AddCheckpoint(6, (), Note(second.text, second.signatures[2:]))) == 422
    assert accused(evidence) == {"node-supervisor", "node-registry"}


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (replace(request_for(LOG, 6, 14), path=request_for(LOG, 4, 14).path), 422),
        (replace(request_for(LOG, 6, 14), path=(Digest(bytes(32)),) * 5), 422),
        (request_for(LOG, 0, 14), 409),
        (request_for(LOG, 0, 6), 409),
        (request_for(FORK, 4, 14), 409),
        (replace(request_for(FORK, 6, 6), note=note_of(head_of(FORK, 6), tuple(NAMES)[:2])), 403),
    ],
)
def test_nobody_is_accused_of_what_proves_nothing(request_: AddCheckpoint, status: int) -> None:
    """Broken paths, old heads, heads from elsewhere, and forks that no quorum signed."""
    evidence = EvidenceInMemory()
    client = witness_with(disk_with(None), evidence)
    assert refused(client, request_for(LOG, 0, 6)) == 200
    assert refused(client, request_) == status
    assert evidence.faults == ()


def test_from_a_power_of_two_both_notes_are_told_for_who_has_the_larger_log() -> None:
    """The path leaves the other root out; nothing is lost, and nobody is accused without proof."""
    evidence = EvidenceInMemory()
    client = witness_with(disk_with(None), evidence)
    fork, broken = request_for(FORK, 8, 14), request_for(LOG, 6, 14)
    with capture_logs() as logs:
        assert refused(client, request_for(LOG, 0, 8)) == 200
        for request in (fork, fork, replace(broken, old_size=8)):
            assert refused(client, request) == 422
    assert evidence.faults == ()
    told = [each for each in logs if each["event"] == "witness.unproven"]
    held, shown = (parse_note(told[0][name].encode()) for name in ("held", "refused"))
    # A broken path under an honest head looks the same: it is told as well, once.
    assert len(told) == 2 and told[0]["size"] == 8
    how = Grown(Digest(head_of(FORK, 8).root), fork.path)
    assert {each.node for each in faults_of(held, shown, TRUST, lambda _a, _b: how)} == EVERYBODY
    with pytest.raises(VerificationError):
        faults_of(held, parse_note(told[1]["refused"].encode()), TRUST, lambda _a, _b: how)
