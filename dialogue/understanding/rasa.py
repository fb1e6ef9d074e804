"""A Rasa Open Source server as an engine: POST /model/parse, intents alone (docs/understanding.md, make rasa)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.elsewhere import AskedEngine, Elsewhere
from dialogue.understanding.engine import NoAnswer, complete
from dialogue.understanding.words import Ranking

CAUTIOUS = Thresholds(accept=0.75, reject=0.5, margin=0.2)
"""For a server whose own thresholds are not known."""


class RasaEngine(AskedEngine):
    """Asks a server that was trained from our data. What is exact in a text is read here, not there."""

    name = "rasa"
    proposes = False

    def __init__(self, url: str, elsewhere: Elsewhere, thresholds: Thresholds = CAUTIOUS, token: str | None = None):
        self._url = f"{url}/model/parse" + (f"?{urlencode({'token': token})}" if token else "")
        super().__init__(elsewhere, thresholds)

    async def _ranked(self, text: str) -> Ranking:
        """Rasa answers an empty text with status 500, so it never gets one."""
        return ranking_of(await self._elsewhere.post(self._url, {"text": text}))


def ranking_of(answer: Any) -> Ranking:
    """What /model/parse answered. Raises NoAnswer."""
    named = answer.get("intent_ranking") if isinstance(answer, Mapping) else None
    if not isinstance(named, list) or not all(isinstance(one, Mapping) for one in named):
        raise NoAnswer("garbled", "no intent_ranking")
    return complete((one.get("name"), one.get("confidence")) for one in named)
