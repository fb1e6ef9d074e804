"""`desk understand` as a program: JSON lines in, JSON lines out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.understanding.conftest import HOME

KEYS = ["id", "intent", "confidence", "ranking", "decision", "entities", "slots", "action", "ticket", "args"]


def understand(
    lines: list[Any], *words: str, cache: Path, raw: str | None = None, **settings: str
) -> tuple[list[dict[str, Any]], subprocess.CompletedProcess[str]]:
    given = raw if raw is not None else "\n".join(json.dumps(line) for line in lines)
    run = subprocess.run(
        [sys.executable, "-m", "config.cli", "understand", *words],
        cwd=HOME,
        input=given,
        capture_output=True,
        encoding="utf-8",
        env={"XDG_CACHE_HOME": str(cache), "PATH": "", "PYTHONPATH": str(HOME), **settings},
        check=False,
    )
    return [json.loads(line) for line in run.stdout.splitlines()], run


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.req("S17")
def test_customers(cache: Path) -> None:
    lines = [
        {"id": "a", "text": "😀打印机卡纸 后天下午三点来", "ref_time": "2026-03-04T10:00:00+08:00"},
        {"id": 2, "text": "明天上午", "ref_time": "2026-03-04T23:30:00Z"},
        {"id": None, "text": "明天上午"},
    ]
    said, run = understand(lines, "--at", "2026-03-10T09:00", cache=cache)
    assert run.returncode == 0 and [list(line) for line in said] == [KEYS] * 3
    assert [line["id"] for line in said] == ["a", 2, None]
    assert said[0]["slots"]["preferred_time"] == {
        "text": "后天下午三点",
        "start": "2026-03-06T15:00",
        "end": "2026-03-06T16:00",
    }
    device = next(entity for entity in said[0]["entities"] if entity["entity"] == "device")
    assert device == {"entity": "device", "start": 1, "end": 4, "value": "打印机", "raw": "打印机"}
    assert said[1]["slots"]["preferred_time"]["start"] == "2026-03-06T08:00"
    assert said[2]["slots"]["preferred_time"]["start"] == "2026-03-11T08:00"
    assert said[0]["decision"] in ("accept", "clarify", "reject") and len(said[0]["ranking"]) == 19
    assert all(line[key] is None for line in said for key in ("action", "ticket", "args"))


def test_staff(cache: Path) -> None:
    context = {"last_ticket": "GD-1008", "my_open": ["GD-1008"], "customers": {"周女士": "GD-1008"}}
    lines = [
        {"id": 1, "text": "接单 1008"},
        {"id": 2, "text": "这单先挂起", "context": context},
        {"id": 3, "text": "周女士的单怎么样了", "context": context},
    ]
    said, run = understand(lines, "--role", "engineer", cache=cache)
    assert run.returncode == 0
    assert [line["action"] for line in said] == ["accept", "hold", "query"]
    assert [line["ticket"] for line in said] == [
        {"form": "number", "id": "1008"},
        {"form": "last", "id": "1008"},
        {"form": "customer", "id": "1008"},
    ]
    assert said[1]["args"] == {"reason": None}
    assert all(line[key] is None for line in said for key in ("intent", "ranking", "decision", "slots"))


def test_every_line_gets_its_line(cache: Path) -> None:
    raw = '{"id": 1, "text": "你好"}\nnot json\n\n{"id": 3}\n[1]\n{"id": 5, "text": "x", "ref_time": "soon"}\n{"id": 6, "text": "谢谢"}\n'
    said, run = understand([], cache=cache, raw=raw)
    assert run.returncode == 1
    assert [line["id"] for line in said] == [1, None, 3, None, 5, 6]
    assert [line["intent"] for line in said] == ["greet", None, None, None, None, "thanks"]
    assert [complaint.split(":")[0] for complaint in run.stderr.splitlines()] == [
        "line 2",
        "line 4",
        "line 5",
        "line 6",
    ]


@pytest.mark.parametrize("engine", ["rasa", "llm"])
def test_an_engine_that_is_not_there_says_so(cache: Path, engine: str) -> None:
    nobody = {"HUIYING_UNDERSTANDING__RASA__URL": "http://127.0.0.1:9"}
    said, run = understand([{"id": 1, "text": "你好"}], "--engine", engine, cache=cache, **nobody)
    assert said == [] and run.returncode == 2
    assert ("make rasa" if engine == "rasa" else "understanding.llm.url") in run.stderr


def test_a_bad_time_says_so(cache: Path) -> None:
    said, run = understand([], "--at", "tomorrow", cache=cache)
    assert said == [] and run.returncode == 2 and "--at" in run.stderr
