"""Trains a Rasa server from the desk's own lines: `python -m config.rasa_training FOLDER [logistic|diet]` (make rasa).

FOLDER holds Rasa's environment (venv/). First a model learns four fifths of the lines and is asked about the rest: from that come
the thresholds that hold for this engine. Then a model learns all of them. Rasa reads our very files; only the four fifths are
written anew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import numpy as np

from config.engines import data_hash
from config.loading import load
from config.understanding_troubles import training_folders
from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.elsewhere import Elsewhere
from dialogue.understanding.plain import plain
from dialogue.understanding.rasa import RasaEngine
from dialogue.understanding.thresholds import thresholds
from dialogue.understanding.training_data import FORMAT, Example, TrainingData

PIPELINES = Path(__file__).parent / "rasa"
HELD_OUT = 5
"""One line in so many is held out to see how the engine does on lines that it has not learnt."""
READY_S = 300
"""Seconds that a server may take to load its model."""
LOOK_S = 0.5
"""Seconds between two looks whether it has."""
PARSE_S = 30.0
"""Seconds that one line may take while thresholds are computed: nobody waits for it."""
QUIETLY = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
"""Environment of every Rasa program: it tells nobody that it runs."""


@dataclass(frozen=True)
class Place:
    """Where everything of one Rasa server lies."""

    folder: Path

    @property
    def program(self) -> Path:
        return self.folder / "venv" / "bin" / "rasa"

    @property
    def model(self) -> Path:
        return self.folder / "models" / "model.tar.gz"

    @property
    def thresholds(self) -> Path:
        return self.folder / "thresholds.json"

    @property
    def log(self) -> Path:
        return self.folder / "rasa.log"


def train(place: Place, folders: Sequence[Path], pipeline: str) -> None:
    """Have a server's model and its thresholds made from the lines in these folders, unless they are there already."""
    known = {"data": data_hash(folders), "pipeline": pipeline, "config": _hash(PIPELINES / f"{pipeline}.yml")}
    if _is_made(place, known):
        print("Rasa is trained from this very data already.")
        return
    place.thresholds.unlink(missing_ok=True)
    examples = [example for folder in folders for example in TrainingData.load(folder).examples]
    learnt = [example for example in examples if not _held_out(example)]
    asked = [example for example in examples if _held_out(example)]
    print(
        f"{len(examples)} lines; thresholds from {len(asked)} of them, which a first model does not learn ...",
        flush=True,
    )
    own = _fresh(place.folder / "four_fifths")
    _write(own / "nlu.yml", learnt)
    first = _trained(place, own, pipeline, "first")
    with serving(place, first) as url:
        limits, figures = asyncio.run(_measured(url, asked))
    print(f"held out: {figures}; thresholds {asdict(limits)}; now a model of all lines ...", flush=True)
    every = _fresh(place.folder / "lines")
    for number, folder in enumerate(folders):
        for path in sorted(folder.glob("*.yml")):
            shutil.copyfile(path, every / f"{number}_{path.name}")
    _trained(place, every, pipeline, "model")
    first.unlink()
    kept = known | {"thresholds": asdict(limits), "figures": figures}
    place.thresholds.write_text(json.dumps(kept, indent=1), encoding="utf-8")


@contextmanager
def serving(place: Place, model: Path) -> Iterator[str]:
    """A server on loopback with this model, until the end of the block; its address. Raises RuntimeError, TimeoutError."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        place.program.absolute(),
        "run",
        "--enable-api",
        "--interface",
        "127.0.0.1",
        "--port",
        str(port),
        "--model",
    ]
    with place.log.open("ab") as log:
        environment = {**os.environ, **QUIETLY}
        server = subprocess.Popen(
            [*command, model.absolute()], cwd=place.folder, env=environment, stdout=log, stderr=log
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


async def _measured(url: str, asked: Sequence[Example]) -> tuple[Thresholds, dict[str, float]]:
    """Thresholds from what a server makes of lines that it has not learnt, and how many it gets right."""
    engine = RasaEngine(url, Elsewhere(PARSE_S))
    names = tuple(sorted({example.intent for example in asked}))
    odds = np.zeros((len(asked), len(names)), dtype=np.float32)
    for row, example in enumerate(asked):
        ranking = dict(await engine.ask(plain(example.text).text))
        odds[row] = [ranking.get(name, 0.0) for name in names]
    await engine.close()
    truth = np.array([names.index(example.intent) for example in asked])
    best = np.argsort(-odds, axis=1)
    figures = {"accuracy": best[:, 0] == truth, "top-3": (best[:, :3] == truth[:, None]).any(axis=1)}
    return thresholds(names, odds, truth), {name: round(float(right.mean()), 3) for name, right in figures.items()}


def _trained(place: Place, lines: Path, pipeline: str, name: str) -> Path:
    """The model that Rasa makes of a folder of lines."""
    command = [place.program.absolute(), "train", "nlu", "--config", (PIPELINES / f"{pipeline}.yml").absolute()]
    where = ["--nlu", lines.absolute(), "--out", place.model.parent.absolute(), "--fixed-model-name", name]
    began = time.monotonic()
    environment = {**os.environ, **QUIETLY}
    with place.log.open("ab") as log:
        subprocess.run([*command, *where], cwd=place.folder, env=environment, stdout=log, stderr=log, check=True)
    model = place.model.parent / f"{name}.tar.gz"
    if not model.exists():
        raise RuntimeError(f"Rasa has made no model of {lines}")
    print(f"{name}: trained in {time.monotonic() - began:.0f} s", flush=True)
    return model


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_S
    with httpx.Client(trust_env=False, timeout=READY_S) as client:
        while time.monotonic() < until:
            if server.poll() is not None:
                raise RuntimeError(f"Rasa's server has ended with status {server.returncode}")
            with suppress(httpx.HTTPError):
                if client.get(f"{url}/status").status_code == httpx.codes.OK:
                    return
            time.sleep(LOOK_S)
    raise TimeoutError("Rasa's server does not become ready")


def _held_out(example: Example) -> bool:
    """Dealt by the line itself: another line more or less moves no other."""
    return sha256(example.text.encode()).digest()[0] % HELD_OUT == 0


def _write(path: Path, examples: Sequence[Example]) -> None:
    """Lines in Rasa's format, without spans; each block is JSON, which is YAML with nothing left to escape."""
    by_intent: dict[str, list[str]] = {}
    for example in examples:
        by_intent.setdefault(example.intent, []).append(example.text)
    blocks = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)} for intent, texts in by_intent.items()
    ]
    lines = [f"- {json.dumps(block, ensure_ascii=False)}\n" for block in blocks]
    path.write_text("".join([f'version: "{FORMAT}"\nnlu:\n', *lines]), encoding="utf-8")


def _is_made(place: Place, known: dict[str, str]) -> bool:
    try:
        kept = json.loads(place.thresholds.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return place.model.exists() and all(kept.get(name) == value for name, value in known.items())


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:16]


def main(argv: Sequence[str]) -> int:
    """Train; 1 if Rasa could not."""
    parser = argparse.ArgumentParser(prog="python -m config.rasa_training", description="trains a Rasa server")
    parser.add_argument("folder", type=Path, help="where Rasa's environment is, and its models go")
    parser.add_argument("pipeline", nargs="?", choices=["logistic", "diet"], default="logistic")
    given = parser.parse_args(argv)
    try:
        train(Place(given.folder.absolute()), training_folders(load()), given.pipeline)
    except (subprocess.CalledProcessError, RuntimeError, TimeoutError) as error:
        print(f"{error}\n(what Rasa said: {given.folder / 'rasa.log'})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
