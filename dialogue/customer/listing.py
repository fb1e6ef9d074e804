"""我的工单, 我的设备, 我的报告, 下次保养什么时候: short lists of what is a customer's own, and the link to all of it (S97, S104)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.conversations.saying import answer
from core.tickets.describing import progress_line, what
from core.tickets.model import Ticket
from core.tickets.own import Device, devices_of, full_name, is_current, my_link, own_tickets, reports_of, tickets_of
from core.tickets.own_page import maintenance_of
from core.tickets.sameness import other_device
from core.words import Room
from dialogue.customer.inquiring import inquired
from dialogue.heard import Heard
from dialogue.understanding.words import Understanding
from dialogue.vocabulary import answers, bare, says, vocabulary

MOST = 5
"""Lines of a list in the chat; the page has the rest."""
LONGEST = 30
"""Characters of a question after the next maintenance; whoever writes more tells something else."""
PURPOSES = {"tickets": "own_list", "devices": "own_devices", "reports": "own_reports", "maintenance": "own_maintenance"}
"""Kind of message of each list."""


def asked(heard: Heard, meant: Understanding) -> str | None:
    """He asks for a list of what is his; None if he says something else."""
    kind = _kind(heard, meant)
    if kind is None:
        return None
    lines = LISTS[kind](heard, meant)
    if not lines:
        heard.answer(PURPOSES[kind], f"own.no_{kind}")
        return f"has no {kind}"
    head = [heard.say(f"own.your_{kind}")]
    more = [heard.say("own.more", count=len(lines) - MOST)] if len(lines) > MOST else []
    link = my_link(heard.turn, heard.person) if not Room.of(heard.talk.room).group else None
    answer(heard.turn, heard.talk, PURPOSES[kind], "\n".join([*head, *lines[:MOST], *more]), link=link)
    return f"listed {kind}"


def _kind(heard: Heard, meant: Understanding) -> str | None:
    text = heard.text.strip()
    found = answers(_without_courtesy(text), "own_lists")
    if found is not None or meant.slots.get("fault_symptom") or len(text) > LONGEST:
        return found
    return "maintenance" if says(text, "of_maintenance") and says(text, "asks_when") else None


def _without_courtesy(text: str) -> str:
    """What he asks for, without the words with which one asks."""
    said, before = bare(text), ""
    while said != before:
        before = said
        for word in vocabulary("asks_for_a_list"):
            said = said.removeprefix(word).removesuffix(word).strip(" ，,")
    return said


def _tickets(heard: Heard, meant: Understanding) -> list[str]:
    """Those under way as they stand, then the others, the latest first. Where the question is one after progress, it counts as one."""
    tickets = own_tickets(heard.turn, heard.person)
    inquired(heard, meant, [ticket for ticket in tickets if is_current(ticket)])
    return [_ticket(heard, ticket) for ticket in tickets]


def _ticket(heard: Heard, ticket: Ticket) -> str:
    if is_current(ticket):
        return progress_line(heard.turn, ticket, heard.lang)
    words = heard.turn.house.wording
    status = words.name(heard.lang, "status", ticket.status)
    return heard.say("customer.own_line", number=ticket.number, what=what(words, ticket, heard.lang), status=status)


def _devices(heard: Heard, meant: Understanding) -> list[str]:
    return [
        heard.say(
            "own.device_line",
            device=full_name(heard.turn, device, heard.lang),
            maintenance=maintenance_of(heard.turn, device, heard.lang),
            count=len(device.tickets),
            number=device.number,
        )
        for device in _his_devices(heard)
    ]


def _reports(heard: Heard, meant: Understanding) -> list[str]:
    words, zone = heard.turn.house.wording, heard.turn.house.zone
    lines = []
    for report in reports_of(heard.turn, heard.person):
        ticket = heard.turn.get(Ticket, report.ticket_id)
        when = words.day(heard.lang, report.signed_at or report.made_at or report.ordered_at, heard.turn.now, zone)
        about = what(words, ticket, heard.lang) if ticket else ""
        state = heard.say(f"own.report_{report.state}")
        lines.append(heard.say("own.report_line", number=report.number, what=about, when=when, state=state))
    return lines


def _maintenance(heard: Heard, meant: Understanding) -> list[str]:
    """Those that are planned, the next one first; if he names a device, only its own, also if nothing is planned."""
    named = (meant.slots.get("device") or [None])[0]
    devices = _his_devices(heard)
    of_device = [device for device in devices if named and device.name and not other_device(device.name, str(named))]
    planned = sorted((one for one in devices if one.maintenance_at), key=lambda one: one.maintenance_at or 0)
    return [
        heard.say(
            "own.maintenance_line",
            device=full_name(heard.turn, device, heard.lang),
            maintenance=maintenance_of(heard.turn, device, heard.lang),
        )
        for device in of_device or planned
    ]


def _his_devices(heard: Heard) -> Sequence[Device]:
    return devices_of(tickets_of(heard.turn, heard.person))


LISTS: dict[str, Callable[[Heard, Understanding], list[str]]] = {
    "tickets": _tickets,
    "devices": _devices,
    "reports": _reports,
    "maintenance": _maintenance,
}
"""What may be asked for, line by line."""
