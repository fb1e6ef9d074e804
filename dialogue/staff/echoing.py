"""Several things done by one message are echoed in one line, with the way to take all of them back (S90)."""

from __future__ import annotations

from dataclasses import replace

from core.conversations.saying import answer
from core.tickets.model import Ticket
from dialogue.heard import Heard

_ENDS = "。. "


def gathering(heard: Heard) -> Heard:
    """The same message, whose echoes are held until `echo`."""
    return replace(heard, echoes=[])


def echo(heard: Heard, ticket: Ticket | None) -> None:
    """Say what was done: as it is if it is one thing, else all of it in one line."""
    done, number = heard.echoes or [], ticket.number if ticket else ""
    if not done:
        return
    text = done[0]
    if len(done) > 1:
        told = [one.removeprefix(number).strip(" :：").rstrip(_ENDS) for one in done]
        text = heard.say("staff.done_several", number=number, done=heard.say("staff.done_joint").join(told))
    answer(heard.turn, heard.talk, "action_done", "\n".join(filter(None, (text, heard.remark()))))
