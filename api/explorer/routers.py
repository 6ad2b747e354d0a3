"""Every route of the explorer, in the order in which paths are tried."""

from typing import Final

from api.explorer import (
    addresses,
    alerting,
    blocks,
    checkpoints,
    extracting,
    home,
    members,
    nodes,
    pages,
    qr,
    seals,
    verifying,
)
from api.explorer.desk import pages as desk_pages
from api.explorer.desk import reports as desk_reports
from api.explorer.desk import signing as desk_signing

PAGES: Final = (
    home.router,
    nodes.router,
    blocks.router,
    members.router,
    alerting.router,
    seals.router,
    addresses.router,
    checkpoints.router,
    qr.router,
    pages.router,
    desk_pages.router,
    desk_reports.router,
    desk_signing.router,
    extracting.router,
    verifying.router,
)
