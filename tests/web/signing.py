"""A customer whose repair is done, and whose report lies in his web chat; and the link in it, as a telephone opens it."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import bindparam, select

from core.people.model import Person
from core.people.passes import issue_pass
from core.reports.model import Report, Signature
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.words import HOUR, Micros
from tests.web.site import PASS_KEY, Site, Visitor

SUMMARY = (
    "完成 更换投影仪灯泡一只并清理滤网，试机半小时画面正常，会议室已经打扫干净，客户当场确认，建议每半年清理一次滤网"
)
WANG = [[[120, 90], [260, 92], [400, 95]], [[258, 95], [256, 200], [259, 300]], [[90, 302], [260, 306], [430, 303]]]
"""王, as one writes it quickly."""

_last = (
    select(Report.table).where(Report.table.c.person_id == bindparam("person_id")).order_by(Report.table.c.id.desc())
)
_customer_of = select(Ticket.table.c.customer_id).where(Ticket.table.c.number == bindparam("number"))
_signature = select(Signature.table).where(Signature.table.c.report_id == bindparam("report_id"))


class Customer:
    """She has a report to sign. `page` is her telephone's browser, which has opened the link."""

    def __init__(self, site: Site, name: str, liu: Visitor, called: str = "王女士") -> None:
        self.site, self.liu, self.chat = site, liu, site.visitor(name)
        self.chat.says("二楼会议室投影仪打不开，地址二期五栋201")
        self.number = self.chat.waits_for("GD-")["text"].partition("GD-")[2].split()[0]
        self.number = "GD-" + "".join(char for char in self.number if char.isdigit())
        site.act(lambda turn: self._named(turn, called))
        self.completed()

    def completed(self) -> None:
        """The engineer does it, and its report comes."""
        digits = self.number.removeprefix("GD-")
        for said in (f"接单 {digits}", f"{digits} 到了", SUMMARY.replace("完成", f"完成 {digits}", 1)):
            self.liu.says(said)
        self.message = self.chat.waits_for(self.number, "服务报告")
        self.link: str = self.message["link"]
        self.page = opened(self.site, self.link)

    @property
    def path(self) -> str:
        return urlsplit(self.link).path

    @property
    def report(self) -> Report:
        """The newest, as it is now."""
        return self.site.act(lambda turn: turn.rows(Report, _last, person_id=self.person_id)[0])

    @property
    def signature(self) -> Signature | None:
        report = self.report
        return self.site.act(lambda turn: turn.first(Signature, _signature, report_id=report.id))

    def signs(self, page: httpx.Client | None = None, /, **changed: Any) -> httpx.Response:
        """What the page sends once she has drawn her name."""
        said = {"name": "王女士", "strokes": WANG, "document": self.report.hash, **changed}
        return (page or self.page).post(
            self.path, json={key: value for key, value in said.items() if value is not None}
        )

    def pass_for(self, person_id: int, subject: str = "", *, lasts: Micros = HOUR) -> str:
        """A link with a pass that is signed as it should be."""
        now = time.time_ns() // 1_000
        given = issue_pass(PASS_KEY, person_id, subject or self.path.lstrip("/"), now + lasts)
        return f"{self.site.url}{self.path}?p={given}"

    def waits_until_signed(self, seconds: float = 8) -> Report:
        for _ in range(int(seconds / 0.05)):
            if (report := self.report).signed_hash is not None:
                return report
            time.sleep(0.05)
        raise AssertionError("the signature is in no document")

    def _named(self, turn: Turn, called: str) -> None:
        tickets = turn.ask(_customer_of, number=self.number)
        self.person_id = tickets[0][0]
        person = turn.get(Person, self.person_id)
        assert person is not None
        person.name, person.phone = called, "13800138021"


def opened(site: Site, link: str) -> httpx.Client:
    """A browser that has followed a link."""
    browser = httpx.Client(base_url=site.url, timeout=10)
    browser.get(link)
    return browser
