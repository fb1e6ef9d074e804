"""A mail says whatever it likes about who wrote it: a colleague is known by it only where our own mail server vouches for him."""

from __future__ import annotations

import pytest

from bots.mail import Mail, MailConfig
from core.people.linking import CODE_ALPHABET, issue_code
from core.people.model import Person
from core.words import HOUR
from tests.contract.mail_cases import DESK, WANG, delivery, mail
from tests.scenario import Story

VOUCHED, FORGED = "mx.desk.example", None


def joined(desk: Story) -> None:
    """E-mail is a channel of this desk; nothing is sent anywhere."""
    inner = desk.rehearsal.desk
    nowhere = ("127.0.0.1", 1, "none")
    config = MailConfig(DESK, DESK, "x", nowhere, nowhere)
    channel = Mail(config, inner.shelf, inner.files.put, inner.files.read, lambda: desk.now)
    inner.channels["email"] = channel  # type: ignore[index]
    inner.house.cans["email"] = channel.can  # type: ignore[index]


def comes(desk: Story, number: str, text: str, authserv: str | None) -> None:
    desk.run(desk.rehearsal.desk.accept_for("email")([delivery(mail(number, text, "Re: 工单"), authserv)]))
    desk.settle()


def code_for(desk: Story, person_id: int) -> str:
    def issue(turn):
        person = turn.get(Person, person_id)
        return issue_code(turn, person, "0123456789abcdef0123456789abcdef", HOUR)

    code = desk.act(issue)
    assert set(code) <= set(CODE_ALPHABET)
    return code


@pytest.mark.req("S8", "S36")
def test_a_forged_sender_is_neither_bound_nor_obeyed(desk: Story) -> None:
    joined(desk)
    wang, liu = desk.customer("王女士"), desk.engineer("刘工")
    assert liu.person_id is not None
    wang.says("投影仪打不开")
    wang.hears("ack_created", within=30)
    number = desk.tickets()[-1].number
    code = code_for(desk, liu.person_id)
    comes(desk, "m1", code, FORGED)
    comes(desk, "m2", f"接单 {number}", FORGED)
    assert desk.ticket(number).owner_id != liu.person_id
    comes(desk, "m3", code, VOUCHED)
    comes(desk, "m4", f"接单 {number}", FORGED)
    assert desk.ticket(number).owner_id != liu.person_id
    comes(desk, "m5", f"接单 {number}", VOUCHED)
    assert desk.ticket(number).owner_id == liu.person_id
    assert WANG not in {ticket.room for ticket in desk.tickets()}
