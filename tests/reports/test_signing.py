"""A customer signs his report: with a finger, or by a code; once, for the document that he saw, and nobody in his place (S66, S100)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.people.model import Person
from core.people.proving import CODE_LASTS, MOST_CLAIMS, MOST_TRIES
from core.refused import Refused
from core.reports.model import Report, ReportState, Signature
from core.reports.press import Checked, Hand, Stroke
from core.reports.signing import (
    LEAST_POINTS,
    LEAST_REACH,
    LONGEST_NAME,
    MOST_POINTS,
    MOST_STROKES,
    UNIT,
    hand_of,
    sign,
    sign_by_code,
    strokes_in,
)
from core.store.chain import words_of
from core.store.model import Event, Job
from core.store.turn import Turn
from core.tickets.events import Happened
from core.words import SECOND
from tests.scenario import Heard, Party, Story, story

PHONE = "13800138021"
SUMMARY = "完成 更换水槽下软管一根并重新打密封胶，试水十分钟接头无渗漏，地面积水已清理，客户当场确认，建议每两年更换一次软管并检查接头"
WANG: tuple[Stroke, ...] = (
    ((100, 100), (200, 102), (300, 105), (400, 104)),
    ((250, 105), (252, 180), (249, 260), (250, 330)),
    ((90, 330), (220, 334), (420, 331)),
)
"""王, as one writes it quickly."""
AT_HOME = {"address": "203.0.113.9", "agent": "a telephone"}


class Repaired:
    """A customer's ticket is done, and its report lies in his chat."""

    def __init__(self, desk: Story) -> None:
        self.desk = desk
        self.wang, self.liu = desk.customer("王女士", "webchat", PHONE), desk.engineer("刘工", phone="13900000001")
        self.wang.says("二楼投影仪打不开，地址二期五栋201，明天下午都行")
        self.number = self.wang.hears("ack_created").ticket
        self.liu.says(f"接单 {self.number}")
        self.again()

    def again(self) -> None:
        """The engineer completes it."""
        for said in ("到了", SUMMARY):
            self.liu.says(said)
            self.desk.passes(minutes=2)
        self.report_message = self.wang.hears("report_pdf", self.number)
        self.desk.unheard.clear()

    @property
    def report(self) -> Report:
        """The newest, as it is now."""
        return self.desk.act(self.report_in)

    def report_in(self, turn: Turn) -> Report:
        return turn.rows(Report, select(Report.table).order_by(Report.table.c.id))[-1]

    def hand(self) -> Hand:
        """What the press puts in."""
        return self.desk.act(lambda turn: hand_of(turn, self.report_in(turn).id))[1]

    def signature(self) -> Signature | None:
        found = self.desk.act(lambda turn: turn.rows(Signature, select(Signature.table)))
        assert len(found) < 2
        return found[0] if found else None

    def signs(self, by: Party | None = None, **changed: Any) -> None:
        """He draws his name on the page. Raises Refused."""
        who = (by or self.wang).person_id
        values = {"name": "王女士", "strokes": WANG, **AT_HOME, **changed}

        def act(turn: Turn) -> None:
            person = turn.get(Person, who)
            assert person is not None
            sign(turn, self.report_in(turn), person, **values)

        self.desk.act(act)
        self.desk.settle()

    def types(self, code: str) -> None:
        self.wang.says(code)

    def code(self) -> str:
        """The digits in the SMS."""
        text = self.desk.phone(PHONE).gets("验证码").text
        return text[:6]


@pytest.fixture
def repaired(desk_url: str) -> Iterator[Repaired]:
    with story(desk_url, reports=True) as desk:
        yield Repaired(desk)


def refused(key: str) -> Any:
    return pytest.raises(Refused, match=rf"^{key}\b")


# ---- with a finger


