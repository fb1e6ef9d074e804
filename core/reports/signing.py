"""A report can be signed by its customer: with a finger, or by a one-time code sent to his number (S66, S100).

A signature is bound to the very bytes that were shown: their SHA-256 stands in the row, in the event and in the picture of the
signature. It is put into the document by a job; until that is done, the report is as it was sealed.
"""

from __future__ import annotations

import hashlib
import logging
import unicodedata
from collections.abc import Sequence
from typing import Any, cast

import orjson
from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.house import JobKind
from core.people.dialling import SMS, number_room
from core.people.duty import in_role
from core.people.model import Person, Role
from core.people.proving import send_code, use_code
from core.refused import Refused
from core.reports.delivering import deliver
from core.reports.model import Report, ReportState, Signature
from core.reports.ordering import FAILED
from core.reports.press import Hand, Stroke
from core.reports.queries import reports_of_customer
from core.store.model import Job
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import record
from core.wording import local
from core.words import Micros, Say

log = logging.getLogger("huiying.reports")

SIGN_REPORT = "report.sign"
"""Job: put the customer's signature into the sealed document."""
DRAWN, CODE = "drawn", "code"
"""Ways to sign."""
SIGN_CODE = "sign_code"
"""Purpose of the SMS with a code that signs."""
UNIT = 1_000
"""The largest coordinate of a stroke: thousandths of the width of the field."""
MOST_STROKES = 200
MOST_POINTS = 4_000
"""Points of all strokes together; a long name in regular script has some 600."""
LEAST_POINTS = 5
LEAST_REACH = 80
"""Thousandths by which a signature extends in one direction at least: less is a dot or a slip of the finger."""
LONGEST_NAME = 30
"""Characters of the name that is written beside a signature."""
LONGEST_AGENT = 300
"""Characters of what a browser calls itself that are kept."""
SHOWN_HASH = 16
"""Hexadecimal digits of the document's hash that stand beside the signature."""

_of_report = select(Signature.table).where(Signature.table.c.report_id == bindparam("report_id"))


def signature_of(turn: Turn, report: Report) -> Signature | None:
    """The signature under a report; None as long as nobody has signed."""
    return turn.first(Signature, _of_report, report_id=report.id)


def unsigned_of(turn: Turn, person: Person) -> list[Report]:
    """A customer's reports that he has yet to sign, the newest first."""
    sealed = [report for report in reports_of_customer(turn, person) if report.state == ReportState.SEALED]
    return [report for report in sealed if report.person_id == person.id and signature_of(turn, report) is None]


def strokes_in(raw: Any) -> tuple[Stroke, ...]:
    """Strokes as a page sends them: lists of pairs of whole numbers from 0 to UNIT. Raises ValueError for anything else."""
    if not isinstance(raw, list) or not all(isinstance(stroke, list) for stroke in raw):
        raise ValueError("strokes are lists")
    return tuple(tuple(_point(point) for point in stroke) for stroke in raw)


def sign(
    turn: Turn, report: Report, by: Person, *, name: str, strokes: Sequence[Stroke], address: str, agent: str
) -> Signature:
    """The customer has drawn his name; `by` is he, or the member of the staff on whose link he did so.

    Raises Refused: not_entitled, not_yours, report_void, report_signed, report_not_made, signature_empty, signature_small,
    signature_large, signature_name.
    """
    report = signable(turn, report, by)
    kept, called = _enough(strokes), _name(name)
    digest = hashlib.sha256(orjson.dumps(kept)).hexdigest()
    given = {"name": called, "strokes": kept, "strokes_hash": digest}
    return _put_down(turn, report, by, DRAWN, address, agent, **given)


def ask_code(turn: Turn, report: Report, by: Person) -> str:
    """Send a code to the customer's number; its last four digits. Raises Refused: as `sign`, sign_no_number, sign_code_too_often."""
    report = signable(turn, report, by)
    customer = _customer(turn, report)
    room = number_room(turn, customer, SMS)
    if room is None:
        raise Refused("sign_no_number")
    if not send_code(turn, _claim(report), customer, customer.phone or "", SIGN_CODE):
        raise Refused("sign_code_too_often")
    return room.id[-4:]


def sign_by_code(
    turn: Turn, report: Report, by: Person, code: str, *, name: str | None = None, address: str, agent: str
) -> Signature:
    """The customer has read the code that went to his number. A wrong one counts, so that its turn must be kept.

    Raises Refused: as `sign`, sign_code_wrong.
    """
    report = signable(turn, report, by)
    customer = _customer(turn, report)
    phone = (customer.phone or "")[-4:]
    called = _name(name or customer.name or phone)
    try:
        use_code(turn, _claim(report), code)
    except Refused:
        raise Refused("sign_code_wrong") from None
    return _put_down(turn, report, by, CODE, address, agent, name=called, phone=phone)


def signable(turn: Turn, report: Report, by: Person) -> Report:
    """The report, locked, if this person may have it signed now. Raises Refused: as `sign`."""
    kept = turn.get(Report, report.id, lock=True)
    ticket = turn.get(Ticket, kept.ticket_id) if kept else None
    assert kept is not None and ticket is not None
    must_be_entitled(by, "sign", ticket)
    if not by.is_staff and by.id != kept.person_id:
        raise Refused("not_entitled", number=ticket.number, verb="sign")
    if kept.state == ReportState.VOID:
        raise Refused("report_void", number=kept.number)
    if (first := signature_of(turn, kept)) is not None:
        when = turn.house.wording.moment(by.lang, first.at, turn.now, turn.house.zone)
        raise Refused("report_signed", number=kept.number, name=first.name or "", when=when)
    if kept.hash is None:
        raise Refused("report_not_made", number=kept.number)
    return kept


