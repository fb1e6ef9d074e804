"""Pages of customers as markup: drawn on the server, in the reader's language. Whatever people wrote is only ever text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from core.tickets.customer_page import CustomerPage, Photo
from core.tickets.own_page import DevicePage, OwnPage, ReportRow, Row
from core.wording import Wording


class CustomerDrawing:
    """Draws what a customer sees, in one language. What it gives is markup."""

    def __init__(self, lang: str) -> None:
        self.lang, self._words = lang, Wording.load()

    def say(self, key: str, **facts: object) -> str:
        """A sentence of the catalogue, safe as markup."""
        return escape(self._words.text(self.lang, key, **facts))

    # ---- a ticket

    def ticket(self, page: CustomerPage, base: str) -> str:
        """The page of a ticket whose photos and report are found under `base`."""
        parts = [
            self._head(page),
            self._report(page, base),
            self._swaps(page),
            self._photos(page.photos, base),
            self._story(page),
        ]
        return "".join(parts)

    def _head(self, page: CustomerPage) -> str:
        said = "".join(f"<li>{escape(fact)}</li>" for fact in page.facts)
        serial = self.say("follow.serial", serial=page.serial) if page.serial else ""
        under = (self.say("follow.reported", when=page.reported), serial, escape(page.maintenance))
        about = " · ".join(filter(None, under))
        return (
            f'<section class="sheet head" data-column="{page.column}">'
            f'<p class="status">{escape(page.status)}</p><p class="state" data-say>{escape(page.state)}</p>'
            f'{self._stages(page)}<ul class="facts">{said}</ul><p class="soft">{about}</p></section>'
        )

    def _stages(self, page: CustomerPage) -> str:
        here = {"now": ' aria-current="step"'}
        rows = "".join(
            f'<li class="{stage.place}"{here.get(stage.place, "")}>{escape(stage.name)}</li>' for stage in page.stages
        )
        return f'<ol class="stages" aria-label="{self.say("follow.stages")}">{rows}</ol>' if rows else ""

    def _report(self, page: CustomerPage, base: str) -> str:
        report = page.report
        if report is None:
            return ""
        told = f"<p>{escape(report.number)} · {self.say(f'follow.report_{report.state}')}</p>"
        link = (
            f'<a class="button" href="{_path(base, "report")}">{self.say("follow.open")}</a>'
            f'<p class="soft">{self.say("follow.open_hint")}</p>'
            if report.ready
            else ""
        )
        return self._sheet("follow.report", told + link)

    def _swaps(self, page: CustomerPage) -> str:
        rows = []
        for swap in page.swaps:
            serials = [
                self.say(f"follow.{name}", serial=serial)
                for name, serial in (("new_serial", swap.new_serial), ("old_serial", swap.old_serial))
                if serial
            ]
            told = " · ".join(f'<span class="whole">{part}</span>' for part in (escape(swap.code), *serials) if part)
            rows.append(f'<li><div><b>{told}</b><span class="soft">{escape(swap.when)}</span></div></li>')
        return self._sheet("follow.swaps", f'<ul class="rows">{"".join(rows)}</ul>') if rows else ""

    def _photos(self, photos: Sequence[Photo], base: str) -> str:
        rows = []
        for photo in photos:
            at, caption = _path(base, "photos", str(photo.id)), escape(photo.caption)
            rows.append(
                f'<li data-shows="{photo.shows}"><a href="{at}"><img src="{at}" alt="{caption}" loading="lazy">'
                f'<span><b>{caption}</b> <span class="soft">{escape(photo.when)}</span></span></a></li>'
            )
        return self._sheet("follow.photos", f'<ul class="photos">{"".join(rows)}</ul>') if rows else ""

    def _story(self, page: CustomerPage) -> str:
        rows = "".join(f"<li><time>{escape(step.when)}</time>{escape(step.what)}</li>" for step in page.steps)
        body = f'<ol class="story" data-column="{page.column}">{rows}</ol>'
        return self._sheet("follow.story", body) if rows else ""

    # ---- all that is his

    def own(self, page: OwnPage) -> str:
        """His devices, tickets and reports."""
        if not page.current and not page.past:
            return f'<section class="sheet"><p>{self.say("own.no_tickets")}</p></section>'
        current = self._rows(page.current) or f'<p class="soft">{self.say("own.no_current")}</p>'
        return "".join(
            [
                self._sheet("own.current", current),
                self._filled("own.devices", self._rows(page.devices)),
                self._filled("own.reports", self._reports(page.reports)),
                self._filled("own.past", self._rows(page.past)),
            ]
        )

    def device(self, page: DevicePage) -> str:
        """One of his devices, and its life."""
        facts = f'<p class="name">{escape(page.name)}</p>'
        facts += f'<p class="soft">SN {escape(page.serial)}</p>' if page.serial else ""
        due = ' class="due"' if page.due else ""
        facts += f'<p{due}>{escape(page.maintenance)}</p><p class="soft">{escape(page.how)}</p>'
        back = f'<a class="button" href="/my">{self.say("own.back")}</a>'
        life = self._sheet("own.life", self._rows(page.life))
        return f'<section class="sheet head">{facts}</section>{life}<p>{back}</p>'

    def _rows(self, rows: Sequence[Row]) -> str:
        drawn = "".join(
            f'<li><a href="{_path("/my", *row.path)}"><b>{escape(row.title)}</b>'
            f'<span class="soft{" due" if row.due else ""}">{escape(row.under)}</span></a></li>'
            for row in rows
        )
        return f'<ul class="rows">{drawn}</ul>' if drawn else ""

    def _reports(self, reports: Sequence[ReportRow]) -> str:
        drawn = "".join(
            f'<li><a href="{_path("/my", "tickets", row.ticket, "report")}"><b>{escape(row.number)}</b>'
            f'<span class="soft">{escape(row.when)} · {self.say(f"follow.report_{row.state}")}</span></a></li>'
            for row in reports
        )
        return f'<ul class="rows reports">{drawn}</ul>' if drawn else ""

    def _sheet(self, title: str, body: str) -> str:
        return f'<section class="sheet"><h2>{self.say(title)}</h2>{body}</section>'

    def _filled(self, title: str, body: str) -> str:
        return self._sheet(title, body) if body else ""


def _path(*parts: str) -> str:
    """A path below one of our own."""
    base, *rest = parts
    return escape("/".join([base, *(quote(part, safe="") for part in rest)]))
