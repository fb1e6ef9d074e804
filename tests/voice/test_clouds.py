"""Clouds that hear, at the wire: what they are asked, what they refuse, and who asks next; the vendors' own signers agree."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params
from darabonba.exceptions import DaraException
from darabonba.runtime import RuntimeOptions
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from core.words import HOUR, SECOND
from dialogue.transcribing.aliyun import AliyunConfig, AliyunEar
from dialogue.transcribing.tencent import TencentConfig, TencentEar, wav
from dialogue.transcribing.words import Hints, Transcriber, Unheard
from notifier.carriers.signing_tc3 import signed
from notifier.emulated.hearing import NlsServer, TencentEarServer
from tests.carriers.served import real_time, served
from tests.voice.sound import speech

BASE = "http://cloud.example"
HINTS = Hints(("注塑机", "液压站"), "zh")


class Cloud:
    """An emulated cloud with its ear."""

    def __init__(self, name: str) -> None:
        self.now = 1_772_589_600 * SECOND
        self.server: Any = TencentEarServer(self.clock) if name == "tencent" else NlsServer(self.clock)
        self.ear: Transcriber = self.client(self.server.key_secret)

    def clock(self) -> int:
        return self.now

    def client(self, secret: str) -> Transcriber:
        server, transport = self.server, httpx.ASGITransport(self.server)
        if isinstance(server, TencentEarServer):
            return TencentEar(
                TencentConfig(server.secret_id, secret, "ap-guangzhou", BASE), signed, self.clock, transport
            )
        return AliyunEar(AliyunConfig(server.key_id, secret, server.app_key, BASE, BASE), self.clock, transport)

    def hears(self, seconds: float = 2.0, ear: Transcriber | None = None) -> str:
        found = asyncio.run((ear or self.ear).transcribe(speech(seconds), HINTS))
        assert found.confidence is None and found.engine == (ear or self.ear).name
        return found.text

    def fails(self, seconds: float = 2.0, ear: Transcriber | None = None) -> str:
        with pytest.raises(Unheard) as failure:
            self.hears(seconds, ear)
        return failure.value.why


@pytest.fixture(params=["tencent", "aliyun"])
def cloud(request: pytest.FixtureRequest) -> Cloud:
    return Cloud(request.param)


@pytest.mark.req("S68")
def test_a_sentence_is_heard(cloud: Cloud) -> None:
    cloud.server.says.extend(["注塑机报警。", "液压站漏油"])
    assert [cloud.hears(), cloud.hears(59.9)] == ["注塑机报警。", "液压站漏油"]


def test_more_than_a_minute_is_not_even_sent(cloud: Cloud) -> None:
    assert cloud.fails(60.5) == "too_long"
    assert not cloud.server.asked


@pytest.mark.parametrize(("fault", "why"), [("5xx", "http_503"), ("down", "no_connection"), ("lost", "no_answer")])
def test_a_cloud_that_fails_says_so_in_a_word(cloud: Cloud, fault: str, why: str) -> None:
    cloud.server.says.extend(["好"] * 3)
    cloud.hears()
    cloud.server.fault(fault)
    assert cloud.fails() == why
    assert cloud.hears() == "好"


def test_what_it_refuses_is_told_by_its_code(cloud: Cloud) -> None:
    cloud.hears()
    cloud.server.fault("throttle")
    assert cloud.fails() in ("RequestLimitExceeded", "status_40000005")


def test_a_wrong_key_is_refused_and_stands_in_no_log(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ear = cloud.client("a-wrong-key")
    assert cloud.fails(ear=ear) in ("AuthFailure.SignatureFailure", "no_token")
    assert "a-wrong-key" not in caplog.text and "a-wrong-key" not in repr(vars(ear))


def test_tencent_is_told_the_words_of_the_trade_and_the_length() -> None:
    cloud = Cloud("tencent")
    cloud.hears()
    [asked] = cloud.server.heard
    assert asked["HotwordList"] == "注塑机|5,液压站|5" and asked["EngSerViceType"] == "16k_zh"
    assert asked["DataLen"] == len(wav(speech(2.0)))


def test_a_token_is_kept_until_it_ends_and_replaced_when_it_is_refused() -> None:
    cloud = Cloud("aliyun")
    cloud.hears()
    cloud.hears()
    assert cloud.server.calls["CreateToken"] == 1
    cloud.now += 36 * HOUR
    cloud.hears()
    assert cloud.server.calls["CreateToken"] == 2
    cloud.server.withdraw_tokens()
    cloud.hears()
    assert cloud.server.calls["CreateToken"] == 3


@pytest.fixture(scope="module")
def tencent_port() -> Iterator[int]:
    with served(TencentEarServer(real_time)) as port:
        yield port


@pytest.mark.parametrize("right", [True, False])
def test_tencents_own_sdk_signs_what_the_emulator_takes(tencent_port: int, right: bool) -> None:
    profile = ClientProfile(httpProfile=HttpProfile(endpoint=f"127.0.0.1:{tencent_port}", protocol="http"))
    key = TencentEarServer.key_secret if right else "wrong"
    client = CommonClient("asr", "2019-06-14", Credential(TencentEarServer.secret_id, key), "ap-guangzhou", profile)
    asked = {"EngSerViceType": "16k_zh", "SourceType": 1, "VoiceFormat": "mp3", "Data": "AAAA", "DataLen": 3}
    if right:
        assert client.call_json("SentenceRecognition", asked)["Response"]["Result"] == ""
        asked["DataLen"] = 4
    with pytest.raises(TencentCloudSDKException) as refused:
        client.call_json("SentenceRecognition", asked)
    expected = "InvalidParameterValue.ErrorInvalidVoicedata" if right else "AuthFailure.SignatureFailure"
    assert refused.value.get_code() == expected


@pytest.mark.parametrize("right", [True, False])
def test_aliyuns_own_sdk_signs_what_the_emulator_takes(right: bool) -> None:
    with served(NlsServer(real_time)) as port:
        config = Config(
            access_key_id=NlsServer.key_id,
            access_key_secret=NlsServer.key_secret if right else "wrong",
            endpoint=f"127.0.0.1:{port}",
            protocol="HTTP",
            signature_algorithm="v2",
        )
        params = Params(
            action="CreateToken", version="2019-02-28", protocol="HTTP", method="POST", auth_type="AK", style="RPC",
            pathname="/", req_body_type="formData", body_type="json",
        )  # fmt: skip
        client: Any = Client(config)
        if right:
            found = client.call_api(params, OpenApiRequest(), RuntimeOptions())
            assert found["body"]["Token"]["Id"].startswith("token")
        else:
            with pytest.raises(DaraException, match="SignatureDoesNotMatch"):
                client.call_api(params, OpenApiRequest(), RuntimeOptions())
