"""The command asks three questions at most, and does nothing that was not agreed (S72, S73)."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

import config.import_talk
from config.settings import PREFIX
from core.people.model import Person
from core.store.model import Event
from tests.importing.conftest import Bench, Outcome

HEAD = ["客户名称（最终）", "联系电话", "备注"]
ROWS = [HEAD, ["甲厂", "13600000001", "老客户"], ["乙厂", "电话在合同里", ""]]

Answers = Callable[..., tuple[Outcome, list[str]]]


@pytest.fixture
def answering(light: Bench, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Run the command and answer its questions in turn; how it ended, and what it asked."""

    def run(answers: Sequence[str], *words: str) -> tuple[Outcome, list[str]]:
        asked: list[str] = []

        def answer(question: str = "") -> str:
            asked.append(question)
            if len(asked) > len(answers):
                raise EOFError
            return answers[len(asked) - 1]

        monkeypatch.setattr(builtins, "input", answer)
        return light.imports("customers", light.csv("客户.csv", ROWS), *words, yes=False), asked

    return run


@pytest.mark.req("S73", "S72")
def test_three_times_enter_and_it_is_done(light: Bench, answering: Answers) -> None:
    done, asked = answering(["", "", ""])
    assert len(asked) == 3 and done.status == 0
    assert set(light.people()) == {"甲厂"}
    assert done.out.index("字段映射") < done.out.index("将要") < done.out.index("完成")
    assert "1 行（如第 3 行）：“电话在合同里”不像电话号码。改成" in done.out
    (event,) = [event for event in light.rows(Event) if event.kind == "import.finished"]
    assert event.data["counts"]["new"] == 1 and event.data["counts"]["refused"] == 1


@pytest.mark.parametrize("answers", [["n"], ["", "n"], ["", "", "n"], [], ["", ""]])
def test_no_or_nobody_there_means_nothing_is_written(light: Bench, answering: Answers, answers: list[str]) -> None:
    done, asked = answering(answers)
    assert done.status == 1 and len(asked) <= 3 and "什么也没改" in done.out
    assert light.rows(Person) == [] and light.rows(Event) == []


@pytest.mark.req("S72")
def test_a_column_is_corrected_in_the_first_question(light: Bench, answering: Answers) -> None:
    done, asked = answering(["2=skip", "3=name", "9=name", "3=unsinn", "", "", ""])
    assert done.status == 0 and asked[0].startswith("①")
    assert "映射 9=name 不成立" in done.err and "映射 3=unsinn 不成立" in done.err
    people = light.people()
    assert (people["甲厂"].name, people["甲厂"].phone) == ("老客户", None) and "乙厂" in people


def test_a_confirmed_mapping_is_not_asked_again(light: Bench, answering: Answers) -> None:
    done, asked = answering(["2=skip", "", "n"], "--mapping", "客户.yaml")
    assert "映射已保存" in done.out and len(asked) == 3
    kept = (light.folder / "客户.yaml").read_text(encoding="utf-8")
    assert "客户名称（最终）: company" in kept and "联系电话: skip" in kept
    done, asked = answering(["", ""], "--mapping", "客户.yaml")
    assert len(asked) == 2 and light.people()["乙厂"].phone is None


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        ("kind: staff\ncolumns: {客户名称（最终）: name}\n", "映射文件是给"),
        ("kind: customers\ncolumns: {没有的列: company}\n", "没有的列"),
        ("kind: customers\ncolumns: {客户名称（最终）: unsinn}\n", "不成立"),
        ("kind: customers\ncolumns: {联系电话: phone}\n", "没有对应"),
        ("- 1\n", "读不懂"),
        ("a: [", "读不懂"),
    ],
)
def test_a_mapping_that_will_not_do_is_refused(light: Bench, answering: Answers, kept: str, why: str) -> None:
    (light.folder / "m.yaml").write_text(kept, encoding="utf-8")
    done, asked = answering([], "--mapping", "m.yaml")
    assert done.status == 1 and why in done.err and asked == []


def test_a_rehearsal_shows_everything_and_writes_nothing(light: Bench, answering: Answers) -> None:
    done, asked = answering([""], "--dry-run")
    assert done.status == 0 and len(asked) == 1 and "只是预演" in done.out
    assert done.counted("将要")["新增"] == 1 and len(done.refused) == 1
    assert light.rows(Person) == []


def test_a_desk_without_its_database_says_so(light: Bench, answering: Answers) -> None:
    light.store.close()
    (light.folder / "desk.db").unlink()
    done, _ = answering(["", "", ""])
    assert done.status == 1 and "desk migrate" in done.err


def test_it_speaks_english_too(light: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    words = yaml.safe_load(Path(config.import_talk.__file__).with_name("importing.yaml").read_text(encoding="utf-8"))
    holes = {lang: {key: re.findall(r"{(\w+)", str(said)) for key, said in words[lang].items()} for lang in words}
    assert {key: sorted(names) for key, names in holes["zh"].items()} == {
        key: sorted(names) for key, names in holes["en"].items()
    }
    monkeypatch.setenv(f"{PREFIX}LANGUAGES", "en")
    done = light.imports(
        "customers", light.csv("customers.csv", [["Customer Name", "Phone"], ["A", "nobody"], ["B", "13600000001"]])
    )
    assert "company（customer name）" in done.out and "new 1 · changed 0" in done.out
    assert done.refused[0]["reason"] == "“nobody” is no telephone number." and done.refused[0]["line"] == "2"
    assert "There is no file" in light.imports("customers", "none.csv").err
