"""What is particular to one provider: its codes one by one, what it can be asked, and what it says twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from core.words import CallEnd, Hook, Say
from notifier.carriers.aliyun_sms import AliyunSms
from notifier.carriers.aliyun_voice import AliyunVoice
from notifier.carriers.deliveries import attempt, turned_away
from notifier.carriers.tencent_sms import TencentSms
from notifier.carriers.tencent_voice import TencentVoice
from notifier.carriers.twilio import TwilioSms, TwilioVoice
from notifier.carriers.wire import HOUR_SECONDS, MINUTE_SECONDS, MOST_ANSWER, Trouble, Wire, code
from tests.carriers import aliyun_cases, tencent_cases, twilio_cases
from tests.carriers.cases import CASES
from tests.carriers.rig import NUMBER, Case, Watched, saying

DAY = 86_400


def answering(status: int, body: bytes = b"{}", retry_after: str | None = None) -> Wire:
    """The way to a server that always gives the same answer."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        head = [(b"retry-after", retry_after.encode())] if retry_after else []
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    return Wire(httpx.ASGITransport(app))


@pytest.mark.parametrize(
    ("wire", "state", "after"),
    [
        (answering(500), "later", 2.0),
        (answering(502), "later", 2.0),
        (answering(504), "unknown", None),
        (answering(429), "later", MINUTE_SECONDS),
        (answering(429, retry_after="7"), "later", 7.0),
        (answering(429, retry_after="999999999"), "later", HOUR_SECONDS),
        (answering(429, retry_after="soon"), "later", MINUTE_SECONDS),
        (answering(200, b'{"a": "' + b"x" * MOST_ANSWER + b'"}'), "unknown", None),
        (answering(200, b"<html>"), "unknown", None),
        (answering(403, b"<html>"), "refused", None),
        (answering(200, b"[]"), "unknown", None),
    ],
)
def test_what_an_answer_means(wire: Wire, state: str, after: float | None) -> None:
    async def story() -> None:
        with pytest.raises(Trouble) as trouble:
            (await wire.ask("GET", "http://a.test/", {})).json()
        assert (trouble.value.state, trouble.value.after) == (state, after)

    asyncio.run(story())


def test_only_a_code_goes_into_a_log() -> None:
    assert code("isv.X-1_a") == "isv.X-1_a" == code("isv.X-1_a 停机\n")
    assert code("停机") == "none" and len(code("x" * 500)) == 80


def test_nobody_is_let_in_where_no_secret_was_set() -> None:
    refusal = turned_away(Hook("POST", {}, [("secret", "")], b"[]"), "")
    assert refusal is not None and refusal.status == 403


@pytest.mark.parametrize(
    ("told", "end"),
    [
        *(("200000", CallEnd.ANSWERED), ("200001", CallEnd.ANSWERED), ("200008", CallEnd.ANSWERED)),
        *(("200002", CallEnd.BUSY), ("200003", CallEnd.NO_ANSWER), ("200111", CallEnd.DECLINED)),
        *(("200005", CallEnd.UNREACHABLE), ("200007", CallEnd.UNREACHABLE), ("200010", CallEnd.UNREACHABLE)),
        *(("200004", CallEnd.INVALID), ("200011", CallEnd.INVALID), ("200105", CallEnd.INVALID)),
        *(("482", CallEnd.INVALID), ("476", CallEnd.INVALID)),
        *(("200118", CallEnd.THROTTLED), ("200119", CallEnd.THROTTLED), ("200121", CallEnd.THROTTLED)),
        *(("200006", CallEnd.FAILED), ("400", CallEnd.FAILED), ("500", CallEnd.FAILED), ("999999", CallEnd.FAILED)),
    ],
)
def test_how_aliyun_ends_a_call(told: str, end: CallEnd) -> None:
    report = {**aliyun_cases.FINAL, "status_code": told, "dtmf": ""}
    assert [one.text for one in AliyunVoice.read(aliyun_cases.delivery(report))] == [end]


@pytest.mark.parametrize(
    ("dtmf", "keys"), [("1", "1"), ("112", "12"), ("#*0", "#*0"), ("-1", "1"), ("", ""), (None, "")]
)
def test_the_keys_that_aliyun_tells(dtmf: str | None, keys: str) -> None:
    report = {**aliyun_cases.FINAL, "dtmf": dtmf}
    pressed = [one.press for one in AliyunVoice.read(aliyun_cases.delivery(report)) if one.kind == "press"]
    assert pressed == list(keys)
    for state in ("200101", "200103"):
        assert AliyunVoice.read(aliyun_cases.delivery({**aliyun_cases.LIVE, "status_code": state})) == []


def test_a_live_key_and_the_same_key_told_at_the_end_are_one_fact() -> None:
    (live,) = AliyunVoice.read(aliyun_cases.delivery(aliyun_cases.LIVE))
    last, end = AliyunVoice.read(aliyun_cases.delivery(aliyun_cases.FINAL))
    assert live.key == last.key != end.key and live.about == last.about == end.about == "1000^2000"
    assert live.id == end.id == "0123456789abcde" and last.room.id == NUMBER


