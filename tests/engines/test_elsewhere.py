"""A desk whose customers' words are ranked elsewhere: it waits a moment, keeps the order, and goes on alone where nothing comes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.policies import Policies
from core.store.model import Inbox, Job
from dialogue.ranking import RANK
from dialogue.understanding.elsewhere import FAILURES, Elsewhere
from dialogue.understanding.rasa import RasaEngine
from tests.engines.servers import Server, parsed, rasa
from tests.scenario import Story, story

LEAK = "二楼空压机漏油了请派人来看看"
PATIENT, QUICK = 10.0, 0.2
"""Seconds that the engine has where it answers, and where it hangs."""


def _most_likely(text: str) -> dict[str, object]:
    """What the emulated server makes of these stories' sentences."""
    if "老规矩" in text:
        return parsed("human_handoff")
    return parsed("ask_progress" if "咋样" in text else "report_fault")


@contextmanager
def desk_asking(url: str, server: Server, seconds: float = PATIENT) -> Iterator[Story]:
    engine = RasaEngine(server.url, Elsewhere(seconds))
    with story(url, remote=engine) as told:
        yield told


def _jobs(desk: Story) -> list[Job]:
    return desk.act(
        lambda turn: turn.rows(Job, select(Job.table).where(Job.table.c.kind == RANK).order_by(Job.table.c.id))
    )


def _whys(desk: Story) -> dict[str, int]:
    return dict(desk.rehearsal.desk.pulse.rankings)


def test_the_engine_elsewhere_decides_what_is_meant(desk_url: str) -> None:
    """「老规矩」 means nothing to the desk; the engine was taught that these customers want a person then."""
    with rasa(_most_likely) as server, desk_asking(desk_url, server) as desk:
        wang, chen = desk.customer("王女士"), desk.agent("陈客服")
        wang.says("还是老规矩吧")
        wang.hears("handoff_ack")
        chen.hears("handoff")
        assert server.asked == [{"text": "还是老规矩吧"}]
        assert _whys(desk) == {"answered": 1}
        [job] = _jobs(desk)
        assert (
            job.result is not None and job.result["engine"] == "rasa" and job.result["ranking"][0][0] == "human_handoff"
        )
        assert "text" not in job.data


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (500, "refused"),
        (b"<html>502</html>", "garbled"),
        ({"intent_ranking": [{"name": "weather", "confidence": 0.99}]}, "foreign"),
        ({"intent_ranking": [{"name": "greet", "confidence": "high"}]}, "garbled"),
        ({"intent_ranking": [{"name": "greet", "confidence": 1e300}]}, "garbled"),
        (b'{"intent_ranking": ' + b"[" * 2_000_000, "garbled"),
        (None, "slow"),
    ],
    ids=["500", "no JSON", "foreign intents", "words for numbers", "no confidence", "endless", "slow"],
)
def test_whatever_the_server_does_the_customer_is_answered(
    desk_url: str, answer: object, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        rasa(lambda text: answer) as server,
        desk_asking(desk_url, server, QUICK if answer is None else PATIENT) as desk,
    ):
        server.hangs = answer is None
        wang = desk.customer("王女士")
        with caplog.at_level(logging.WARNING, "huiying.ranking"):
            wang.says(LEAK)
        number = wang.hears("ack_created").ticket
        assert desk.ticket(number).device == "空压机"
        assert _whys(desk) == {why: 1}
        [said] = [record for record in caplog.records if record.name == "huiying.ranking"]
        assert vars(said)["status"] == why and vars(said)["inbox"] and LEAK not in caplog.text


def test_a_server_that_is_not_there_is_soon_left_alone(desk_url: str) -> None:
    with rasa(_most_likely) as server:
        pass
    with desk_asking(desk_url, server) as desk:
        wang = desk.customer("王女士")
        for number in range(FAILURES + 2):
            wang.says(f"{number}号车间{LEAK}")
        wang.hears("ack_created")
        assert _whys(desk) == {"unreachable": FAILURES, "resting": 2}


def test_messages_of_a_room_keep_their_order(desk_url: str) -> None:
    """王女士 writes three times before anybody has answered, 李先生 once meanwhile."""
    with rasa(_most_likely) as server, desk_asking(desk_url, server) as desk:
        wang, li = desk.customer("王女士"), desk.customer("李先生", "telegram")
        texts = [LEAK, "电话13800138000", "在三号门旁边那台"]
        desk.at_once((wang, texts[0]), (li, "打印机卡纸了"), (wang, texts[1]), (wang, texts[2]))
        number = wang.hears("ack_created").ticket
        li.hears("ack_created")
        assert desk.ticket(number).description == "\n".join(texts)
        assert [body["text"] for body in server.asked if body["text"] in texts] == texts
        assert len(desk.tickets()) == 2
        rows = desk.act(lambda turn: turn.rows(Inbox, select(Inbox.table).order_by(Inbox.table.c.id)))
        assert all(row.state == "done" for row in rows)
        desk.chains_are_whole()


def test_staff_and_bare_numbers_wait_for_nobody(desk_url: str) -> None:
    with rasa(_most_likely) as server, desk_asking(desk_url, server) as desk:
        wang, liu = desk.customer("王女士"), desk.engineer("刘工")
        wang.says(LEAK)
        number = wang.hears("ack_created").ticket
        liu.hears("new_ticket", number)
        liu.says(f"接单 {number}")
        liu.hears("action_done")
        wang.says("13800138000")
        wang.sends_photo()
        assert len(server.asked) == 1


def test_without_an_engine_elsewhere_there_is_no_job(desk: Story) -> None:
    wang = desk.customer("王女士")
    wang.says(LEAK)
    wang.hears("ack_created")
    assert _jobs(desk) == [] and _whys(desk) == {}


@pytest.mark.req("S35")
def test_a_message_whose_question_was_lost_is_heard_at_its_deadline(desk_url: str) -> None:
    """The program dies while the engine thinks. The desk hears the message once, by itself, when its deadline comes."""
    policies = replace(Policies(), zone=ZoneInfo("Asia/Shanghai"))
    with rasa(_most_likely) as server:
        engine = RasaEngine(server.url, Elsewhere(QUICK))
        with story(desk_url, policies=policies, remote=engine) as desk:
            wang, worker = desk.customer("王女士"), desk.rehearsal.desk.worker
            worker.take = lambda jobs: None  # type: ignore[method-assign]  # killed before it could ask
            wang.says(LEAK)
            assert desk.tickets() == [] and server.asked == []
            desk.passes(seconds=20)
            wang.hears("ack_created")
            assert _whys(desk) == {"late": 1} and len(desk.tickets()) == 1
