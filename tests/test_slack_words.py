"""Whose words an event of Slack carries, where the samples of the platform leave it open."""

from __future__ import annotations

from bots.slack import Slack
from tests.contract.slack_cases import message


def test_what_was_typed_in_a_client_of_slack_is_a_persons_whoever_the_event_was_sent_for() -> None:
    own = message("1772596800.000100", user="U0BOT", text="已受理")
    typed = message("1772596800.000200", user="U0BOT", text="接单", client_msg_id="c1")
    assert Slack.read(own) == []
    assert [said.text for said in Slack.read(typed)] == ["接单"]


def test_an_event_without_what_is_around_it_is_read() -> None:
    raw = b'{"type":"message","user":"U1","channel":"D1","channel_type":"im","ts":"1772596800.000100","text":"on site"}'
    (said,) = Slack.read(raw)
    assert (said.text, said.room.id, said.room.account) == ("on site", "U1", "")
