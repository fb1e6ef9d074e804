"""A working day of the sample factory: every ticket's story can be read, and nobody received what it does not explain."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from config.play import play
from config.script import Script, read_script
from config.stories import stories
from tests.scenario import mind

DAY = Path(__file__).parent.parent / "samples" / "day" / "working_day.yaml"
ABOUT_WORK = {
    "assigned",
    "unassigned",
    "action_done",
    "part_eta",
    "part_arrived",
    "escalation",
    "relay",
    "urged",
    "correction",
}
ABOUT_THE_TICKET = {
    "ack_created",
    "engineer_assigned",
    "engineer_arrived",
    "progress",
    "done",
    "rating_thanks",
    "confirm_change",
}


@pytest.mark.req("S15", "S61", "S70")
def test_a_hundred_tickets_and_nothing_that_the_story_does_not_explain() -> None:
    script = read_script(DAY)
    lines = asyncio.run(play(script, mind()))
    tickets: dict[str, dict[str, Any]] = lines[-1]["tickets"]
    assert len(tickets) == 100
    assert {ticket["status"] for ticket in tickets.values()} <= {"done", "closed"}
    told = stories(script, lines)
    assert all(f"\n{number}\n" in told for number in tickets)
    for line in lines:
        for message in line["sent"]:
            assert _explained(script, line, message, tickets), (line["at"], message)


def _explained(
    script: Script, line: dict[str, Any], message: dict[str, Any], tickets: dict[str, dict[str, Any]]
) -> bool:
    """Whether somebody should have heard this: a customer only of his own tickets, purchasing only of parts and never a
    customer's phone, managers what they asked for and P0, engineers their work."""
    person = script.people[message["to"]]
    named = [ticket for number, ticket in tickets.items() if number in message["text"]]
    match person["role"]:
        case "customer":
            own = all(ticket["customer"] == message["to"] for ticket in named)
            return own and bool(named or message["kind"] == "rating_thanks") and message["kind"] in ABOUT_THE_TICKET
        case "procurement":
            phones = [one["phone"] for one in script.people.values() if one.get("phone")]
            about_parts = message["kind"] in ("part_request", "action_done")
            return about_parts and not any(phone in message["text"] for phone in phones)
        case "manager" | "agent":
            asked = script.steps[line["turn"]].sender == message["to"]
            return asked or message["kind"] in ("escalation", "unassigned")
        case _:
            return message["kind"] in ABOUT_WORK and bool(named)
