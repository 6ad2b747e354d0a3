"""What the machine of a node says about its disk and its certificate, when somebody asks."""

import shutil
from pathlib import Path

from consensus.append_file import DiskFile
from consensus.depths import ClockFacts, DiskFacts, HostFacts
from consensus.tls import valid_until_ms
from ledger.errors import StoreError


def host_facts(
    journal: DiskFile, intake: DiskFile, certificate: Path, clock: ClockFacts | None = None
) -> HostFacts | None:
    """The facts of this moment; None where the machine does not say: a sick disk hides no state.

    Args:
        journal: the promises, open.
        intake: the acknowledged bundles, open.
        certificate: the node's own, PEM.
        clock: what is known of the machine's clock.
    """
    try:
        took = [file.syncs.last_ms for file in (journal, intake) if file.syncs.last_ms is not None]
        disk = DiskFacts(
            journal.size_bytes,
            intake.size_bytes,
            max(took, default=None),
            max(journal.syncs.longest_ms, intake.syncs.longest_ms),
            shutil.disk_usage(Path(journal.name).parent).free,
        )
        return HostFacts(disk, valid_until_ms(certificate), clock)
    except (OSError, StoreError):
        return None
