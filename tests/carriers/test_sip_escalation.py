"""The whole way, for real: nobody works on a P0 for an hour, the desk dials over SIP, the prompt is heard, a key takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from core.escalation.model import Alert
from core.people.linking import bind
from core.people.model import Person, Role
from core.store.turn import Turn
from core.tickets.accepting import accept
from core.tickets.model import Priority, Ticket
from core.tickets.prioritising import set_priority
from core.tickets.reporting import Told, report
from core.words import HOUR, SECOND, Inbound, Room, Say, Who
from notifier.carriers.sip import Sip
from tests.carriers.far_phone import FarPhone, places, sipp
from tests.carriers.test_sip import CONFIG, PROMPT, thanks
from tests.faults.living import Time, living, until
from tests.faults.people import People


@pytest.mark.req("S11")
def test_an_hour_without_work_rings_a_real_phone_and_a_key_takes_it(
    needs: Callable[[str], str], tmp_path: Path, desk_url: str
) -> None:
    asyncio.run(_story(needs("sipp"), tmp_path, desk_url))


async def _story(program: str, folder: Path, url: str) -> None:
    clock, phone, said = Time(), FarPhone(), list[str]()
    people = People("webchat", clock)

    async def spoken(say: Say) -> bytes:
        said.append(say.text)
        return PROMPT.astype("<i2").tobytes()

    sip = Sip(CONFIG, spoken, clock, thanks)
    async with (
        sipp(program, folder, "answers", rtp_port=phone.port) as far,
        living(url, people, clock, channels=[sip], accounts={"voice": "sip"}) as one,
    ):
        await until(lambda: sip.dialler)
        number = await one.desk.act(lambda turn: _p0(turn, people, far.address))
        clock.skip(HOUR / SECOND)
        one.runner.kick()
        await until(lambda: phone.seconds > 2.0)
        assert said == [f"紧急工单{number}，注塑机 停机，已60分钟无人处理。接手请按1。"]
        phone.press("1")
        await until(lambda: one.desk.look(_ticket).acked_at)
        assert places(phone.heard(), PROMPT), "the prompt was heard at the other end"
        await until(lambda: one.desk.look(_calls))
        assert await far.content()
        await until(lambda: "action_done" in people.heard_by("sun"))
        [call] = one.desk.look(_calls)
        assert (call.end, call.person_id) == (
            "key 1",
            one.desk.look(_ticket).acked_by,
        )
    phone.close()


def _p0(turn: Turn, people: People, address: str) -> str:
    """A P0, reported and given to an engineer whose manager has a telephone on this machine."""
    everybody = {}
    for name, role in (("wang", Role.CUSTOMER), ("liu", Role.ENGINEER), ("sun", Role.MANAGER)):
        person = everybody[name] = turn.add(
            Person(id=turn.new_id(), entity="main", role=role, name=name, on_duty=role != Role.CUSTOMER)
        )
        room: Room = people.room(name)
        bind(turn, person, Inbound(f"setup:{name}", turn.now, Who(name), room, "enter"), proof="setup")
    everybody["sun"].calls = address
    ticket = report(
        turn, everybody["wang"], people.room("wang"), Told("注塑机停机", {"device": "注塑机", "fault_symptom": "停机"})
    )
    set_priority(turn, ticket, everybody["sun"], Priority.P0)
    accept(turn, ticket, everybody["liu"])
    return ticket.number


def _calls(turn: Turn) -> list[Alert]:
    """Calls that are over."""
    table = Alert.table
    return turn.rows(Alert, select(table).where(table.c.route == "voice", table.c.end.is_not(None)))


def _ticket(turn: Turn) -> Ticket:
    [ticket] = turn.rows(Ticket, select(Ticket.table))
    return ticket
