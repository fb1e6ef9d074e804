"""wechatpy beside our WeCom channels on the same payloads and the same wire: where it is sound we agree, where it is not we do better."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from wechatpy.enterprise import WeChatClient, WeChatCrypto, parse_message
from wechatpy.exceptions import WeChatClientException

from bots.emulated.wecom import WeComServer
from bots.wecom import WeCom
from bots.wecom_gate import Gate, xml_fields
from core.words import SECOND, Hook, Say
from tests.contract.rig import NOON, Now
from tests.contract.wecom_cases import AppRig
from tests.wecom_story import served

RECORDED = Path(__file__).parent.parent.parent / "shared" / "payloads" / "wecom-app"
SAID = {
    "text": lambda message: message.content,
    "image": lambda message: message.media_id,
    "voice": lambda message: message.media_id,
    "video": lambda message: message.media_id,
}
"""What wechatpy reads in the messages that it knows."""
PAYLOADS = sorted(RECORDED.glob("in-*.xml"))


def client_at(api: str) -> WeChatClient:
    """wechatpy's client of the app; its address for tokens cannot be set otherwise."""

    class Client(WeChatClient):
        API_BASE_URL = f"{api}/cgi-bin/"

        def fetch_access_token(self) -> Any:
            credentials = {"corpid": self.corp_id, "corpsecret": self.secret}
            return self._fetch_access_token(url=f"{api}/cgi-bin/gettoken", params=credentials)

    return Client(WeComServer.corp_id, WeComServer.app.secret, auto_retry=False, timeout=5)


@pytest.mark.parametrize("path", PAYLOADS or [None], ids=lambda path: path.stem if path else "not-here")
def test_we_read_what_wechatpy_reads(path: Path | None) -> None:
    if path is None:
        assert not RECORDED.exists()
        return
    raw = path.read_bytes()
    try:
        theirs: Any = parse_message(raw.decode())
    except KeyError:
        assert b"InfoType" in raw and WeCom.read(raw) == []
        return
    ours = WeCom.read(raw)
    if theirs.type in SAID:
        (message,) = ours
        said = message.media[0].ref if message.media else message.text
        assert (said, message.id, message.who.id) == (SAID[theirs.type](theirs), str(theirs.id), theirs.source)
    if theirs.type == "unknown" and theirs._data.get("Event") in ("template_card_event", "taskcard_click"):
        assert [(message.kind, message.press) for message in ours] == [("press", theirs._data["EventKey"])]


def test_two_lists_of_pictures_are_read_though_wechatpy_stumbles() -> None:
    raw = (RECORDED / "in-event-pic_weixin-two-piclists.xml").read_bytes() if PAYLOADS else b""
    if not raw:
        assert not RECORDED.exists()
        return
    theirs: Any = parse_message(raw.decode())
    with pytest.raises(TypeError):
        _ = theirs.pictures
    assert WeCom.read(raw) == []


@pytest.mark.parametrize("key", ["short", "x" * 42, "签" * 43])
def test_a_malformed_key_is_one_kind_of_error(key: str) -> None:
    with pytest.raises((AssertionError, ValueError)) as theirs:
        WeChatCrypto("token", key, WeComServer.corp_id)
    assert theirs.type is not ValueError
    with pytest.raises(ValueError, match="43"):
        Gate((("token", key),), WeComServer.corp_id)


def test_wechatpy_opens_what_the_emulated_server_sealed_and_seals_what_our_gate_opens() -> None:
    server = WeComServer(Now())
    crypto = WeChatCrypto(server.app.token, server.app.aes_key, server.corp_id)
    hook = server.callback(server.app, "<xml><MsgType>text</MsgType></xml>")
    query = dict(hook.query)
    theirs: Any = crypto.decrypt_message(hook.body.decode(), query["msg_signature"], query["timestamp"], query["nonce"])
    gate = Gate(((server.app.token, server.app.aes_key),), server.corp_id)
    assert gate.open(hook, NOON).decode() == theirs
    sealed: Any = crypto.encrypt_message("<xml><Content>收到</Content></xml>", "nonce1", str(NOON // SECOND))
    told = xml_fields(sealed.encode())
    signed = [("msg_signature", told["MsgSignature"]), ("timestamp", told["TimeStamp"]), ("nonce", told["Nonce"])]
    assert gate.open(Hook("POST", {}, signed, sealed.encode()), NOON).decode() == "<xml><Content>收到</Content></xml>"


def test_wechatpys_client_is_served_by_the_emulator_over_http() -> None:
    async def story() -> None:
        server = WeComServer(Now())
        async with served(server) as api:
            client: Any = client_at(api)

            def talk() -> bytes:
                client.message.send_text(server.agent_id, "liu", "您好")
                media = client.media.upload("file", io.BytesIO(b"%PDF-1.4 report"))
                client.message.send_file(server.agent_id, "liu", media["media_id"])
                with pytest.raises(WeChatClientException) as refusal:
                    client.message.send_text(server.agent_id, "liu", "满" * 700)
                assert refusal.value.errcode == 45002
                return client.get("media/get", params={"media_id": media["media_id"]}).content

            assert await asyncio.to_thread(talk) == b"%PDF-1.4 report"
            assert [(sent.kind, sent.text) for sent in server.sent] == [("text", "您好"), ("file", "")]

    asyncio.run(story())


def test_a_token_that_stays_bad_is_not_asked_for_without_end() -> None:
    """wechatpy asks until Python's stack is full, where it may retry by itself."""

    async def story() -> None:
        rig = AppRig()
        rig.server.fault("message/send", *[42001] * 2000)
        assert (await rig.channel.post(rig.room, Say("note", text="您好"), "1")).state == "refused"
        assert rig.server.calls["message/send"] == 2 and rig.server.calls["gettoken"] == 2
        async with served(rig.server) as api:
            client: Any = client_at(api)
            client.auto_retry = True
            with pytest.raises(RecursionError):
                await asyncio.to_thread(client.message.send_text, rig.server.agent_id, "liu", "您好")
        assert rig.server.calls["message/send"] > 50

    asyncio.run(story())
