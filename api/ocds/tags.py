"""Tags of releases: the closed code list of OCDS 1.1, and the types of records after them."""

import re
from typing import Final

TAGS: Final = (
    "planning",
    "planningUpdate",
    "tender",
    "tenderAmendment",
    "tenderUpdate",
    "tenderCancellation",
    "award",
    "awardUpdate",
    "awardCancellation",
    "contract",
    "contractUpdate",
    "contractAmendment",
    "implementation",
    "implementationUpdate",
    "contractTermination",
    "compiled",
)
"""Code list `releaseTag` of OCDS 1.1, in its order."""


def type_of(tag: str) -> str:
    """``tenderUpdate`` → ``ocds.tender_update``."""
    return "ocds." + re.sub(r"[A-Z]", lambda found: "_" + found[0].lower(), tag)
