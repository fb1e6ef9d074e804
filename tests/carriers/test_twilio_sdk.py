"""Twilio's own SDK against the emulated server and our gate, so that the carrier is not its only judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import Gather, VoiceResponse

from notifier.carriers.twilio import signature
from notifier.emulated.twilio import TwilioServer
from tests.carriers.served import real_time, served

NUMBER = "+8613800000002"
URL = "https://desk.example/hook/voice?attempt=0123456789abcde"


class Loopback(TwilioHttpClient):
    """Twilio's client, which has no setting for another host."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def request(self, method: str, url: str, *others: Any, **named: Any) -> Any:
        here = url.replace("https://api.twilio.com", f"http://127.0.0.1:{self._port}")
        return super().request(method, here, *others, **named)


class Cloud:
    """The server, and clients of it."""

    def __init__(self, server: TwilioServer, port: int) -> None:
        self.server, self.port = server, port

    def client(self, token: str | None = None) -> Any:
        return Client(self.server.account_sid, token or self.server.key_secret, http_client=Loopback(self.port))


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    server = TwilioServer(real_time)
    with served(server) as port:
        yield Cloud(server, port)


def twiml() -> str:
    response = VoiceResponse()
    gather = Gather(num_digits=1, action=URL)
    gather.say("工单 GD-1001 & 停机 <60>", language="zh-CN", loop=2)
    response.append(gather)
    return str(response)


def test_a_message_is_sent_and_found_again(cloud: Cloud) -> None:
    client = cloud.client()
    sent = client.messages.create(to=NUMBER, from_=cloud.server.sender, body="工单 GD-1001", status_callback=URL)
    assert (cloud.server.texts[-1].text, cloud.server.texts[-1].ref) == ("工单 GD-1001", sent.sid)
    assert (client.messages(sent.sid).fetch().status, sent.status) == ("delivered", "queued")
    assert sent.sid in [one.sid for one in client.messages.list(to=NUMBER, limit=5)]
    assert client.messages.list(to="+8613900000000", limit=5) == []


def test_a_call_is_made_and_found_again(cloud: Cloud) -> None:
    client = cloud.client()
    made = client.calls.create(to=NUMBER, from_=cloud.server.sender, twiml=twiml(), status_callback=URL)
    assert (cloud.server.rung[-1].text, cloud.server.rung[-1].ref) == ("工单 GD-1001 & 停机 <60>", made.sid)
    fetched = client.calls(made.sid).fetch()
    assert fetched.status == "completed" and fetched.date_created is not None
    assert made.sid in [one.sid for one in client.calls.list(to=NUMBER, limit=5)]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"to": "12345"}, 21211),
        ({"from_": "+15005550000"}, 21606),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
    ],
)
def test_a_message_that_is_wrong_is_refused(cloud: Cloud, wrong: dict[str, str], code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        cloud.client().messages.create(**{"to": NUMBER, "from_": cloud.server.sender, "body": "x", **wrong})
    assert refused.value.code == code


def test_a_wrong_token_is_found_out(cloud: Cloud) -> None:
    with pytest.raises(TwilioRestException) as refused:
        cloud.client("another token").messages.create(to=NUMBER, from_=cloud.server.sender, body="x")
    assert (refused.value.status, refused.value.code) == (401, 20003)


@pytest.mark.parametrize(
    "form",
    [
        {"CallSid": "CA1", "Digits": "1", "To": NUMBER},
        {"Body": "1 & 2 = 三\n+4", "b": "x", "B": "y", "Empty": ""},
        {},
    ],
)
def test_signatures_are_those_of_twilios_own_validator(form: dict[str, str]) -> None:
    server = TwilioServer(real_time)
    hook = server.signed(URL, form)
    validator = RequestValidator(server.key_secret)
    flat = dict(parse_qsl(hook.body.decode(), keep_blank_values=True))
    assert validator.validate(URL, flat, hook.headers["x-twilio-signature"])
    assert signature(server.key_secret, URL, list(flat.items())) == validator.compute_signature(URL, flat)
    assert signature(server.key_secret, URL, [*flat.items(), ("Digits", "2")]) != hook.headers["x-twilio-signature"]
    assert urlencode(flat).encode() == hook.body
