"""What customers say exactly: each kind of slot by itself, then several in one message."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.blind import SLOTS, compared, instant
from dialogue.understanding.mind import Mind
from dialogue.understanding.words import Understanding

DATA = Path(__file__).parent / "data"
LEAST_F1 = 0.93
"""Of all slots together, over the lines to develop with."""

Reads = Callable[[str], Understanding]


def cases(table: dict[str, Any]) -> Any:
    return pytest.mark.parametrize(("text", "wanted"), table.items(), ids=list(table))


@cases(
    {
        "13800138021": ["13800138021"],
        "我手机 138 0013 8021": ["13800138021"],
        "138-0013-8021 找小王": ["13800138021"],
        "１３８００１３８０２１": ["13800138021"],
        "+86 13800138021": ["+8613800138021"],
        "8613800138021": ["13800138021"],
        "打幺三八，零零一三，八零二一": ["13800138021"],
        "一三九幺二三四五六七八": ["13912345678"],
        "座机0571-86543210": ["0571-86543210"],
        "010 62345678 转 802": ["010-62345678-802"],
        "客服热线 400-820-8820": ["4008208820"],
        "我电话是88886666": ["88886666"],
        "call +1 (415) 555-0137": ["+14155550137"],
        "13800138021或者13900139000": ["13800138021", "13900139000"],
        "身份证330106199001011234": None,
        "订单20260304123456789": None,
        "压力3.5公斤 温度85": None,
    }
)
def test_phone(reads: Reads, text: str, wanted: list[str] | None) -> None:
    assert reads(text).slots.get("phone") == wanted


@cases(
    {
        "GD-1001": "1001",
        "gd1001怎么样了": "1001",
        "ＧＤ－１００１": "1001",
        "#1001": "1001",
        "单号1001": "1001",
        "1001号单": "1001",
        "单号是一零零一": "1001",
        "一千零一那个单": "1001",
        "1002 修好了吗": "1002",
        "ticket 1001 please": "1001",
        "3号楼502室": None,
        "2026年3月4日": None,
        "电压380V": None,
        "13800138021": None,
        "花了1500元": None,
    }
)
def test_ticket_number(reads: Reads, text: str, wanted: str | None) -> None:
    assert reads(text).first("ticket_no") == wanted


@cases(
    {
        "0x7F": ("error_code", "0x7F"),
        "报E-07": ("error_code", "E-07"),
        "显示E5": ("error_code", "E5"),
        "Error Code 0x7F": ("error_code", "0x7F"),
        "故障码1023": ("error_code", "1023"),
        "报PAH-204": ("error_code", "PAH-204"),
        "alarm 414": ("error_code", "414"),
        "型号DR-4200": ("device_model", "DR-4200"),
        "HP M428 卡纸": ("device_model", "HP M428"),
        "联想T480开不了机": ("device_model", "联想T480"),
        "要换的件是 DR-3320-BK": ("part_code", "DR-3320-BK"),
        "物料号PN-88": ("part_code", "PN-88"),
        "序列号 CN8840012": ("serial_no", "CN8840012"),
        "SN: A1B2-C3D4": ("serial_no", "A1B2-C3D4"),
        "serial number is SN-99812": ("serial_no", "SN-99812"),
        "the model is LaserJet M15": ("device_model", "LaserJet M15"),
        "显示 Err 12": ("error_code", "Err 12"),
    }
)
def test_codes(reads: Reads, text: str, wanted: tuple[str, str]) -> None:
    kinds = ("error_code", "device_model", "part_code", "serial_no")
    assert {kind: reads(text).slots[kind] for kind in kinds if kind in reads(text).slots} == {wanted[0]: [wanted[1]]}


@pytest.mark.parametrize(
    "text",
    [
        "220V的电",
        "WiFi连不上",
        "P0",
        "24小时",
        "2个人",
        "usb3.0口",
        "5G信号差",
        "gd1001",
        "温度显示85度",
        "压力0.3",
        "车牌浙A12345",
    ],
)
def test_no_code(reads: Reads, text: str) -> None:
    kinds = {"error_code", "device_model", "part_code", "serial_no"}
    assert not kinds & set(reads(text).slots)


@cases(
    {
        "会议室投影仪打不开，灯一直闪红色": (["投影仪"], ["打不开", "灯一直闪红色"]),
        "贴标机不出标签": (["贴标机"], ["不出标签"]),
        "水槽下面软管漏得厉害": (["软管"], ["漏得厉害"]),
        "打印机旁边的饮水机不出热水": (["饮水机"], ["不出热水"]),
        "聚合釜冷却泵跳了 压力一直在升": (["聚合釜冷却泵"], ["跳了", "压力一直在升"]),
        "扫码枪连不上主机": (["扫码枪"], ["连不上主机"]),
        "投影义打不开": (["投影仪"], ["打不开"]),
        "空挑不冷": (["空调"], ["不冷"]),
        "電梯打不開": (["电梯"], ["打不开"]),
        "注浆机突然停机了": (["注浆机"], ["突然停机"]),
        "叉车举不起来了": (["叉车"], ["举不起来"]),
        "灯不亮 换了灯泡也不亮": (["灯"], ["不亮"]),
        "激光切割机切不透": (["激光切割机"], ["切不透"]),
        "压力表指针不动": (["压力表"], ["指针不动"]),
        "订书机卡钉": (["订书机"], ["卡钉"]),
        "一号线趴窝了": (["一号线"], ["趴窝了"]),
        "打印机什么时候能修好": (["打印机"], None),
        "keyboard types double letters": (["keyboard"], ["types double letters"]),
        "my laptop won't wake from sleep": (["laptop"], ["won't wake from sleep"]),
        "the boiler keeps rebooting": (["boiler"], ["keeps rebooting"]),
        "油箱漏油": (["油箱"], ["漏油"]),
        "机器坏了": (None, None),
        "设备有问题": (None, None),
        "打印机坏了": (["打印机"], None),
        "the label printer won't print": (["label printer"], ["won't print"]),
        "paper jam again in the copier": (["copier"], ["paper jam"]),
        "我手机没电了回头打给你": (["手机"], ["没电了"]),
        "司机电话多少": (None, None),
    }
)
def test_device_and_symptom(reads: Reads, text: str, wanted: tuple[list[str] | None, list[str] | None]) -> None:
    slots = reads(text).slots
    simplified = slots.get("fault_symptom") and [symptom.replace("開", "开") for symptom in slots["fault_symptom"]]
    assert (slots.get("device"), simplified) == wanted


@cases(
    {
        "二楼会议室投影仪打不开": ["二楼会议室"],
        "一号线扫码枪连不上": ["一号线"],
        "3楼茶水间那台": ["3楼茶水间"],
        "我在杭州市余杭区文一西路998号2幢301": ["杭州市余杭区文一西路998号2幢301"],
        "地址改成滨江区江陵路88号5楼": ["滨江区江陵路88号5楼"],
        "在B座负一层": ["B座"],
        "room 302": ["room 302"],
        "the printer on the 3rd floor": ["3rd floor"],
        "金桥路 1288弄 6号 302": ["金桥路 1288弄 6号 302"],
        "C区 12排 3号": ["C区 12排 3号"],
        "会议室的投影仪": None,
        "25 Harbour Road, building C": ["25 Harbour Road, building C"],
        "小车停在半路": None,
        "控制器是西门子的": None,
        "我们电工自己弄好了": None,
        "你们到底来不来": None,
    }
)
def test_address(reads: Reads, text: str, wanted: list[str] | None) -> None:
    found = reads(text).slots.get("address")
    assert (found is None) == (wanted is None) and all(any(w in f for f in found or ()) for w in wanted or ())


@cases(
    {
        "修得这么慢我很生气": ("angry", "P2"),
        "什么破打印机又卡了": ("angry", "P2"),
        "我要投诉": ("angry", "P2"),
        "急用，快点": ("anxious", "P1"),
        "今天必须修好": ("anxious", "P1"),
        "不急，有空来看看": ("calm", "P2"),
        "打印机卡纸": ("calm", "P2"),
        "整条线停了": ("anxious", "P0"),
        "有人困电梯里了": ("anxious", "P0"),
        "配电柜冒烟了": ("anxious", "P0"),
        "闻到煤气味": ("anxious", "P0"),
        "没有停产，就是慢": ("calm", "P2"),
        "收银机坏了没法收银": ("calm", "P1"),
        "line 2 is down": ("anxious", "P0"),
        "压力一直在升": ("anxious", "P0"),
        "温度升不上去": ("calm", "P2"),
        "没着火，就是有点味道": ("calm", "P2"),
        "今天下午三点来": ("calm", "P1"),
        "急停按钮卡住了": ("calm", "P2"),
        "等了三天还没人来": ("angry", "P2"),
        "二号线趴窝了": ("anxious", "P0"),
        "we can't take payments": ("calm", "P1"),
    }
)
@pytest.mark.req("S9")
def test_emotion_and_urgency(reads: Reads, text: str, wanted: tuple[str, str]) -> None:
    slots = reads(text).slots
    assert (slots["emotion"], slots["urgency"]) == wanted


@cases(
    {
        "需周末上门": ["weekend_only"],
        "来之前先打电话": ["call_first"],
        "只能工作日来": ["weekday_only"],
        "进厂需要登记": ["registration"],
        "要戴安全帽": ["protective_gear"],
        "打印机卡纸": None,
    }
)
def test_delivery_constraint(reads: Reads, text: str, wanted: list[str] | None) -> None:
    assert reads(text).slots.get("delivery_constraint") == wanted


@cases(
    {
        "5分 师傅很好": 5,
        "给四星": 4,
        "打3分": 3,
        "满分": 5,
        "差评": 1,
        "4 stars": 4,
        "4/5": 4,
        "5分钟就来": None,
        "两点五分到": None,
    }
)
def test_rating(reads: Reads, text: str, wanted: int | None) -> None:
    assert reads(text).first("rating") == wanted


@pytest.mark.req("S17")
def test_one_sentence_gives_its_four_slots(reads: Reads) -> None:
    meant = reads("客户很生气，设备报Error Code 0x7F，要换DR-4200-TN，需周末上门")
    assert meant.slots == {
        "error_code": ["0x7F"],
        "part_code": ["DR-4200-TN"],
        "delivery_constraint": ["weekend_only"],
        "emotion": "angry",
        "urgency": "P2",
    }
    raw = {entity.entity: entity.raw for entity in meant.entities}
    assert raw == {
        "emotion": "很生气",
        "error_code": "Error Code 0x7F",
        "part_code": "DR-4200-TN",
        "delivery_constraint": "需周末上门",
    }


def test_several_things_in_one_message(reads: Reads) -> None:
    slots = reads("3楼打印机卡纸 型号HP M428 明天上午来 电话13800138021").slots
    assert slots == {
        "address": ["3楼"],
        "device": ["打印机"],
        "fault_symptom": ["卡纸"],
        "device_model": ["HP M428"],
        "preferred_time": {"text": "明天上午", "start": "2026-03-05T08:00", "end": "2026-03-05T12:00"},
        "phone": ["13800138021"],
        "emotion": "calm",
        "urgency": "P2",
    }


def test_lines_written_to_develop_with_stay_understood(mind: Mind) -> None:
    """F1 over all slots of lines that were written from the contract before the reader saw them, and then mended with."""
    right = more = missed = 0
    for told in (DATA / "slots_dev.jsonl").read_text("utf-8").splitlines():
        line = json.loads(told)
        found = mind.customer(line["text"], instant(line["ref_time"])).slots
        for name in SLOTS:
            counted = compared(name, line["slots"], found)
            right, more, missed = right + counted[0], more + counted[1], missed + counted[2]
    assert 2 * right / (2 * right + more + missed) >= LEAST_F1
