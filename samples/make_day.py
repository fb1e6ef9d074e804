"""Makes samples/day: a working day of a sample factory as a dialogue script: 12 engineers, 100 tickets. Always the same.

python -m samples.make_day
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "day"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"
GIVEN = (
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "桂英",
    "建国",
    "秀兰",
)
LINES = ("一号线", "二号线", "三号线", "包装线", "机加工", "铸造", "装配", "仓库")
FAULTS = (
    ("空压机", "漏油", "密封圈老化"), ("注塑机", "不加热", "加热圈断路"), ("贴标机", "不出标签", "传感器积灰"),
    ("传送带", "跑偏", "张紧轮松动"), ("数控机床", "报警", "主轴编码器接头氧化"), ("叉车", "打不着火", "电瓶亏电"),
    ("打包机", "卡带", "送带轮磨损"), ("液压站", "压力上不去", "溢流阀卡滞"), ("冷水机", "不制冷", "冷凝器堵塞"),
    ("扫码枪", "连不上主机", "数据线断芯"), ("封口机", "封不牢", "加热条功率下降"), ("行车", "异响", "轴承缺油"),
    ("打印机", "卡纸", "搓纸轮磨损"), ("烘箱", "温度不准", "热电偶漂移"), ("水泵", "漏水", "机械密封损坏"),
)  # fmt: skip
OPENINGS = (
    "{line}{device}{fault}了", "{line}的{device}{fault}，麻烦来看下", "师傅，{line}{device}又{fault}", "{line}{device}{fault}，急用",
    "你好，{line}那台{device}{fault}",
)  # fmt: skip
DONE = "完成 {number} 现场检查{device}{fault}，原因是{cause}，已更换并调整到位，空载和带载各运行二十分钟正常，操作工当面确认，现场已清理"
SEED = 20260304


def main() -> None:
    """Write the world and the script."""
    chance = random.Random(SEED)
    engineers = {f"eng{i:02d}": f"{SURNAMES[i]}工" for i in range(12)}
    customers = {f"cus{i:02d}": SURNAMES[i % 30] + chance.choice(GIVEN) for i in range(40)}
    FOLDER.mkdir(exist_ok=True)
    _write(FOLDER / "base.yaml", _world(engineers, customers))
    _write(FOLDER / "working_day.yaml", _script(chance, list(engineers), list(customers)))


def _world(engineers: dict[str, str], customers: dict[str, str]) -> dict[str, Any]:
    people: dict[str, Any] = {}
    for i, (key, name) in enumerate(customers.items()):
        people[key] = {"role": "customer", "name": name, "phone": f"138{i:08d}", "channels": {"wecom_kf": f"wx_{key}"}}
    for key, name in engineers.items():
        people[key] = {"role": "engineer", "name": name, "channels": {"wecom": f"wx_{key}"}, "reports_to": "boss"}
    people["boss"] = {"role": "manager", "name": "生产主管", "phone": "13700000001", "channels": {"wecom": "wx_boss"}}
    people["desk"] = {"role": "agent", "name": "调度小周", "channels": {"wecom": "wx_desk"}, "reports_to": "boss"}
    people["buyer"] = {
        "role": "procurement",
        "name": "采购老胡",
        "channels": {"wecom": "wx_buyer"},
        "reports_to": "boss",
    }
    return {
        "day0": "2026-03-04",
        "timezone": "Asia/Shanghai",
        "settings": {"ticket_no_format": "GD-{n}", "min_summary_chars": 50, "burst_quiet_s": 8, "burst_window_s": 20},
        "people": people,
        "groups": {},
        "on_call": {"engineers": list(engineers), "manager": "boss", "agent": "desk"},
    }


def _script(chance: random.Random, engineers: list[str], customers: list[str]) -> dict[str, Any]:
    turns: list[tuple[int, dict[str, Any]]] = []
    told: set[tuple[str, str]] = set()
    free_at = dict.fromkeys(engineers, 0)
    for n in range(100):
        customer, (device, fault, cause) = _new_fault(chance, customers, told)
        at = 8 * 3600 + 1800 + n * 300 + chance.randrange(120)
        line, name = chance.choice(LINES), f"T{n:03d}"
        words = chance.choice(OPENINGS).format(line=line, device=device, fault=fault)
        turns.append((at, {"from": customer, "channel": "wecom_kf", "msg": words, "save": name}))
        engineer = min(free_at, key=lambda key: (free_at[key], key))
        begins = max(at + 120 + chance.randrange(240), free_at[engineer] + 60)
        turns += _handling(chance, begins, engineer, customer, f"${{{name}}}", device, fault, cause)
        free_at[engineer] = turns[-1][0]
        if n % 10 == 9:
            turns.append((at + 30, {"from": "boss", "channel": "wecom", "msg": "看板"}))
    rows = []
    for at, row in sorted(turns, key=lambda turn: turn[0]):
        days, seconds = divmod(at, 86_400)
        clock = f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
        rows.append({"at": f"+{days}d {clock}" if days else clock, **row})
    return {"id": "working_day", "title": "a working day: 12 engineers, 100 tickets", "turns": rows, "makes": 100}


def _new_fault(
    chance: random.Random, customers: list[str], told: set[tuple[str, str]]
) -> tuple[str, tuple[str, str, str]]:
    """A customer and a fault that he has not told yet: the same again would join its ticket."""
    while True:
        customer, fault = chance.choice(customers), chance.choice(FAULTS)
        if (customer, fault[0]) not in told:
            told.add((customer, fault[0]))
            return customer, fault


def _handling(
    chance: random.Random, at: int, engineer: str, customer: str, number: str, device: str, fault: str, cause: str
) -> list[tuple[int, dict[str, Any]]]:
    """What an engineer writes from accepting to done, with what happens on the way now and then."""

    def says(seconds: int, who: str, words: str) -> tuple[int, dict[str, Any]]:
        return seconds, {"from": who, "channel": "wecom_kf" if who == customer else "wecom", "msg": words}

    turns = [says(at, engineer, f"接单 {number}"), says(at + 600, engineer, f"{number} 到了")]
    at += 600 + chance.randrange(300)
    if chance.random() < 0.3:
        turns.append(says(at, customer, f"{number} 修好了吗"))
    at += 60
    turns.append(says(at, engineer, f"备注 {number} 拆开检查，{cause}"))
    if chance.random() < 0.15:
        turns += [
            says(at + 60, engineer, f"{number} 要换 XC-{chance.randrange(100, 999)}-B 1个"),
            says(at + 600, "buyer", f"{number} 今天能到"),
            says(at + 1800, "buyer", f"{number} 到货了"),
        ]
        at += 1860
    at += 600 + chance.randrange(900)
    turns.append(says(at, engineer, DONE.format(number=number, device=device, fault=fault, cause=cause)))
    if chance.random() < 0.4:
        turns.append(says(at + 300, customer, "5分 师傅很好"))
    return sorted(turns, key=lambda turn: turn[0])


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=200), "utf-8")


if __name__ == "__main__":
    main()
