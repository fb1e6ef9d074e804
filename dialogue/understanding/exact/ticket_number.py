"""Ticket numbers in any form: GD-1001, gd1001, #1001, 单号1001, 1001号单, 一零零一, 一千零一."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.numerals import CHINESE, digit_view, number

FEWEST_DIGITS, MOST_DIGITS = 3, 10
"""Digits of a bare number that may be a ticket's."""

_MARKED = re.compile(
    r"(?<![a-z0-9])(?:gd|wo|tk)[ \-_—:#]{0,2}(?P<e>[0-9]{1,10})(?![0-9]|[-.:/][0-9])"
    r"|(?<![a-z0-9])(?:工单|派工单|维修单|服务单|订单|单子|(?<![接领抢派转关结销撤退催])单|case|ticket|order|job)"
    r" ?(?:编?号码?|number|no\.?|num)?[ :：#是为\-_—]{0,3}(?:gd[- ]?)?(?P<a>[0-9]{3,10})(?![0-9]|[-.:/][0-9])"
    r"|(?<![a-z0-9&])(?:#|no\.?|№) ?(?P<b>[0-9]{1,10})(?![0-9a-z])"
    r"|(?:编号|号码|单号)[ :：#是为]{0,3}(?:gd|wo)?[- ]?(?P<c>[0-9]{3,10})(?![0-9])"
    r"|(?<![a-z0-9.\-])(?P<d>[0-9]{3,10}) ?号?(?:那个?|这个?)?(?:工单|单子|的?单)(?!价|元|位|独|纯|机)"
)
_SPOKEN = re.compile(
    rf"(?:工单|单子|单号|单|编号|ticket)(?:号码?|编号)?[ :：是]{{0,2}}(?P<a>[{CHINESE}]{{3,9}})(?![{CHINESE}年月日号楼层点])"
    rf"|(?P<b>[{CHINESE}]{{4,9}})号?(?:工单|单子|的?单)"
)
_MEASURED = "".join(
    f"(?<!{word})"
    for word in [
        "电压",
        "电流",
        "压力",
        "温度",
        "转速",
        "频率",
        "功率",
        "参数",
        "数值",
        "流量",
        "液位",
        "油温",
        "水温",
        "读数",
        "设定",
        "设为",
        "阻值",
        "型号",
        "扭矩",
    ]
)
_BARE = re.compile(
    rf"{_MEASURED}(?<![0-9a-z.:/+\-#年月第约¥￥$])(?P<n>[0-9]{{{FEWEST_DIGITS},6}})(?![0-9a-z/%℃°]|[:.][0-9]|-[0-9a-z]|\.[0-9])"
    r"(?!转(?=[太很过慢快每/速 ,，。;；]|$))"
    r"(?! ?(?:元|块|年|月|日|号楼|号线|号门|号机|室|楼(?![下上道])|层|米|度|伏|瓦|公斤|千克|毫米|小时|分钟|天|个|台|次|只|支|多|型|路|房|车间))"
)
_BARE_SPOKEN = re.compile(
    rf"(?<![{CHINESE}第])(?P<n>[一二两三四五六七八九][{CHINESE}]{{3,8}})(?![{CHINESE}元块年月日号楼层点个台次度])"
)


def marked_tickets(text: str) -> Iterator[Hit]:
    """Numbers that are plainly a ticket's: with prefix, hash, or the word for it. The value is digits without prefix."""
    found: list[Hit] = []
    for match in _MARKED.finditer(digit_view(text)):
        group = match.lastgroup or "a"
        found.append(Hit("ticket_no", match.start(), match.end(), match[group]))
    for match in _SPOKEN.finditer(text):
        value = number(match[match.lastgroup or "a"])
        if value is not None and all(match.end() <= hit.start or match.start() >= hit.end for hit in found):
            found.append(Hit("ticket_no", match.start(), match.end(), str(value)))
    yield from sorted(found, key=lambda hit: hit.start)


def bare_tickets(text: str) -> Iterator[Hit]:
    """Numbers that may be a ticket's, because nothing near them says otherwise."""
    for match in _BARE.finditer(digit_view(text)):
        yield Hit("ticket_no", match.start("n"), match.end("n"), match["n"])
    for match in _BARE_SPOKEN.finditer(text):
        value = number(match["n"])
        if value is not None and "千" in match["n"]:
            yield Hit("ticket_no", match.start("n"), match.end("n"), str(value))
