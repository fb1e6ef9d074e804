"""Codes printed on machines and boxes: error code, part code, serial number, model. Shape and neighbours tell them apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.numerals import digit_view
from dialogue.understanding.phrases import one_of

_BEFORE = 24
"""Characters before a code that may say what it is."""
SHORTEST_SERIAL, SHORTEST_MODEL = 4, 2
"""Characters of a serial number, and of a model, that is said to be one."""
_CODE = re.compile(
    r"(?<![a-z0-9\-_/.@])[a-z0-9]{1,20}(?:[-_/.][a-z0-9]{1,14}){0,5}\+?(?:\([a-z0-9]{1,6}\))?(?![a-z0-9@]|"
    r"[-_][a-z0-9])"
)
_HEX = re.compile(r"0x[0-9a-f]{1,8}\Z")
_ERROR_SHAPE = re.compile(
    r"(?:e|er|err|f|al|alm|fault|dtc)[-_. ]?[0-9]{1,4}(?:[-.][0-9]{1,3})?\Z"
    r"|[pbcu][0-9]{4}\Z|(?:[ptlfdagvisz](?:ah|al|sh|sl|d?ahh|all|shh|sll|i|ic|t|it|dah|"
    r"dal)h?l?)[-_]?[0-9]{2,5}[a-z]?\Z"
)
_ERROR_CUE = re.compile(
    r"(?:error ?code|errcode|fault ?code|error|err|fault|alarm|code|报警代码|报警号|报警|报错|错误代码|错误码|"
    r"错误|故障代码|故障码|故障号|故障|代码|警报|"
    r"报了?个?|显示|提示|跳出来?|弹出?|闪|亮)(?:的?是|为|一直|了个?|个|出|码|代码|code|with|is|says?|shows?|"
    r"[ :：,，\"“'「])*\Z"
)
_SERIAL_CUE = re.compile(
    r"(?:序列号|序号|机身号|机身码|出厂编号|出厂号|机号|机器编号|设备编号|设备号|资产编号|(?<![a-z])s/?n|"
    r"serial(?: ?(?:number|no\.?|num))?|sn码|车架号|vin)"
    r"(?:的?是|为|码|号|is|[ :：#,，])*\Z"
)
_PART_CUE = re.compile(
    r"(?:物料编码|物料号|物料|料号|编码|配件号|备件号|零件号|件号|图号|货号|配件|备件|part ?(?:number|no\.?|"
    r"code)?|p/?n|sku|"
    r"申请|申领|领用?|需要|订购?|采购|购买|缺|要换|更换|换|order|need|replace)(?:的?是|为|给你|发你|一个|了|个|"
    r"支|只|a|an|the|is|"
    r"[ :：#,，×x*0-9]|[一两二三][个支只根套台块])*\Z"
)
_SERIES_NAME = (
    r"thinkpad|macbook(?: pro| air)?|laserjet(?: pro| enterprise)?|deskjet|officejet(?: pro)?|ecosys|taskalfa|"
    r"imagerunner|ir-adv|imageclass|lbp|bizhub|workforce(?: pro)?|ecotank|workcentre|versalink|phaser|docucentre|"
    r"apeosport|optiplex|latitude|precision|poweredge|inspiron|elitebook|probook|proliant|surface(?: pro)?|"
    r"ideapad|thinkcentre|galaxy|iphone|ipad|catalyst|simatic|sinamics|melservo|"
    r"micromaster|altivar|powerflex"
)
_NAMED_SERIES = re.compile(rf"(?<![a-z])(?:{_SERIES_NAME}) \Z")
"""Names of series that companies print before a number."""
_MODEL_CUE = re.compile(
    r"(?:型号|机型|款式|规格型号|规格|model(?: ?(?:number|no\.?|name))?|型|牌子|品牌|牌|系列)(?:的?是|应该是|"
    r"好像是|叫|为|is|[ :：#,，])*\Z"
)
_UNIT = re.compile(
    r"[0-9]+(?:\.[0-9]+)?(?:v|kv|a|ma|w|kw|hz|khz|mhz|ghz|l|ml|kg|g|t|m|mm|cm|km|mpa|kpa|bar|psi|rpm|mb|gb|tb|"
    r"kb|s|ms|h|min|am|pm|st|nd|rd|th|f|p|k|x|pcs|c)\Z"
)
_ORDINARY = re.compile(
    r"(?:p[0-3]|wifi|usb[0-9.]*|4g|5g|3d|2d|win(?:dows)?[0-9]+|office[0-9]*|ipv[46]|mp[34]|h5|a[345]|b[1-9]|"
    r"vlan[0-9]*|vpn|u8|k3|co2|24/7|[0-9]+/[0-9]+|[0-9]{1,2}(?:am|pm)?-[0-9]{1,2}(?:am|pm)?)\Z"
)
_NUMBERED = r"code|故障|报警|错误|报错|异常|代码|错误码|error|err|fault|alarm|(?<![a-z])(?:e|al) "
"""What must stand before a code of digits alone: 显示85度 is none."""
_SERIES = re.compile(r"(?<![a-z])(?!is |the |was |no |number )[a-z]{3,12} \Z")
_PLATE = re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\Z")
_SHORT_PART = re.compile(r"[a-z]{1,6}-[0-9]{1,4}(?:-?[a-z]{1,4})?\Z")
_PREFIXED_TICKET = re.compile(r"(?:gd|wo|tk)[-_]?[0-9]+\Z")


@dataclass(frozen=True)
class Codes:
    """Tells codes apart. Brands come from the lexicon (`brands`)."""

    brand: re.Pattern[str]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Codes:
        return cls(re.compile(rf"({one_of(lexicon.words('brands')).pattern}) ?(?:的|牌)?[ \-]?\Z"))

    def find(self, text: str, parts_first: bool = False) -> Iterator[Hit]:
        """Error codes, part codes, serial numbers and models; `parts_first` reads doubtful ones as parts (staff)."""
        view = digit_view(text)
        for match in _CODE.finditer(view):
            hit = self._told_apart(view, match, parts_first)
            if hit:
                yield hit

    def _told_apart(self, view: str, match: re.Match[str], parts_first: bool) -> Hit | None:
        code, before = match[0], view[max(0, match.start() - _BEFORE) : match.start()]
        has_digit = any(char.isdigit() for char in code)
        if not has_digit or _PREFIXED_TICKET.match(code):
            return None
        if _SERIAL_CUE.search(before) and len(code) >= SHORTEST_SERIAL:
            return Hit("serial_no", match.start(), match.end(), None)
        named = self._series(before)
        if named and _NAMED_SERIES.search(before):
            return self._model(match.start() - len(named), match.end())
        if len(code) >= SHORTEST_MODEL and "." not in code and _MODEL_CUE.search(before[: len(before) - len(named)]):
            return self._model(match.start() - len(named), match.end())
        if _PLATE.search(before):
            return None
        error = _error(code, before, match)
        if error:
            return error
        if not (_is_code(code) or (parts_first and _SHORT_PART.match(code))):
            return None
        if _PART_CUE.search(before) or code.count("-") >= 2 or parts_first:
            return Hit("part_code", match.start(), match.end(), None)
        brand = self.brand.search(before)
        return self._model(match.start() - len(brand[0]) if brand else match.start(), match.end())

    def _series(self, before: str) -> str:
        """Brand and series before a number, as they stand there: 佳能 iR-ADV."""
        series = _NAMED_SERIES.search(before) or _SERIES.search(before)
        name = series[0] if series else ""
        brand = self.brand.search(before[: len(before) - len(name)])
        return (brand[0] if brand else "") + name

    def _model(self, start: int, end: int) -> Hit:
        return Hit("device_model", start, end, None)


def _error(code: str, before: str, match: re.Match[str]) -> Hit | None:
    cue = _ERROR_CUE.search(before)
    if not (_HEX.match(code) or _ERROR_SHAPE.match(code) or cue):
        return None
    if _ORDINARY.match(code) or (_UNIT.match(code) and not (cue or _ERROR_SHAPE.match(code))):
        return None
    if not cue and len(code) < 3 and code[0] != "e":
        return None
    if not re.search("[a-z]", code) and not re.search(_NUMBERED, cue[0] if cue else ""):
        return None
    worded = re.search(r"(?:error|fault|alarm)(?: ?code)?[ :：#]{1,2}\Z", before)
    start = match.start() - len(worded[0]) if worded else match.start()
    short = re.search(r"(?<![a-z])(?:err?|e|al) \Z", before)
    first = match.start() - len(short[0]) if short else match.start()
    return Hit("error_code", min(start, first), match.end(), (first, match.end()))


def _is_code(code: str) -> bool:
    """Letters and digits together, and nothing that people say every day."""
    letters = sum(char.isalpha() for char in code)
    digits = sum(char.isdigit() for char in code)
    return letters >= 1 and digits >= 2 and len(code) >= 4 and not _UNIT.match(code) and not _ORDINARY.match(code)
