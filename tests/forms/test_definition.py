"""Definitions as data: what is refused at load is named with its place; what loads means one thing only."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.forms import forms_of, read_forms
from config.packs import PackError, shipped
from core.forms.conditions import AllOf, AnyOf, Condition, FieldTest, Not, Values, as_data, holds
from core.forms.definition import BadForm, Field, Form, Option, Said, Sort, required, shown, standing
from core.people.model import Role

A_FORM = """
forms:
  - id: press
    title: 压机
    ask: engineer
    seen_by: [engineer]
    fields:
      - {{id: kind, label: {{zh: 故障类型, en: Kind}}, type: choice, options: [{{id: oil, label: 液压站异常}}, {{id: cnc, label: CNC程序错误}}]}}
      - {{id: oil, label: 油压值, type: number, unit: MPa, min: 0, max: 60, show_when: 当【故障类型】=液压站异常时显示}}
      {field}
"""


def read(tmp_path: Path, field: str) -> tuple[Form, ...]:
    path = tmp_path / "forms.yaml"
    path.write_text(A_FORM.format(field=field), "utf-8")
    return read_forms(path)


@pytest.mark.req("S78")
def test_a_condition_is_data_or_a_sentence_and_both_mean_the_same(tmp_path: Path) -> None:
    said = "- {id: x, label: x, type: text, show_when: 当【故障类型】=液压站异常且【油压值】<8时显示}"
    data = "- {id: x, label: x, type: text, show_when: {all: [{field: kind, is: oil}, {field: oil, below: 8}]}}"
    assert read(tmp_path, said) == read(tmp_path, data)
    unlike = "- {id: x, label: x, type: text, show_when: 当【故障类型】≠CNC程序错误或【油压值】已填时显示}"
    [form] = read(tmp_path, unlike)
    assert form.fields[-1].show_when == AnyOf((Not(FieldTest("kind", "is", ("cnc",))), FieldTest("oil", "filled")))


@pytest.mark.req("S78")
@pytest.mark.parametrize(
    ("field", "words"),
    [
        (
            "- {id: x, label: x, type: text, show_when: 当【故障】=液压站异常时显示}",
            "field x, show_when: there is no field 故障",
        ),
        (
            "- {id: x, label: x, type: text, show_when: 当【故障类型】=漏油时显示}",
            "there is no option 漏油; there are oil, cnc",
        ),
        ("- {id: x, label: x, type: text, show_when: 油压低的时候}", "cannot be read"),
        ("- {id: x, label: x, type: text, show_when: {field: x, filled: true}}", "goes round in a circle: x → x"),
        ("- {id: x, label: x, type: text, show_when: {field: kind, above: oil}}", "lies above nothing"),
        ("- {id: x, label: x, type: text, show_when: {field: oil, is: 八}}", "oil is a number"),
        ("- {id: x, label: x, type: choice}", "a choice, and nothing else, has options"),
        ("- {id: x, label: x, type: slider, min: 0, max: 100}", "11 steps at most"),
        ("- {id: x, label: x, type: number, min: 5, max: 1}", "not below the upper one"),
        ("- {id: x, label: x, type: file}", "names the endings"),
        ("- {id: x, label: x, type: file, accepts: [nc]}", "an ending is a point"),
        ("- {id: kind, label: x, type: text}", "stands twice"),
        ("- {id: x, label: x, type: text, color: red}", "unknown color"),
        ("- {id: x, label: x, type: text, ask: customer}", "must be among those who see it"),
        ("- {id: x, label: x, type: wish}", "type: no wish"),
        ("- {id: x, label: x, type: text, required: maybe}", "required is true or false"),
        ("- {id: x, label: x, type: text, slot: colour}", "a ticket has no field colour"),
        (
            "- {id: a, label: a, type: text, show_when: {field: oil, filled: true}}\n"
            "      - {id: b, label: b, type: text, show_when: {field: a, filled: true}}\n"
            "      - {id: x, label: x, type: text, show_when: {field: b, filled: true}}",
            "field x, show_when: more than 3 levels",
        ),
        (
            "- {id: x, label: x, type: text, show_when: {not: {all: [{any: [{not: {field: oil, filled: true}}]}]}}}",
            "more than 3 deep",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, field: str, words: str) -> None:
    with pytest.raises(PackError) as refused:
        read(tmp_path, field)
    assert words in str(refused.value) and "forms.yaml, form 1 (press)" in str(refused.value)


@pytest.mark.req("S78")
def test_three_levels_are_taken(tmp_path: Path) -> None:
    deep = (
        "- {id: a, label: a, type: text, show_when: {field: oil, filled: true}}\n"
        "      - {id: x, label: x, type: text, show_when: {field: a, filled: true}}"
    )
    [form] = read(tmp_path, deep)
    answers: dict[str, Values] = {"kind": ("oil",), "oil": (8,), "a": ("ja",), "x": ("nein",)}
    assert [one.id for one in shown(form, answers)] == ["kind", "oil", "a", "x"]
    assert standing(form, answers | {"kind": ("cnc",)}) == {"kind": ("cnc",)}


def test_the_forms_that_ship_can_be_used_and_the_general_pack_asks_nothing() -> None:
    assert forms_of() == ()
    for pack in shipped():
        if pack.forms:
            assert read_forms(pack.forms)


# ---- properties

NAMES = ("a", "b", "c", "d", "e")
ROLES = frozenset({Role.ENGINEER})
VALUES: st.SearchStrategy[Values] = st.one_of(st.just(()), st.sampled_from([("x",), ("y",), ("z",)]))


def conditions(names: tuple[str, ...]) -> st.SearchStrategy[Condition]:
    test = st.builds(
        lambda name, operator, value: FieldTest(name, operator, () if operator == "filled" else (value,)),
        st.sampled_from(names),
        st.sampled_from(["is", "in", "filled"]),
        st.sampled_from(["x", "y"]),
    )
    pair = st.tuples(test, test)
    return st.one_of(test, st.builds(Not, test), st.builds(AllOf, pair), st.builds(AnyOf, pair))


def field(name: str, condition: Condition | None) -> Field:
    options = tuple(Option(known, Said(known, known)) for known in "xyz")
    return Field(name, Said(name, name), Sort.CHOICE, options=options, show_when=condition, seen_by=ROLES)


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """Forms in which fields hang on at most two others in a row."""
    fields = [field("a", None), field("b", draw(st.none() | conditions(("a",))))]
    fields += [field(name, draw(st.none() | conditions(("a", "b")))) for name in NAMES[2:]]
    return Form("f", 1, Said("f", "f"), tuple(fields))


ANSWERS = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))


@settings(max_examples=150, deadline=None)
@given(forms(), ANSWERS, st.randoms(use_true_random=False))
def test_the_order_of_fields_changes_nothing(form: Form, answers: dict[str, Values], chance: object) -> None:
    fields = list(form.fields)
    chance.shuffle(fields)  # type: ignore[attr-defined]
    other = Form("f", 1, form.title, tuple(fields))
    assert {one.id for one in shown(form, answers)} == {one.id for one in shown(other, answers)}
    assert required(form, answers) == required(other, answers)


@settings(max_examples=150, deadline=None)
@given(forms(), ANSWERS, st.sampled_from(NAMES), VALUES)
def test_a_hidden_answer_leaves_nowhere_and_decides_nothing(
    form: Form, answers: dict[str, Values], name: str, value: Values
) -> None:
    there = {one.id for one in shown(form, answers)}
    assert standing(form, answers).keys() <= there
    if name not in there:
        changed = answers | {name: value}
        assert {one.id for one in shown(form, changed)} == there
        assert standing(form, changed) == standing(form, answers)


@settings(max_examples=150, deadline=None)
@given(st.permutations(NAMES), st.integers(2, 5), conditions(("a",)))
def test_a_circle_is_refused_however_long_it_is(names: list[str], length: int, extra: Condition) -> None:
    round_ = [field(one, FieldTest(names[(place + 1) % length], "filled")) for place, one in enumerate(names[:length])]
    rest = [field(one, None) for one in names[length:]]
    with pytest.raises(BadForm, match=r"circle|levels"):
        Form("f", 1, Said("f", "f"), (*rest, *round_))


@settings(max_examples=150, deadline=None)
@given(conditions(("a", "b")), ANSWERS)
def test_what_a_page_is_told_of_unseen_fields_is_yes_or_no(condition: Condition, answers: dict[str, Values]) -> None:
    told = str(as_data(condition, lambda name: False, lambda name: answers[name]))
    assert "'x'" not in told and "'y'" not in told and "'a'" not in told
    assert isinstance(holds(condition, lambda name: answers[name]), bool)