# ---- the job


def hand_of(turn: Turn, report_id: int) -> tuple[str, Hand]:
    """The hash of the sealed document, and the signature that the press puts into it. Raises LookupError if there is none."""
    report = turn.get(Report, report_id)
    signature = signature_of(turn, report) if report else None
    if report is None or signature is None:
        raise LookupError(f"report {report_id} has no signature")
    strokes = tuple(tuple((x, y) for x, y in stroke) for stroke in signature.strokes) if signature.strokes else None
    lines = tuple(_lines(turn, report, signature))
    return signature.document, Hand(signature.name or "", signature.at, signature.document, strokes, lines)


def put_in(turn: Turn, job: Job) -> None:
    """The document is signed: its customer gets it, unless it has become void meanwhile."""
    report = turn.get(Report, job.data["report"], lock=True)
    signature = signature_of(turn, report) if report else None
    if report is None or signature is None or report.state != ReportState.SEALED or job.result is None:
        log.info("a signature came too late for its report", extra={"report": job.data["report"]})
        return
    report.state, report.signed_at = ReportState.SIGNED, signature.at
    report.signed_hash, report.signed_size, report.error = job.result["hash"], job.result["size"], None
    deliver(turn, report, signed=True)


def not_put_in(turn: Turn, job: Job) -> None:
    """The signature is on record and not in the document: managers hear so, and can have it tried again (`desk dead again`)."""
    report = turn.get(Report, job.data["report"], lock=True)
    if report is None or report.state != ReportState.SEALED:
        return
    report.error = job.error
    ticket = cast(Ticket, turn.get(Ticket, report.ticket_id))
    for manager in in_role(turn, report.entity, Role.MANAGER):
        facts = {"number": ticket.number, "report": report.number, "job": job.id}
        text = turn.house.wording.text(manager.lang, "sign.not_put_in", **facts)
        tell(turn, manager, Say(FAILED, text), subject=ticket.stream)


# ---- what is written down


def _put_down(turn: Turn, report: Report, by: Person, method: str, address: str, agent: str, **given: Any) -> Signature:
    ticket, document = cast(Ticket, turn.get(Ticket, report.ticket_id)), report.hash
    assert document is not None
    signature = turn.add(
        Signature(
            id=turn.new_id(),
            entity=report.entity,
            report_id=report.id,
            person_id=report.person_id,
            method=method,
            at=turn.now,
            document=document,
            address=address,
            agent=agent[:LONGEST_AGENT],
            through=by.id if by.is_staff else None,
            **given,
        )
    )
    facts = {"report": report.id, "document": document, "method": method, "strokes": signature.strokes_hash}
    told = {"name": signature.name, "address": address, "agent": signature.agent}
    record(turn, Happened.REPORT_SIGNED, ticket, by, private=told, **facts)
    turn.start(SIGN_REPORT, f"{SIGN_REPORT}:{report.id}", {"report": report.id})
    return signature


def _lines(turn: Turn, report: Report, signature: Signature) -> list[str]:
    words, lang = turn.house.wording, report.lang
    through = turn.get(Person, signature.through) if signature.through else None
    facts: dict[str, Any] = {
        "name": signature.name or "",
        "when": _to_the_second(turn, signature.at),
        "method": words.text(lang, f"sign.by_{signature.method}", phone=signature.phone or ""),
        "document": signature.document[:SHOWN_HASH],
        "engineer": (through.name if through else None) or "",
    }
    keys = ("who", "through" if through else "how", "what")
    return [words.text(lang, f"sign.line_{key}", **facts) for key in keys]


def _to_the_second(turn: Turn, at: Micros) -> str:
    return f"{local(at, turn.house.zone):%Y-%m-%d %H:%M:%S}"


def _customer(turn: Turn, report: Report) -> Person:
    customer = turn.get(Person, report.person_id)
    assert customer is not None
    return customer


def _claim(report: Report) -> str:
    """Under what a code for this report is kept."""
    return f"report:{report.id}"


def _enough(strokes: Sequence[Stroke]) -> list[list[list[int]]]:
    """The strokes as they are kept. Raises Refused: signature_empty, signature_small, signature_large."""
    kept = [[[x, y] for x, y in stroke] for stroke in strokes if stroke]
    points = [point for stroke in kept for point in stroke]
    if not points:
        raise Refused("signature_empty")
    if len(kept) > MOST_STROKES or len(points) > MOST_POINTS:
        raise Refused("signature_large")
    reach = max(max(along) - min(along) for along in zip(*points, strict=True))
    if len(points) < LEAST_POINTS or reach < LEAST_REACH:
        raise Refused("signature_small")
    return kept


def _name(text: str) -> str:
    """A name as it is kept, rare characters and all. Raises Refused: signature_name."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or not any(map(str.isalnum, name)):
        raise Refused("signature_name", most=LONGEST_NAME)
    return name


def _point(raw: Any) -> tuple[int, int]:
    match raw:
        case [int(x), int(y)] if type(x) is int and type(y) is int and 0 <= x <= UNIT and 0 <= y <= UNIT:
            return x, y
    raise ValueError("a point is a pair of whole numbers")


JOBS = {SIGN_REPORT: JobKind(put_in, not_put_in)}
"""Kind of job → the turns in which it ends."""
