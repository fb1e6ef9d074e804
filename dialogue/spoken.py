"""What is peculiar to words that came by voice: they may be missing, and their speaker may correct them (S68)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.recordings.correcting import correct, files_of
from core.recordings.taking_down import is_ours
from core.refused import Refused
from core.store.model import Event, Inbox
from core.tickets.attaching import attach
from core.tickets.model import Attachment, LastVerb, Ticket
from core.tickets.undoing import undo
from core.words import Inbound
from dialogue.customer.burst import relay
from dialogue.customer.slots import fields_of, told_by
from dialogue.heard import Heard
from dialogue.vocabulary import vocabulary

LEAST_LEFT = 2
"""Characters that must follow the words by which a correction is known."""
_BETWEEN = " ,，:：。.、-—"

Hear = Callable[[Heard], str]


def wants_words(row: Inbox, message: Inbound) -> bool:
    """Whether this is a voice message, said to the desk, whose words have still to be found out."""
    known = message.text or any(media.words for media in message.media)
    addressed = message.called or not message.room.group
    return message.kind == "voice" and bool(message.media) and not known and addressed and not is_ours(row)


def hear(heard: Heard, usual: Hear) -> str:
    """Hear a message as usual, with what its having been spoken, or a recording before it, means for it."""
    if heard.message.kind == "voice" and not heard.text and not heard.message.media:
        heard.remarked.append(True)
        heard.answer("clarify", "voice.unheard")
        return "asked to type"
    outcome = _corrected(heard, usual) or usual(heard)
    if heard.message.kind == "voice" and heard.text:
        _keep(heard)
        heard.talk.spoken = {
            "cause": heard.turn.cause.text,
            "words": heard.text,
            "at": heard.turn.now,
            "said_at": heard.message.at,
            "ticket": heard.talk.last_ticket,
            "id": heard.message.id,
        }
    return outcome


def _keep(heard: Heard) -> None:
    """The recording lies beside what its words did, whatever that was."""
    turn, ticket = heard.turn, heard.turn.get(Ticket, heard.talk.last_ticket) if heard.talk.last_ticket else None
    done = [event for event in turn.seen(Event) if ticket and event.stream == ticket.stream]
    done = [event for event in done if event.cause == turn.cause.text]
    if (
        ticket is not None
        and done
        and not any(file.event_id == event.id for file in turn.seen(Attachment) for event in done)
    ):
        attach(turn, ticket, heard.person, done[0], heard.message.kind, heard.message.media)


def _corrected(heard: Heard, usual: Hear) -> str | None:
    """“不是，我说的是…”: he says what he really said; his ticket follows, and both wordings stay on record."""
    spoken, words = heard.talk.spoken, _meant(heard)
    if words is None or not spoken:
        return None
    heard.talk.spoken = None
    anew = replace(heard, message=replace(heard.message, kind="text", text=words, media=()), ranked=None)
    heard.turn.cause = replace(heard.turn.cause, at=spoken["said_at"])
    ticket = heard.turn.get(Ticket, spoken["ticket"], lock=True) if spoken["ticket"] else None
    files = files_of(heard.turn, ticket, spoken["cause"]) if ticket else []
    for file in files:
        file.corrected = words
    if heard.person.is_staff:
        _take_back(heard, spoken["cause"])
        return f"corrected; {usual(anew)}"
    if ticket is None or not files or not ticket.is_open:
        return f"corrected; {usual(anew)}"
    zone, at = heard.turn.house.zone, heard.message.at
    was = fields_of(heard.mind.customer(spoken["words"], at), zone)
    meant = heard.mind.customer(words, at)
    now = told_by(anew, fields_of(meant, zone), meant)
    correct(heard.turn, ticket, heard.person, spoken["words"], was, now)
    relay(heard.turn, ticket, words)
    heard.answer("confirm_change", "voice.corrected", number=ticket.number, words=words, exact=anew.exact())
    return f"corrected {ticket.number}"


def _meant(heard: Heard) -> str | None:
    """What he says that he said, if he corrects what was just taken down from his voice."""
    spoken, text = heard.talk.spoken, heard.text.strip()
    lasts = heard.turn.house.policies.conversation.voice_correction
    if not spoken or heard.message.kind not in ("text", "voice") or heard.turn.now - spoken["at"] > lasts:
        return None
    folded = text.casefold()
    for lead in vocabulary("misheard"):
        if folded.startswith(lead) and len(rest := text[len(lead) :].strip(_BETWEEN)) >= LEAST_LEFT:
            return rest
    quoted = heard.message.about is not None and heard.message.about == spoken["id"]
    return text if quoted and len(text) >= LEAST_LEFT and heard.message.kind == "text" else None


def _take_back(heard: Heard, cause: str) -> None:
    """What the wrong words did is taken back, if it was the last thing and still can be."""
    last = heard.turn.get(LastVerb, heard.person.id)
    if last is None or last.cause != cause:
        return
    try:
        undo(heard.turn, heard.person)
    except Refused:
        return
