"""When: times read against Wednesday, 4 March 2026, 10:20, as the contract spans them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dialogue.understanding.exact.moments import moments
from dialogue.understanding.words import Understanding

Reads = Callable[[str], Understanding]
NOW = datetime.fromisoformat("2026-03-04T10:20")
EARLY, LATE = datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2030-01-01")

SPANS = {
    "明天上午来": ("2026-03-05T08:00", "2026-03-05T12:00"),
    "明早来": ("2026-03-05T08:00", "2026-03-05T12:00"),
    "明天一大早过来": ("2026-03-05T06:00", "2026-03-05T09:00"),
    "明天中午来": ("2026-03-05T11:00", "2026-03-05T13:00"),
    "后天下午来": ("2026-03-06T13:00", "2026-03-06T18:00"),
    "今晚来": ("2026-03-04T18:00", "2026-03-04T22:00"),
    "明天来": ("2026-03-05T00:00", "2026-03-06T00:00"),
    "后天下午三点": ("2026-03-06T15:00", "2026-03-06T16:00"),
    "后天下午三点半来": ("2026-03-06T15:30", "2026-03-06T16:30"),
    "明天14:30来": ("2026-03-05T14:30", "2026-03-05T15:30"),
    "明天三点来": ("2026-03-05T15:00", "2026-03-05T16:00"),
    "明天九点到十一点来": ("2026-03-05T09:00", "2026-03-05T11:00"),
    "明天下午五点以后来": ("2026-03-05T17:00", "2026-03-05T22:00"),
    "下周三上午十点前": ("2026-03-11T08:00", "2026-03-11T10:00"),
    "今天下午四点前来": ("2026-03-04T10:20", "2026-03-04T16:00"),
    "今天下班前来": ("2026-03-04T10:20", "2026-03-04T18:00"),
    "周五来": ("2026-03-06T00:00", "2026-03-07T00:00"),
    "周一来": ("2026-03-09T00:00", "2026-03-10T00:00"),
    "下周五来": ("2026-03-13T00:00", "2026-03-14T00:00"),
    "礼拜天过来": ("2026-03-08T00:00", "2026-03-09T00:00"),
    "周末来": ("2026-03-07T00:00", "2026-03-09T00:00"),
    "下周末来": ("2026-03-14T00:00", "2026-03-16T00:00"),
    "下周来": ("2026-03-09T00:00", "2026-03-16T00:00"),
    "3月10号上午": ("2026-03-10T08:00", "2026-03-10T12:00"),
    "10号来": ("2026-03-10T00:00", "2026-03-11T00:00"),
    "2号来": ("2026-04-02T00:00", "2026-04-03T00:00"),
    "三天后来": ("2026-03-07T00:00", "2026-03-08T00:00"),
    "明天上午要盘点，麻烦改到后天下午三点": ("2026-03-06T15:00", "2026-03-06T16:00"),
    "明天不行，周五上午吧": ("2026-03-06T08:00", "2026-03-06T12:00"),
    "不用今天来了 明天来就行": ("2026-03-05T00:00", "2026-03-06T00:00"),
    "我们五点关门 请五点前来": ("2026-03-04T10:20", "2026-03-04T17:00"),
    "周六改周日行不": ("2026-03-08T00:00", "2026-03-09T00:00"),
    "下午我不在 上午来": ("2026-03-04T08:00", "2026-03-04T12:00"),
    "tomorrow doesn't work, how about thursday": ("2026-03-05T00:00", "2026-03-06T00:00"),
    "周三到周五都行": ("2026-03-04T00:00", "2026-03-07T00:00"),
    "下周四到下周五来": ("2026-03-12T00:00", "2026-03-14T00:00"),
    "周六周日都有人": ("2026-03-07T00:00", "2026-03-09T00:00"),
    "8号到10号都可以来": ("2026-03-08T00:00", "2026-03-11T00:00"),
    "下下周一来": ("2026-03-16T00:00", "2026-03-17T00:00"),
    "大后天上午来": ("2026-03-07T08:00", "2026-03-07T12:00"),
    "月底前来就行": ("2026-03-04T10:20", "2026-04-01T00:00"),
    "一个半小时以后过来": ("2026-03-04T11:50", "2026-03-04T12:50"),
    "明天下午三四点来": ("2026-03-05T15:00", "2026-03-05T17:00"),
    "清明过后来": ("2026-04-07T00:00", "2026-04-08T00:00"),
    "五一之前弄好": ("2026-03-04T10:20", "2026-05-01T00:00"),
    "五一后第一天来": ("2026-05-06T00:00", "2026-05-07T00:00"),
    "国庆后第一天上午来": ("2026-10-08T08:00", "2026-10-08T12:00"),
    "国庆后第三天来": ("2026-10-10T00:00", "2026-10-11T00:00"),
    "端午节当天来": ("2026-06-19T00:00", "2026-06-20T00:00"),
    "between 2 and 4 on Thursday please": ("2026-03-05T14:00", "2026-03-05T16:00"),
    "Fri 10am-12pm": ("2026-03-06T10:00", "2026-03-06T12:00"),
    "by 5pm today please": ("2026-03-04T10:20", "2026-03-04T17:00"),
    "12 March, 4pm": ("2026-03-12T16:00", "2026-03-12T17:00"),
    "in two hours please come": ("2026-03-04T12:20", "2026-03-04T13:20"),
    "tomorrow morning please": ("2026-03-05T08:00", "2026-03-05T12:00"),
    "come tomorrow before 10": ("2026-03-05T08:00", "2026-03-05T10:00"),
    "next Tuesday at 3pm": ("2026-03-10T15:00", "2026-03-10T16:00"),
    "day after tomorrow after 5 pm": ("2026-03-06T17:00", "2026-03-06T22:00"),
}


@pytest.mark.parametrize(("text", "span"), SPANS.items(), ids=list(SPANS))
def test_wished_time(reads: Reads, text: str, span: tuple[str, str]) -> None:
    wished = reads(text).slots["preferred_time"]
    assert (wished["start"], wished["end"]) == span


@pytest.mark.parametrize(
    "text",
    [
        "明天不行",
        "周三我没空",
        "明天上午要盘点",
        "除了周五",
        "tomorrow doesn't work",
        "别周一来",
        "周末不要来",
        "明天我们全天培训 不要来",
        "don't come on Monday",
    ],
)
def test_only_ruled_out(reads: Reads, text: str) -> None:
    assert reads(text).slots["preferred_time"] is None


@pytest.mark.parametrize(
    "text",
    [
        "周报打不出来",
        "周杰伦的歌",
        "昨天下午开始响",
        "今天打印机又坏了",
        "早上开机就报错",
        "3号线停了",
        "三点建议",
        "你们周日上班吗",
        "上周修过一次",
        "一下子就停了",
    ],
)
def test_no_wish(reads: Reads, text: str) -> None:
    assert "preferred_time" not in reads(text).slots


@pytest.mark.parametrize("text", ["25点", "99号", "2月30号", "13月1日", "今天26:00", "0月0日"])
def test_impossible_times_are_no_times(text: str) -> None:
    assert all(moment.ends > moment.begins for moment in moments(text, NOW))


TIMES = some.lists(
    some.sampled_from(
        [
            "今天",
            "明天",
            "后天",
            "周五",
            "下周三",
            "周末",
            "3月6号",
            "上午",
            "下午",
            "晚上",
            "一早",
            "三点",
            "十点半",
            "14:30",
            "9",
            "点",
            "到",
            "前",
            "后",
            "以后",
            "之前",
            "左右",
            "半小时后",
            "，",
            "的",
            "tomorrow",
            "before",
            "10",
            "after",
            "5pm",
            "next",
            "friday",
        ]
    ),
    max_size=8,
).map("".join)


@given(TIMES, some.datetimes(EARLY, LATE))
def test_every_span_runs_forward(text: str, now: datetime) -> None:
    for moment in moments(text, now):
        assert 0 <= moment.start < moment.end <= len(text)
        assert timedelta(0) < moment.ends - moment.begins <= timedelta(days=366)