@pytest.mark.req("S66", "S100")
def test_the_signed_report_comes_into_the_chat_and_holds(repaired: Repaired) -> None:
    before = repaired.report
    repaired.signs()
    file = repaired.wang.hears("report_pdf", repaired.number).reached.say.file
    after, signature = repaired.report, repaired.signature()
    assert file is not None and signature is not None
    assert (after.state, after.hash, after.signed_hash, after.signed_at) == (
        ReportState.SIGNED, before.hash, file.hash, signature.at,
    )  # fmt: skip
    checked, sealed = content(repaired.desk, file.hash), content(repaired.desk, str(before.hash))
    assert checked.startswith(sealed) and len(checked) > len(sealed)
    found = looked_into(repaired.desk, checked)
    assert found.verdict == "valid" and [one.by for one in found.signatures] == ["company", "customer"]
    assert "王女士" in found.signatures[1].name
    repaired.desk.nobody_heard_anything_else()
    repaired.desk.chains_are_whole()


def test_name_time_document_and_strokes_are_on_record(repaired: Repaired) -> None:
    repaired.signs()
    signature, report = repaired.signature(), repaired.report
    assert signature is not None
    assert (signature.name, signature.method, signature.document) == ("王女士", "drawn", report.hash)
    assert (signature.address, signature.agent, signature.through) == ("203.0.113.9", "a telephone", None)
    assert signature.strokes == [[list(point) for point in stroke] for stroke in WANG]
    assert signature.strokes_hash == hashlib.sha256(orjson.dumps(signature.strokes)).hexdigest()
    event, words = repaired.desk.act(said_of_the_signature)
    assert event.data["document"] == report.hash and event.data["strokes"] == signature.strokes_hash
    assert words["name"] == "王女士" and "王女士" not in str(event.data) and "203.0" not in str(event.data)
    hand = repaired.hand()
    assert hand.strokes == WANG and hand.document == report.hash
    assert "王女士" in hand.lines[0] and str(report.hash)[:16] in hand.lines[-1]


def test_a_signature_counts_once(repaired: Repaired) -> None:
    repaired.signs()
    repaired.wang.hears("report_pdf")
    first = vars(repaired.signature())
    ways: list[dict[str, Any]] = [{"name": "李先生"}, {"strokes": WANG[:2]}]
    for way in ways:
        with refused("report_signed") as told:
            repaired.signs(**way)
        assert told.value.facts["name"] == "王女士"
    assert vars(repaired.signature()) == first
    repaired.wang.says("签字")
    repaired.wang.hears("error_hint", "已由王女士", "签过")
    repaired.desk.nobody_heard_anything_else()


def test_of_two_who_sign_at_the_same_instant_one_has_signed(repaired: Repaired) -> None:
    wang, report = repaired.wang.person_id, repaired.report

    def signed_as(name: str) -> Any:
        def act(turn: Turn) -> None:
            sign(turn, report, turn.get(Person, wang), name=name, strokes=WANG, **AT_HOME)  # type: ignore[arg-type]

        return repaired.desk.rehearsal.desk.act(act)

    async def both() -> list[Any]:
        return await asyncio.gather(signed_as("王女士"), signed_as("王先生"), return_exceptions=True)

    async def drive() -> list[Any]:
        waiting = asyncio.ensure_future(both())
        await asyncio.sleep(0)
        await repaired.desk.rehearsal.runner.settle()
        return await waiting

    ends = repaired.desk.run(drive())
    [refusal] = [end for end in ends if end is not None]
    assert isinstance(refusal, Refused) and refusal.key == "report_signed"
    assert repaired.signature() is not None
    repaired.wang.hears("report_pdf")
    repaired.desk.nobody_heard_anything_else()


class Dropped(Exception):
    """What was done in a turn is not to be kept."""


