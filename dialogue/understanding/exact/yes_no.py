"""A yes or a no, as short as people say it."""

from __future__ import annotations

import re

_FILLER = "[，,。.！!~～ 、的了啊呀哈呢吧哦噢嘛哟滴吖👌👍🙏]"
_NO = re.compile(
    rf"{_FILLER}*(?:不|否|别|no(?!w)|nope|nah|n(?![a-z])|not|don't|算了|先别|暂时不|没有|没了|没|无|错了|不是|cancel that|never mind)"
)
_YES = (
    r"(?:是|对|好|行|可以|嗯|恩|ok|okay|yes|yeah|yep|yup|y(?![a-z])|sure|correct|right|confirm|确认|确定|没错|没问题|同意|"
    r"要|需要|成|中(?!午)|得嘞|妥|必须|当然|取消吧|取消|please do|go ahead|do it|1(?![0-9])|👌|👍|✅)"
)
_BESIDE = (
    r"(?:谢谢|谢了|多谢|麻烦|辛苦|师傅|老师|老板|你们|你|您|请|帮我|我|就|那|先|都|一下|这个|这单|不用来|不用修|不来|不修|"
    r"thanks|thank you|please|that's|that|it|cancel|i|am|i'm|the|ticket)"
)
"""What may stand beside a yes and leaves it one."""
_WHOLE_YES = re.compile(rf"(?:{_FILLER}|{_BESIDE})*{_YES}(?:{_FILLER}|{_YES}|{_BESIDE})*")
_TURN = re.compile(r"(?:但是?|不过|可是|but)(?!.{0,2}行)")
_UNSURE = re.compile(
    r"(?:是不是|对不对|对吗|行不行|行吗|好吗|可不可以|可以吗|好不好|要不要|不知道|不清楚|不确定|不急|不好意思)"
)


def yes_no(text: str) -> bool | None:
    """True for yes, False for no, None if it is neither plainly: 是哪位师傅来 begins like a yes and is none."""
    if _UNSURE.search(text) or _TURN.search(text):
        return None
    if re.match(rf"{_FILLER}*(?:没错|没问题|no problem|没毛病)", text):
        return True
    if _NO.match(text):
        return False
    return True if _WHOLE_YES.fullmatch(text.strip()) else None
