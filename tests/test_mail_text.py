"""What a mail says: replies as mail programs write them, charsets, pages, forwarded mails, machines, and who may be believed."""

from __future__ import annotations

import base64
from email.message import EmailMessage

import pytest

from bots.mail import Mail
from bots.mail_text import UNPROVEN, apart, is_automatic, opened, read_words, sender
from core.words import Receipt
from tests.contract.mail_cases import delivery, mail

ADDRESSED = "发件人： 回应 <desk@desk.example>\n发送时间： 2026-03-04 12:00\n收件人： 王女士\n主题： 工单"
SHAPES = {
    "gmail": "好了，谢谢\n\nOn Wed, Mar 4, 2026 at 12:00 PM 回应 <desk@desk.example> wrote:\n> 已受理 GD-1001\n> 请稍候",
    "gmail, broken": "好了，谢谢\n\nOn Wed, Mar 4, 2026 at 12:00 PM the ticket desk of the factory\n<desk@desk.example> wrote:\n\n> 已受理",
    "gmail, Chinese": "好了，谢谢\n\n回应 <desk@desk.example> 于2026年3月4日周三 12:00写道：\n\n> 已受理 GD-1001",
    "qq": "好了，谢谢\n\n\n------------------&nbsp;原始邮件&nbsp;------------------\n发件人: 回应\n已受理 GD-1001".replace(
        "&nbsp;", "\xa0"
    ),
    "163": '好了，谢谢\n\n\n\n在 2026-03-04 12:00:00，"回应" <desk@desk.example> 写道：\n\n>已受理 GD-1001',
    "163, new": "好了，谢谢\n\n---- 回复的原邮件 ----\n| 发件人 | 回应 |\n已受理 GD-1001",
    "163, no marks": "好了，谢谢\n\n在2026年03月04日 12:00，回应<desk@desk.example> 写道：\n已受理 GD-1001",
    "foxmail": f"好了，谢谢\n\n\n{ADDRESSED}\n已受理 GD-1001",
    "foxmail, date": "好了，谢谢\n\n2026-03-04 12:00, 回应 <desk@desk.example> 写道：\n已受理 GD-1001",
    "outlook": "好了，谢谢\n\nFrom: Desk <desk@desk.example>\nSent: Wednesday, March 4, 2026 12:00\nTo: Wang\nSubject: GD-1001\n\n已受理",
    "outlook, line": "好了，谢谢\n\n________________________________\n发件人: 回应\n已受理 GD-1001",
    "outlook, old": "好了，谢谢\n\n-----Original Message-----\nFrom: Desk\n已受理 GD-1001",
    "apple, German": "好了，谢谢\n\n> On 4. Mar 2026, at 12:00, Desk <desk@desk.example> wrote:\n> \n> 已受理 GD-1001",
    "signature": "好了，谢谢\n-- \n王女士\n13800138000\n\n> 已受理",
    "telephone": "好了，谢谢\n\n发自我的iPhone",
    "below": "On Wed, Mar 4, 2026, Desk <desk@desk.example> wrote:\n> 已受理 GD-1001\n> 请稍候\n\n好了，谢谢",
    "between": "> 修好了吗？\n好了，谢谢\n> 请评价",
    "carriage returns": "好了，谢谢\r\n\r\n-----Original Message-----\r\nFrom: Desk\r\n已受理",
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_what_is_quoted_is_not_said_again(shape: str) -> None:
    (message,) = Mail.read(delivery(mail("m1", shape, "Re: 工单 GD-1001")))
    assert message.text == "好了，谢谢"


@pytest.mark.parametrize(
    "text",
    [
        "From: 这台机器 到现在没修好",
        "On Monday we wrote: nothing",
        "A > B 的时候报警\n温度 > 80 度",
        "时间：明天上午\n地点：三楼",
        "在现场写道歉信也没用",
        "第一行\n\n第二行",
    ],
)
def test_ordinary_words_are_not_taken_for_a_quotation(text: str) -> None:
    assert apart(text)[0] == text


def test_a_long_hostile_text_is_read_in_time() -> None:
    """No pattern runs away: 200,000 characters that all but match are read within the time of a test."""
    for line in (
        "On " + "x" * 190 + "\n",
        "在" + " " * 150 + "\n",
        "> " * 100 + "\n",
        "<blockquote " * 20,
        "-" * 300 + "\n",
    ):
        read_words(opened(mail("m1", line * (200_000 // len(line)), "Re: x").encode()))
    page = b"Content-Type: text/html\n\n" + b"<script <div <!-- " * 10_000
    read_words(opened(page))


CHARSETS = {
    "utf-8": ("三号空压机漏油", "utf-8"),
    "gbk": ("空压机漏油", "gbk"),
    "gb2312 that is gbk": ("朱镕基路空压机", "gb2312"),
    "gb18030": ("㐀空压机漏油", "gb18030"),
    "unknown": ("三号空压机漏油", "x-unknown-9"),
}


@pytest.mark.parametrize(("words", "charset"), CHARSETS.values(), ids=CHARSETS)
def test_chinese_is_read_in_whatever_charset_it_came(words: str, charset: str) -> None:
    """A mail that calls itself gb2312 may hold what only gbk and gb18030 have; strict decoders lose it."""
    codec = "gb18030" if charset.startswith("gb") else "utf-8"
    subject = f"=?{charset}?B?{base64.b64encode(words.encode(codec)).decode()}?="
    heads = f"From: wang@example.com\nSubject: {subject}\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: base64\n\n"
    words_read, _, _ = read_words(opened(heads.encode() + base64.b64encode(words.encode(codec))))
    assert words_read == f"{words}\n{words}"


def test_a_broken_charset_costs_characters_and_not_the_mail() -> None:
    raw = b"From: wang@example.com\nContent-Type: text/plain; charset=utf-8\n\n\xe7\xa9\xba\xff\xfeGA37 "
    assert "GA37" in read_words(opened(raw))[0]


def test_a_page_is_read_as_text_and_nothing_in_it_is_run() -> None:
    page = EmailMessage()
    page["From"], page["Subject"] = "wang@example.com", "Re: 工单"
    page.set_content(
        "<html><head><title>x</title><style>p {color: red}</style></head><body><p>三号机&nbsp;漏油 &lt;急&gt;</p>"
        "<script>alert('x')</script><img src='https://evil.example/pixel.gif'><div>在东侧<br>请快</div>"
        "<blockquote><p>已受理 GD-1001</p></blockquote></body></html>",
        subtype="html",
    )
    words, quoted, _ = read_words(opened(page.as_bytes()))
    assert [line for line in words.split("\n") if line] == ["三号机 漏油 <急>", "在东侧", "请快"]
    assert "GD-1001" in quoted and "evil" not in words + quoted and "alert" not in words + quoted


@pytest.mark.parametrize("subject", ["Fwd: 报修", "FW: 报修", "转发：报修", "转发: 报修"])
@pytest.mark.req("S5a")
def test_what_is_passed_on_stays_whole(subject: str) -> None:
    (message,) = Mail.read(delivery(mail("m1", f"请处理\n\n{ADDRESSED}\n三号机漏油", subject)))
    assert message.forwarded and "三号机漏油" in message.text and "请处理" in message.text


AUTOMATIC = [
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "auto-generated"},
    {"Precedence": "bulk"},
    {"Precedence": "auto_reply"},
    {"List_Id": "<factory.example.com>"},
    {"X_Autoreply": "yes"},
    {"Return_Path": "<>"},
]


@pytest.mark.parametrize("heads", AUTOMATIC, ids=lambda heads: str(heads))
def test_a_machine_is_not_heard_so_that_no_two_answer_each_other_for_ever(heads: dict[str, str]) -> None:
    assert Mail.read(delivery(mail("m1", "我在休假", "自动回复", **heads))) == []
    assert not is_automatic(opened(mail("m1", "在吗", Auto_Submitted="no").encode()))


BOUNCE = b"""From: MAILER-DAEMON@mx.example.com
Return-Path: <>
Content-Type: multipart/report; report-type=delivery-status; boundary=b
Message-ID: <bounce@mx.example.com>

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; wang@example.com
Action: failed
Status: %s

--b
Content-Type: text/rfc822-headers

From: desk@desk.example
Message-ID: <ours-1@desk.example>
--b--
"""


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        (b"5.1.1", ("ours-1@desk.example", Receipt("gone", why="came back: 5.1.1"))),
        (b"5.7.1", ("ours-1@desk.example", Receipt("refused", why="came back: 5.7.1"))),
        (b"4.2.2", None),
    ],
)
def test_a_bounce_tells_of_the_mail_that_came_back(status: bytes, becomes: tuple[str, Receipt] | None) -> None:
    raw = delivery(BOUNCE % status)
    assert Mail.read(raw) == [] and Mail.late(raw) == becomes


RESULTS = {
    "dkim": ("mx.desk.example; dkim=pass header.d=example.com", True),
    "spf": ("mx.desk.example; spf=pass (sender ok) smtp.mailfrom=wang@example.com", True),
    "dmarc": ("mx.desk.example; spf=fail smtp.mailfrom=x@evil.example; dmarc=pass header.from=example.com", True),
    "failed": ("mx.desk.example; dkim=fail header.d=example.com; dmarc=fail header.from=example.com", False),
    "of another domain": ("mx.desk.example; dkim=pass header.d=evil.example", False),
    "of a longer domain": ("mx.desk.example; dkim=pass header.d=notexample.com", False),
    "said by another server": ("mx.evil.example; dkim=pass header.d=example.com", False),
    "in a comment": ("mx.desk.example; dkim=none (dkim=pass header.d=example.com)", False),
    "nothing": ("mx.desk.example; none", False),
}


@pytest.mark.req("S8", "S36")
@pytest.mark.parametrize(("results", "proven"), RESULTS.values(), ids=RESULTS)
def test_a_from_is_believed_only_where_our_own_server_vouches_for_its_domain(results: str, proven: bool) -> None:
    raw = f"Authentication-Results: {results}\nFrom: 王 <Wang@Example.com>\n\nx".encode()
    assert sender(opened(raw), "mx.desk.example") == (("" if proven else UNPROVEN) + "wang@example.com", "王")
    assert sender(opened(raw), None)[0].startswith(UNPROVEN)


@pytest.mark.req("S8")
def test_only_the_topmost_result_counts_since_a_sender_may_write_others_below_it() -> None:
    raw = (
        b"Authentication-Results: mx.desk.example; dkim=fail header.d=example.com\n"
        b"Authentication-Results: mx.desk.example; dkim=pass header.d=example.com\nFrom: wang@example.com\n\nx"
    )
    assert sender(opened(raw), "mx.desk.example")[0] == UNPROVEN + "wang@example.com"
