"""An agent talks with a customer in person: words go both ways until he gives the conversation back (交还)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.conversations.model import Conversation
from core.conversations.saying import answer, tell
from core.people.model import Person
from core.store.turn import Turn
from core.words import MINUTE, Say
from dialogue.heard import Heard
from dialogue.understanding.words import Context
from dialogue.vocabulary import bare, vocabulary

LASTS = 30 * MINUTE
"""An agent who says nothing for so long has given the conversation back."""
COMMANDS = frozenset({"release", "list_my_open", "board", "overdue", "on_call", "undo"})
"""What he says to the desk even while he serves somebody; so is whatever names a ticket."""

_waiting = select(Conversation.table).where(Conversation.table.c.agent_id == bindparam("agent_id"))


def begin(heard: Heard, agent: Person) -> None:
    """From now on the customer's words reach the agent; the agent's words reach whom he serves, one after the other."""
    heard.talk.agent_id, heard.talk.agent_at = agent.id, heard.turn.now
    if agent.serving is None or _served(heard.turn, agent) is None:
        agent.serving = heard.talk.id


def relay_to_agent(heard: Heard) -> str | None:
    """A customer who is being served in person: his words go to the agent."""
    talk = heard.talk
    if talk.agent_id is None:
        return None
    agent = heard.turn.get(Person, talk.agent_id)
    if agent is None or not agent.active or not agent.is_staff or heard.turn.now - (talk.agent_at or 0) > LASTS:
        talk.agent_id = None
        return None
    words = heard.turn.house.wording
    text = words.text(agent.lang, "staff.customer_says", name=heard.person.name or "", words=heard.text)
    tell(heard.turn, agent, Say("relay", text))
    return "relayed to agent"


def forward(heard: Heard) -> str | None:
    """An agent who serves a customer: his words go to the customer, unless they are a command."""
    talk = _served(heard.turn, heard.person)
    if talk is None or heard.message.kind != "text" or bare(heard.text) in vocabulary("release"):
        return None
    order = heard.mind.order(heard.text, heard.message.at, heard.person.role, Context())
    if order.ticket.form in ("number", "multi") or order.action in COMMANDS:
        return None
    talk.agent_at = heard.turn.now
    words = heard.turn.house.wording
    text = words.text(talk.lang, "customer.own_words", name=heard.person.name or "", words=heard.text)
    answer(heard.turn, talk, "relay", text)
    return "forwarded to customer"


def release(heard: Heard) -> str:
    """交还: the desk answers the customer again, and the agent serves the next who waits for him."""
    turn, agent = heard.turn, heard.person
    talk = _served(turn, agent)
    agent.serving = None
    if talk is None:
        heard.answer("error_hint", "staff.nobody_served")
        return "served nobody"
    talk.agent_id = None
    answer(turn, talk, "handoff_end", turn.house.wording.text(talk.lang, "customer.handoff_end"))
    heard.answer("action_done", "staff.released")
    following = next(iter(turn.rows(Conversation, _waiting, agent_id=agent.id)), None)
    customer = turn.get(Person, following.person_id) if following else None
    if following and customer:
        agent.serving = following.id
        heard.answer("handoff", "staff.serving", name=customer.name or "")
    return "released"


def _served(turn: Turn, agent: Person) -> Conversation | None:
    """The conversation that he holds, unless he has been silent for too long."""
    talk = turn.get(Conversation, agent.serving, lock=True) if agent.serving is not None else None
    return talk if talk is not None and talk.agent_id == agent.id and turn.now - (talk.agent_at or 0) <= LASTS else None
