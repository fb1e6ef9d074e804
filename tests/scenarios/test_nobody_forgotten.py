"""Whatever is taken back, somebody is asked for the ticket (S58), and nobody is left with news that does not hold."""

from __future__ import annotations

import pytest

from tests.scenario import Party, Story


def _crew(desk: Story) -> tuple[Party, Party, Party]:
    return desk.engineer("任工"), desk.engineer("石工"), desk.agent("魏调度")


@pytest.mark.req("S58")
def test_an_assignment_taken_back_leaves_the_earlier_offer_waiting(desk: Story) -> None:
    ren, shi, wei = _crew(desk)
    wang = desk.customer("王女士", "webchat")
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    first, second = (ren, shi) if ren._find("assigned", (number,)) else (shi, ren)
    digits = number.partition("-")[2]
    wei.says(f"{digits} 转给{second.name}")
    second.says(f"改派 {digits}")
    second.says("撤回")
    wei.says("撤回")
    ticket = desk.ticket(number)
    assert ticket.engineer_id == first.person_id
    desk.passes(minutes=11)
    assert desk.ticket(number).engineer_id != first.person_id


@pytest.mark.req("S58")
@pytest.mark.parametrize("taken", ["接单", "转给任工"])
def test_taken_before_it_was_announced_and_given_back(desk: Story, taken: str) -> None:
    """Somebody is faster than the desk's own answer, and changes his mind after it."""
    ren, _, wei = _crew(desk)
    wang = desk.customer("王女士", "webchat")
    wang.says("空压机漏油")
    [ticket] = desk.tickets()
    (ren if taken == "接单" else wei).says(f"{ticket.number.partition('-')[2]} {taken}")
    wang.hears("ack_created")
    (ren if taken == "接单" else wei).says("撤回")
    assert desk.ticket(ticket.number).engineer_id is not None
    desk.passes(hours=2)
    assert wei.hears("unassigned", ticket.number)