@pytest.mark.parametrize(
    ("told", "end"),
    [
        *((1, CallEnd.UNREACHABLE), (2, CallEnd.BUSY), (3, CallEnd.UNREACHABLE), (5, CallEnd.NO_ANSWER)),
        *((7, CallEnd.INVALID), (8, CallEnd.INVALID), (10, CallEnd.BUSY), (15, CallEnd.INVALID)),
        *((20, CallEnd.NO_ANSWER), (9, CallEnd.FAILED), (11, CallEnd.FAILED), (99, CallEnd.FAILED)),
    ],
)
def test_how_tencent_ends_a_call(told: int, end: CallEnd) -> None:
    who = tencent_cases.REASON["voice_failure_callback"]
    report = {"voice_failure_callback": {**who, "failure_code": told}}
    assert [one.text for one in TencentVoice.read(tencent_cases.delivery(report))] == [end]


@pytest.mark.parametrize(
    ("status", "sip", "end"),
    [
        *(("completed", "200", CallEnd.ANSWERED), ("busy", "486", CallEnd.BUSY), ("busy", "603", CallEnd.DECLINED)),
        *(
            ("no-answer", "487", CallEnd.NO_ANSWER),
            ("failed", "404", CallEnd.INVALID),
            ("failed", "503", CallEnd.FAILED),
        ),
        *(
            ("failed", "480", CallEnd.UNREACHABLE),
            ("canceled", None, CallEnd.FAILED),
            ("completed", "404", CallEnd.ANSWERED),
        ),
        ("ringing", None, None),
    ],
)
def test_how_twilio_ends_a_call(status: str, sip: str | None, end: CallEnd | None) -> None:
    form = {**twilio_cases.END, "CallStatus": status, "SipResponseCode": sip or ""}
    assert [one.text for one in TwilioVoice.read(twilio_cases.delivery(form))] == ([end] if end else [])


def test_two_replies_in_one_second_are_two() -> None:
    first, second = ({**tencent_cases.REPLY, "text": text} for text in "12")
    keys = [TencentSms.read(tencent_cases.delivery(report))[0].key for report in (first, second, first)]
    assert keys[0] != keys[1] and keys[0] == keys[2]


@pytest.mark.parametrize(
    ("carrier", "raw"),
    [
        (AliyunSms, aliyun_cases.delivery({**aliyun_cases.RECEIPT, "success": True, "err_code": "DELIVERED"})),
        (TencentSms, tencent_cases.delivery({**tencent_cases.RECEIPT, "report_status": "SUCCESS"})),
        (TwilioSms, twilio_cases.delivery({**twilio_cases.STATUS, "MessageStatus": "delivered"})),
    ],
)
def test_a_message_that_arrived_is_no_news(carrier: Any, raw: bytes) -> None:
    assert carrier.read(raw) == [] and carrier.late(raw) is None


@pytest.mark.parametrize("code", ["UNDELIV", "CONTENT_KEYWORD", "30007"])
def test_a_message_that_was_stopped_is_refused_and_its_number_stays(code: str) -> None:
    raws = (
        (AliyunSms, aliyun_cases.delivery({**aliyun_cases.RECEIPT, "err_code": code})),
        (TencentSms, tencent_cases.delivery({**tencent_cases.RECEIPT, "errmsg": code, "description": "拦截"})),
        (TwilioSms, twilio_cases.delivery({**twilio_cases.STATUS, "ErrorCode": code})),
    )
    for carrier, raw in raws:
        late = carrier.late(raw)
        assert late is not None and late[1].state == "refused" and code in (late[1].why or "")


def test_aliyuns_limit_says_how_long_to_wait() -> None:
    async def story() -> None:
        rig = aliyun_cases.VoiceRig()
        waits = []
        for count in range(5):
            await rig.carrier.post(rig.room, saying("escalation"), f"key:{count}")
            waits.append((await rig.carrier.post(rig.room, saying("escalation"), f"again:{count}")).after)
            rig.now.passes(60)
        assert waits == [60.0] * 4 + [3600.0]
        for count in range(15):
            rig.now.passes(3600)
            assert (await rig.carrier.post(rig.room, saying("escalation"), f"late:{count}")).state == "sent"
        rig.now.passes(3600)
        assert (await rig.carrier.post(rig.room, saying("escalation"), "21st")).state == "refused"
        await rig.carrier.close()

    asyncio.run(story())


