"""What goes to a platform abroad leads to no customer, unless the house has allowed it (PIPL Art. 38)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.policies import Policies
from core.privacy.policy import PrivacyPolicy
from tests.privacy.story import ADDRESS, AGAIN, ENOUGH, NAME, PHONE, SAID
from tests.scenario import Reached, Story, story

HERS = (NAME, PHONE, "139 1111 2222", ADDRESS, SAID, AGAIN, "能不能快点派人来看看")


@pytest.fixture
def guarded(desk_url: str) -> Iterator[Story]:
    """A desk whose engineers and managers are on a platform abroad, which nobody has allowed."""
    policies = replace(Policies(), privacy=PrivacyPolicy(guarded=frozenset({"slack"})))
    with story(desk_url, policies=policies) as told:
        yield told


def test_no_message_abroad_leads_to_her(guarded: Story) -> None:
    sent = _told(guarded)
    abroad = [message for message in sent if message.channel == "slack"]
    assert len(abroad) >= 6
    for message in abroad:
        whole = "\n".join((message.text, *(f"{label} {value}" for label, value in message.say.facts), *message.buttons))
        assert [trace for trace in HERS if trace in whole] == [], whole
        assert message.files == ()


def test_it_says_so_and_shows_the_way_to_the_page(guarded: Story) -> None:
    sent = _told(guarded)
    offer = next(message for message in sent if message.channel == "slack" and message.say.purpose == "assigned")
    assert "个人信息不出境" in offer.text
    facts = dict(offer.say.facts)
    assert "投影仪" in offer.text
    assert not {"电话", "地址", "原话", "客户"} & facts.keys()
    assert offer.say.link or "http://desk.example/t/" in offer.text


def test_what_the_house_allows_goes_whole(desk: Story) -> None:
    sent = _told(desk)
    offer = next(message for message in sent if message.channel == "slack" and message.say.purpose == "assigned")
    assert PHONE in "\n".join((offer.text, *(value for _, value in offer.say.facts)))


def test_at_home_nothing_is_taken_out(guarded: Story) -> None:
    sent = _told(guarded)
    at_home = [message for message in sent if message.channel != "slack"]
    assert at_home and not any("不出境" in message.text for message in at_home)


def _told(desk: Story) -> list[Reached]:
    customer = desk.customer(NAME, "telegram")
    engineer, _ = desk.engineer("刘工", "slack"), desk.manager("孙经理", "slack")
    customer.says(SAID)
    customer.sends_photo()
    customer.says(AGAIN)
    desk.passes(seconds=60)
    number = desk.tickets()[0].number
    engineer.says(f"接单 {number}")
    customer.says("能不能快点派人来看看")
    desk.passes(seconds=30)
    customer.says("转人工")
    engineer.says(f"到场 {number}")
    engineer.says(f"备注 {number} {NAME}说打139 1111 2222，电源板烧坏已换")
    engineer.says(f"查 {number}")
    engineer.says(f"完成 {number} {ENOUGH}")
    desk.passes(seconds=60)
    customer.says("1分")
    customer.says("没修好")
    desk.passes(seconds=60)
    return desk.unheard
