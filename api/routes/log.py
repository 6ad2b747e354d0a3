"""``/v1/consistency`` and ``/v1/policy``: that the log only grew, and whose word counts for it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.access import Service
from api.errors import ApiError
from api.forms import Json
from api.openapi import answer, bytes_answer, problems
from api.service import LedgerService
from ledger.codes import Code
from ledger.core.epoch_policy import epoch_policy
from ledger.core.merkle import SIZE_MAX
from ledger.errors import StoreError

router = APIRouter(tags=["log"])

POLICY_TYPE = "text/plain; charset=utf-8"


@router.get(
    "/v1/consistency",
    summary="That the log of one size begins with that of another",
    responses={200: answer("The proof", "ConsistencyJson"), **problems(404)},
)
async def consistency(
    service: Service,
    old: Annotated[int, Query(ge=1, le=SIZE_MAX, description="Leaves of the smaller log")],
    new: Annotated[
        int | None,
        Query(ge=1, le=SIZE_MAX, description="Of the larger; else the newest cosigned head's"),
    ] = None,
) -> Response:
    """RFC 6962 section 2.1.2, between any two sizes up to the newest cosigned head.

    The roots are for looking at: take them from two checkpoints that you verified.
    """
    size = service.chain.cosigned_size
    if not size:
        raise StoreError(Code.CHECKPOINT_NONE)
    larger = size if new is None else new
    if max(old, larger) > size:
        raise StoreError(Code.CHECKPOINT_BEYOND, size=size, asked=max(old, larger))
    if old > larger:
        raise ApiError(Code.API_PARAMETER, what=f"query.old: {old} > {larger}")
    path = [each.hex() for each in service.chain.consistency(old, larger)]
    heads = {"old": _head(service, old), "new": _head(service, larger)}
    return JSONResponse({**heads, "path": path})


@router.get(
    "/v1/policy",
    summary="The network's policy for checkpoints",
    responses={
        200: bytes_answer("A tlog-policy: docs/spec/policy.md", POLICY_TYPE),
        **problems(404),
    },
)
async def policy(service: Service) -> Response:
    """This node's log key and q of the committee, for tools of other people.

    An observer has none: the key is of the node whose head it shows.

    For looking at: make your own from a trust root, `bidwitness network policy`.
    """
    log = service.published.log_node or service.node.status.node_id
    chain = service.chain
    made = epoch_policy(chain.epochs, chain.committee, chain.origin, log)
    return Response(made, media_type=POLICY_TYPE)


def _head(service: LedgerService, size: int) -> Json:
    return {"size": size, "root": service.chain.root_of(size).hex()}
