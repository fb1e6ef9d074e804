"""Aliyun's own SDKs against the emulated server, so that our carrier is not its only judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from alibabacloud_dysmsapi20170525 import models as sms_models
from alibabacloud_dysmsapi20170525.client import Client as SmsClient
from alibabacloud_dyvmsapi20170525 import models as voice_models
from alibabacloud_dyvmsapi20170525.client import Client as VoiceClient
from alibabacloud_tea_openapi.models import Config
from darabonba.exceptions import DaraException

from notifier.carriers.deliveries import day
from notifier.emulated.aliyun import IVR, AliyunServer
from tests.carriers.served import real_time, served

NUMBER = "13800000002"
PARAMS = orjson.dumps({"number": "GD-1001", "what": "停机~ *(1)", "place": "二期+五栋", "minutes": "60"}).decode()


class Cloud:
    """The server, and where it listens."""

    def __init__(self, server: AliyunServer, port: int) -> None:
        self.server, self.port = server, port

    def config(self, secret: str | None = None) -> Config:
        return Config(
            access_key_id=self.server.key_id,
            access_key_secret=secret or self.server.key_secret,
            endpoint=f"127.0.0.1:{self.port}",
            protocol="HTTP",
        )


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    server = AliyunServer(real_time)
    with served(server) as port:
        yield Cloud(server, port)


def message(**other: Any) -> sms_models.SendSmsRequest:
    said = {"phone_numbers": NUMBER, "sign_name": "回应工单", "template_code": "SMS_100001", "template_param": PARAMS}
    return sms_models.SendSmsRequest(**{**said, "out_id": "attempt-1", **other})


def call(**other: Any) -> voice_models.IvrCallRequest:
    menu = [voice_models.IvrCallRequestMenuKeyMap(key="1", code="TTS_100009")]
    said = {"called_number": NUMBER, "called_show_number": "057188880000", "start_code": "TTS_100001"}
    more = {"start_tts_params": PARAMS, "menu_key_map": menu, "play_times": 2, "timeout": 8000, "out_id": "attempt-1"}
    return voice_models.IvrCallRequest(**{**said, **more, **other})


def test_a_message_is_sent_and_found_again(cloud: Cloud) -> None:
    client: Any = SmsClient(cloud.config())
    sent = client.send_sms(message()).body
    assert (sent.code, cloud.server.texts[-1].ref) == ("OK", sent.biz_id)
    assert "GD-1001：停机~ *(1)，地点二期+五栋" in cloud.server.texts[-1].text
    query = sms_models.QuerySendDetailsRequest(
        phone_number=NUMBER, biz_id=sent.biz_id, send_date=day(real_time()), page_size=10, current_page=1
    )
    (found,) = client.query_send_details(query).body.sms_send_detail_dtos.sms_send_detail_dto
    assert (found.out_id, found.send_status) == ("attempt-1", 3)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"sign_name": "别人"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"template_code": "SMS_1"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"template_param": '{"number": "GD-1001"}'}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"template_param": PARAMS.replace("停机", "停" * 36)}, "isv.PARAM_LENGTH_LIMIT"),
        ({"template_param": PARAMS.replace("停机", "http://a")}, "isv.PARAM_NOT_SUPPORT_URL"),
        ({"phone_numbers": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
    ],
)
def test_a_message_that_is_wrong_is_refused(cloud: Cloud, wrong: dict[str, str], code: str) -> None:
    before = len(cloud.server.texts)
    assert SmsClient(cloud.config()).send_sms(message(**wrong)).body.code == code
    assert len(cloud.server.texts) == before


def test_a_call_is_made_once_a_minute_and_found_again(cloud: Cloud) -> None:
    client: Any = VoiceClient(cloud.config())
    made = client.ivr_call(call()).body
    assert (made.code, cloud.server.rung[-1].ref) == ("OK", made.call_id)
    again = client.ivr_call(call()).body
    assert again.code == "isv.BUSINESS_LIMIT_CONTROL" and "分钟" in again.message
    since = real_time() // 1000 - 60_000
    query = voice_models.QueryCallDetailByCallIdRequest(call_id=made.call_id, prod_id=int(IVR), query_date=since)
    assert orjson.loads(client.query_call_detail_by_call_id(query).body.data)["callee"] == NUMBER


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"out_id": "0123456789abcdef"}, "isv.INVALID_PARAMETERS"),
        ({"called_show_number": "10086"}, "isv.CALLED_SHOW_NUMBER_ILLEGAL"),
        ({"start_code": "TTS_1"}, "isv.TTS_TEMPLATE_ILLEGAL"),
        ({"play_times": 4}, "isv.INVALID_PARAMETERS"),
        ({"called_number": "+8613800000002"}, "isv.MOBILE_NUMBER_ILLEGAL"),
    ],
)
def test_a_call_that_is_wrong_is_refused(cloud: Cloud, wrong: dict[str, Any], code: str) -> None:
    assert VoiceClient(cloud.config()).ivr_call(call(**wrong)).body.code == code


def test_a_wrong_secret_is_found_out(cloud: Cloud) -> None:
    with pytest.raises(DaraException) as refused:
        SmsClient(cloud.config("another secret")).send_sms(message())
    assert "SignatureDoesNotMatch" in str(refused.value)
