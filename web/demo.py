"""The demonstration's own page: everybody's chat beside the board, telephones, and a clock that can be moved forward."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.wording import LANGUAGES
from core.words import DAY, SECOND, Clock
from web.assets import Assets
from web.bells import Bells
from web.bodies import small_json
from web.phones import Switchboard
from web.phones import routes as phone_routes
from web.streams import stream_of

MOST_SECONDS = 3 * DAY // SECOND
"""How far one press may move the clock."""
ANYTHING = "demo"
"""The bell that rings at any news: a browser has few connections to a host, so that all views of the page share one stream."""


@dataclass(frozen=True)
class Player:
    """Somebody whose chat the page shows."""

    key: str
    name: str
    role: str
    token: str


@dataclass(frozen=True)
class Stage:
    """What the page needs: `cast` gives the players, who speak the page's language; `pass_on` lets so many seconds pass, or
    fewer, and says whether it stopped because a telephone rang."""

    cast: Callable[[str], Awaitable[Sequence[Player]]]
    clock: Clock
    zone: ZoneInfo
    pass_on: Callable[[int], Awaitable[bool]]
    bells: Bells
    switchboard: Switchboard


def routes(stage: Stage, assets: Assets) -> list[Route]:
    """The page and its API."""

    async def enter(request: Request) -> Response:
        lang = (await small_json(request)).get("lang")
        if lang not in LANGUAGES:
            raise HTTPException(400)
        players = [asdict(player) for player in await stage.cast(lang)]
        return JSONResponse({"players": players, "now": stage.clock(), "zone": stage.zone.key})

    async def clock(request: Request) -> Response:
        seconds = (await small_json(request)).get("seconds")
        if type(seconds) is not int or not 1 <= seconds <= MOST_SECONDS:
            raise HTTPException(400)
        rang = await stage.pass_on(seconds)
        return JSONResponse({"now": stage.clock(), "rang": rang})

    return [
        Route("/", lambda request: assets.page("demo")),
        Route("/api/demo", enter, methods=["POST"]),
        Route("/api/demo/clock", clock, methods=["POST"]),
        Route("/api/demo/stream", lambda request: stream_of(stage.bells, ANYTHING)),
        *phone_routes(stage.switchboard, stage.clock),
    ]
