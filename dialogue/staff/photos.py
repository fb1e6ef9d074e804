"""Photos, recordings and files of the staff: on the ticket that he is at, with one question at most (S90, S5a)."""

from __future__ import annotations

from core.conversations.saying import ask_which
from core.refused import Refused
from core.tickets import noting
from core.tickets.announcing import announce
from core.tickets.attaching import move
from core.tickets.describing import what
from core.tickets.marking import locate
from core.tickets.model import Attachment, Status, Ticket
from core.tickets.queries import open_of_engineer, unaccepted
from core.tickets.reporting import Told, report
from dialogue import photos
from dialogue.heard import Heard
from dialogue.quoting import quoted
from dialogue.staff.refusing import refuse
from dialogue.staff.which import ticket_numbered

PHOTO = "photo:"
"""Token of a choice: his photos belong to this ticket (photo:GD-1001), or to a new one (photo:new)."""
NEW = "new"
OF_WORK = frozenset({"note", "arrive", "complete", "need_part", "hold"})
"""What he says about work, and may show by a photo."""
MOST_CHOICES = 5


def take(heard: Heard) -> str:
    """A photo without words."""
    if heard.among_people and quoted(heard) is None and not photos.burst(heard):
        return "shown among people"
    ticket = meant(heard)
    if ticket is None:
        return _ask(heard)
    try:
        return _put(heard, ticket, sure=False)
    except Refused as refused:
        return refuse(heard, refused)


def press(heard: Heard, number: str) -> str:
    """He says where his photos belong. Raises Refused."""
    heard.talk.question = None
    if number == NEW:
        return _report(heard)
    ticket = ticket_numbered(heard, "".join(filter(str.isdecimal, number)) or "0")
    return _put(heard, ticket, sure=True)


def follow(heard: Heard, ticket: Ticket, action: str, *, named: bool) -> None:
    """Words about work on a ticket beside photos: those that wait go there, those that were put elsewhere without a word too."""
    heard.talk.spoken_at = heard.turn.now
    if action not in OF_WORK or photos.words_waiting(heard) is not None:
        return
    if photos.waits(heard):
        _put(heard, ticket, sure=True)
        return
    just = photos.burst(heard)
    if not just or not named or just["sure"] or just["ticket"] == ticket.id:
        return
    wrong, turn = heard.turn.get(Ticket, just["ticket"], lock=True), heard.turn
    files = [file for key in just["files"] if (file := turn.get(Attachment, key)) is not None]
    if wrong is None or not files:
        return
    move(turn, files, wrong, ticket, heard.person)
    wrong.first_action_at, wrong.last_action_at = just["before"]
    heard.talk.photos = {**just, "ticket": ticket.id, "sure": True}
    heard.answer("action_done", "staff.photo_moved", number=ticket.number, old=wrong.number, count=len(files))


def place(heard: Heard) -> str | None:
    """Where he is: where the photos beside it were taken. None if it belongs to no photo, and to a ticket that is known."""
    heard.talk.whereabouts = {"text": heard.message.text, "at": heard.message.at}
    just = photos.burst(heard, photos.NEAR)
    files = [file for key in (just or {}).get("files", ()) if (file := heard.turn.get(Attachment, key)) is not None]
    locate(heard.turn, files, heard.message.text)
    if files or photos.waits(heard):
        heard.answer("action_done", "staff.done_place")
        return "place of photos"
    if meant(heard) is None:
        heard.answer("hint", "staff.place_kept")
        return "place kept"
    return None


def meant(heard: Heard) -> Ticket | None:
    """The ticket quoted, that of the burst, the one just spoken of, the one he is at, the one spoken of last, his only one."""
    if (named := quoted(heard)) is not None:
        return named
    mine = open_of_engineer(heard.turn, heard.person)
    talk, now = heard.talk, heard.turn.now
    if just := photos.burst(heard):
        return heard.turn.get(Ticket, just["ticket"], lock=True)
    if photos.waits(heard):
        return None
    spoken_of = heard.turn.get(Ticket, talk.last_ticket, lock=True) if talk.last_ticket else None
    if spoken_of is not None and not (spoken_of.is_open and spoken_of.entity == heard.person.entity):
        spoken_of = None
    if spoken_of is not None and now - (talk.spoken_at or 0) <= photos.BURST:
        return spoken_of
    at = [ticket for ticket in mine if ticket.status == Status.ON_SITE]
    if len(at) == 1:
        return at[0]
    if spoken_of is not None and (spoken_of.id in {ticket.id for ticket in at or mine} or not mine):
        return spoken_of
    return mine[0] if len(mine) == 1 else None


def _ask(heard: Heard) -> str:
    """Several may be meant, or none is known: one question for all photos of the burst."""
    if photos.keep(heard):
        return "one more photo waits"
    turn, words = heard.turn, heard.turn.house.wording
    tickets = (open_of_engineer(turn, heard.person) or unaccepted(turn, heard.person.entity))[:MOST_CHOICES]
    labels = [heard.say("staff.which_line", number=one.number, what=what(words, one, heard.lang)) for one in tickets]
    choices = [(label, f"{PHOTO}{one.number}") for label, one in zip(labels, tickets, strict=True)]
    choices.append((heard.say("staff.photo_new"), f"{PHOTO}{NEW}"))
    heard.talk.question = {"slot": "photo", "ticket": 0, "at": turn.now}
    ask_which(turn, heard.talk, "ask_choice", heard.say("staff.photo_which"), choices)
    return "asked where the photo belongs"


def _put(heard: Heard, ticket: Ticket, *, sure: bool) -> str:
    """Put what waited and what came now on the ticket, with where it was taken. Raises Refused."""
    turn, message = heard.turn, heard.message
    media = (*photos.taken(heard), *message.media)
    if not media:
        heard.answer("error_hint", "staff.photo_gone")
        return "no photo waits"
    before = [ticket.first_action_at, ticket.last_action_at]
    kind = message.kind if message.media else "image"
    event = noting.photo(turn, ticket, heard.person, kind, media)
    files = [file for file in turn.seen(Attachment) if file.event_id == event.id]
    if place := photos.whereabouts(heard.talk, message.at):
        locate(turn, files, place)
    photos.put(heard, ticket, files, sure=sure, before=before)
    heard.talk.last_ticket = ticket.id
    heard.answer("action_done", "staff.done_photo", number=ticket.number, count=len(media))
    return f"photo on {ticket.number}"


def _report(heard: Heard) -> str:
    """A new ticket of what he was shown or has seen: he is its customer, as nobody else is known."""
    media = (*photos.taken(heard), *heard.message.media)
    if not media:
        heard.answer("error_hint", "staff.photo_gone")
        return "no photo waits"
    ticket = report(heard.turn, heard.person, heard.message.room, Told(media=media, kind="image"))
    announce(heard.turn, ticket)
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, heard.turn.now
    heard.answer("action_done", "staff.photo_reported", number=ticket.number)
    return f"made {ticket.number}"
