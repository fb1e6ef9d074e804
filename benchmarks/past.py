"""The past of a large company, as rows: its staff, its customers, and every ticket with all that belongs to it.

Everything follows from a ticket's place in the row, so that the same size is the same past, whoever makes it. A ticket brings
4 messages that came in, 5 that went out, 3 or 4 events in its chain, one hand-over and one timer; every third one brings the
customer who will tell of two more, a third and two thirds of the whole past later. One ticket in ten is open, all among the
newest fifth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from bots.emulated.wecom import WeComServer
from core.conversations.model import Conversation
from core.dispatch.offering import OFFER_TIMER
from core.people.model import Link, Person, Role
from core.policies import Policies
from core.store import chain
from core.store.model import Counter, Event, EventPrivate, Inbox, InboxState, Outbox, OutboxState, RoomRow, Timer
from core.store.model import TimerState as Timing
from core.store.rows import Row
from core.tickets.completing import CLOSE_TIMER
from core.tickets.events import Happened
from core.tickets.model import Handover, Priority, Status, Ticket
from core.words import DAY, HOUR, MINUTE, SECOND, Micros, Room, Say

ENTITY = Policies().entity
PRESENT: Micros = 1_794_967_200 * SECOND
"""When the past ends and the measuring begins: Wednesday, 18 November 2026, 10:00 in Shanghai."""
A_DAY = 10_000
"""Tickets that the company makes in a day."""
TICKETS_EACH = 3
"""Tickets of one customer."""
ENGINEERS, AGENTS, MANAGERS = 1_000, 5, 3
"""The staff is the same for every size, so that a figure that grows has grown with the tickets."""
SHIFTS = 4
"""One engineer in so many is on duty."""
FAVOURED = 20
"""One customer in so many has the grade A."""
FIRST_NUMBER = Policies().tickets.first_number
FIRST_ID, IDS = 1_000_000, 32
"""Rows of a ticket have ids from FIRST_ID + IDS * its place on; those of the staff lie below."""
DEVICES = ("空压机", "注塑机", "冷水机", "数控机床", "叉车", "输送带", "投影仪", "锅炉", "风机", "水泵")
FAULTS = ("不启动", "漏油", "异响", "压力不足", "温度过高", "跳闸", "报警停机")
PLACES = ("一号车间东侧", "二楼会议室", "动力站", "包装线末端", "三号仓库")
OPEN_STATES = (
    *(Status.UNASSIGNED,) * 2,
    *(Status.ACCEPTED,) * 4,
    *(Status.ON_SITE,) * 2,
    Status.WAITING_PART,
    Status.ON_HOLD,
)
SHEETS: dict[type[Row], tuple[str, ...]] = {
    Person: ("id", "entity", "role", "name", "phone", "level", "region", "skills", "on_duty"),
    Link: ("id", "entity", "channel", "account", "who_id", "person_id", "room", "proof", "bound_at", "last_at"),
    RoomRow: ("room", "channel", "person_id", "last_in_at", "window_until", "window_left"),
    Conversation: ("id", "room", "person_id", "last_ticket", "spoken_at"),
    Ticket: (
        *("id", "entity", "number", "status", "held_from", "priority", "customer_id", "engineer_id", "owner_id", "channel"),
        *("room", "device", "fault_symptom", "address", "phone", "description", "summary", "announced", "created_at"),
        *("updated_at", "assigned_at", "arrived_at", "first_response_at", "first_action_at", "last_action_at"),
        *("done_at", "closed_at"),
    ),
    Event: (
        *("id", "entity", "stream", "seq", "kind", "at", "recorded_at", "by", "via", "cause", "data", "private_hash"),
        *("prev", "hash"),
    ),
    EventPrivate: ("event_id", "salt", "data"),
    Inbox: (
        *("id", "key", "channel", "room", "at", "received_at", "said", "raw", "state", "due_at", "person_id", "outcome"),
    ),
    Outbox: (
        *("id", "key", "channel", "room", "person_id", "subject", "purpose", "say", "state", "created_at", "due_at"),
        *("attempts", "sent_at", "ref"),
    ),
    Handover: ("id", "ticket_id", "giver_id", "taker_id", "sent_at", "channel", "delivered_at", "answered_at", "answer"),
    Timer: ("id", "subject", "kind", "episode", "due_at", "data", "state", "fired_at"),
    Counter: ("name", "value"),
}  # fmt: skip
"""Table → the columns that the past gives; all others have the model's default."""

