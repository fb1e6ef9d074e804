"""What a person asks for about his own data is on record, and met in time (PIPL Art. 45, 47, 50)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.people.duty import in_role
from core.people.model import Person, Role
from core.privacy.model import PrivacyRequest
from core.refused import Refused
from core.store.turn import Turn
from core.words import Say

ASKED = "person.privacy_asked"
"""The event that says what he asked for."""
ERASE, EXPORT = "erase", "export"
MAY_ERASE = frozenset({Role.MANAGER, Role.ADMIN})
"""Who may have a person's data erased."""

_request = PrivacyRequest.table.c
_open_of = select(PrivacyRequest.table).where(
    _request.person_id == bindparam("person_id"),
    _request.kind == bindparam("kind"),
    (_request.state == "open") | (_request.state == "erasing"),
)
_open = (
    select(PrivacyRequest.table)
    .where(_request.entity == bindparam("entity"), (_request.state == "open") | (_request.state == "erasing"))
    .order_by(_request.due_at)
)


def ask(turn: Turn, person: Person, kind: str, via: str | None) -> PrivacyRequest:
    """Put his request on record, once: one that is still open is the same."""
    known = turn.first(PrivacyRequest, _open_of, person_id=person.id, kind=kind)
    if known is not None:
        return known
    request = turn.add(
        PrivacyRequest(
            id=turn.new_id(),
            entity=person.entity,
            person_id=person.id,
            kind=kind,
            asked_at=turn.now,
            via=via,
            due_at=turn.now + turn.house.policies.privacy.answer_within,
        )
    )
    turn.record(
        ASKED,
        entity=person.entity,
        stream=f"person:{person.id}",
        by=person.id,
        data={"request": request.id, "kind": kind},
    )
    return request


def tell_managers(turn: Turn, request: PrivacyRequest, person: Person) -> None:
    """Managers hear of a request that a person has to decide about, and until when."""
    words = turn.house.wording
    for manager in in_role(turn, request.entity, Role.MANAGER):
        due = words.day(manager.lang, request.due_at, turn.now, turn.house.zone)
        facts = {"name": person.name or f"#{person.id}", "number": number_of(request), "due": due}
        text = words.text(manager.lang, "privacy.managers", **facts)
        tell(turn, manager, Say("privacy_request", text), subject=f"privacy:{request.id}")


def request_numbered(turn: Turn, entity: str, number: int) -> PrivacyRequest:
    """The request that people call P-12. Raises Refused: privacy_unknown."""
    request = turn.get(PrivacyRequest, number, lock=True)
    if request is None or request.entity != entity:
        raise Refused("privacy_unknown", number=f"P-{number}")
    return request


def open_requests(turn: Turn, entity: str) -> list[PrivacyRequest]:
    """Those not met yet, the most urgent first."""
    return turn.rows(PrivacyRequest, _open, entity=entity)


def number_of(request: PrivacyRequest) -> str:
    """What people call it."""
    return f"P-{request.id}"
