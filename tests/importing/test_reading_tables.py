"""Tables as people really bring them: broken, huge, merged, disguised. Nothing hangs, nothing is guessed, the reason is said."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from config import tables, workbook
from config.tables import lines_of
from core.links.lines import Broken, TableRefused
from tests.importing.conftest import Bench

HEAD = ["客户编码", "客户名称", "联系电话", "地址"]
ROW = ["K1", "宁波甲厂", "13600000001", "鄞州区创业路1号"]


def refusal(path: str, **more: Any) -> str:
    """Why a file is refused."""
    with pytest.raises(TableRefused) as caught:
        list(lines_of(Path(path), **more))
    return caught.value.key


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_in_any_encoding(light: Bench, encoding: str, separator: str) -> None:
    words = "\r\n".join(separator.join(row) for row in (HEAD, ROW)) + "\r\n"
    lines = list(lines_of(Path(light.file("t.csv", words.encode(encoding)))))
    assert [list(line.cells) for line in lines] == [HEAD, ROW]
    assert [line.number for line in lines] == [1, 2]


def test_a_line_in_another_encoding_is_refused_and_the_others_are_not(light: Bench) -> None:
    words = "客户编码,客户名称\nK1,甲厂\n".encode() + "K2,乙厂\n".encode("gbk") + "K3,丙厂\n".encode()
    done = light.imports("customers", light.file("t.csv", words))
    assert done.counted()["新增"] == 2
    assert [(row["行号"], row["结果"]) for row in done.refused] == [("3", "未导入")]
    assert "乱码" in done.refused[0]["原因"] and done.refused[0]["下一步"]


def test_an_encoding_that_nobody_knows(light: Bench) -> None:
    assert refusal(light.csv("t.csv", [HEAD, ROW]), encoding="klingon") == "encoding_wrong"


def test_a_quotation_mark_that_is_never_closed(light: Bench) -> None:
    words = '客户编码,客户名称\nK1,甲厂\nK2,"乙厂\nK3,丙厂\nK4,丁厂\n'
    done = light.imports("customers", light.file("t.csv", words.encode()))
    assert done.status == 1 and "第 3 行开始的引号没有闭合" in done.err
    assert light.people() == {}


def test_an_inch_mark_is_no_open_quotation(light: Bench) -> None:
    assert len(list(lines_of(Path(light.file("t.csv", '编码,名称\n1,5" 管\n2,"引""号"\n'.encode()))))) == 3


def test_merged_cells_have_their_value_in_every_line(light: Bench) -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells("C2:C3")
        sheet.merge_cells("A1:A1")

    rows = [
        ["姓名", "手机", "部门"],
        ["甲", "13600000001", "设备部"],
        ["乙", "13600000002", None],
        ["丙", "13600000003", None],
    ]
    lines = list(lines_of(Path(light.table("t.xlsx", rows, merge))))
    assert [line.cells[2:] for line in lines] == [("部门",), ("设备部",), ("设备部",), ()]


def test_a_header_in_two_lines_is_understood(light: Bench) -> None:
    def merge(sheet: Any) -> None:
        for area in ("A1:A2", "B1:B2", "C1:D1"):
            sheet.merge_cells(area)

    rows = [
        ["客户编码", "客户名称", "联系方式", None],
        [None, None, "联系人", "手机"],
        ["K1", "甲厂", "张三", "13600000001"],
    ]
    done = light.imports("customers", light.table("t.xlsx", rows, merge))
    assert done.counted()["新增"] == 1
    assert (light.people()["甲厂"].name, light.people()["甲厂"].phone) == ("张三", "13600000001")


def with_formula(saved: str) -> Callable[[bytes], bytes]:
    """A sheet in which D2 is a formula, with this result in the file."""

    def change(sheet: bytes) -> bytes:
        before, found, after = sheet.partition(b'<c r="D2"')
        assert found
        return (
            before
            + b'<c r="D2" t="str"><f>CONCATENATE("a","b")</f>'
            + saved.encode()
            + b"</c>"
            + after.partition(b"</c>")[2]
        )

    return change


def altered(path: str, change: Callable[[bytes], bytes], part: str = "xl/worksheets/sheet1.xml") -> str:
    """The workbook with one of its parts changed."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return path


