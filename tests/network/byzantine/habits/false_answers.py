"""Answers over HTTP with a bit changed."""

from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.network.byzantine.habit import Habit
from tests.network.byzantine.hand import Hand

_AMONG = (b"/receipt", b"/checkpoint", b"/v1/records/", b"/v1/blocks/", b"/tile/")


class FalseAnswers(Habit):
    """Every receipt, record, block, head and tile that it answers with differs in one digit."""

    hopes = "that whoever asks believes what one node says, and looks at no signature"
    lies = frozenset({"false answer"})

    def answers(self, app: FastAPI) -> FastAPI:
        app.add_middleware(_Falsifying, hand=self.hand)
        return app


class _Falsifying:
    """Changes the last hex digit or base64 letter of a body, so that it still reads well."""

    def __init__(self, app: ASGIApp, hand: Hand) -> None:
        self._app = app
        self._hand = hand

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", "")).encode()
        if scope["type"] != "http" or not any(each in path for each in _AMONG):
            await self._app(scope, receive, send)
            return

        async def falsified(message: Message) -> None:
            await send(self._changed(message))

        await self._app(scope, receive, falsified)

    def _changed(self, message: Message) -> Message:
        body: Any = message.get("body", b"")
        if message["type"] != "http.response.body" or len(body) < 64:
            return message
        self._hand.lied("false answer")
        half = len(body) // 2
        at = next((i for i in range(half, len(body)) if chr(body[i]) in "0123456789abcdef"), half)
        changed = bytearray(body)
        changed[at] = ord("1") if body[at] != ord("1") else ord("2")
        return {**message, "body": bytes(changed)}