@pytest.mark.parametrize("case", [aliyun_cases.SMS, aliyun_cases.VOICE], ids=lambda case: case.name)
def test_what_was_sent_before_midnight_is_found_after_it(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.now.passes(12 * 3600 - 30)
        sent = await rig.carrier.post(rig.room, saying(case.purpose), "key")
        rig.now.passes(60)
        assert await rig.carrier.ask(rig.room, "key", sent.ref) == sent
        rig.now.passes(DAY)
        assert await rig.carrier.ask(rig.room, "key", sent.ref) is None
        await rig.carrier.close()

    asyncio.run(story())


def test_aliyun_tells_the_message_from_others_to_the_same_number() -> None:
    async def story() -> None:
        rig = aliyun_cases.SmsRig()
        await rig.carrier.post(rig.room, saying("p0_alert"), "another")
        assert await rig.carrier.ask(rig.room, "key", None) is None
        await rig.carrier.close()

    asyncio.run(story())


def test_a_message_among_more_than_a_page_of_others_is_found_by_its_number_or_unknown() -> None:
    async def story() -> None:
        rig = aliyun_cases.SmsRig()
        first = await rig.carrier.post(rig.room, saying("p0_alert"), "key")
        for count in range(50):
            assert (await rig.carrier.post(rig.room, saying("assigned"), f"key:{count}")).state == "sent"
        assert await rig.carrier.ask(rig.room, "key", first.ref) == first
        lost = await rig.carrier.ask(rig.room, "key", None)
        assert lost is not None and lost.state == "unknown"
        await rig.carrier.close()

    asyncio.run(story())


@pytest.mark.parametrize("case", [case for case in CASES if not case.calls], ids=lambda case: case.name)
def test_a_message_that_failed_is_said_to_have_failed(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        rig.undeliverable()
        sent = await rig.carrier.post(rig.room, saying(case.purpose), "key")
        rig.now.passes(60)
        told = await rig.carrier.ask(rig.room, "key", sent.ref)
        assert told is not None and told.state == "gone"
        await rig.carrier.close()

    asyncio.run(story())


def test_what_tencent_may_not_remember_is_unknown() -> None:
    async def story() -> None:
        rig = tencent_cases.SmsRig()
        rig.server.remembers = False
        rig.server.fault("lost")
        lost = await rig.carrier.post(rig.room, saying("p0_alert"), "key")
        rig.now.passes(60)
        told = await rig.carrier.ask(rig.room, "key", lost.ref)
        assert told is not None and told.state == "unknown"
        await rig.carrier.close()

    asyncio.run(story())


def test_tencent_calls_nobody_abroad() -> None:
    async def story() -> None:
        rig = tencent_cases.VoiceRig()
        abroad = replace(rig.room, id="+85290000002")
        assert (await rig.carrier.post(abroad, saying("escalation"), "key")).state == "refused"
        assert rig.server.asked == []
        await rig.carrier.close()

    asyncio.run(story())


@pytest.mark.parametrize("case", [twilio_cases.SMS, twilio_cases.VOICE], ids=lambda case: case.name)
def test_twilio_does_not_know_what_went_longer_than_an_hour_ago(case: Case) -> None:
    async def story() -> None:
        rig = case.rig()
        assert (await rig.carrier.post(rig.room, saying(case.purpose), "before")).state == "sent"
        rig.now.passes(3599)
        unsure = await rig.carrier.ask(rig.room, "key", attempt("key"))
        assert unsure is not None and unsure.state == "unknown"
        rig.now.passes(2)
        assert await rig.carrier.ask(rig.room, "key", attempt("key")) is None
        assert await rig.carrier.ask(rig.room, "key", "CA" + "f" * 32) is None
        await rig.carrier.close()

    asyncio.run(story())


def test_another_account_of_twilio_is_not_heard() -> None:
    async def story() -> None:
        rig = twilio_cases.SmsRig()
        hook = rig.server.signed(rig.url, {**twilio_cases.REPLY, "AccountSid": "AC" + "f" * 32})
        assert (await rig.carrier.receive(hook, rig.kept.accept)).status == 403 and rig.kept.calls == 0
        await rig.carrier.close()

    asyncio.run(story())


def test_twilio_sends_by_a_messaging_service() -> None:
    async def story() -> None:
        rig = twilio_cases.SmsRig()
        config = replace(rig.carrier._config, sender="MG" + "a" * 32)
        carrier = TwilioSms(config, rig.now, Watched(rig.server))
        await carrier.post(rig.room, saying("p0_alert"), "key")
        assert b"MessagingServiceSid=MG" in rig.server.asked[-1].body and b"&From=" not in rig.server.asked[-1].body
        await carrier.close()

    asyncio.run(story())


def test_a_prompt_has_nothing_in_it_that_xml_cannot_carry() -> None:
    async def story() -> None:
        rig = twilio_cases.VoiceRig()
        words = "停机\x00\x0b \ud83d<Hangup/>&'\""
        assert (await rig.carrier.post(rig.room, Say("note", text=words), "key")).state == "sent"
        assert rig.seen() == ["停机 <Hangup/>&'\""]
        await rig.carrier.close()

    asyncio.run(story())