_KF, _APP = (
    str(Room("wecom_kf", WeComServer.open_kfid, "")),
    str(Room("wecom", str(WeComServer.agent_id), "")),
)
_said_open, _said_close = (
    orjson.dumps(
        {"who": {"id": "\0", "name": None, "phone": None}, "kind": "text", "text": "\1", "media": [], "about": None}
        | {"press": None, "called": True, "id": "\2"}
    )
    .decode()
    .split("\\u0000")
)


def _say(purpose: str, text: str) -> tuple[str, str]:
    head, _, tail = orjson.dumps(Say(purpose, "\0")).decode().partition("\\u0000")
    return head, text + tail


class _Bare:
    """Anything with these fields."""

    salt: str

    def __init__(self, **fields: Any):
        self.__dict__ = fields


Rows = dict[type[Row], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Past:
    """The past in which `size` tickets were made. Places run from 0, the oldest, to size - 1."""

    size: int
    engineers: int = ENGINEERS

    @property
    def customers(self) -> int:
        return -(-self.size // TICKETS_EACH)

    @property
    def last_id(self) -> int:
        """No row has a higher id."""
        return FIRST_ID + IDS * self.size

    def customer_of(self, place: int) -> int:
        """Whose ticket it is: customers come round again and again."""
        return place % self.customers

    def places_of(self, customer: int) -> range:
        """A customer's tickets."""
        return range(customer, self.size, self.customers)

    def is_open(self, place: int) -> bool:
        return place >= self.size - self.size // 5 and place % 2 == 1

    def status_of(self, place: int) -> Status:
        if self.is_open(place):
            return OPEN_STATES[_mixed(place) % 10]
        young = self.made_at(place) > PRESENT - 3 * DAY
        return Status.DONE if young and _mixed(place) % 8 == 1 else Status.CLOSED

    def made_at(self, place: int) -> Micros:
        """When it was reported."""
        return PRESENT - HOUR - (self.size - 1 - place) * (DAY // A_DAY)

    def engineer_of(self, place: int) -> int:
        """Who has, or had, the ticket."""
        return _mixed(place) // 10 % self.engineers

    def number_of(self, place: int) -> int:
        """Digits of its number."""
        return FIRST_NUMBER + place

    def rows(self, places: range) -> Rows:
        """What these tickets brought, in the order of their places; the first of all brings the staff."""
        rows: Rows = {kind: [] for kind in SHEETS}
        if 0 in places:
            _staff(rows, self.engineers)
            rows[Counter].append((f"ticket:{ENTITY}", FIRST_NUMBER + self.size - 1))
        for place in places:
            if place < self.customers:
                _customer(rows, self, place)
            _ticket(rows, self, place)
        return rows


def ticket_id(place: int) -> int:
    return FIRST_ID + IDS * place


def customer_id(customer: int) -> int:
    return FIRST_ID + IDS * customer + 20


def engineer_id(engineer: int) -> int:
    return 1 + engineer


def customer_address(customer: int) -> str:
    """His external_userid."""
    return f"wmPast{customer:07d}"


def engineer_address(engineer: int) -> str:
    """His userid."""
    return f"past{engineer:04d}"


def customer_room(customer: int) -> str:
    return _KF + customer_address(customer)


def engineer_room(engineer: int) -> str:
    return _APP + engineer_address(engineer)


def _mixed(place: int) -> int:
    """A number that looks like chance."""
    return (place * 2_654_435_761 & 0xFFFFFFFF) >> 12


def _staff(rows: Rows, engineers: int) -> None:
    kinds = (*(Role.ENGINEER,) * engineers, *(Role.AGENT,) * AGENTS, *(Role.MANAGER,) * MANAGERS)
    since = PRESENT - 365 * DAY
    for index, role in enumerate(kinds):
        person, who, room = engineer_id(index), engineer_address(index), engineer_room(index)
        on_duty = role != Role.ENGINEER or index % SHIFTS == 0
        skill = orjson.dumps([f"{DEVICES[index % len(DEVICES)]}维修"]).decode()
        rows[Person].append((person, ENTITY, role, f"员工{index}", None, None, f"{index % 20}区", skill, on_duty))
        account = str(WeComServer.agent_id)
        rows[Link].append((person, ENTITY, "wecom", account, who, person, room, "setup", since, PRESENT))
        rows[RoomRow].append((room, "wecom", person, PRESENT, None, None))
        rows[Conversation].append((room, room, person, None, None))


def _customer(rows: Rows, past: Past, customer: int) -> None:
    person, who, room = customer_id(customer), customer_address(customer), customer_room(customer)
    met = past.made_at(customer) - MINUTE
    last = past.places_of(customer)[-1]
    level = "A" if _mixed(7 * customer + 3) % FAVOURED == 0 else "B" if customer % 4 == 0 else None
    phone = f"13{customer:09d}"
    rows[Person].append((person, ENTITY, Role.CUSTOMER, f"客户{customer}", phone, level, None, "[]", False))
    rows[Link].append(
        (person + 1, ENTITY, "wecom_kf", WeComServer.open_kfid, who, person, room, "met", met, past.made_at(last))
    )
    rows[RoomRow].append((room, "wecom_kf", person, past.made_at(last), past.made_at(last) + 2 * DAY, 3))
    rows[Conversation].append((room, room, person, ticket_id(last), past.made_at(last)))
    facts = {"channel": "wecom_kf", "proof": "met"}
    story = [(person + 2, "person.linked", met, person, room, f"inbox:{person + 3}", facts, {"identity": who})]
    _chain(rows, f"person:{person}", story)


def _ticket(rows: Rows, past: Past, place: int) -> None:
    """One ticket and all that belongs to it."""
    base, status, made, customer = ticket_id(place), past.status_of(place), past.made_at(place), past.customer_of(place)
    engineer, mix = past.engineer_of(place), _mixed(place)
    person, who, room = customer_id(customer), engineer_id(engineer), customer_room(customer)
    number, device, fault = f"GD-{past.number_of(place)}", DEVICES[mix % 10], FAULTS[mix % 7]
    words = f"{PLACES[mix % 5]}的{device}{fault}，昨天下午开始的，重启过一次没有用，麻烦尽快派人来看看"
    priority = Priority.P0 if mix % 100 == 0 else Priority.P1 if mix % 5 == 0 else Priority.P2
    assigned = made + 10 * MINUTE if status != Status.UNASSIGNED else None
    over = status in (Status.DONE, Status.CLOSED)
    arrived = made + 50 * MINUTE if over or status in (Status.ON_SITE, Status.WAITING_PART) else None
    done, closed = (made + 55 * MINUTE if over else None, made + 58 * MINUTE if status == Status.CLOSED else None)
    summary = (
        f"更换{device}密封件并清洗滤芯，试机三十分钟运行平稳，压力与温度均在正常范围内，现场已清理" if over else None
    )
    held = Status.ACCEPTED if status == Status.ON_HOLD else None
    acted = assigned and made + 20 * MINUTE
    rows[Ticket].append(
        (base, ENTITY, number, status, held, priority, person, who, assigned and who, "wecom_kf", room, device, fault,
         PLACES[mix % 5], f"13{customer:09d}", words, summary, priority, made, closed or acted or made, assigned, arrived,
         acted, acted, acted, done, closed)
    )  # fmt: skip
    _messages(rows, base, made, (person, room, customer_address(customer)), engineer, number, words)
    facts = {"ticket": base}
    reported = {**facts, "number": number, "priority": priority, "channel": "wecom_kf"}
    told = {"words": words, "fields": {"device": device, "fault_symptom": fault}}
    offered = {**facts, "to": who, "handover": base + 14, **_reason(past, place)}
    accepted, completed = (
        {**facts, "engineer": who, "answered": [base + 14]},
        {**facts, "length": 54, "parts": [], "maintenance": made + 180 * DAY},
    )
    causes = (f"inbox:{base + 5}", f"timer:{base + 15}", f"inbox:{base + 7}", f"inbox:{base + 8}")
    story = [
        (base + 1, Happened.REPORTED, made, person, room, causes[0], reported, told),
        (base + 2, Happened.OFFERED, made + 8 * SECOND, None, None, causes[1], offered, None),
    ]
    if assigned:
        story.append((base + 3, Happened.ACCEPTED, assigned, who, engineer_room(engineer), causes[2], accepted, None))
    if done:
        finished = (base + 4, Happened.COMPLETED, done, who, engineer_room(engineer), causes[3], completed)
        story.append((*finished, {"summary": summary}))
    _chain(rows, f"ticket:{base}", story)
    answer = ("wecom", made + 9 * SECOND, assigned, "accepted" if assigned else None)
    rows[Handover].append((base + 14, base, engineer_id(past.engineers), who, made + 8 * SECOND, *answer))
    rows[Timer].append(_timer(base, status, made))


def _reason(past: Past, place: int) -> dict[str, Any]:
    """Why it was offered to him: he has the skill; eight who came close are named."""
    standing = {
        "skills": [DEVICES[place % 10]],
        "region": None,
        "load": 3,
        "metres": None,
        "in_team": False,
        "points": 30,
    }
    first = past.engineer_of(place) + 1
    others = [engineer_id(engineer % past.engineers) for engineer in range(first, first + 8)]
    told = [{"person": person, "why": "behind", "standing": standing} for person in others]
    return {"standing": standing, "rule": None, "team": None, "passed_over": told, "further": past.engineers - 9}


def _timer(base: int, status: Status, made: Micros) -> tuple[Any, ...]:
    """The one that waits to close a finished ticket; else the one that would have taken the offer back."""
    subject = f"ticket:{base}"
    if status == Status.DONE:
        return base + 15, subject, CLOSE_TIMER, "", made + 3 * DAY + HOUR, f'{{"ticket":{base}}}', Timing.WAITING, None
    data, due = f'{{"ticket":{base},"offer":{base + 14}}}', made + 10 * MINUTE
    if status == Status.UNASSIGNED:
        return base + 15, subject, OFFER_TIMER, str(base + 14), due, data, Timing.FIRED, due
    return base + 15, subject, OFFER_TIMER, str(base + 14), due, data, Timing.CANCELLED, None


def _messages(
    rows: Rows, base: int, made: Micros, customer: tuple[int, str, str], engineer: int, number: str, words: str
) -> None:
    """What was said: 4 messages in, 5 out."""
    person, room, who = customer
    worker, his_room, userid = engineer_id(engineer), engineer_room(engineer), engineer_address(engineer)
    for place, text, at, outcome in (
        (5, words, made, f"made {number}"),
        (6, "修好了吗", made + 15 * MINUTE, f"progress {number}"),
    ):
        raw = f'{{"msgid":"past{base + place}","open_kfid":"{WeComServer.open_kfid}","external_userid":"{who}","send_time":' \
              f'{at // SECOND},"origin":3,"msgtype":"text","text":{{"content":"{text}"}}}}'  # fmt: skip
        rows[Inbox].append(_came(base + place, "wecom_kf", room, who, person, at, text, raw, outcome))
    for place, text, at, outcome in (
        (7, f"接单 {number}", made + 10 * MINUTE, f"accepted {number}"),
        (8, f"备注 {number} 更换密封圈后试机正常", made + 20 * MINUTE, f"noted {number}"),
    ):
        raw = f"<xml><ToUserName>{WeComServer.corp_id}</ToUserName><FromUserName>{userid}</FromUserName><CreateTime>" \
              f"{at // SECOND}</CreateTime><MsgType>text</MsgType><Content>{text}</Content><MsgId>{base + place}</MsgId>" \
              f"<AgentID>{WeComServer.agent_id}</AgentID></xml>"  # fmt: skip
        rows[Inbox].append(_came(base + place, "wecom", his_room, userid, worker, at, text, raw, outcome))
    for place, to, where, channel, purpose, after in (
        (9, person, room, "wecom_kf", "ack_created", 8 * SECOND),
        (10, worker, his_room, "wecom", "assigned", 8 * SECOND),
        (11, person, room, "wecom_kf", "engineer_assigned", 10 * MINUTE),
        (12, person, room, "wecom_kf", "progress", 15 * MINUTE),
        (13, worker, his_room, "wecom", "action_done", 20 * MINUTE),
    ):
        at = made + after
        head, tail = _SAYS[purpose]
        say = f"{head}{number} {tail}"
        key, ref = f"past:{base + place}", f"msg{base + place}"
        rows[Outbox].append(
            (base + place, key, channel, where, to, f"ticket:{base}", purpose, say, OutboxState.SENT, at, at, 1, at, ref)
        )  # fmt: skip


_SAYS = {
    "ack_created": _say("ack_created", "已建单，我们会在两小时内与您联系。请问设备在什么位置？"),
    "assigned": _say("assigned", "新工单，请在十分钟内接单或拒绝：设备、故障、客户、电话、地址见下"),
    "engineer_assigned": _say("engineer_assigned", "已由工程师接单，他会尽快与您约定上门时间。"),
    "progress": _say("progress", "工程师已接单，正在赶往现场，预计今天下午三点前到达。"),
    "action_done": _say("action_done", "备注已记下，首次响应已计时。一分钟内可撤回。"),
}


def _came(
    row: int, channel: str, room: str, who: str, person: int, at: Micros, text: str, raw: str, outcome: str
) -> tuple[Any, ...]:
    said = _said_open + who + _said_close.replace("\\u0001", text).replace("\\u0002", f"past{row}")
    key = f"{channel}:past:{row}"
    return row, key, channel, room, at, at, said, raw.encode(), InboxState.DONE, at, person, outcome


def _chain(rows: Rows, stream: str, story: Iterable[tuple[Any, ...]]) -> None:
    """Events one after the other, each with the hash of the one before it."""
    prev = chain.START
    for seq, (row, kind, at, by, via, cause, data, private) in enumerate(story, 1):
        hidden_hash = None
        if private is not None:
            hidden = _Bare(salt=f"{row * 2_654_435_761:032x}", data=private)
            hidden_hash = chain.private_hash(hidden)  # type: ignore[arg-type]
            rows[EventPrivate].append((row, hidden.salt, orjson.dumps(private).decode()))
        event = _Bare(
            entity=ENTITY, stream=stream, seq=seq, kind=kind, at=at, recorded_at=at, by=by, via=via, cause=cause,
            data=data, private_hash=hidden_hash, prev=prev,
        )  # fmt: skip
        prev_hash, prev = prev, chain.seal(event)  # type: ignore[arg-type]
        written = orjson.dumps(data).decode()
        rows[Event].append(
            (row, ENTITY, stream, seq, kind, at, at, by, via, cause, written, hidden_hash, prev_hash, prev)
        )
