"""Tencent Cloud's own SDKs against the emulated server, so that our carrier is not its only judge."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models as sms_models
from tencentcloud.sms.v20210111.sms_client import SmsClient
from tencentcloud.vms.v20200902 import models as voice_models
from tencentcloud.vms.v20200902.vms_client import VmsClient

from notifier.emulated.tencent import RECEIPT_SECONDS, TencentServer
from tests.carriers.served import real_time, served

NUMBER = "+8613800000002"


class Cloud:
    """The server, and clients of it."""

    def __init__(self, server: TencentServer, port: int) -> None:
        self.server, self.port = server, port

    def client(self, kind: type[Any], secret: str | None = None) -> Any:
        profile = ClientProfile(httpProfile=HttpProfile(endpoint=f"127.0.0.1:{self.port}", protocol="http"))
        credential = Credential(self.server.secret_id, secret or self.server.key_secret)
        return kind(credential, "ap-guangzhou", profile)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    server = TencentServer(real_time)
    with served(server) as port:
        yield Cloud(server, port)


def message(**other: Any) -> sms_models.SendSmsRequest:
    request = sms_models.SendSmsRequest()
    request.PhoneNumberSet, request.SmsSdkAppId = [NUMBER], TencentServer.sms_app
    request.SignName, request.TemplateId = TencentServer.sign_name, "100001"
    request.TemplateParamSet, request.SessionContext = ["GD-1001", "停机", "二期"], "attempt-1"
    for name, value in other.items():
        setattr(request, name, value)
    return request


def call(**other: Any) -> voice_models.SendTtsVoiceRequest:
    request = voice_models.SendTtsVoiceRequest()
    request.TemplateId, request.CalledNumber, request.VoiceSdkAppid = "200001", NUMBER, TencentServer.voice_app
    request.TemplateParamSet, request.PlayTimes, request.SessionContext = ["GD-1001", "停机", "60"], 2, "attempt-1"
    for name, value in other.items():
        setattr(request, name, value)
    return request


def test_a_message_is_sent_and_found_again(cloud: Cloud) -> None:
    client = cloud.client(SmsClient)
    (sent,) = client.SendSms(message()).SendStatusSet
    assert (sent.Code, cloud.server.texts[-1].ref) == ("Ok", sent.SerialNo)
    now = int(time.time()) + round(RECEIPT_SECONDS) + 1
    cloud.server.clock = lambda: real_time() + 4_000_000
    query = sms_models.PullSmsSendStatusByPhoneNumberRequest()
    query.BeginTime, query.EndTime, query.Offset, query.Limit = now - 100, now, 0, 10
    query.PhoneNumber, query.SmsSdkAppId = NUMBER, TencentServer.sms_app
    (found,) = client.PullSmsSendStatusByPhoneNumber(query).PullSmsSendStatusSet
    assert (found.SerialNo, found.SessionContext, found.ReportStatus) == (sent.SerialNo, "attempt-1", "SUCCESS")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"SignName": "别人"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"TemplateId": "1"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
        ({"TemplateParamSet": ["GD-1001"]}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        ({"TemplateParamSet": ["GD-1001", "停" * 13, "二"]}, "InvalidParameterValue.TemplateParameterLengthLimit"),
        ({"PhoneNumberSet": ["+8612345"]}, "InvalidParameterValue.IncorrectPhoneNumber"),
    ],
)
def test_a_message_that_is_wrong_is_refused(cloud: Cloud, wrong: dict[str, Any], code: str) -> None:
    (status,) = cloud.client(SmsClient).SendSms(message(**wrong)).SendStatusSet
    assert status.Code == code


def refused(cloud: Cloud, kind: type[Any], verb: str, request: Any, secret: str | None = None) -> str:
    """The code of the exception that the SDK raises."""
    with pytest.raises(TencentCloudSDKException) as raised:
        getattr(cloud.client(kind, secret), verb)(request)
    return str(raised.value.get_code())


def test_a_call_is_made_once_a_minute(cloud: Cloud) -> None:
    made = cloud.client(VmsClient).SendTtsVoice(call()).SendStatus
    assert (made.SessionContext, cloud.server.rung[-1].ref) == ("attempt-1", made.CallId)
    assert refused(cloud, VmsClient, "SendTtsVoice", call()) == "LimitExceeded.DeliveryFrequencyLimit"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"VoiceSdkAppid": "1"}, "UnauthorizedOperation.VoiceSdkAppidVerifyFail"),
        ({"TemplateId": "1"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
        ({"CalledNumber": "13800000002"}, "InvalidParameterValue.CalledNumberVerifyFail"),
        ({"PlayTimes": 4}, "FailedOperation.InvalidParameters"),
    ],
)
def test_a_call_that_is_wrong_is_refused(cloud: Cloud, wrong: dict[str, Any], code: str) -> None:
    assert refused(cloud, VmsClient, "SendTtsVoice", call(**wrong)) == code


def test_a_wrong_secret_is_found_out(cloud: Cloud) -> None:
    assert refused(cloud, SmsClient, "SendSms", message(), "another secret") == "AuthFailure.SignatureFailure"
