"""What anybody may learn of a report who holds it: whether it counts, and nothing of its customer (验真, S100)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.people.model import Person
from core.reports.model import Report, ReportState
from core.reports.press import Checked
from core.reports.queries import report_by_token, report_of_hash
from core.store.model import Event
from core.store.turn import Turn
from core.wording import local
from core.words import Micros

Verdict = Literal["valid", "replaced", "making", "void", "altered", "unlisted", "unknown"]
"""As the desk has it; the customer has signed since; not made yet; does not count any more; changed; ours, but in none of our records;
not ours."""


@dataclass(frozen=True, slots=True)
class Found:
    """The verdict, and what the report is: `facts` by name (number, company, made, signed, engineer), as people read them. `why` says
    why it is void: undone, reopened."""

    verdict: Verdict
    facts: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


def by_token(turn: Turn, token: str) -> Found:
    """What the QR code on a report leads to."""
    report = report_by_token(turn, token)
    if report is None:
        return Found("unknown")
    verdict: Verdict = "valid"
    if report.state == ReportState.VOID:
        verdict = "void"
    elif report.hash is None:
        verdict = "making"
    return Found(verdict, _facts(turn, report), report.void_why or "")


def by_file(turn: Turn, digest: str, checked: Checked) -> Found:
    """What a file is, by its SHA-256 and by what the press found in it: what is on record byte for byte was not altered."""
    report = report_of_hash(turn, digest)
    if report is None:
        return Found("unlisted" if checked.verdict == "valid" else checked.verdict)
    if report.state == ReportState.VOID:
        return Found("void", _facts(turn, report), report.void_why or "")
    older = report.signed_hash is not None and digest != report.signed_hash
    return Found("replaced" if older else "valid", _facts(turn, report))


def _facts(turn: Turn, report: Report) -> dict[str, str]:
    """What stands on the report for anybody to read; of people the engineer's family name alone."""
    event = turn.get(Event, report.event_id)
    engineer = turn.get(Person, event.by) if event and event.by else None
    facts = {
        "number": report.number,
        "company": turn.house.policies.reports.company,
        "made": _day(turn, report.made_at),
        "signed": _day(turn, report.signed_at),
        "engineer": _family_name(engineer.name or "") if engineer else "",
    }
    return {name: value for name, value in facts.items() if value}


def _family_name(name: str) -> str:
    """张工 for 张三 and for 张工; of a name in Latin letters the last word."""
    if not name or name.isascii():
        return name.split()[-1] if name.split() else ""
    return f"{name[0]}工"


def _day(turn: Turn, at: Micros | None) -> str:
    return f"{local(at, turn.house.zone):%Y-%m-%d}" if at is not None else ""
