"""Which ticket a member of staff means: by number, several, the last, a customer's, by serial number or phone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dialogue.understanding.exact.codes import Codes
from dialogue.understanding.exact.hit import Hit, without
from dialogue.understanding.exact.phone import phones
from dialogue.understanding.exact.ticket_number import bare_tickets, marked_tickets
from dialogue.understanding.words import Context, TicketRef

WHOLE = 4
"""Digits of a bare number that may be a ticket's wherever it stands; shorter ones must open the message."""

_MONEY = re.compile(
    r"(?:修要|要价|得花|报价|费用|收费|价格|总共|一共|合计|总价|人工费?|要收|收客户|报给客户|给客户报|客户报|报(?=[0-9一二两三四五六七八九])|收(?=[0-9一二两三四五六七八九]{3})|估价|谈到|谈好|谈妥|谈成|成交|配件费|维修费|材料费|上门费|报了|收了|quote|quoted|price|cost|total|fee|[¥￥$]|rmb|usd)"
    r"(?:是|为|了|约|大概|[ :：])*(?P<a>[0-9]{1,7}(?:,[0-9]{3})*(?:\.[0-9]{1,2})?|"
    r"[一二两三四五六七八九十百千万]{1,8})(?P<wan>万)?(?:元|块钱?|rmb|yuan|usd)?(?![0-9共起下])"
    r"|(?<![0-9a-z\-])(?P<b>[0-9]{1,7}(?:,[0-9]{3})*(?:\.[0-9]{1,2})?|[一二两三四五六七八九十百千万]{1,8})(?P<wan2>万)? ?(?:元|"
    r"块钱?(?!板|状)|rmb|yuan|usd|dollars)"
)
_QUOTES = re.compile(r"报价|报了|收了|费用|收费|报给客户|谈妥|谈成|成交|quote|price")
_NUMERAL = re.compile("[〇零一二两三四五六七八九幺洞拐勾]")
"""In 一零五二号 there is no second of the month."""
_SERIAL = re.compile(r"(?:sn|s/n)[-:：]?[0-9a-z\-]{4,}\Z")
_LAST = re.compile(
    r"刚才的?(?:那|这)(?:个|单|张|条)|(?:这|那|该|此)(?:一)?(?:个|张|条)?(?:工?单子?)(?!位)|(?:这|那)个(?=我|搞|弄|先|转|给|挂|完)|"
    r"上面(?:那|的)?(?:个|单)?|(?:^|[，, ])它(?=[ ，,我先])|"
    r"(?<![a-z])(?:this one|that one|this ticket|that ticket|the last one|same ticket)(?![a-z])"
)


@dataclass(frozen=True)
class Subjects:
    """What a text names: tickets in order, codes, phones, money, each with its place."""

    tickets: tuple[Hit, ...]
    codes: tuple[Hit, ...]
    phones: tuple[Hit, ...]
    money: tuple[Hit, ...]
    customer: tuple[int, int, str] | None
    last: bool

    @property
    def names_one(self) -> bool:
        """Whether a ticket is named in any way."""
        serial = any(hit.entity == "serial_no" for hit in self.codes)
        return bool(self.tickets or self.phones or self.customer or self.last or serial)

    def ref(self, context: Context) -> TicketRef:
        """The ticket meant, in the form in which it was named."""
        numbers = list(dict.fromkeys(hit.value for hit in self.tickets))
        if numbers:
            return TicketRef("number", numbers[0]) if len(numbers) == 1 else TicketRef("multi", numbers)
        serial = next((hit.value for hit in self.codes if hit.entity == "serial_no"), None)
        if serial:
            return TicketRef("serial", serial)
        if self.phones:
            return TicketRef("phone", self.phones[0].value)
        if self.customer:
            return TicketRef("customer", self.customer[2])
        return TicketRef("last", digits(context.last_ticket)) if self.last else TicketRef()


def subjects(text: str, original: str, codes: Codes, context: Context, dated: list[Hit]) -> Subjects:
    """Find what a text names. `original` has the same length and keeps capitals; `dated` are the times in it."""
    dated = [hit for hit in dated if not (_NUMERAL.match(text, hit.start) and _NUMERAL.match(text, hit.start - 1))]
    numbers = list(phones(text))
    marked = list(marked_tickets(without(text, numbers)))
    found = list(codes.find(without(text, [*numbers, *marked]), parts_first=True))
    named = [
        hit._replace(value=original[slice(*hit.value)] if hit.entity == "error_code" else original[hit.start : hit.end])
        for hit in found
    ]
    named = [hit._replace(entity="serial_no") if _SERIAL.match(text, hit.start, hit.end) else hit for hit in named]
    rest = without(text, [*numbers, *marked, *found, *dated])
    money = [hit for hit in _money(rest) if not _is_open(hit, context)]
    known = {digits(number) for number in (*context.my_open, context.last_ticket)}
    bare = list(bare_tickets(without(rest, money)))
    bare = [hit for hit in bare if len(hit.value) >= WHOLE or _leads(text, hit) or str(hit.value) in known]
    if not money and len(marked) + len(bare) >= 2 and bare and _QUOTES.search(text):
        money = [bare[-1]._replace(entity="amount", value=int(bare.pop().value))]
    tickets = sorted([*marked, *bare], key=lambda hit: hit.start)
    return Subjects(
        tuple(tickets), tuple(named), tuple(numbers), tuple(money), _customer(text, context), bool(_LAST.search(text))
    )


def digits(number: str | None) -> str | None:
    """A ticket number without its prefix."""
    return re.sub(r"\D", "", number) or None if number else None


def _leads(text: str, hit: Hit) -> bool:
    return not re.search(r"\w", text[: hit.start])


def _is_open(hit: Hit, context: Context) -> bool:
    return str(hit.value) in {digits(number) for number in context.my_open}


def _money(text: str) -> list[Hit]:
    from dialogue.understanding.numerals import number

    found = []
    for match in _MONEY.finditer(text):
        words = match["a"] or match["b"]
        group = "a" if match["a"] else "b"
        if words[0].isdigit():
            amount = float(words.replace(",", ""))
        elif (whole := number(words)) is None:
            continue
        else:
            amount = float(whole)
        amount *= 10_000 if match["wan"] or match["wan2"] else 1
        value = int(amount) if amount == int(amount) else round(amount, 2)
        found.append(Hit("amount", match.start(group), match.end(), value))
    return found


def _customer(text: str, context: Context) -> tuple[int, int, str] | None:
    for name in sorted(context.customers, key=len, reverse=True):
        at = text.find(name.lower()) if name else -1
        if at >= 0:
            return at, at + len(name), digits(context.customers[name]) or context.customers[name]
    return None
