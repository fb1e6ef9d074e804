"""抹除 P-12: a manager or an administrator has the data of whoever asked for it erased; 确认抹除 P-12 carries it out."""

from __future__ import annotations

import re

from core.privacy.erasing import erase, subject_of, unfinished
from core.privacy.requesting import MAY_ERASE, number_of, request_numbered
from dialogue.heard import Heard

ASKED = re.compile(r"(确认|confirm\s+)?(?:抹除|erase)\s*P-?(\d{1,18})", re.IGNORECASE)


def erasure_asked(heard: Heard) -> str | None:
    """Begin an erasure, or say what it does first; None if none was asked for. Raises Refused: privacy_refused, privacy_unknown,
    privacy_done, erase_open."""
    found = ASKED.fullmatch(heard.text.strip())
    if found is None:
        return None
    if heard.person.role not in MAY_ERASE:
        heard.answer("error_hint", "refused.privacy_refused")
        return "erasing refused"
    request = request_numbered(heard.turn, heard.person.entity, int(found[2]))
    person = subject_of(heard.turn, request)
    facts = {"number": number_of(request), "name": person.name or ""}
    if found[1] or unfinished(heard.turn, person) or request.state != "open":
        erase(heard.turn, request, heard.person)
        heard.answer("action_done", "privacy.erasing", **facts)
        return f"erasing {facts['number']}"
    heard.answer("ask_confirm", "privacy.erase_person", **facts)
    return f"asked for a yes to erase {facts['number']}"
