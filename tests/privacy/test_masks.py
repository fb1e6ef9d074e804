"""Who has nobody to call any more sees of a number only what it takes to recognise it."""

from __future__ import annotations

import pytest

from tests.privacy.story import PHONE, repaired
from tests.scenario import Story


@pytest.mark.req("S18")
def test_once_a_ticket_is_over_its_engineer_recognises_the_number(desk: Story) -> None:
    _, engineer, manager, number = repaired(desk)
    for reader, shown, hidden in ((engineer, "139****2222", PHONE), (manager, PHONE, "139****2222")):
        reader.says(f"查 {number}")
        seen = reader.hears("ticket_card", number).text
        assert shown in seen and hidden not in seen


@pytest.mark.req("S18")
def test_while_it_is_open_he_may_call_and_a_buyer_never(desk: Story) -> None:
    customer, engineer, buyer = desk.customer("王女士"), desk.engineer("刘工"), desk.buyer("胡采购")
    customer.says(f"投影仪打不开，电话{PHONE}")
    desk.passes(seconds=60)
    number = desk.tickets()[0].number
    assert PHONE in engineer.hears("assigned", number).text
    buyer.says(f"查 {number}")
    desk.passes(seconds=5)
    assert not any(PHONE in message.text or "2222" in message.text for message in buyer._mine())
