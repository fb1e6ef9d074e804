"""What comes back by telephone: keys pressed in a call, how a call ended, a reply to an SMS. A key acknowledges; nothing else
that happens in a call does (S11)."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, or_, select

from core.conversations.saying import tell
from core.escalation.acknowledging import acknowledge
from core.escalation.alerts import alerts_by, call_ended
from core.escalation.episodes import alarms_of, hurry
from core.escalation.model import Alert, Episode
from core.people.linking import staff_with_phone
from core.people.model import Person
from core.refused import Refused
from core.store.late import proven
from core.store.model import Inbox, Outbox, OutboxState
from core.store.outgoing import LAPSED
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.words import HOUR, Inbound, Say
from dialogue.vocabulary import vocabulary

CHANNELS = frozenset({"sms", "voice"})

_outbox = Outbox.table.c
_call = (
    select(Outbox.table)
    .where(_outbox.channel == "voice", or_(_outbox.ref == bindparam("about"), _outbox.ref == bindparam("attempt")))
    .order_by(_outbox.id.desc())
    .limit(1)
)
"""Which call of ours this is about: by the provider's name for it, or by ours where its outcome was unknown."""
LATELY = 1 * HOUR
"""How long something may still be told of a call of which no answer came."""
_unanswered = (
    select(Outbox.table)
    .where(
        _outbox.room == bindparam("room"),
        or_(
            _outbox.lease.is_not(None),
            _outbox.state == OutboxState.UNCLEAR,
            and_(_outbox.state == OutboxState.WAITING, _outbox.attempts > 0),
            _outbox.error.startswith(LAPSED),
        ),
        _outbox.created_at >= bindparam("since"),
    )
    .order_by(_outbox.id.desc())
    .limit(1)
)
"""The last call to a number of which nobody has written down what its provider calls it: a key can be quicker than that."""


def hear(turn: Turn, row: Inbox, message: Inbound) -> str | None:
    """The name of what came of it; None if it is for the conversation to hear (an SMS from a customer)."""
    if message.room.channel == "voice":
        return _in_call(turn, row, message)
    person = staff_with_phone(turn, turn.house.policies.entity, message.who.phone or message.who.id)
    if person is None:
        return None
    row.person_id = person.id
    return _reply(turn, person, message)


def _in_call(turn: Turn, row: Inbox, message: Inbound) -> str:
    call = turn.first(Outbox, _call, about=message.about or "", attempt=message.id or "")
    call = call or turn.first(Outbox, _unanswered, room=str(message.room), since=turn.now - LATELY)
    alert = next(iter(alerts_by(turn, call)), None) if call else None
    if call is None or alert is None:
        return "no call of ours"
    proven(turn, call, message.about)
    row.person_id = alert.person_id
    if message.kind == "press":
        return _pressed(turn, alert, message.press or "")
    episode = turn.get(Episode, alert.episode_id, lock=True)
    if call_ended(turn, alert, message.text) and episode is not None:
        hurry(turn, episode)
    return f"call ended: {message.text}"


def _pressed(turn: Turn, alert: Alert, key: str) -> str:
    person, ticket = turn.get(Person, alert.person_id or 0), turn.get(Ticket, alert.ticket_id, lock=True)
    if key != turn.house.policies.escalation.ack_key or person is None or ticket is None:
        return f"key {key}"
    alert.end, alert.ended_at = f"key {key}", turn.now
    return _take(turn, person, [ticket], "key")


def _reply(turn: Turn, person: Person, message: Inbound) -> str:
    said = message.text.strip().strip("。.!！").casefold()
    takes = {turn.house.policies.escalation.ack_key, *vocabulary("takes_alarm"), *vocabulary("hears_alarm")}
    if said not in takes:
        tell(turn, person, Say("hint", turn.house.wording.text(person.lang, "escalation.sms_only")))
        return "an SMS that acknowledges nothing"
    return _take(turn, person, alarms_of(turn, person), "sms")


def _take(turn: Turn, person: Person, tickets: list[Ticket], via: str) -> str:
    """Each ticket whose alarm still runs; he hears in his chat what he has taken."""
    taken = []
    for ticket in tickets:
        try:
            acknowledge(turn, ticket, person, via)
        except Refused as refused:
            text = turn.house.wording.text(person.lang, f"refused.{refused.key}", **refused.facts)
            tell(turn, person, Say("error_hint", text), subject=ticket.stream)
            continue
        taken.append(ticket.number)
        text = turn.house.wording.text(person.lang, "escalation.taken", number=ticket.number)
        tell(turn, person, Say("action_done", text), subject=ticket.stream)
    if not tickets:
        tell(turn, person, Say("hint", turn.house.wording.text(person.lang, "escalation.nothing_taken")))
    return f"took {', '.join(taken)}" if taken else "nothing to take"
