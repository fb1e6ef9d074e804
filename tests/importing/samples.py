"""The three sample tables in samples/, as a company of two hundred people has them; `python -m tests.importing.samples` writes
them. Every number, name and firm is made up."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill

FOLDER = Path(__file__).parents[2] / "samples"
STAFF, CUSTOMERS, TICKETS = "员工花名册.xlsx", "客户档案_金蝶K3.xlsx", "历史工单表.xlsx"
MADE = (2024, 3, 1, 9, 0, 0)
"""The instant that stands in the files, so that they are the same each time."""

ROSTER: Sequence[tuple[Any, ...]] = (
    ("1001", "陈国栋", "13805740001", "", "总经理", "", "", ""),
    ("1002", "孙立军", "13805740002", "售后服务部", "售后经理", "1001", "", ""),
    ("1003", "周敏", "13805740003", "售后服务部/客服组", "客服专员", "1002", "", ""),
    ("1004", "吴倩", "13805740004", "售后服务部/客服组", "调度员", "1002", "", ""),
    ("1005", "刘洋", "13805740005", "售后服务部/维修一组", "组长", "孙立军", "空压机、注塑机", "鄞州区、海曙区"),
    ("1006", "王磊", "13805740006", "售后服务部/维修一组", "维修工程师", "1005", "空压机", "鄞州区"),
    ("1007", "李 强", "138 0574 0007", "售后服务部/维修一组", "维修工程师", "1005", "空压机、冷干机", "海曙区"),
    ("1008", "赵鹏", "13805740008", "售后服务部/维修一组", "维修工程师", "1005", "注塑机", "鄞州区、奉化区"),
    ("1009", "钱进", 13805740009, "售后服务部/维修一组", "维修技师", "1005", "液压站", "江北区"),
    ("1010", "郑浩", "13805740010", "售后服务部/维修二组", "组长", "孙立军", "数控机床、注塑机", "北仑区、镇海区"),
    ("1011", "冯涛", "13805740011", "售后服务部/维修二组", "维修工程师", "1010", "数控机床", "北仑区"),
    ("1012", "何军", "+86 13805740012", "售后服务部/维修二组", "维修工程师", "1010", "注塑机、液压站", "镇海区"),
    ("1013", "许峰", "13805740013", "售后服务部/维修二组", "维修工程师", "1010", "液压站", "北仑区"),
    ("1014", "沈杰", "13805740014", "售后服务部/维修二组", "电工", "1010", "电气", "慈溪市"),
    ("1015", "韩冰", "13805740015", "售后服务部/外协组", "维修工程师", "1002", "空压机", "余姚市"),
    ("1016", "杨帆", "13805740016", "售后服务部/外协组", "维修工程师", "1002", "注塑机", "宁海县"),
    ("1017", "朱琳", "13805740017", "采购部", "采购员", "1001", "", ""),
    ("1018", "秦岚", "13805740018", "信息部", "IT助理", "1001", "", ""),
    ("1019", "尤佳", "13805740019", "财务部", "出纳", "1001", "", ""),
    ("1020", "吕波", "13805740015", "售后服务部/外协组", "维修工程师", "1002", "冷干机", "象山县"),
    ("1021", "施文", "13805740021", "售后服务部/维修一组", "维修工程师", "曹主任", "冷干机", "海曙区"),
)
"""Two share a phone (1015, 1020), a job title has no role (1019), a superior is nobody (1021)."""
ON_DUTY = {"1002", "1003", *(str(number) for number in range(1005, 1017))}
"""Who is on duty when the desk begins."""
_FIRMS = (
    "海天机械",
    "东方轴承",
    "永发塑料",
    "明州电子",
    "甬江食品",
    "华盛模具",
    "宏达纺织",
    "镇海炼化配套",
    "北仑港务机修",
    "雪狼制冷",
)
_KINDS = ("有限公司", "股份有限公司", "有限公司二厂")
_DISTRICTS = ("鄞州区", "海曙区", "江北区", "北仑区", "镇海区", "慈溪市", "余姚市", "奉化区")
_ROADS = ("创业路", "兴宁路", "金达路", "育才路", "滨海大道")
_CONTACTS = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"
_FAULTS = (
    (
        "空压机",
        "KY-75",
        "排气温度高报警停机",
        "E-07",
        "清洗冷却器并更换油滤，排气温度恢复到八十五度，连续运行两小时正常",
        "油滤 OF-2210",
    ),
    (
        "注塑机",
        "HT-260",
        "合模不到位",
        "",
        "调整曲肘行程，更换磨损的铜套两只，合模力测试合格，试生产二十模正常",
        "铜套 TB-40",
    ),
    (
        "液压站",
        "YZ-40",
        "油压不稳、有异响",
        "",
        "更换吸油滤芯和密封圈，重新排气，压力稳定在十四兆帕，噪音消失",
        "滤芯 LX-12",
    ),
    (
        "数控机床",
        "VMC850",
        "主轴报警 AL-21",
        "AL-21",
        "主轴编码器插头松动，重新压接并固定线缆，回零正常，试切三件合格",
        "",
    ),
    (
        "冷干机",
        "LG-15",
        "露点高、排水器不排水",
        "",
        "更换自动排水器并清理冷凝管路，露点恢复到三度，观察一小时正常",
        "排水器 PS-3",
    ),
)


def customers() -> list[list[Any]]:
    """Sixty customers, the last four of them not in order."""
    rows: list[list[Any]] = []
    for n in range(56):
        name = f"宁波{_FIRMS[n % 10]}{_KINDS[n // 10 % 3]}" + (f"（{n // 30 + 1}部）" if n >= 30 else "")
        district = _DISTRICTS[n % 8]
        address = f"浙江省宁波市{district}{_ROADS[n % 5]}{n + 10}号"
        phone: Any = f"1360574{n:04d}" if n % 7 else f"0574-8{8000000 + n:07d}"
        level = ("A级", "B级", "B级", "C级")[n % 4]
        rows.append(
            [
                f"KH{n + 1:04d}",
                name,
                f"{_CONTACTS[n % 24]}{'先生女士'[n % 2 * 2 :][:2]}",
                phone,
                level,
                address,
                district,
            ]
        )
    rows += [
        ["KH0057", "宁波东海五金厂", "钟先生", "1.36E+10", "B级", "浙江省宁波市鄞州区金达路88号", "鄞州区"],
        ["KH0058", "宁波启明灯具厂", "骆女士", "电话见合同", "C级", "浙江省宁波市海曙区兴宁路90号", "海曙区"],
        ["KH0003", "宁波永发塑料有限公司", "孙先生", "13605740002", "B级", "浙江省宁波市江北区金达路12号", "江北区"],
        ["KH0060", "", "", "", "C级", "", ""],
    ]
    return rows


def tickets() -> list[list[Any]]:
    """Eighty finished tickets of two years, and three that are none."""
    rows: list[list[Any]] = []
    for n in range(80):
        customer = customers()[n * 7 % 56]
        device, model, fault, code, solution, part = _FAULTS[n % 5]
        made = datetime(2022, 3, 1, 8, 30) + timedelta(days=9 * n, minutes=37 * n % 480)  # noqa: DTZ001
        done = made + timedelta(hours=3 + n % 40, minutes=n % 60)
        engineer = ("王磊", "赵鹏", "许峰", "冯涛", "李强")[n % 5] if n % 20 != 19 else "老金"
        urgent = ("一般", "紧急", "一般", "特急", "一般")[n % 5]
        name = customer[1].split("（")[0] if n % 9 else "宁波老客户机械厂"
        number, serial, phone = f"WX{made:%Y%m}{n + 1:03d}", f"{model}-{n:03d}", customer[3] if n % 9 else ""
        row = [
            number,
            made,
            name,
            customer[2],
            phone,
            device,
            model,
            serial,
            fault,
            code,
            urgent,
            engineer,
            solution,
            part,
        ]
        rows.append([*row, done, ("非常满意", "满意", "5", "4", "")[n % 5], "已完成"])
    last = rows[-1]
    rows.append(["WX202402081", *last[1:14], "", "", "处理中"])
    rows.append(["", *rows[0][1:]])
    rows.append(["WX202402083", "年前", *rows[1][2:]])
    return rows


def staff_book() -> bytes:
    """The roster, with a title over it and the header in its third line."""

    def fill(sheet: Any) -> None:
        sheet.title = "花名册"
        sheet.append(["宁波回应机械设备有限公司 员工花名册（2024年3月）"])
        sheet.merge_cells("A1:I1")
        sheet.append([])
        sheet.append(["工号", "姓名", "手机号码", "所属部门", "职位", "直属上级", "技能（可多项）", "负责区域", "值班"])
        for row in ROSTER:
            sheet.append([*row, "是" if row[0] in ON_DUTY else "否"])
        _dress(sheet, 3)

    return _book(fill)


def customers_book() -> bytes:
    """Customers as Kingdee K/3 exports them, after a colleague had renamed a column."""

    def fill(sheet: Any) -> None:
        sheet.title = "客户"
        sheet.append(["客户编码", "客户名称（最终）", "联系人", "联系电话", "客户等级", "地址", "区域"])
        for row in customers():
            sheet.append(row)
        _dress(sheet, 1)

    return _book(fill)


def tickets_book() -> bytes:
    """The list that the service desk kept by hand."""

    def fill(sheet: Any) -> None:
        sheet.title = "2022-2024"
        where = ["工单号", "报修时间", "客户名称", "联系人", "联系电话", "设备名称", "型号", "出厂编号"]
        what = ["故障现象", "故障代码", "紧急程度", "维修人", "处理结果", "更换配件", "完成时间", "满意度", "状态"]
        sheet.append([*where, *what])
        for row in tickets():
            sheet.append(row)
        _dress(sheet, 1)

    return _book(fill)


BOOKS: dict[str, Callable[[], bytes]] = {STAFF: staff_book, CUSTOMERS: customers_book, TICKETS: tickets_book}


def _dress(sheet: Any, header: int) -> None:
    for cell in sheet[header]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDEBF7")
        cell.alignment = Alignment(horizontal="center")
    for column in sheet.iter_cols(min_row=header, max_row=header):
        sheet.column_dimensions[column[0].column_letter].width = 18
    sheet.freeze_panes = f"A{header + 1}"


def _book(fill: Callable[[Any], None]) -> bytes:
    """A workbook that has the same bytes each time."""
    book = Workbook()
    fill(book.active)
    book.properties.creator = "回应"
    book.properties.created = book.properties.modified = datetime(*MADE)  # noqa: DTZ001
    made, same = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as packed, zipfile.ZipFile(same, "w", zipfile.ZIP_DEFLATED) as again:
        for part in sorted(packed.infolist(), key=lambda part: part.filename):
            content = packed.read(part)
            if part.filename == "docProps/core.xml":
                content = _undated(content)
            again.writestr(zipfile.ZipInfo(part.filename, MADE), content, zipfile.ZIP_DEFLATED)
    return same.getvalue()


def _undated(core: bytes) -> bytes:
    """openpyxl writes the instant of saving whatever is asked."""
    head, found, rest = core.partition(b"<dcterms:modified")
    start, end = rest.index(b">") + 1, rest.index(b"</dcterms:modified>")
    return head + found + rest[:start] + b"2024-03-01T09:00:00Z" + rest[end:]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, make in BOOKS.items():
        (FOLDER / name).write_bytes(make())
        print(FOLDER / name)
