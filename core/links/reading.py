"""From the cells of a line to a row in our own fields; what cannot be understood is refused with its reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping as Cells
from typing import Any
from zoneinfo import ZoneInfo

from core.links.cells import moment_of, name_of, phone_of, several_of, text_of
from core.links.lines import Line, LineRefused
from core.links.mapping import Mapping
from core.links.rows import PersonRow, TicketRow
from core.links.vocabulary import SKIP, vocabulary
from core.people.model import Role
from core.people.places import region_of

LONGEST_NAME = 60
"""Characters of a person's or a firm's name; more is a sentence that slipped into the column."""
LONGEST_ID = 64
"""Characters of a number in another system."""
CHANNELS = ("wecom", "dingtalk", "feishu", "slack", "telegram")
"""Channels for which a table may claim a member's account."""
TICKET_FIELDS = (
    "device", "device_model", "serial_no", "fault_symptom", "error_code", "part_code", "address", "summary"
)  # fmt: skip
"""Fields of a former ticket that are taken as they stand."""

_STEPS = re.compile(r"\s*[/\\>＞／]+\s*|\s+-+>?\s+")
_STARS = re.compile(r"[★⭐*]{1,5}")


def staff_row(line: Line, mapping: Mapping) -> PersonRow | None:
    """A member of the staff; None if the mapping says that his job title is left out. Raises LineRefused."""
    cells = mapping.cells(line)
    title = text_of(cells.get("title"))
    role = role_of(title, mapping.roles) if title else Role.ENGINEER if "title" not in cells else None
    if role == SKIP:
        return None
    row = PersonRow(line.number, title=title, role=role, here=_here(cells), name=_name(name_of(cells.get("name"))))
    if row.name is None:
        raise LineRefused("name_missing")
    if role is None:
        raise LineRefused("title_missing")
    _identify(row, cells)
    row.staff_no = row.external
    row.skills = list(several_of(cells.get("skills")))
    row.region = "、".join(several_of(cells.get("region"))) or None
    row.address = text_of(cells.get("address"))
    row.department = department_path(text_of(cells.get("department")))
    row.on_duty = bool(vocabulary().value("on_duty", text_of(cells.get("on_duty")) or ""))
    row.superior = name_of(cells.get("superior"))
    row.accounts = {name: words for name in CHANNELS if (words := text_of(cells.get(name)))}
    return row


def customer_row(line: Line, mapping: Mapping) -> PersonRow | None:
    """A customer: a firm with its contact, or a person. Raises LineRefused."""
    cells = mapping.cells(line)
    row = PersonRow(line.number, role=Role.CUSTOMER, here=_here(cells), name=_name(name_of(cells.get("name"))))
    row.company = _name(text_of(cells.get("company")))
    if row.company is None and row.name is None:
        raise LineRefused("customer_nameless")
    _identify(row, cells)
    if level := text_of(cells.get("level")):
        row.level = vocabulary().value("levels", level)
        if row.level is None:
            row.remarks.append(["level_unknown", {"value": level[:40]}])
    row.address = text_of(cells.get("address"))
    row.region = text_of(cells.get("region")) or (region_of(row.address) if row.address else None)
    return row


def ticket_row(line: Line, mapping: Mapping, zone: ZoneInfo) -> TicketRow | None:
    """A finished ticket of former times. Raises LineRefused; one that is still open is refused, too."""
    cells = mapping.cells(line)
    external = text_of(cells.get("external"))
    if external is None:
        raise LineRefused("ticket_numberless")
    created, done = moment_of(cells.get("created_at"), zone), moment_of(cells.get("done_at"), zone)
    if created is None and done is None:
        raise LineRefused("ticket_dateless")
    state = text_of(cells.get("state"))
    if state and vocabulary().value("unfinished", state):
        raise LineRefused("ticket_unfinished", value=state)
    if created is not None and done is not None and done < created:
        raise LineRefused("ticket_backwards")
    phone, more = phone_of(cells.get("phone"))
    row = TicketRow(
        line.number,
        _id(external),
        created_at=created if created is not None else done,  # pyright: ignore[reportArgumentType] - one of them is there
        done_at=done if done is not None else created,  # pyright: ignore[reportArgumentType]
        cancelled=bool(state and vocabulary().value("cancelled", state)),
        customer_external=text_of(cells.get("customer_external")),
        company=_name(text_of(cells.get("company"))),
        name=_name(name_of(cells.get("name"))),
        phone=phone,
        engineer=name_of(cells.get("engineer")),
    )
    if not (row.customer_external or row.company or row.name or row.phone):
        raise LineRefused("customer_nameless")
    row.fields = {name: words for name in TICKET_FIELDS if (words := text_of(cells.get(name)))}
    _remark_more_phones(row, more)
    _priority_and_rating(row, cells)
    return row


def department_path(words: str | None) -> str | None:
    """A place in the organisation tree, written in one way: 生产中心/设备部."""
    steps = [step for step in _STEPS.split(words or "") if step]
    return "/".join(steps) or None


def _identify(row: PersonRow, cells: Cells[str, Any]) -> None:
    external = text_of(cells.get("external"))
    row.external = _id(external) if external else None
    row.phone, more = phone_of(cells.get("phone"))
    _remark_more_phones(row, more)


def _remark_more_phones(row: PersonRow | TicketRow, more: int) -> None:
    if more:
        row.remarks.append(["phones_more", {"taken": row.phone, "more": more}])


def role_of(title: str, roles: Cells[str, str]) -> str:
    """What somebody with this job title may do here, or skip. Raises LineRefused: unknown title, or no such role."""
    said = roles.get(title) or vocabulary().value("roles", title) or roles.get("*")
    if said is None:
        raise LineRefused("role_unknown", value=title[:40])
    if said != SKIP and (said not in set(Role) or said == Role.CUSTOMER):
        raise LineRefused("role_wrong", value=said[:40])
    return said


def _here(cells: Cells[str, Any]) -> bool | None:
    state = text_of(cells.get("state"))
    if state is None:
        return None
    if vocabulary().value("gone", state):
        return False
    return True if vocabulary().value("here", state) else None


def _priority_and_rating(row: TicketRow, cells: Cells[str, Any]) -> None:
    if priority := text_of(cells.get("priority")):
        row.priority = vocabulary().value("priorities", priority) or row.priority
        if vocabulary().value("priorities", priority) is None:
            row.remarks.append(["priority_unknown", {"value": priority[:40]}])
    if rating := text_of(cells.get("rating")):
        stars = str(len(rating)) if _STARS.fullmatch(rating) else rating
        found = vocabulary().value("ratings", stars)
        row.rating = int(found) if found else None
        if found is None:
            row.remarks.append(["rating_unknown", {"value": rating[:40]}])


def _name(words: str | None) -> str | None:
    if words and len(words) > LONGEST_NAME:
        raise LineRefused("name_too_long", most=LONGEST_NAME)
    return words


def _id(words: str) -> str:
    words = unicodedata.normalize("NFKC", words)
    if len(words) > LONGEST_ID:
        raise LineRefused("id_too_long", most=LONGEST_ID)
    return words
