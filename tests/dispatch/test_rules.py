"""Rules as data: when they hold, what they ask for, and how a pack is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from config.packs import PackError, read_rules, rules_of
from core.house import House
from core.policies import Policies
from core.rules.applying import keyword_hit
from core.rules.containing import holds
from core.rules.rule import Case, Rule, Then, When
from core.tickets.model import Priority
from core.wording import Wording

CASE = Case(channel="wechat_mp", text="减震器异响", clock=time(23), priority=Priority.P2, level="A")


def house(rules: tuple[Rule, ...]) -> House:
    return House(replace(Policies(), rules=rules), lambda: "0" * 32, Wording.load())


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("减震器异响", "异响", True),
        ("减震器异 响", "异响", True),
        ("声音很大", "异响", False),
        ("报 Ｅ０７", "e07", True),
        ("SE07X", "E07", False),
        ("CNC程序错误", "cnc", True),
        ("machine", "ac", False),
        ("漏油", "", False),
    ],
)
def test_a_word_is_found_without_a_lexicon(text: str, word: str, found: bool) -> None:
    assert holds(text, word) is found


@pytest.mark.req("S58")
@pytest.mark.parametrize(
    ("when", "holds_now"),
    [
        (When(), True),
        (When(channels=frozenset({"wechat_mp"})), True),
        (When(channels=frozenset({"wecom_kf", "webchat"})), False),
        (When(priorities=frozenset({Priority.P0})), False),
        (When(words=("漏油", "异响")), True),
        (When(words=("漏油",)), False),
        (When(levels=frozenset({"A"})), True),
        (When(levels=frozenset({"B"})), False),
        (When(since=time(18), until=time(8, 30)), True),
        (When(since=time(8, 30), until=time(18)), False),
        (When(since=time(23)), True),
        (When(since=time(23, 0, 1)), False),
        (When(until=time(23)), False),
        (When(until=time(23, 0, 1)), True),
        (When(channels=frozenset({"wechat_mp"}), levels=frozenset({"B"})), False),
    ],
)
def test_all_that_is_named_must_hold(when: When, holds_now: bool) -> None:
    assert when.holds(CASE) is holds_now


@pytest.mark.parametrize(
    ("clock", "night"),
    [(time(17, 59), False), (time(18), True), (time(0), True), (time(8, 29), True), (time(8, 30), False)],
)
def test_a_span_past_midnight(clock: time, night: bool) -> None:
    assert When(since=time(18), until=time(8, 30)).holds(replace(CASE, clock=clock)) is night


@pytest.mark.req("S81")
@pytest.mark.parametrize(
    ("text", "word"),
    [("二号线减震有异响", "异响"), ("漏 油了", "漏油"), ("弹簧不回弹", "不回弹"), ("声音有点大", None), ("", None)],
)
def test_the_words_of_the_pack_always_make_a_ticket(text: str, word: str | None) -> None:
    assert keyword_hit(house(rules_of()), text) == word


def test_words_of_other_rules_make_no_ticket() -> None:
    rules = (Rule("停线要快", When(words=("停线",)), Then(priority=Priority.P0)),)
    assert keyword_hit(house(rules), "停线了") is None


@pytest.mark.req("S58")
def test_the_pack_that_ships_names_the_night_team_for_the_official_account() -> None:
    [rule] = [rule for rule in rules_of() if rule.then.team]
    assert (
        rule.then.team == "夜班组" and rule.when.holds(CASE) and not rule.when.holds(replace(CASE, channel="wecom_kf"))
    )


def test_every_part_of_a_rule_is_read(tmp_path: Path) -> None:
    pack = tmp_path / "shop.yaml"
    pack.write_text(
        """
rules:
  - name: A 类客户夜里停线
    when: {channel: [wechat_mp, wecom_kf], priority: P1, words: [停线], level: A, since: "18:00", until: "08:30"}
    then: {team: 夜班组, priority: P0}
""",
        "utf-8",
    )
    assert read_rules(pack) == (
        Rule(
            "A 类客户夜里停线",
            When(
                frozenset({"wechat_mp", "wecom_kf"}),
                frozenset({Priority.P1}),
                ("停线",),
                frozenset({"A"}),
                time(18),
                time(8, 30),
            ),
            Then("夜班组", Priority.P0),
        ),
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("rules: 3", "list of rules"),
        ("- 1", "list of rules"),
        ("rules: [{name: x, when: {}, then: {team: a}", "cannot be read"),
        ("rules: [3]", "rule 1: expected"),
        ("rules: [{when: {}, then: {team: a}}]", "rule 1: a rule has a name"),
        ("rules: [{name: x, when: {source: wechat}, then: {team: a}}]", r"rule 1 \(x\): unknown source"),
        ("rules: [{name: x, then: {}}]", "asks for something"),
        ("rules: [{name: x, then: {priority: P3}}]", "no priority P3"),
        ("rules: [{name: x, when: {since: 18:00}, then: {team: a}}]", "in quotes"),
        ('rules: [{name: x, when: {since: "25:00"}, then: {team: a}}]', "not a time of day"),
        ("rules: [{name: x, when: {words: [异响, 7]}, then: {ticket: true}}]", "not a word: 7"),
        ("rules: [{name: x, when: {words: [异响], channel: sms}, then: {ticket: true}}]", "nothing besides"),
        ("rules: [{name: x, when: {words: [异响]}, then: {ticket: 1}}]", "true or false"),
    ],
)
def test_a_mistake_in_a_pack_is_named_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    pack = tmp_path / "shop.yaml"
    pack.write_text(text, "utf-8")
    with pytest.raises(PackError, match=f"shop.yaml.*{complaint}"):
        read_rules(pack)


def test_a_pack_that_is_not_there_is_named() -> None:
    with pytest.raises(PackError, match="no-such: no such pack"):
        rules_of(["no-such"])
