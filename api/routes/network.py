"""``/v1/network``, ``/v1/catalogue``, ``/v1/search``: what this is, who runs it, how it is."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.access import Service, page
from api.clock_reports import clock_report_form, clock_reports
from api.examples import JSON
from api.forms import Json, committee_form, value_form
from api.kept import first_height
from api.node_facts import clock_form, stamp_form, witness_form
from api.openapi import answer, bytes_answer, problems
from api.searching import QUERY_MAX
from api.searching import search as find
from api.service import LedgerService
from consensus.peers import Peer
from consensus.snapshot_progress import SnapshotProgress
from consensus.status import NodeStatus
from consensus.upstreams import Following
from ledger.core.identifiers import NodeId
from ledger.trust import trust_root

router = APIRouter(tags=["network"])


@router.get(
    "/v1/network",
    summary="The network, its nodes and their health",
    responses={200: answer("The network", "NetworkJson"), **problems()},
)
async def network(service: Service) -> Response:
    """Members, committee, limits, and the state of the quorum in words."""
    return JSONResponse({**_constitution(service), **_condition(service)})


@router.get(
    "/v1/trust",
    summary="The trust root",
    responses={200: bytes_answer("The file trust.json: docs/spec/genesis.md", JSON), **problems()},
)
async def trust(service: Service) -> Response:
    """For looking at: a trust root is to be had from someone you trust, not from this node."""
    return Response(trust_root(service.chain.genesis).encode(), media_type="application/json")


@router.get(
    "/v1/catalogue",
    summary="Record types",
    responses={200: answer("Every type in force", "CatalogueJson"), **problems()},
)
async def catalogue(service: Service) -> Response:
    """Keys, codes and names of the record types in force."""
    items: list[Json] = [
        {
            "key": kind.key,
            "code": kind.code,
            "zh": kind.zh,
            "en": kind.en,
            "stage": kind.stage,
            "visibility": kind.visibility,
            "issuers": [issuer.role for issuer in kind.issuers],
            "alerts": list(kind.alerts),
        }
        for kind in service.catalogues.newest.types.values()
    ]
    return JSONResponse({**page(items, None), "hash": service.catalogue.hash.hex()})


@router.get(
    "/v1/search",
    summary="One box for everything",
    responses={200: answer("What was found", "SearchJson"), **problems(404, 421)},
)
async def search(
    service: Service, q: Annotated[str, Query(min_length=1, max_length=QUERY_MAX)]
) -> Response:
    """By record id, document digest, height, subject, member or type; the kind is recognised."""
    return JSONResponse({"query": q, "hits": find(service, q)})


def _constitution(service: LedgerService) -> dict[str, Json]:
    """What the members agreed on before the first block, and the committee in force."""
    genesis, committee = service.chain.genesis, service.chain.committee
    return {
        "network_id": genesis.network_id.hex(),
        "name": genesis.name,
        "origin": service.chain.origin,
        "created_at_ms": genesis.created_at_ms,
        "catalogue_hash": genesis.catalogue_hash.hex(),
        "parameters": value_form(genesis.parameters.value()),
        "epoch": committee.epoch,
        "n": committee.n,
        "f": committee.f,
        "q": committee.q,
        "committee": committee_form(committee),
        "members": [
            {
                "member_id": member.member_id,
                "kind": member.kind,
                "name_zh": member.name_zh,
                "name_en": member.name_en,
                "credit_code": member.credit_code,
                "roles": [{"role": role.name, "scope": role.scope} for role in member.roles],
            }
            for member in genesis.members
        ],
    }


def _condition(service: LedgerService) -> dict[str, Json]:
    """How the network does, seen from this node."""
    status = service.node.status
    return {
        "height": status.head.height,
        "log_size": status.head.log_size,
        "cosigned_height": status.cosigned_height,
        "view": status.situation.view,
        "primary": status.situation.primary,
        # An observer asks one node at a time, so it cannot tell.
        "has_quorum": None if status.following is not None else status.has_quorum,
        "waiting": status.waiting_count,
        "troubles": [trouble.value for trouble in status.troubles],
        "words_zh": service.words("zh"),
        "words_en": service.words("en"),
        "this_node": status.node_id,
        "observer": _observer(status.following),
        "first_height": first_height(service.chain),
        "snapshot": _snapshot(status.snapshot),
        "nodes": _nodes(service),
        "witnesses": [witness_form(each) for each in service.witnesses],
        "time_stamps": [stamp_form(each) for each in service.stamping],
        "clock": clock_form(service.standing.host),
        "clock_reports": [clock_report_form(each) for each in clock_reports(service)],
    }


def _snapshot(progress: SnapshotProgress | None) -> Json:
    """How far a snapshot has come in; null where none is fetched."""
    if progress is None:
        return None
    return {
        "height": progress.height,
        "chunks": progress.chunks_count,
        "total": progress.chunks_total,
        "donors": list(progress.donors),
        "liars": list(progress.liars),
        "silent": list(progress.silent),
    }


def _observer(following: Following | None) -> Json:
    """Whom an observer follows; null on a node of the committee."""
    if following is None:
        return None
    return {
        "follows": following.followed,
        "upstreams": [
            {
                "node_id": node,
                "url": following.urls[node],
                "height": each.height,
                "heard_ms": each.heard_ms,
                "fault": None if each.fault is None else each.fault.value,
                "lied": each.lied is not None,
            }
            for node, each in following.upstreams.items()
        ],
    }


def _nodes(service: LedgerService) -> list[Json]:
    """This node and its peers, in the committee's order."""
    status = service.node.status
    rows: list[Json] = []
    for node in status.committee.nodes:
        peer = status.peers.get(node.node_id)
        rows.append(
            {
                "node_id": node.node_id,
                "member_id": node.member_id,
                **(_own(service) if peer is None else _peer(service, node.node_id, peer)),
            }
        )
    return rows


def _own(service: LedgerService) -> dict[str, Json]:
    height = service.node.status.head.height
    working = service.node.failure is None
    return {"reachable": working, "height": height, "lag": 0, "heard_ms": None, "offset_ms": 0}


def _lag(status: NodeStatus, node: NodeId, peer: Peer) -> int | None:
    """Blocks behind; None where it is not known, as of whom an observer does not follow."""
    following = status.following
    if peer.height is None or (following is not None and following.followed != node):
        return None
    return max(0, status.head.height - peer.height)


def _peer(service: LedgerService, node: NodeId, peer: Peer) -> dict[str, Json]:
    status = service.node.status
    return {
        "reachable": node not in status.missing,
        "height": peer.height,
        "lag": _lag(status, node, peer),
        "heard_ms": peer.heard_ms,
        "offset_ms": peer.clock_offset_ms,
    }
