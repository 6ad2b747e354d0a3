"""Followers under load: event streams that break off and resume at another node."""

import json
import time
from collections.abc import AsyncIterator

import httpx

from tests.network.load.asking import Asker
from tests.network.load.book import Stream, Told

_ROUTE = "GET /v1/events"


class Followers:
    """Everybody who follows."""

    def __init__(self, asker: Asker) -> None:
        self.asker, self.book = asker, asker.book

    async def stream(self) -> None:
        """One follower: what it was told over all its connections is one list."""
        kept: Stream | None = None
        while not self.asker.stopped:
            node, began = self.asker.one(), time.monotonic()
            headers = {} if kept is None else {"Last-Event-ID": str(_last(kept))}
            # Its own limit, since the other end may say nothing for a quarter of a minute.
            try:
                async with self.asker.http.stream(
                    "GET", f"{node.api}/v1/events", headers=headers, timeout=40
                ) as answer:
                    if answer.status_code in (429, 503):
                        continue
                    assert answer.status_code == 200, answer.status_code
                    self.book.routes[_ROUTE].statuses[200] += 1
                    until = began + self.asker.random.uniform(1, 25)
                    kept = await self._heard(answer, kept, until)
            except httpx.HTTPError as problem:
                explained = self.asker.outages.explain(node.node_id, began)
                assert explained, f"{node.node_id}: {problem!r}"
                self.book.routes[_ROUTE].cut_off += 1
            await self.asker.rest(0.05, 0.5)

    async def _heard(
        self, answer: httpx.Response, kept: Stream | None, until: float
    ) -> Stream | None:
        """Listen until the reader hangs up; it may do so between any two parts."""
        async for event in _events(answer):
            place = int(event["id"]) if "id" in event else None
            if "data" not in event:
                if kept is None and place is not None:
                    kept = Stream(place)
                    self.book.streams.append(kept)
                elif kept is not None and place is not None:
                    assert place == _last(kept), f"resumed at {place}, not behind {_last(kept)}"
                    kept.connections += 1
            elif kept is not None:
                said = json.loads(event["data"])
                key = said["hash"] if event["event"] == "block" else said["record_id"]
                assert place is not None and place > _last(kept), f"{place} behind {_last(kept)}"
                kept.told.append(Told(place, key))
            if time.monotonic() > until or self.asker.stopped:
                return kept
        return kept


def _last(kept: Stream) -> int:
    return kept.told[-1].index if kept.told else kept.behind


async def _events(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    """Whole events as a browser takes them: one that was cut off is none."""
    text = ""
    async for part in answer.aiter_text():
        *whole, text = (text + part).split("\n\n")
        for each in whole:
            yield dict(line.split(": ", 1) for line in each.split("\n") if line and line[0] != ":")
