"""How well the desk understands: `python -m benchmarks.understanding [--engine E]... [--curve]`.

A table per engine over the test split that was written blind (`benchmarks/blind.py`), then slots and commands, which no engine but
our own reads. Totals only: whoever improves data or engine looks at the confusion of intents, not at test lines.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from benchmarks.blind import command_figures, figures, instant, intents, left_out, lines, slot_figures
from config.desk import CONFIG, load_mind
from config.engines import AT_LEISURE, REMOTE, Asking, embed_is_there, remote_engine
from config.understand import model_cache
from config.understanding_settings import UnderstandingSettings
from core.policies import Policies
from dialogue.understanding.engine import NoAnswer, NotInstalled, Remote
from dialogue.understanding.mind import Mind
from dialogue.understanding.training_data import TrainingData

TARGETS = {"lenient": 0.90, "top-3": 0.97, "out of scope accepted": 0.05, "slot F1": 0.92, "commands exact": 0.93}
"""What the default engine should reach (at most, for out of scope); `embed` a lenient accuracy of 0.93."""
ENGINES = ("embedded", "embed", *sorted(REMOTE))
VECTORS = "vectors.npz"
"""Where sentence vectors are kept, so that the curve need not compute them again."""
PAIRS = 12
"""Confused pairs of intents that are named."""
SHARES = (1 / 3, 2 / 3, 1.0)
"""Of the training lines, for the learning curve."""


class NotThere(Exception):
    """An engine that cannot be measured here; the message says why."""


def intent_table(mind: Mind) -> Iterator[str]:
    """All lines, and those of each origin; which intents are taken for one another."""
    said = intents(mind)
    yield f"intents: {len(said)} lines, {left_out()} lines of the split are left out: they stand in the training data"
    yield f"{'':<16}{'lines':>6}" + _names()
    groups = {"all": said}
    for origin in sorted({one.line["origin"] for one in said}):
        groups[origin] = [one for one in said if one.line["origin"] == origin]
    for name, group in groups.items():
        yield f"{name:<16}{len(group):>6}" + _row(figures(group))
    confused = Counter((one.line["intent"], one.meant.intent) for one in said if one.meant.intent not in one.labels)
    yield "confused most: " + ", ".join(
        f"{right} → {taken} {count}" for (right, taken), count in confused.most_common(PAIRS)
    )


def slots_and_commands(mind: Mind) -> Iterator[str]:
    """The same whichever engine ranks the intents."""
    counts, f1 = slot_figures(mind)
    yield f"== slots: F1 {f1:.3f}"
    for name, (right, more, missed) in counts.items():
        yield f"  {name:<20} right {right:>4}  too much {more:>4}  missed {missed:>4}"
    yield "== commands: " + ", ".join(f"{name} {value:.3f}" for name, value in command_figures(mind).items())
    yield "targets: " + ", ".join(f"{name} {value}" for name, value in TARGETS.items()) + "; embed lenient 0.93"


def _names() -> str:
    return "".join(
        f"{name:>12}" for name in ("strict", "lenient", "macro-F1", "top-3", "accepted", "precision", "strangers")
    )


def _row(told: dict[str, float]) -> str:
    return "".join(f"{value:>12.3f}" for value in told.values())


def latency(mind: Mind) -> str:
    """Milliseconds that understanding one line takes, each line once."""
    spent = []
    for line in lines("intents"):
        began = time.perf_counter()
        mind.customer(line["text"] + " ", instant(None))
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    return f"latency: p50 {spent[len(spent) // 2]:.2f} ms, p99 {spent[int(len(spent) * 0.99)]:.2f} ms (target p99 5)"


def mind_with(engine: str) -> Mind:
    """A mind whose customers' words this engine ranks. Raises NotThere."""
    try:
        mind = load_mind(Policies(), model_cache(), engine="embedded" if engine in REMOTE else engine)
    except NotInstalled as lacking:
        raise NotThere(str(lacking)) from None
    if engine not in REMOTE:
        return mind
    try:
        asyncio.run(_answers(_remote(engine)))
        return Asking(mind, _remote(engine))
    except (NoAnswer, ValueError) as why:
        raise NotThere(f"{engine} is not there: {why}") from None


def _remote(engine: str) -> Remote:
    remote = remote_engine(UnderstandingSettings(), engine, AT_LEISURE)
    assert remote is not None
    return remote


async def _answers(remote: Remote) -> None:
    try:
        await remote.ask("你好")
    finally:
        await remote.close()


def curve(engine: str) -> Iterator[str]:
    """How the figures grow with the training lines: drawn by chance, the same at every run."""
    examples = list(TrainingData.load(CONFIG / "nlu").examples)
    random.Random(0).shuffle(examples)
    yield f"learning curve of {engine}"
    yield f"{'training lines':<16}{'':>6}" + _names()
    for share in SHARES:
        part = examples[: round(share * len(examples))]
        with tempfile.TemporaryDirectory() as folder:
            data, cache = Path(folder) / "nlu", Path(folder) / "kept"
            data.mkdir()
            cache.mkdir()
            if (kept := model_cache()) and (kept / VECTORS).exists():
                (cache / VECTORS).symlink_to(kept / VECTORS)
            blocks = [{"intent": one.intent, "examples": [{"text": one.text}]} for one in part]
            told = {"version": "3.1", "nlu": blocks}
            (data / "part.yml").write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
            mind = Mind.load(data, CONFIG / "lexicon", cache, "Asia/Shanghai", engine=engine)
            yield f"{len(part):<22}" + _row(figures(intents(mind)))


def main(argv: Sequence[str]) -> int:
    """Print the tables; 1 if an engine that was named is not there. Figures are no test."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.understanding", description=__doc__)
    parser.add_argument("--engine", action="append", choices=ENGINES, help="repeatable; default: all that are there")
    parser.add_argument("--curve", action="store_true", help="the learning curve of these engines too")
    arguments = parser.parse_args(argv)
    status, rest = 0, None
    for engine in arguments.engine or ["embedded", *(["embed"] if embed_is_there() else []), "rasa"]:
        began = time.perf_counter()
        try:
            mind = mind_with(engine)
        except NotThere as why:
            print(why, file=sys.stderr if arguments.engine else sys.stdout)
            status = 1 if arguments.engine else status
            continue
        print(f"== {engine}, loaded in {time.perf_counter() - began:.1f} s")
        for line in (*intent_table(mind), latency(mind), *(curve(engine) if arguments.curve else ())):
            print(line, flush=True)
        rest = rest or mind
        if isinstance(mind, Asking):
            mind.close()
    for line in slots_and_commands(rest) if rest else ():
        print(line)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
