"""Each known defect of slack-bolt and slack_sdk is shown beside our channel, which does not have it; both speak with one server."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest, AsyncSay
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bots.emulated.slack import SlackServer
from bots.slack import Slack, SlackConfig
from core.words import SECOND, Hook, Say
from tests.contract.rig import Inbox, MemoryShelf, Now, Running
from tests.contract.slack_cases import SlackRig, message, stored
from tests.slack.served import Line, serving

RECORDED = Path(__file__).parent.parent.parent.parent / "shared" / "payloads" / "slack"


class Desk:
    """Our channel with an app token, in front of a server that listens."""

    def __init__(self, server: SlackServer, now: Now) -> None:
        self.inbox = Inbox(MemoryShelf(now))
        config = SlackConfig(server.bot_token, server.app_token, (), f"{server.base}/api", server.base)
        self.channel = Slack(config, stored, now)
        self.inbox.channel = self.channel
        self.running = Running(self.channel, self.inbox.accept)

    async def close(self) -> None:
        await self.running.stop()
        await self.channel.close()


def bolt(server: SlackServer, **more: Any) -> AsyncApp:
    """Bolt as its own guide sets it up."""
    client = AsyncWebClient(server.bot_token, f"{server.base}/api/")
    return AsyncApp(client=client, signing_secret=server.signing_secret, **more)


def asked(hook: Hook) -> AsyncBoltRequest:
    return AsyncBoltRequest(body=hook.body.decode(), headers=dict(hook.headers))


def wall() -> Now:
    """A clock that shows the real time, for what Bolt checks by its own."""
    return Now(int(time.time()) * SECOND)


def test_bolt_acknowledges_before_its_handler_has_ended_and_we_after_storing() -> None:
    async def story() -> None:
        async with serving(wall()) as (server, _):
            app, lost = bolt(server), asyncio.Event()

            @app.event("message")
            async def store(event: dict[str, Any]) -> None:
                await lost.wait()
                raise OSError("disk full")

            assert (await app.async_dispatch(asked(server.signed(message(text="不启动"))))).status == 200
            lost.set()
        rig = SlackRig()
        rig.inbox.failures = 1
        with pytest.raises(OSError):
            await rig.channel.receive(rig.hook("不启动"), rig.inbox.accept)
        assert (await rig.channel.receive(rig.hook("不启动"), rig.inbox.accept)).status == 200
        assert rig.inbox.texts == ["不启动"]
        await rig.close()

    asyncio.run(story())


def test_bolt_acknowledges_what_it_could_not_authorize_and_we_store_before_that() -> None:
    async def story() -> None:
        async with serving(wall()) as (server, _):
            app, kept = bolt(server), []

            @app.middleware
            async def keep(body: dict[str, Any]) -> BoltResponse:
                kept.append(body)
                return BoltResponse(status=200)

            server.fault("ratelimited")
            answer = await app.async_dispatch(asked(server.signed(message(text="不启动"))))
            assert (answer.status, kept) == (200, [])
            desk = Desk(server, Now())
            await server.babbles()
            server.fault("ratelimited", "ratelimited", "ratelimited")
            await server.says("U0LIU", "不启动")
            assert desk.inbox.texts == ["不启动"] and server.acked == 1
            assert server.calls["auth.test"] == 1
            await desk.close()

    asyncio.run(story())


def test_bolt_has_no_answer_to_what_nobody_handles_and_we_acknowledge_it() -> None:
    async def story() -> None:
        async with serving(wall()) as (server, _):
            reaction = orjson.dumps(server.event({"type": "reaction_added", "user": "U0LIU", "reaction": "eyes"}))
            assert (await bolt(server).async_dispatch(asked(server.signed(reaction)))).status == 404
            desk = Desk(server, Now())
            await server.moves("U0LIU", "C0TECH")
            assert server.acked == 1
            await server.reacts("U0LIU", "eyes")
            assert server.acked == 2 and len(desk.inbox.messages) == 1
            await desk.close()

    asyncio.run(story())


def test_the_sdks_verifier_raises_for_a_time_that_is_no_number_and_our_door_stays_shut() -> None:
    async def story() -> None:
        rig = SlackRig()
        hook = rig.hook("接单")
        for stamp in ("soon", "", "-1", "9" * 30, "1e9"):
            headers = {**hook.headers, "x-slack-request-timestamp": stamp}
            answer = await rig.channel.receive(Hook("POST", headers, [], hook.body), rig.inbox.accept)
            assert answer.status == 403 and rig.inbox.calls == 0
        with pytest.raises(ValueError):
            SignatureVerifier(rig.server.signing_secret).is_valid(hook.body, "soon", "v0=x")
        await rig.close()

    asyncio.run(story())


def test_bytes_that_are_no_text_are_turned_away_or_kept() -> None:
    async def story() -> None:
        rig = SlackRig()
        assert (await rig.channel.receive(rig.server.signed(b"\xff\xfe{"), rig.inbox.accept)).status == 200
        assert rig.inbox.quarantine == [b"\xff\xfe{"]
        unsigned = Hook("POST", {"x-slack-request-timestamp": "1772596800", "x-slack-signature": "v0=é"}, [], b"\xff")
        assert (await rig.channel.receive(unsigned, rig.inbox.accept)).status == 401
        await rig.close()

    asyncio.run(story())


def test_the_signature_of_slacks_own_documentation() -> None:
    if not RECORDED.exists():
        assert not RECORDED.parent.parent.exists()
        return
    vector = json.loads((RECORDED / "sig_v0_vector.json").read_text())

    async def story() -> None:
        now = Now(int(vector["timestamp"]) * SECOND)
        rig = SlackRig()
        config = SlackConfig("xoxb", signing_secrets=("another", vector["signing_secret"]))
        channel = Slack(config, stored, now, httpx.ASGITransport(app=rig.server))
        rig.inbox.channel = channel
        headers = {"x-slack-request-timestamp": vector["timestamp"], "x-slack-signature": vector["signature"]}
        hook = Hook("POST", headers, [], vector["body"].encode())
        assert (await channel.receive(hook, rig.inbox.accept)).status == 200
        assert [found.text for found in rig.inbox.messages.values()] == ["/webhook-collect"]
        await rig.close()

    asyncio.run(story())


@pytest.mark.parametrize("first", ["message", "app_mention"])
def test_a_call_that_comes_as_two_events_is_one_message_whichever_comes_first(first: str) -> None:
    async def story() -> None:
        rig = SlackRig()
        said = {"user": "U0LIU", "text": "<@U0DESK> 接单", "ts": "1772596800.000100", "channel": "C0TECH"}
        kinds = [first, "app_mention" if first == "message" else "message"]
        events = [orjson.dumps(rig.server.event({"type": kind, **said})) for kind in kinds]
        assert len({orjson.loads(event)["event_id"] for event in events}) == 2
        for event in events:
            assert (await rig.channel.receive(rig.server.signed(event), rig.inbox.accept)).status == 200
        (heard,) = rig.inbox.messages.values()
        assert heard.called and heard.text == "接单"
        await rig.close()

    asyncio.run(story())


def test_the_third_retry_may_be_the_only_delivery_and_is_heard() -> None:
    async def story() -> None:
        rig = SlackRig()
        hook = rig.hook("不启动")
        retry = {"x-slack-retry-num": "3", "x-slack-retry-reason": "http_timeout"}
        again = Hook("POST", {**hook.headers, **retry}, [], hook.body)
        assert (await rig.channel.receive(again, rig.inbox.accept)).status == 200
        assert rig.inbox.texts == ["不启动"]
        await rig.close()

    asyncio.run(story())


def test_a_socket_that_is_open_but_deaf_is_given_up_and_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.slack.PING_SECONDS", 0.1)

    async def story(line: Line, server: SlackServer) -> None:
        desk = Desk(server, Now())
        await server.says("U0LIU", "在吗")
        opened = server.calls["apps.connections.open"]
        line.deaf = True
        await asyncio.sleep(1)
        line.deaf = False
        await server.says("U0LIU", "还在吗")
        assert desk.inbox.texts == ["在吗", "还在吗"]
        assert server.calls["apps.connections.open"] > opened
        await desk.close()

    async def told() -> None:
        async with serving(Now()) as (server, line):
            await asyncio.wait_for(story(line, server), 30)

    asyncio.run(told())


def test_a_socket_that_slack_has_replaced_loses_nothing() -> None:
    async def story() -> None:
        async with serving(Now()) as (server, _):
            desk = Desk(server, Now())
            await server.says("U0LIU", "第一句")
            await server.renews()
            for number in range(5):
                await server.says("U0LIU", f"再说 {number}")
            assert desk.inbox.texts == ["第一句", *(f"再说 {number}" for number in range(5))]
            await desk.close()

    asyncio.run(story())


def test_a_wrong_app_token_ends_the_run_with_its_reason_and_the_sdk_alone_would_try_for_ever() -> None:
    async def story() -> None:
        async with serving(Now()) as (server, _):
            config = SlackConfig(server.bot_token, "xapp-wrong", (), f"{server.base}/api", server.base)
            channel = Slack(config, stored, Now())
            with pytest.raises(Exception, match="invalid_auth") as raised:
                await asyncio.wait_for(channel.run(Inbox(MemoryShelf(Now())).accept), 5)
            assert "xapp-wrong" not in str(raised.value)
            await channel.close()
            alone = AsyncSocketModeHandler(bolt(server), "xapp-wrong", ping_interval=0.1)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(alone.connect_async(), 0.5)
            await alone.close_async()

    asyncio.run(story())


def test_the_sdk_logs_neither_words_nor_tickets_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def story() -> None:
        async with serving(Now()) as (server, _):
            desk = Desk(server, Now())
            await server.says("U0LIU", "密码是八个八")
            await desk.close()
            secrets = ("密码是八个八", "ticket-", server.bot_token, server.app_token)
            assert not [secret for secret in secrets if secret in caplog.text]

    asyncio.run(story())


def test_a_message_without_an_answer_is_never_sent_again_by_the_channel() -> None:
    async def story() -> None:
        rig = SlackRig()
        rig.fault("lost")
        assert (await rig.channel.post(rig.room, Say("note", "在路上"), "k")).state == "unknown"
        assert len(rig.server.sent) == 1 and not rig.channel.can.safe
        await rig.close()

    asyncio.run(story())


def test_bolt_and_the_sdk_understand_the_emulated_server() -> None:
    async def story() -> None:
        async with serving(wall()) as (server, _):
            app = bolt(server)
            heard: asyncio.Queue[str] = asyncio.Queue()

            @app.message("")
            async def hear(message: dict[str, Any], say: AsyncSay) -> None:
                await say(f"收到 {message['text']}")
                await heard.put(message["text"])

            handler = AsyncSocketModeHandler(app, server.app_token)
            await handler.connect_async()
            await server.says("U0LIU", "不启动")
            assert await asyncio.wait_for(heard.get(), 5) == "不启动"
            client = app.client
            posted = await client.chat_postMessage(channel="U0LIU", text="<b>")
            channel, ts = str(posted["channel"]), str(posted["ts"])
            await client.chat_update(channel=channel, ts=ts, text="换了")
            await client.files_upload_v2(channel=channel, filename="a.txt", content="abc")
            found = await client.users_info(user="U0LIU")
            assert found.get("user", {}).get("profile") == {"email": "liu@plant.example"}
            texts = [(sent.to, sent.text, sent.file) for sent in server.sent]
            assert texts == [("U0LIU", "收到 不启动", None), ("U0LIU", "换了", None), ("U0LIU", "", b"abc")]
            await handler.close_async()

    asyncio.run(story())


def test_the_library_is_loaded_when_a_socket_is_opened_and_not_before() -> None:
    loaded = "import sys, bots.slack; print([name for name in sys.modules if name.startswith('slack_')])"
    run = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "[]"