def test_a_formula_counts_by_its_saved_result(light: Bench) -> None:
    path = altered(light.table("t.xlsx", [HEAD, ROW]), with_formula("<v>北仑区1号</v>"))
    assert list(lines_of(Path(path)))[1].cells[3] == "北仑区1号"


def test_a_formula_without_a_saved_result_is_refused(light: Bench) -> None:
    path = altered(light.table("t.xlsx", [HEAD, ROW]), with_formula(""))
    assert list(lines_of(Path(path)))[1].cells[3] == Broken("formula_empty")
    done = light.imports("customers", path)
    assert done.refused[0]["原因"].startswith("单元格是公式") and light.people() == {}


def test_an_error_value_is_refused(light: Bench) -> None:
    done = light.imports("customers", light.csv("t.csv", [HEAD, ["K1", "甲厂", "#N/A", ""]]))
    assert "#N/A" in done.refused[0]["原因"]


def test_a_million_blank_lines_take_no_time(light: Bench) -> None:
    def far(sheet: Any) -> None:
        sheet.cell(row=1_048_576, column=1).value = "远处"

    assert [line.number for line in lines_of(Path(light.table("gap.xlsx", [HEAD, ROW], far)))] == [1, 2]
    blank = b"".join(b'<row r="%d" spans="1:4" ht="15" customHeight="1"/>' % n for n in range(3, 1_000_003))
    change: Callable[[bytes], bytes] = lambda sheet: sheet.replace(b"</sheetData>", blank + b"</sheetData>")  # noqa: E731
    path = altered(light.table("formatted.xlsx", [HEAD, ROW]), change)
    started = time.monotonic()
    assert len(list(lines_of(Path(path)))) == 2
    assert time.monotonic() - started < 20
    commas = ",".join(HEAD) + "\n" + ",".join(ROW) + "\n" + ",,,\n" * 1_000_000
    assert len(list(lines_of(Path(light.file("t.csv", commas.encode()))))) == 2


def test_some_blank_lines_between_do_not_end_a_table(light: Bench) -> None:
    for blank, seen in ((999, [1, 2, 1_002]), (1_000, [1, 2])):
        rows = [HEAD, ROW, *[[] for _ in range(blank)], ["K2", "乙厂"]]
        assert [line.number for line in lines_of(Path(light.table("t.xlsx", rows)))] == seen


def test_a_sheet_that_lies_about_its_size_is_read_whole(light: Bench) -> None:
    change: Callable[[bytes], bytes] = lambda sheet: sheet.replace(b'<dimension ref="A1:D2"', b'<dimension ref="A1"')  # noqa: E731
    path = altered(light.table("t.xlsx", [HEAD, ROW]), change)
    assert [list(line.cells) for line in lines_of(Path(path))] == [HEAD, ROW]


def test_columns_far_to_the_right_are_not_read(light: Bench) -> None:
    path = light.table("t.xlsx", [HEAD, ROW], lambda sheet: setattr(sheet["XFD2"], "value", "x"))
    assert len(list(lines_of(Path(path)))[1].cells) <= tables.MOST_COLUMNS


def test_the_first_visible_sheet_or_the_named_one(light: Bench) -> None:
    path = light.table("t.xlsx", [HEAD, ROW])
    book = load_workbook(path)
    book.create_sheet("封面", 0).sheet_state = "hidden"
    book.create_sheet("其他").append(["别的"])
    book.save(path)
    assert next(lines_of(Path(path))).cells[0] == "客户编码"
    assert next(lines_of(Path(path), sheet="其他")).cells == ("别的",)
    assert refusal(path, sheet="没有") == "sheet_missing"


