"""The engines, each as something that ranks: those of this process, and those elsewhere by way of their wire."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.engines import embed_is_there
from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.elsewhere import Elsewhere
from dialogue.understanding.engine import Engine, Remote
from dialogue.understanding.llm import LlmEngine
from dialogue.understanding.mind import Mind
from dialogue.understanding.rasa import RasaEngine
from dialogue.understanding.words import Ranking
from tests.engines.servers import chat, rasa
from tests.not_run import not_run
from tests.scenario import mind

HOME = Path(__file__).parent.parent.parent
NLU, LEXICON, RASA = HOME / "config" / "nlu", HOME / "config" / "lexicon", HOME / "var" / "rasa"
EASY = {
    "你好": "greet",
    "谢谢": "thanks",
    "再见": "goodbye",
    "转人工": "human_handoff",
    "空调坏了": "report_fault",
    "修得怎么样了": "ask_progress",
    "多少钱": "ask_price",
    "不用来了": "cancel_ticket",
}
"""Lines that no engine may get wrong."""
ONE_IN = 40
"""Training lines from which `embed` learns here: its vectors cost 25 ms each."""


@dataclass(frozen=True)
class Ranks:
    """An engine, wherever it is. `taught`: from all our lines."""

    name: str
    thresholds: Thresholds
    rank: Callable[[str], Ranking]
    taught: bool = True


@contextmanager
def embedded(folder: Path) -> Iterator[Ranks]:
    yield _here(mind().engine)


@contextmanager
def embed(folder: Path) -> Iterator[Ranks]:
    if not embed_is_there():
        not_run("the extra embed is not installed")
    _few_lines(folder / "nlu")
    yield _here(Mind.load(folder / "nlu", LEXICON, None, "Asia/Shanghai", engine="embed").engine, taught=False)


@contextmanager
def rasa_emulated(folder: Path) -> Iterator[Ranks]:
    """A server at Rasa's wire format that knows what the embedded engine knows; it ranks ten, as Rasa does by default."""

    def parse(text: str) -> object:
        ranked = [{"name": name, "confidence": odds} for name, odds in mind().engine.rank(text)[:10]]
        return {"text": text, "intent": ranked[0], "entities": [], "intent_ranking": ranked if text else []}

    with rasa(parse) as server:
        yield from _elsewhere(RasaEngine(server.url, Elsewhere(30)))


@contextmanager
def llm_emulated(folder: Path) -> Iterator[Ranks]:
    """A chat endpoint that knows what the embedded engine knows and keeps to the schema."""

    def complete(said: str) -> object:
        ranked = mind().engine.rank(json.loads(said)["text"])
        return {"intents": [{"intent": name, "confidence": odds} for name, odds in ranked[:3]]}

    with chat(complete) as server:
        yield from _elsewhere(LlmEngine(server.url, "emulated", Elsewhere(30)))


@contextmanager
def rasa_itself(folder: Path) -> Iterator[Ranks]:
    """A real Rasa server with the model that make rasa has trained."""
    from config.engines import Trained
    from config.rasa_training import Place, serving

    place = Place(RASA)
    trained = Trained.read(place.thresholds)
    if trained is None or not place.model.exists() or not place.program.exists():
        not_run("no Rasa is trained here (make rasa-train)")
    with serving(place, place.model) as url:
        yield from _elsewhere(RasaEngine(url, Elsewhere(30), trained.thresholds))


CASES = [
    pytest.param(embedded, id="embedded"),
    pytest.param(embed, id="embed", marks=pytest.mark.slow),
    pytest.param(rasa_emulated, id="rasa emulated"),
    pytest.param(llm_emulated, id="llm emulated"),
    pytest.param(rasa_itself, id="rasa", marks=[pytest.mark.prove, pytest.mark.timeout(600)]),
]


def _here(engine: Engine, *, taught: bool = True) -> Ranks:
    return Ranks(engine.name, engine.thresholds, engine.rank, taught)


def _elsewhere(remote: Remote) -> Iterator[Ranks]:
    with asyncio.Runner() as loop:
        yield Ranks(remote.name, remote.thresholds, lambda text: loop.run(remote.ask(text)))
        loop.run(remote.close())


def _few_lines(folder: Path) -> None:
    """The easy lines, and every so many of the others, in their own files."""
    folder.mkdir()
    line = re.compile(r"\s+- (.*)")
    for path in sorted(NLU.glob("*.yml")):
        count, kept = 0, []
        for written in path.read_text("utf-8").splitlines():
            said = line.fullmatch(written)
            count += said is not None
            if said is None or said[1] in EASY or count % ONE_IN == 1:
                kept.append(written)
        (folder / path.name).write_text("\n".join(kept), "utf-8")