@pytest.mark.parametrize(
    "name", ["王𬭎", "㛃", "Anna-Lena O’Brien", "阿依古丽·买买提", "  王  女士 ", "王" * LONGEST_NAME]
)
def test_rare_names_are_names(common: Repaired, name: str) -> None:
    kept: list[str | None] = []

    def act(turn: Turn) -> None:
        wang = turn.get(Person, common.wang.person_id)
        assert wang is not None
        kept.append(sign(turn, common.report_in(turn), wang, name=name, strokes=WANG, **AT_HOME).name)
        raise Dropped

    with pytest.raises(Dropped):
        common.desk.act(act)
    assert kept == [" ".join(name.split())]


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"strokes": ()}, "signature_empty"),
        ({"strokes": ((), ())}, "signature_empty"),
        ({"strokes": (((500, 300),),)}, "signature_small"),
        ({"strokes": (tuple((500, 300) for _ in range(50)),)}, "signature_small"),
        ({"strokes": (((100, 100), (900, 100), (100, 200), (900, 200)),)}, "signature_small"),
        ({"strokes": (tuple((x % UNIT, 5) for x in range(MOST_POINTS + 1)),)}, "signature_large"),
        ({"strokes": tuple(((x, 1), (x, 500)) for x in range(MOST_STROKES + 1))}, "signature_large"),
        ({"name": " \u3000 "}, "signature_name"),
        ({"name": "——"}, "signature_name"),
        ({"name": "王\u202e女士"}, "signature_name"),
        ({"name": "王\n\x00女士"}, "signature_name"),
        ({"name": "王" * (LONGEST_NAME + 1)}, "signature_name"),
    ],
)
def test_what_is_no_signature_leaves_no_trace(common: Repaired, changed: dict[str, Any], key: str) -> None:
    with refused(key):
        common.signs(**changed)
    assert common.signature() is None and common.report.state == ReportState.SEALED


@pytest.fixture(scope="module")
def common(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repaired]:
    """A report that nobody has signed, for tests that leave it so."""
    folder = tmp_path_factory.mktemp("signing")
    (folder / "desk.db").write_bytes(sqlite_template.read_bytes())
    with story(f"sqlite:///{folder / 'desk.db'}", reports=True) as desk:
        yield Repaired(desk)


