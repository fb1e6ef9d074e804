"""Something on which the desk chokes: it is tried again, then set aside with its reason; nobody else waits for it."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.plain_mind import QUESTION, PlainMind
from core.store.group import TRIES
from core.store.outgoing import post
from core.store.turn import Turn
from core.tickets.attaching import FETCH
from core.tickets.handing_over import NOTICE
from core.words import Micros, Room, Say
from dialogue.customer.burst import ANSWER_TIMER
from tests.faults.living import Eye
from tests.faults.told import told
from tests.scenario import Story

POISON = "毒"


class Choking(PlainMind):
    """A mind with a fault that one text brings out."""

    def customer(self, text: str, at: Micros) -> Any:
        if text == POISON:
            raise ZeroDivisionError("choked")
        return super().customer(text, at)


def eye_of(desk: Story) -> Eye:
    return Eye(desk.rehearsal.desk.database.url, desk.rehearsal.clock)


@pytest.mark.req("S35")
def test_a_poisonous_message_among_fifty(desk_url: str) -> None:
    """The fifty are answered at once. The one is tried three times, set aside as failed, and its sender told so."""
    with told(desk_url, Choking()) as desk:
        eye = eye_of(desk)
        everybody = [desk.customer(f"客户{number}", "telegram") for number in range(50)]
        li = desk.customer("李先生", "telegram")
        desk.at_once(
            *((one, QUESTION) for one in everybody[:25]), (li, POISON), *((one, QUESTION) for one in everybody[25:])
        )
        for one in everybody:
            one.hears("progress", within=0)
        assert eye.one("SELECT state FROM inbox WHERE error IS NOT NULL") == "new"
        desk.passes(seconds=sum(TRIES) / 1e6)
        assert eye.column("SELECT state || attempts || error FROM inbox WHERE error IS NOT NULL") == [
            "failed3ZeroDivisionError: choked"
        ]
        li.hears("error_hint", str(eye.one("SELECT id FROM inbox WHERE state = 'failed'")))
        li.says(QUESTION)
        li.hears("progress", within=0)
        desk.nobody_heard_anything_else()
        assert len(eye.broken()) == 1
        eye.close()


@pytest.mark.req("S35", "S84")
def test_a_delivery_that_nobody_can_read(desk_url: str) -> None:
    """It is acknowledged and kept with its raw bytes, once however often it comes; the one after it is heard."""
    with told(desk_url) as desk:
        eye, accept = eye_of(desk), desk.rehearsal.desk.accept_for("telegram")
        for _ in range(2):
            desk.run(accept([b"\xff not a message"]))
        wang = desk.customer("王女士", "telegram")
        wang.says(QUESTION)
        wang.hears("progress", within=0)
        assert [bytes(raw) for raw in eye.column("SELECT raw FROM quarantine")] == [b"\xff not a message"]
        eye.close()


def test_a_poisonous_timer_is_parked(desk_url: str) -> None:
    """One that fails is tried three times, one of a kind that nobody knows is not tried; those due after them fire."""
    with told(desk_url) as desk:
        eye, due_at = eye_of(desk), desk.now + 1

        def remind(turn: Turn) -> None:
            turn.remind(ANSWER_TIMER, "poison", due_at, data={"rubbish": 1})
            turn.remind("of a later version", "stranger", due_at)
            turn.remind(ANSWER_TIMER, "good", due_at + 1, data={"talk": 0})

        desk.act(remind)
        desk.passes(seconds=1)
        assert eye.column("SELECT state FROM timer ORDER BY id") == ["waiting", "parked", "fired"]
        desk.passes(seconds=sum(TRIES) / 1e6)
        assert eye.column("SELECT attempts || error FROM timer WHERE state = 'parked' ORDER BY id") == [
            "3KeyError: 'talk'",
            "0unknown kind",
        ]
        eye.close()


def test_an_outcome_that_makes_the_desk_choke(desk_url: str) -> None:
    """The notice of a hand-over cannot be delivered, and its ticket is rubbish: it counts as what it is, and is not sent again."""
    with told(desk_url) as desk:
        eye, liu = eye_of(desk), desk.engineer("刘工")
        desk.rehearsal.wecom.gone.add(liu.address)
        room = Room("wecom", str(desk.rehearsal.wecom.agent_id), liu.address)
        desk.act(lambda turn: post(turn, room, Say(NOTICE, "请接手"), subject="ticket:rubbish"))
        desk.passes(hours=1)
        assert eye.column("SELECT state || attempts FROM outbox") == ["dead1"]
        assert desk.rehearsal.wecom.calls["message/send"] == 1
        eye.close()


def test_a_poisonous_job_is_dead(desk_url: str) -> None:
    """Neither work that fails nor an end of which nobody can make anything goes on for ever; others are done."""
    with told(desk_url) as desk:
        eye = eye_of(desk)

        def order(turn: Turn) -> None:
            turn.start(FETCH, "no such channel and no attachment", {"channel": "none"})
            turn.start(FETCH, "rubbish", {"rubbish": 1})

        desk.act(order)
        wang = desk.customer("王女士", "telegram")
        wang.sends_photo()
        desk.passes(hours=1)
        assert eye.column("SELECT state FROM job ORDER BY id") == ["dead", "dead", "done", "done"]
        eye.close()
