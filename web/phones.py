"""The demonstration's telephones (模拟电话 – no carrier): they ring on its page, are answered there, and show their SMS."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.words import Clock
from web.bodies import small_json

MOST_CALLS = 20
"""Calls of a number that are shown."""


class Telephones(Protocol):
    """All simulated numbers. `history` gives a number's calls and `inbox` its SMS, oldest first, as dataclasses. What cannot be
    done at this point of a call raises LookupError, a wrong key or text ValueError."""

    def history(self, number: str) -> Sequence[Any]: ...

    def inbox(self, number: str) -> Sequence[Any]: ...

    def answer(self, ref: str) -> Awaitable[Any]: ...

    def press(self, ref: str, digit: str) -> Awaitable[Any]: ...

    def hang_up(self, ref: str) -> Awaitable[Any]: ...

    def reply(self, number: str, text: str) -> Awaitable[None]: ...


@dataclass(frozen=True)
class Switchboard:
    """The telephones of the demonstration, and whose each number is, by the key of its player."""

    telephones: Telephones
    numbers: Mapping[str, str]


def routes(board: Switchboard, clock: Clock) -> list[Route]:
    """What the telephones show, and what can be done with them."""
    phones = board.telephones

    def shown(request: Request) -> Response:
        return JSONResponse(
            {"now": clock(), "phones": {key: _shown(phones, number) for key, number in board.numbers.items()}}
        )

    async def call(request: Request) -> Response:
        asked = await small_json(request)
        match asked:
            case {"act": "answer", "ref": str(ref)}:
                await _done(phones.answer(ref))
            case {"act": "press", "ref": str(ref), "digit": str(digit)}:
                await _done(phones.press(ref, digit))
            case {"act": "hang_up", "ref": str(ref)}:
                await _done(phones.hang_up(ref))
            case _:
                raise HTTPException(400)
        return Response(status_code=204)

    async def text(request: Request) -> Response:
        asked = await small_json(request)
        number, words = board.numbers.get(str(asked.get("key"))), asked.get("text")
        if number is None or not isinstance(words, str):
            raise HTTPException(400)
        await _done(phones.reply(number, words))
        return Response(status_code=204)

    return [
        Route("/api/demo/phones", shown),
        Route("/api/demo/phones/call", call, methods=["POST"]),
        Route("/api/demo/phones/text", text, methods=["POST"]),
    ]


def _shown(phones: Telephones, number: str) -> dict[str, Any]:
    calls = [asdict(call) for call in list(phones.history(number))[-MOST_CALLS:]]
    return {"number": number, "calls": calls, "texts": [asdict(text) for text in phones.inbox(number)]}


async def _done(act: Awaitable[Any]) -> None:
    try:
        await act
    except LookupError:
        raise HTTPException(409) from None
    except ValueError:
        raise HTTPException(400) from None
