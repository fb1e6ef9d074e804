"""Beside a running desk: what Prometheus reads names nobody, and the watchdog hears only while all is well."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.plain_mind import PlainMind
from bots.emulated.carrier import Carrier
from config.auditing import files, kept
from config.desk import Desk, build
from config.running import LiveRunner
from config.settings import Settings
from config.watching import Watch, metrics_key_of
from core.policies import Policies
from core.store.database import Database
from core.store.files import FileStore
from core.words import HOUR, Micros
from tests.operating.whole_desk import Operator
from tests.store.standing import NOON
from tests.web.test_serving import PHONE, says, served, told, visitor

DOCS = Path(__file__).parent.parent.parent / "docs"


class Watchdog:
    """Somebody outside who counts calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.status = 200
        dog = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                dog.calls.append(self.path)
                self.send_response(dog.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    dog = Watchdog()
    yield dog
    dog.server.shutdown()


@asynccontextmanager
async def watched(
    url: str, folder: Path, clock: list[Micros], **more: str
) -> AsyncIterator[tuple[Desk, LiveRunner, Watch]]:
    """A live desk and its watch."""
    carrier = Carrier("webchat", lambda: clock[0])
    makers = {"webchat": lambda *_: carrier}
    desk = build(Database(url), Policies(), makers, FileStore(folder), lambda: clock[0], PlainMind())
    runner = LiveRunner(desk)
    runner.start()
    try:
        yield desk, runner, Watch(desk, Settings(data_dir=folder, **more), "key", runner.alive)  # type: ignore[arg-type]
    finally:
        await runner.stop()
        await desk.close()


def test_the_watchdog_hears_only_while_all_is_well(
    elsewhere: None, desk_url: str, tmp_path: Path, watchdog: Watchdog, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with watched(desk_url, tmp_path, [NOON], heartbeat_url=f"{watchdog.url}/ping/{{name}}") as (
            desk,
            runner,
            watch,
        ):
            assert await watch.beat()
            assert len(watchdog.calls) == 1 and re.fullmatch(r"/ping/.+-8741", watchdog.calls[0])
            connection = desk.database.connect()
            connection.say(
                "INSERT INTO outbox (id, key, channel, room, purpose, say, state, priority, created_at, due_at, attempts) "
                f"VALUES (1, 'k', 'webchat', 'r', 'p', '{{}}', 'waiting', 1, 0, {NOON * 2}, 1)"
            )
            assert not await watch.beat() and "retrying" in caplog.text
            connection.say("DELETE FROM outbox")
            connection.close()
            assert await watch.beat() and len(watchdog.calls) == 2
            watchdog.status = 500
            assert not await watch.beat() and "the watchdog refused" in caplog.text
            await runner.stop()
            assert not await watch.beat() and len(watchdog.calls) == 3 and "pump" in caplog.text

    asyncio.run(story())


def test_a_watchdog_that_is_gone_harms_nobody(elsewhere: None, sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "desk.db")

    async def story() -> None:
        url = f"sqlite:///{tmp_path / 'desk.db'}"
        async with watched(url, tmp_path, [NOON], heartbeat_url="http://127.0.0.1:9") as (_, _, watch):
            assert not await watch.beat()

    asyncio.run(story())


@pytest.mark.req("S35")
def test_a_running_desk_swears_every_hour_and_keeps_a_copy(elsewhere: None, desk_url: str, tmp_path: Path) -> None:
    clock = [NOON]

    async def story() -> list[int]:
        counts = []
        async with watched(desk_url, tmp_path, clock, checkpoint_dir=str(tmp_path / "copy")) as (_, _, watch):
            for wait in (0, HOUR - 1, 1):
                clock[0] += wait
                await watch.checkpoints.tick()
                counts.append(sum(len(list(kept(path))) for path in files(tmp_path / "copy")))
        return counts

    assert asyncio.run(story()) == [1, 1, 2]


def families(text: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(text)}


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path, trained: Path) -> Path:
    """A folder with a migrated database."""
    shutil.copytree(trained, tmp_path / "var" / "mind")
    shutil.copy(sqlite_template, tmp_path / "var" / "desk.db")
    return tmp_path


def test_prometheus_reads_figures_and_nobody_else_does(
    place: Path, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(place, HUIYING_CONVERSATION__BURST_QUIET_S="0.05") as (_, client):
        token = visitor(client)
        says(client, token, "m1", f"注塑机报 E-07，电话 {PHONE}")
        for _ in range(200):
            if told(client, token)[1:]:
                break
            client.get("/healthz")
        for given in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic x"}):
            assert client.get("/metrics", headers=given).status_code == 401
        operator.data = place / "var"
        capsys.readouterr()
        assert operator.says(f"sqlite:///{place / 'var' / 'desk.db'}", "metrics-key") == 0
        key = capsys.readouterr().out.strip()
        assert key == metrics_key_of((place / "var" / "web.key").read_text().strip())
        assert client.get("/metrics", params={"key": key}).status_code == 401
        answer = client.get("/metrics", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = families(answer.text)
    assert value(found, "huiying_up") == value(found, "huiying_well") == 1
    assert value(found, "huiying_holidays_unknown_year") == 0
    assert value(found, "huiying_turns") >= 2 and value(found, "huiying_group_refusals") == 0
    posts = {tuple(sample.labels.values()): sample.value for sample in found["huiying_posts"].samples}
    assert posts["webchat", "sent"] >= 1
    assert {sample.labels["kind"] for sample in found["huiying_oldest_seconds"].samples} == {
        "timer", "message", "notice", "retrying", "job",
    }  # fmt: skip
    buckets = [
        sample.value for sample in found["huiying_timer_lateness_seconds"].samples if sample.name.endswith("_bucket")
    ]
    assert buckets == sorted(buckets) and buckets[-1] >= 1
    assert (
        PHONE not in answer.text and "E-07" not in answer.text and not re.search(r"webchat/|[0-9a-f]{32}", answer.text)
    )
    rules = yaml.safe_load((DOCS / "alerts.yaml").read_text())["groups"][0]["rules"]
    for rule in rules:
        for name in re.findall(r"huiying_[a-z_]+", rule["expr"]):
            assert re.sub("_(total|bucket)$", "", name) in found, f"{rule['alert']} asks for {name}"


def value(found: dict[str, Metric], name: str) -> float:
    return next(sample.value for sample in found[name].samples if not sample.name.endswith("_created"))
