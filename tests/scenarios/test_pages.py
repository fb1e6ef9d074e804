"""The engineer's notice is a card with 接单/改派 and a link of his own; nobody else gets it, and nobody in a group (S83)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from config.rehearsal import PAGES
from core.people.model import Person, Role
from core.people.passes import read_pass
from core.refused import Refused
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.page import ticket_page
from core.words import MINUTE, SECOND
from tests.scenario import Heard, Party, Story


def whose(desk: Story, heard: Heard) -> tuple[int, str]:
    """Whom a link lets in, and where."""
    link = heard.reached.say.link
    assert link is not None and link.startswith("http://desk.example/")
    found = read_pass(PAGES.key, urlsplit(link).query.removeprefix("p="), desk.now)
    assert urlsplit(link).path == f"/{found.subject}"
    return found.person_id, found.subject


@pytest.mark.req("S83", "S84")
def test_the_card_has_two_buttons_and_the_engineers_own_link(desk: Story) -> None:
    wang, liu, sun = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")
    wang.says("二楼投影仪打不开")
    number = wang.hears("ack_created").ticket
    card = liu.hears("new_ticket", number)
    link = card.reached.say.link or ""
    assert card.reached.buttons == ("接单", "改派", "查看 · Open") and link not in card.text
    assert whose(desk, card) == (liu.person_id, f"t/{number}")
    sun.says(f"查 {number}")
    assert whose(desk, sun.hears("ticket_card")) == (sun.person_id, f"t/{number}")
    sun.says("看板")
    assert whose(desk, sun.hears("board")) == (sun.person_id, "board")
    liu.says(f"接单 {number}")
    liu.hears("action_done", number)
    assert wang.hears("engineer_assigned").reached.say.link is None
    zhang = desk.engineer("张工")
    liu.says(f"转单 {number} 给张工")
    assert whose(desk, zhang.hears("assigned", number)) == (zhang.person_id, f"t/{number}")


@pytest.mark.req("S10", "S83")
def test_a_p0_comes_to_everybody_with_his_own_link(desk: Story) -> None:
    wang, staff = (
        desk.customer("王女士", phone="13800138021"),
        [desk.engineer("刘工"), desk.engineer("张工"), desk.manager("孙经理")],
    )
    wang.says("整条线停了，注塑机报 E-07，马上来人")
    found = [whose(desk, party.hears("escalation"))[0] for party in staff]
    assert found == [party.person_id for party in staff]


@pytest.mark.req("S83")
def test_a_link_is_good_for_half_an_hour(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    wang.says("二楼投影仪打不开")
    link = liu.hears("new_ticket").reached.say.link or ""
    at, given = desk.now, link.partition("?p=")[2]
    assert desk.rehearsal.desk.house.policies.pass_lasts == 30 * MINUTE
    assert read_pass(PAGES.key, given, at + 30 * MINUTE - 20 * SECOND).person_id == liu.person_id
    with pytest.raises(Refused, match="pass_over"):
        read_pass(PAGES.key, given, at + 30 * MINUTE)


@pytest.mark.req("S83")
def test_in_a_group_nobody_gets_a_link(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工", "dingtalk")
    wang.says("二楼投影仪打不开")
    number = liu.hears("new_ticket").ticket
    liu.says(f"查 {number}", group="维修群")
    in_group = _in_group(liu)
    assert in_group and all(heard.say.link is None for heard in in_group)


@pytest.mark.req("S18", "S6", "S7")
def test_the_page_tells_each_role_its_own_story(desk: Story) -> None:
    wang, liu, buyer = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.buyer("小李")
    wang.says("空压机漏油，到了先打13800138021")
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    liu.says(f"备注 {number} 密封圈老化，需要更换，客户电话13800138021")

    def page(who: Party) -> str:
        assert who.person_id is not None
        person_id = who.person_id
        found = desk.act(lambda turn: ticket_page(turn, person_id, number))
        return str(found)

    assert all(word in page(liu) for word in ("王女士", "13800138021", "密封圈老化", "报修", "备注"))
    assert "备注" in page(buyer) and "空压机" in page(buyer)
    assert not any(word in page(buyer) for word in ("王女士", "13800138021", "密封圈"))
    assert desk.act(lambda turn: ticket_page(turn, _id_of(wang), number)) is None
    _moves(desk, buyer, "other")
    assert desk.act(lambda turn: ticket_page(turn, _id_of(buyer), number)) is None
    assert Happened.OPENED not in page(liu), "looking at the data is not opening the page"


def _in_group(party: Party) -> list:
    party.desk.listen()
    return [message for message in party.desk.unheard if message.group]


def _id_of(party: Party) -> int:
    assert party.person_id is not None
    return party.person_id


def _moves(desk: Story, party: Party, entity: str) -> None:
    def act(turn: Turn) -> None:
        person = turn.get(Person, _id_of(party))
        assert person is not None and person.role == Role.PROCUREMENT
        person.entity = entity

    desk.act(act)
