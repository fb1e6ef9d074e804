"""An agent talks with a customer in person: words go both ways until he gives the conversation back (交还)."""

from __future__ import annotations

from core.conversations.model import Conversation
from core.conversations.saying import answer, tell
from core.people.model import Person
from core.words import HOUR, Say
from dialogue.heard import Heard
from dialogue.understanding.words import Context

RELEASES = frozenset({"交还", "释放", "结束接待", "release", "done serving"})
"""What ends the service in person."""
LASTS = 12 * HOUR
"""An agent who says nothing for so long has given the conversation back."""


def begin(heard: Heard, agent: Person) -> None:
    """From now on the customer's words reach the agent, and the agent's words reach him."""
    heard.talk.agent_id, heard.talk.agent_at = agent.id, heard.turn.now
    agent.serving = heard.talk.id


def relay_to_agent(heard: Heard) -> str | None:
    """A customer who is being served in person: his words go to the agent."""
    talk = heard.talk
    if talk.agent_id is None:
        return None
    agent = heard.turn.get(Person, talk.agent_id)
    if agent is None or not agent.active or agent.serving != talk.id or heard.turn.now - (talk.agent_at or 0) > LASTS:
        talk.agent_id = None
        return None
    talk.agent_at = heard.turn.now
    words = heard.turn.house.wording
    text = words.text(agent.lang, "staff.customer_says", name=heard.person.name or "", words=heard.text)
    tell(heard.turn, agent, Say("relay", text))
    return "relayed to agent"


def forward(heard: Heard) -> str | None:
    """An agent who serves a customer: his words go to the customer, unless they are a command."""
    talk = _served(heard)
    if talk is None or heard.message.kind != "text" or heard.text.strip().casefold() in RELEASES:
        return None
    order = heard.mind.order(heard.text, heard.message.at, heard.person.role, Context())
    if order.ticket.form == "number" or order.action in ("release", "list_my_open", "board", "overdue", "on_call", "undo"):
        return None
    talk.agent_at = heard.turn.now
    words = heard.turn.house.wording
    text = words.text(talk.lang, "customer.own_words", name=heard.person.name or "", words=heard.text)
    answer(heard.turn, talk, "relay", text)
    return "forwarded to customer"


def release(heard: Heard) -> str:
    """交还: the desk answers the customer again."""
    talk = _served(heard)
    heard.person.serving = None
    if talk is None:
        heard.answer("error_hint", "staff.nobody_served")
        return "served nobody"
    talk.agent_id = None
    answer(heard.turn, talk, "handoff_end", heard.turn.house.wording.text(talk.lang, "customer.handoff_end"))
    heard.answer("action_done", "staff.released")
    return "released"


def _served(heard: Heard) -> Conversation | None:
    if heard.person.serving is None:
        return None
    talk = heard.turn.get(Conversation, heard.person.serving, lock=True)
    return talk if talk is not None and talk.agent_id == heard.person.id else None

