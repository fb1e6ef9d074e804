"""rosters.yaml and its commands: what is wrong is named with its place, and the same file again changes nothing."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from config.cli import main
from config.roster_file import RosterFileError, read_rosters

GOOD = """
rosters:
  - name: 一线值班
    role: engineer
    fallback: 孙经理
    layers:
      - people: [刘工, [赵工, 王工], 待定]
        turns: daily
        handover: 18:00
        from: 2026-03-02
      - {people: [王工], turns: 12小时, handover: 8:30, from: 2026-03-02, days: [周六, sun], hours: 08:30-08:30}
    shifts:
      - {who: 王工, for: 刘工, from: 2026-12-05 08:30, until: 2026-12-06 08:30}
      - {for: 赵工, from: 2026-12-07 08:30, until: 2026-12-08 08:30}
"""


def file(folder: Path, text: str) -> Path:
    path = folder / "rosters.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_file_is_read_as_it_was_meant(tmp_path: Path) -> None:
    [sheet] = read_rosters(file(tmp_path, GOOD))
    daily, weekend = sheet.layers
    assert (sheet.name, sheet.role, sheet.fallback) == ("一线值班", "engineer", "孙经理")
    assert daily.crews == (("刘工",), ("赵工", "王工"), ())
    assert (str(daily.every), str(daily.handover), str(daily.start)) == ("1 day, 0:00:00", "18:00:00", "2026-03-02")
    assert (str(weekend.every), str(weekend.handover), weekend.weekdays) == ("12:00:00", "08:30:00", 0b1100000)
    assert [(one.who, one.instead) for one in sheet.singles] == [("王工", "刘工"), (None, "赵工")]


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("handover: 18:00", "handover: 25:00", "layers[1]: handover"),
        ("handover: 18:00", "", "layers[1]: 缺 handover"),
        ("from: 2026-03-02\n", "from: 2026-02-30\n", "layers[1]: from"),
        ("turns: daily", "turns: 每月", "layers[1]: turns"),
        ("turns: daily", "turns: 0 days", "layers[1]: turns"),
        ("turns: daily", "turns: 6 weeks", "layers[1]: turns"),
        ("turns: daily", "turn: daily", "unknown: turn"),
        ("role: engineer", "role: boss", "role"),
        ("role: engineer", "", "a role or a team is missing"),
        ("role: engineer", "role: customer", "role"),
        ("name: 一线值班", "zone: Asia/Shanghai", "name is missing"),
        ("fallback: 孙经理", "zone: Asia/Ningbo", "zone"),
        ("days: [周六, sun]", "days: [周八]", "layers[2]: days"),
        ("hours: 08:30-08:30", "hours: 早上", "layers[2]: hours"),
        ("until: 2026-12-06 08:30", "until: 2026-12-05 08:30", "shifts[1]: until"),
        ("for: 赵工, from", "from", "shifts[2]: 要有 who"),
        ("rosters:", "roster:", "rosters"),
        ("rosters:", "rosters: [", "cannot be read"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    with pytest.raises(RosterFileError) as error:
        read_rosters(file(tmp_path, GOOD.replace(right, wrong, 1)))
    assert says in str(error.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("handover: 18:00", "handover: x").replace("days: [周六, sun]", "days: y")
    with pytest.raises(RosterFileError) as error:
        read_rosters(file(tmp_path, text))
    assert len(str(error.value).splitlines()) == 2


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A desk of its own with four members of the staff."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUIYING_DATA_DIR", str(tmp_path / "var"))
    assert main(["migrate"]) == 0
    for name in ("刘工", "赵工", "王工"):
        assert main(["staff", "add", name]) == 0
    assert main(["staff", "add", "孙经理", "--role", "manager"]) == 0
    capsys.readouterr()
    return tmp_path


@pytest.mark.req("S1")
def test_check_apply_and_show(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(file(house, GOOD))
    assert main(["rosters", "check", path]) == 0
    assert main(["rosters", "show"]) == 0
    assert "还没有值班表" in capsys.readouterr().out
    assert main(["rosters", "apply", path]) == 0
    assert "一线值班\t新增 · new" in capsys.readouterr().out
    assert main(["rosters", "apply", path]) == 0
    assert "一线值班\t没有变化 · unchanged" in capsys.readouterr().out
    file(house, GOOD.replace("[赵工, 王工]", "王工").replace("name: 一线值班", "name: 二线值班"))
    assert main(["rosters", "apply", path]) == 0
    said = capsys.readouterr().out
    assert "二线值班\t新增 · new" in said and "一线值班\t已停用 · put away" in said
    assert main(["rosters", "show", "--days", "3"]) == 0
    said = capsys.readouterr().out
    assert "二线值班\t" in said and "一线值班" not in said


def test_a_single_shift_that_is_taken_out_of_the_file_is_withdrawn(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(file(house, GOOD))
    assert main(["rosters", "apply", path]) == 0
    file(house, GOOD[: GOOD.index("      - {for: 赵工")])
    assert main(["rosters", "apply", path]) == 0
    assert "已更新 · changed" in capsys.readouterr().out
    assert main(["rosters", "apply", path]) == 0
    assert "没有变化 · unchanged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("people: [刘工", "people: [刘哥", "没有叫 刘哥 的员工"),
        ("people: [刘工", "people: [孙经理", "孙经理 是 manager"),
        ("fallback: 孙经理", "fallback: 老孙", "没有叫 老孙 的员工"),
    ],
)
def test_names_that_mean_nobody_are_named_and_nothing_is_changed(
    house: Path, capsys: pytest.CaptureFixture[str], right: str, wrong: str, says: str
) -> None:
    path = str(file(house, GOOD.replace(right, wrong)))
    for action in ("check", "apply"):
        assert main(["rosters", action, path]) == 1
        assert says in capsys.readouterr().err
    assert main(["rosters", "show"]) == 0
    assert "还没有值班表" in capsys.readouterr().out


def test_who_leaves_by_the_command_leaves_a_hole(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rosters", "apply", str(file(house, GOOD))]) == 0
    for name in ("刘工", "赵工", "王工"):
        assert main(["staff", "leave", name]) == 0
    capsys.readouterr()
    assert main(["rosters", "show", "--days", "2"]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines and all("没人 · nobody（孙经理顶班" in line for line in lines)


def test_the_example_of_the_documentation_can_be_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "rosters.md").read_text("utf-8")
    block = text[text.index("```yaml\n") + 8 : text.index("   ```\n\n3.")]
    [sheet] = read_rosters(file(tmp_path, dedent(block)))
    assert (sheet.name, len(sheet.layers), len(sheet.singles)) == ("一线值班", 2, 3)