def bomb(path: Path, size: int) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"<workbook/>")
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(size // (1 << 20)):
                part.write(b" " * (1 << 20))
    return str(path)


def test_a_zip_bomb_is_not_opened(light: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "load_workbook", lambda *_, **__: pytest.fail("opened"))
    assert refusal(bomb(light.folder / "ratio.xlsx", 20 << 20)) == "zip_bomb"
    monkeypatch.setattr(workbook, "MOST_RATIO", 10_000)
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 10 << 20)
    assert refusal(bomb(light.folder / "size.xlsx", 20 << 20)) == "zip_bomb"


def test_texts_that_would_fill_the_memory_are_refused(light: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_SHARED", 10)
    assert refusal(light.table("t.xlsx", [HEAD, ROW])) == "zip_bomb"


def test_entities_are_not_expanded(light: Bench) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    path = altered(light.table("t.xlsx", [HEAD, ROW]), lambda sheet: laughs + sheet)
    assert refusal(path) == "file_damaged"


def test_a_hundred_megabytes_are_refused_at_once(light: Bench) -> None:
    path = light.file("t.csv", ",".join(HEAD).encode() + b"\n")
    os.truncate(path, 100 << 20)
    started = time.monotonic()
    done = light.imports("customers", path)
    assert done.status == 1 and "超过 64 MB" in done.err and time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("旧.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file_xls"),
        (
            "锁.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "file_locked",
        ),
        ("网页.xls", b"<html><table><tr><td>1</td></tr></table></html>", "file_html"),
        ("空.csv", b"", "file_empty"),
        ("图.csv", bytes(range(1, 256)) * 9 + b"\x00", "file_not_table"),
        ("断.xlsx", b"PK\x03\x04" + bytes(200), "file_damaged"),
    ],
)
def test_files_that_are_no_tables(light: Bench, name: str, content: bytes, why: str) -> None:
    assert refusal(light.file(name, content)) == why
    done = light.imports("staff", str(light.folder / name))
    assert done.status == 1 and len(done.err.strip().splitlines()) == 1


def test_other_packed_files_are_no_tables(light: Bench) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("word/document.xml", "<w/>")
    assert refusal(light.file("信.docx", made.getvalue())) == "file_not_table"
    cut = Path(light.table("t.xlsx", [HEAD, ROW])).read_bytes()
    assert refusal(light.file("断.xlsx", cut[: len(cut) // 2])) == "file_damaged"


def test_a_csv_that_calls_itself_xls_is_read(light: Bench) -> None:
    assert len(list(lines_of(Path(light.csv("导出.xls", [HEAD, ROW], "gbk"))))) == 2


def test_no_such_file(light: Bench) -> None:
    assert "没有文件" in light.imports("staff", "没有.xlsx").err


def test_no_header(light: Bench) -> None:
    done = light.imports(
        "staff", light.csv("t.csv", [["张三", "13600000001", "设备部"], ["李四", "13600000002", "设备部"]])
    )
    assert done.status == 1 and "没有找到表头" in done.err and light.people() == {}


def test_a_header_and_nothing_below(light: Bench) -> None:
    assert "没有数据" in light.imports("staff", light.csv("t.csv", [["姓名", "手机", "职位"]])).err


def test_headers_that_come_twice_and_lack_what_is_needed(light: Bench) -> None:
    rows = [["客户名称", "联系电话", "联系电话"], ["甲厂", "13600000001", "13600000002"]]
    done = light.imports("customers", light.csv("t.csv", rows))
    assert "重复的列" in done.out and light.people()["甲厂"].phone == "13600000001"
    done = light.imports("customers", light.csv("t.csv", [["联系电话", "地址"], ["13600000001", "某地"]]))
    assert done.status == 1 and "客户名称 / 姓名" in done.err