def test_the_least_that_is_a_signature(repaired: Repaired) -> None:
    line = tuple((100 + LEAST_REACH * place // (LEAST_POINTS - 1), 50) for place in range(LEAST_POINTS))
    with refused("signature_small"):
        repaired.signs(strokes=(tuple((x - 1 if x == 100 + LEAST_REACH else x, y) for x, y in line),))
    with refused("signature_small"):
        repaired.signs(strokes=((line[0], *line[2:]),))
    repaired.signs(strokes=(line,))
    repaired.wang.hears("report_pdf")


@given(st.lists(st.lists(st.tuples(st.integers(0, UNIT), st.integers(0, UNIT)), max_size=30), max_size=20))
def test_strokes_come_out_as_they_went_in(strokes: list[list[tuple[int, int]]]) -> None:
    assert strokes_in(orjson.loads(orjson.dumps(strokes))) == tuple(tuple(stroke) for stroke in strokes)


@pytest.mark.parametrize(
    "raw",
    [
        None, "M0 0", {}, 7, [None], ["ab"], [[1, 2]], [[[1]]], [[[1, 2, 3]]], [[[1, "2"]]], [[[1.5, 2]]], [[[True, 2]]],
        [[[-1, 2]]], [[[1, UNIT + 1]]], [[[10**30, 2]]], [[[None, None]]], [[{"x": 1, "y": 2}]],
    ],
)  # fmt: skip
def test_what_are_no_strokes(raw: Any) -> None:
    with pytest.raises(ValueError):
        strokes_in(raw)


# ---- by a code


@pytest.mark.req("S66", "S100")
def test_a_code_by_sms_signs_in_the_chat(repaired: Repaired) -> None:
    repaired.wang.says("短信签收")
    repaired.wang.hears("report_sign", "尾号 8021")
    repaired.types(repaired.code())
    repaired.wang.hears("report_sign", "已签收")
    file = repaired.wang.hears("report_pdf", repaired.number).reached.say.file
    signature = repaired.signature()
    assert file is not None and signature is not None
    assert (signature.method, signature.phone, signature.strokes) == ("code", "8021", None)
    assert "尾号 8021" in repaired.hand().lines[1]
    assert looked_into(repaired.desk, content(repaired.desk, file.hash)).verdict == "valid"
    repaired.desk.nobody_heard_anything_else()


def test_a_wrong_code_signs_nothing_and_five_spoil_the_right_one(repaired: Repaired) -> None:
    repaired.wang.says("短信签收")
    repaired.wang.hears("report_sign")
    right = repaired.code()
    for _ in range(MOST_TRIES):
        repaired.types(f"{(int(right) + 1) % 10**6:06}")
        repaired.wang.hears("error_hint", "验证码不对")
    repaired.types(right)
    repaired.wang.hears("error_hint", "验证码不对")
    assert repaired.signature() is None
    repaired.desk.passes(minutes=2)
    repaired.wang.says("短信签收")
    repaired.wang.hears("report_sign")
    repaired.types(repaired.code())
    repaired.wang.hears("report_sign", "已签收")


def test_a_code_lasts_ten_minutes(repaired: Repaired) -> None:
    repaired.wang.says("短信签收")
    repaired.wang.hears("report_sign")
    code, asked_at = repaired.code(), repaired.desk.now
    repaired.desk.moves_to(asked_at + CODE_LASTS + SECOND)
    repaired.types(code)
    repaired.wang.hears("error_hint", "验证码不对或已过期")
    assert repaired.signature() is None


def test_a_code_is_used_once_and_for_its_own_report_only(repaired: Repaired) -> None:
    repaired.wang.says("短信签收")
    repaired.wang.hears("report_sign")
    code = repaired.code()
    repaired.wang.says("没修好，还是打不开")
    repaired.desk.unheard.clear()
    repaired.again()

    def act(turn: Turn) -> None:
        wang = turn.get(Person, repaired.wang.person_id)
        sign_by_code(turn, repaired.report_in(turn), wang, code, **AT_HOME)  # type: ignore[arg-type]

    with refused("sign_code_wrong"):
        repaired.desk.act(act)
    assert repaired.signature() is None


def test_codes_are_not_sent_without_end(repaired: Repaired) -> None:
    for _ in range(MOST_CLAIMS):
        repaired.wang.says("短信签收")
        repaired.wang.hears("report_sign", "尾号")
        repaired.code()
        repaired.desk.passes(minutes=1)
    repaired.wang.says("短信签收")
    repaired.wang.hears("error_hint", "次数太多")
    repaired.desk.phone(PHONE).silent(seconds=90)


def test_who_has_no_number_on_file_signs_on_the_page(repaired: Repaired) -> None:
    def forget(turn: Turn) -> None:
        person = turn.get(Person, repaired.wang.person_id)
        assert person is not None
        person.phone = None

    repaired.desk.act(forget)
    repaired.wang.says("短信签收")
    repaired.wang.hears("error_hint", "手写签名")
    repaired.wang.says("签字")
    assert "/s/" in str(repaired.wang.hears("report_sign").reached.say.link)


# ---- what has become of it meanwhile


def test_a_void_report_is_not_signed(repaired: Repaired) -> None:
    void = repaired.report
    repaired.wang.says("没修好，还是打不开")
    repaired.desk.unheard.clear()
    with refused("report_void"):
        repaired.signs()
    repaired.wang.says("签字")
    repaired.wang.hears("error_hint", "已作废")
    repaired.again()
    assert repaired.report.id != void.id
    repaired.signs()
    repaired.wang.hears("report_pdf")


def test_a_report_that_becomes_void_before_the_job_is_delivered_to_nobody(repaired: Repaired) -> None:
    def act(turn: Turn) -> None:
        wang, report = turn.get(Person, repaired.wang.person_id), repaired.report_in(turn)
        assert wang is not None
        sign(turn, report, wang, name="王女士", strokes=WANG, **AT_HOME)
        report.state = ReportState.VOID

    repaired.desk.act(act)
    repaired.desk.settle()
    assert repaired.report.state == ReportState.VOID and repaired.report.signed_hash is None
    repaired.desk.nobody_heard_anything_else()


def test_a_report_that_is_still_being_made_is_signed_later(repaired: Repaired) -> None:
    def unmade(turn: Turn) -> None:
        report = repaired.report_in(turn)
        report.state, report.hash = ReportState.ORDERED, None

    repaired.desk.act(unmade)
    with refused("report_not_made"):
        repaired.signs()


def test_the_job_done_twice_signs_once(repaired: Repaired) -> None:
    repaired.signs()
    repaired.wang.hears("report_pdf")
    jobs = repaired.desk.act(lambda turn: turn.rows(Job, select(Job.table).where(Job.table.c.kind == "report.sign")))
    assert len(jobs) == 1
    signed = repaired.report.signed_hash

    def again(turn: Turn) -> None:
        turn.house.jobs["report.sign"].done(turn, jobs[0])

    repaired.desk.act(again)
    repaired.desk.settle()
    assert repaired.report.signed_hash == signed
    repaired.desk.nobody_heard_anything_else()


def test_managers_hear_that_a_signature_is_in_no_document(repaired: Repaired) -> None:
    sun, files = repaired.desk.manager("孙经理"), repaired.desk.rehearsal.desk.files
    digest = str(repaired.report.hash)
    place = files.folder / digest[:2] / digest
    place.rename(place.with_suffix(".away"))
    repaired.signs()
    repaired.desk.passes(minutes=15)
    sun.hears("report_failed", repaired.report.number, "客户已签", "desk dead again job:")
    report = repaired.report
    assert (report.state, report.signed_hash) == (ReportState.SEALED, None) and report.error
    assert repaired.signature() is not None
    with refused("report_signed"):
        repaired.signs()


# ---- who


def test_nobody_signs_in_anothers_place(repaired: Repaired) -> None:
    chen, other = repaired.desk.customer("陈先生", phone="13500001111"), repaired.desk.engineer("赵工")
    for stranger, key in ((chen, "not_entitled"), (other, "not_yours"), (repaired.desk.agent("客服"), "not_entitled")):
        with refused(key):
            repaired.signs(by=stranger)
    chen.says(f"签字 {repaired.number}")
    chen.hears("error_hint", "没有等您签收的报告")
    other.says(f"签字 {repaired.number}")
    other.hears("error_hint", "不是你的单")
    assert repaired.signature() is None


@pytest.mark.req("S66")
def test_an_engineer_on_site_hands_it_over(repaired: Repaired) -> None:
    repaired.liu.says(f"请客户签字 {repaired.number}")
    link = repaired.liu.hears("report_sign", repaired.report.number).reached.say.link
    assert f"/s/{repaired.report.token}?p=" in str(link)
    repaired.signs(by=repaired.liu)
    signature = repaired.signature()
    assert signature is not None
    assert (signature.person_id, signature.through) == (repaired.wang.person_id, repaired.liu.person_id)
    assert "刘工" in repaired.hand().lines[1]
    repaired.wang.hears("report_pdf")
    repaired.desk.nobody_heard_anything_else()


def test_a_customer_asks_for_his_link(common: Repaired) -> None:
    for words in ("签字", "确认签收", f"签收 {common.number}", "我要签字。", "I want to sign.", "Sign the report"):
        common.wang.says(words)
        heard: Heard = common.wang.hears("report_sign", common.report.number)
        assert f"/s/{common.report.token}?p=" in str(heard.reached.say.link), words
    common.desk.nobody_heard_anything_else()


def test_who_has_nothing_to_sign_hears_so(desk: Story) -> None:
    chen = desk.customer("陈先生")
    chen.says("签字")
    chen.hears("error_hint", "没有等您签收的报告")


# ---- looking


def content(desk: Story, digest: str) -> bytes:
    return desk.rehearsal.desk.files.get(digest)


def looked_into(desk: Story, document: bytes) -> Checked:
    press = desk.rehearsal.desk.press
    assert press is not None
    return press.check(document)


def said_of_the_signature(turn: Turn) -> tuple[Event, dict[str, Any]]:
    events = select(Event.table).where(Event.table.c.kind == Happened.REPORT_SIGNED)
    [event] = turn.rows(Event, events)
    return event, words_of(turn, event)
