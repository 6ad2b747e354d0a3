"""HookNews: what webhooks are told, found by the service as each member may see it now."""

from api.event import Event, Wanted
from api.news import behind_height, newest, news
from api.outbound.hook_target import HookTarget
from api.service import LedgerService
from contracts import standing
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.core.identifiers import Height, LogIndex, MemberId


class HookNews:
    """Where the events of one node's webhooks come from."""

    def __init__(self, service: LedgerService) -> None:
        self._service = service

    def knows(self, member: MemberId) -> bool:
        """Whether the ledger has such a member now."""
        chain = self._service.chain
        as_of = Times(chain.head.log_size, chain.head.time_ms)
        return standing.is_member(State(Overlay(chain.state)), member, as_of)

    def start(self, target: HookTarget) -> LogIndex:
        """Behind which index a subscription begins that was never kept."""
        if target.since is None:
            return newest(self._service)
        return behind_height(self._service, target.since)

    def newest(self) -> LogIndex:
        """The index of the newest leaf."""
        return newest(self._service)

    async def behind(
        self, member: MemberId, wanted: Wanted, index: LogIndex, at_once: int
    ) -> tuple[LogIndex, tuple[Event, ...]]:
        """How far the log was looked through, and what there is to tell of that part."""
        # What is not kept here any more can be told by nobody at this node.
        first = max(index, behind_height(self._service, Height(self._service.chain.blocks.base)))
        return await news(self._service.seen_by(member), wanted, LogIndex(first), at_once)
