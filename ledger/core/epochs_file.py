"""EpochsFile: the links from the committee of one epoch of a network to those of later ones.

What ``GET /v1/epochs`` answers, page by page, and what people keep as ``epochs.json``. Holds and
spells; `ledger.epoch_links` judges. Spec: ``docs/spec/epochs.md``.
"""

from dataclasses import dataclass
from typing import Final

from ledger.core.epoch_link import EpochLink, links_from, links_value
from ledger.core.identifiers import NetworkId
from ledger.core.strict_json import digest, dump, load, versioned

FORMAT: Final = "bidwitness.epochs"
VERSION: Final = 1
EPOCHS_BYTES_MAX: Final = 8 << 20
LINKS_PER_PAGE: Final = 64
"""What a node gives at once; fewer where there are no more."""
_NAMES: Final = ("network_id", "links")


@dataclass(frozen=True, slots=True)
class EpochsFile:
    """Links that follow each other."""

    network_id: NetworkId
    links: tuple[EpochLink, ...]
    """In the order of their epochs; none where no later epoch is known."""

    def encode(self) -> bytes:
        """The file."""
        return dump(
            {
                "format": FORMAT,
                "version": VERSION,
                "network_id": self.network_id.hex(),
                "links": links_value(self.links),
            }
        )


def decode_epochs_file(data: bytes) -> EpochsFile:
    """The links in a file, at most 256; nothing in it is judged here.

    Raises:
        FormatError: a `format.*` code.
    """
    network, links = versioned(load(data, EPOCHS_BYTES_MAX), FORMAT, VERSION, _NAMES)
    return EpochsFile(NetworkId(digest(network, "network_id")), links_from(links))
