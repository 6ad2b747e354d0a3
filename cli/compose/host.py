"""What the machine of a node says about its disk and its certificates, when somebody asks."""

import shutil
from pathlib import Path

from consensus.append_file import DiskFile
from consensus.depths import (
    CertificateFacts,
    CertificateUse,
    ClockFacts,
    DiskFacts,
    HostFacts,
)


def host_facts(
    journal: DiskFile,
    intake: DiskFile,
    certificates: tuple[CertificateFacts, ...] = (),
    clock: ClockFacts | None = None,
) -> HostFacts | None:
    """The facts of this moment; None where the machine does not say: a sick disk hides no state.

    Args:
        journal: the promises, open.
        intake: the acknowledged bundles, open.
        certificates: that this node shows, and those of its peers.
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
        own = (each.until_ms for each in certificates if each.use is CertificateUse.OWN)
        return HostFacts(disk, next(own, None), clock, certificates)
    except OSError:
        return None
