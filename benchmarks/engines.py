"""What an engine costs: milliseconds, memory, seconds to start. `python -m benchmarks.engines [--train] [--accuracy]`.

Each engine of this process is measured in a process of its own; a real Rasa server, where one is trained (make rasa-train), beside
them in the same run. `--train` measures a first start too, which has to learn; `--accuracy` adds Rasa's table over the blind split.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Table, percentile
from config.engines import Trained, embed_is_there
from config.rasa_training import Place, serving

HOME = Path(__file__).parent.parent
RASA = HOME / "var" / "rasa"
ROOMS = ("core.store.pump", "core.wording", "bots.wecom", "bots.wecom_kf", "bots.feishu", "notifier.delivering", "web.app",
         "config.settings")  # fmt: skip
"""What a desk loads besides its engine: the ground on which memory is measured."""
WARM = 50
"""Lines that are understood before any is measured."""
TARGETS = {"p99": "< 5", "memory": "< 150", "start": "< 3"}
"""Of the default engine: milliseconds a line, MB more than a process without an engine, seconds with a cached model."""


def main(argv: Sequence[str]) -> int:
    """Print the figures. The exit status is 0 whatever they say: figures are no test."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__)
    parser.add_argument("--train", action="store_true", help="measure a first start, which has to learn, too")
    parser.add_argument("--accuracy", action="store_true", help="Rasa's table over the blind split")
    parser.add_argument("--child", nargs=2, metavar=("ENGINE", "CACHE"), help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.child:
        print(json.dumps(_in_this_process(*given.child)))
        return 0
    table = Table("engines", f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors when it began")
    nobody = _child("none", "")["memory"]
    table.add("a process without an engine: memory", nobody, "MB")
    for engine in ("embedded", "embed"):
        if engine == "embed" and not embed_is_there():
            table.not_run("embed: pip install 'huiying[embed]'")
            continue
        _measure(table, engine, nobody, train=given.train)
    told = _rasa(table, accuracy=given.accuracy)
    print("\n".join([*table.lines(), *told]))
    return 0


def _measure(table: Table, engine: str, nobody: float, *, train: bool) -> None:
    from config.understand import model_cache

    target = TARGETS if engine == "embedded" else {}
    kept = model_cache()
    with tempfile.TemporaryDirectory(prefix="huiying-learn-") as fresh:
        if train or kept is None:
            table.add(f"{engine}: first start, learning", _child(engine, fresh)["start"], "s")
        found = _child(engine, fresh if kept is None else str(kept))
        found = _child(engine, fresh if kept is None else str(kept))
    table.add(f"{engine}: start with a cached model, imports and all", found["start"], "s", target.get("start", ""))
    table.add(
        f"{engine}: memory above a process without an engine", found["memory"] - nobody, "MB", target.get("memory", "")
    )
    for name in ("rank", "whole"):
        what = "intents ranked" if name == "rank" else "all of a line (intents, slots, decision)"
        waited, worked = ([one[place] for one in found[name]] for place in range(2))
        table.add(f"{engine}: {what}, p50", percentile(waited, 0.5), "ms")
        table.add(f"{engine}: {what}, p99", percentile(waited, 0.99), "ms", target.get("p99", ""))
        table.add(f"{engine}: {what}, p99 of processor time", percentile(worked, 0.99), "ms")


def _rasa(table: Table, *, accuracy: bool) -> list[str]:
    place = Place(RASA)
    trained = Trained.read(place.thresholds)
    if trained is None or not place.model.exists():
        table.not_run("rasa: no server is trained here (make rasa-train)")
        return []
    name, began = f"rasa ({trained.pipeline})", time.perf_counter()
    with serving(place, place.model) as url:
        table.add(f"{name}: start to the first answer", time.perf_counter() - began, "s")
        spent = asyncio.run(_asked(url))
        table.add(f"{name}: POST /model/parse, p50", percentile(spent, 0.5), "ms")
        table.add(f"{name}: POST /model/parse, p99", percentile(spent, 0.99), "ms")
        table.add(f"{name}: memory of the server", _memory(_server_of(url)), "MB")
        for what, share in trained.figures.items():
            table.add(f"{name}: {what} on lines held out in training", share, "")
        return list(_accuracy(url, trained)) if accuracy else []


async def _asked(url: str) -> list[float]:
    """Milliseconds of each line, one after the other on one connection."""
    from benchmarks.blind import lines
    from dialogue.understanding.elsewhere import Elsewhere
    from dialogue.understanding.plain import plain
    from dialogue.understanding.rasa import RasaEngine

    engine, spent = RasaEngine(url, Elsewhere(30)), []
    for line in lines("intents"):
        began = time.perf_counter()
        await engine.ask(plain(line["text"]).text)
        spent.append((time.perf_counter() - began) * 1000)
    await engine.close()
    return spent[WARM:]


def _accuracy(url: str, trained: Trained) -> Sequence[str]:
    from benchmarks.understanding import intent_table
    from config.desk import load_mind
    from config.engines import Asking
    from config.understand import model_cache
    from core.policies import Policies
    from dialogue.understanding.elsewhere import Elsewhere
    from dialogue.understanding.rasa import RasaEngine

    mind = Asking(load_mind(Policies(), model_cache()), RasaEngine(url, Elsewhere(30), trained.thresholds))
    try:
        return ["", f"rasa ({trained.pipeline}) over the blind split", *intent_table(mind)]
    finally:
        mind.close()


def _child(engine: str, cache: str) -> dict[str, Any]:
    """What a process of its own finds; `start` counts from before it was begun."""
    began = time.time()
    command = [sys.executable, "-m", "benchmarks.engines", "--child", engine, cache]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found | {"start": found["ready"] - began}


def _in_this_process(engine: str, cache: str) -> dict[str, Any]:
    for room in ROOMS:
        importlib.import_module(room)
    if engine == "none":
        return {"memory": _memory(os.getpid()), "ready": time.time()}
    from config.desk import load_mind
    from core.policies import Policies

    mind = load_mind(Policies(), Path(cache), engine=engine)
    mind.customer("空压机漏油了", 0)
    ready = time.time()
    for number in range(WARM):
        mind.customer(f"{number}号车间的空压机又漏油了，电话13800138000，明天下午来", 0)
    memory = _memory(os.getpid())
    from benchmarks.blind import instant, lines  # it reads all training lines, which is no part of an engine's memory

    texts, at = [line["text"] + " " for line in lines("intents")], instant(None)
    rank = [_timed(lambda said=said: mind.engine.rank(said)) for said in map(mind.read, texts)]
    whole = [_timed(lambda text=text: mind.customer(text, at)) for text in texts]
    return {"memory": memory, "ready": ready, "rank": rank, "whole": whole}


def _timed(do: Any) -> tuple[float, float]:
    """Milliseconds that passed, and those of the processor: on a busy machine they differ."""
    began, worked = time.perf_counter(), time.process_time()
    do()
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


def _memory(process: int) -> float:
    """Resident memory of a process in MB."""
    told = Path(f"/proc/{process}/status").read_text("utf-8")
    return int(next(line for line in told.splitlines() if line.startswith("VmRSS")).split()[1]) / 1000


def _server_of(url: str) -> int:
    """The process that we started for this address."""
    port = url.rpartition(":")[2]
    for place in Path("/proc").glob("[0-9]*"):
        words = (place / "cmdline").read_bytes().split(b"\0") if (place / "cmdline").exists() else []
        if b"--port" in words and port.encode() in words:
            return int(place.name)
    raise LookupError(url)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
