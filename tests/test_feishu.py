"""Feishu: whom a message reaches, what a card brings back, and who may knock at the desk's door."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from bots.doors import Shut
from bots.emulated.feishu import FeishuServer
from bots.feishu import Feishu, FeishuConfig
from bots.feishu_api import uuid_of
from bots.feishu_payload import event_in, unseal
from config.reading import read_command
from core.words import Button, FileRef, Hook, Receipt, Room, Say
from tests.contract.feishu_cases import stored
from tests.contract.rig import Inbox, MemoryShelf, Now

RECORDED = Path(__file__).parent.parent.parent / "shared" / "payloads"
RED = Say(
    "red_line",
    title="GD-1001 两小时没有更新",
    text="接单后一直没有动静。",
    facts=(("接单人", "刘工"), ("上一步", "客户报修"), ("下一步", "到场")),
    buttons=(Button("我来处理", "ack:1"),),
    link="https://desk.example/t/GD-1001",
)


class House:
    """A company with a manager, an engineer, and a group; its bot is in the group."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = FeishuServer(self.now)
        self.server.person("ou_sun", "孙立军", "13805740002")
        self.server.person("ou_liu", "刘志远")
        self.server.group("oc_tech", "ou_sun", "ou_liu")
        self.shelf = MemoryShelf(self.now)
        self.inbox = Inbox(self.shelf)
        self.channel = self.process((self.server.encrypt_key,))
        self.inbox.channel = self.channel
        self.server.join(self.channel, self.inbox.accept)

    def process(self, keys: tuple[str, ...]) -> Feishu:
        """The channel as another process, or another configuration, has it."""
        config = FeishuConfig(self.server.app_id, self.server.app_secret, keys)
        return Feishu(config, self.shelf, stored, self.now, httpx.ASGITransport(app=self.server))

    def room(self, name: str, *, group: bool = False) -> Room:
        return Room("feishu", self.server.app_id, name, group=group)

    async def tell(self, name: str, key: str = "1", *, group: bool = False, say: Say = RED) -> Receipt:
        return await self.channel.post(self.room(name, group=group), say, key)


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.req("S87")
def test_a_supervisor_is_shown_a_card_and_his_press_comes_back(house: House) -> None:
    async def story() -> None:
        receipt = await house.tell("ou_sun")
        (card,) = house.server.seen_by("ou_sun")
        assert receipt == Receipt("sent", ref=card.ref)
        assert card.text == "GD-1001 两小时没有更新\n接单后一直没有动静。\n接单人\n刘工\n上一步\n客户报修\n下一步\n到场"
        assert dict(card.buttons)["查看 · Open"] == "https://desk.example/t/GD-1001"
        await house.server.presses("ou_sun", card.ref, "我来处理")
        (press,) = house.inbox.messages.values()
        assert (press.kind, press.press, press.about) == ("press", "ack:1", card.ref)
        assert (press.room, press.who.id) == (house.room("ou_sun"), "ou_sun")

    asyncio.run(story())


def test_a_press_in_a_group_is_answered_in_the_group(house: House) -> None:
    async def story() -> None:
        await house.tell("oc_tech", group=True)
        (card,) = house.server.seen_by("oc_tech")
        await house.server.presses("ou_liu", card.ref, "我来处理")
        (press,) = house.inbox.messages.values()
        assert (press.room, press.who.id) == (house.room("oc_tech", group=True), "ou_liu")

    asyncio.run(story())


def test_a_group_is_known_by_its_id(house: House) -> None:
    assert asyncio.run(house.tell("oc_tech", group=False)).state == "sent"
    ((_, value), _) = house.server.seen_by("oc_tech")[0].buttons
    assert value == {"token": "ack:1", "group": True}


def test_a_person_is_found_by_his_number_and_asked_for_once(house: House) -> None:
    async def story() -> None:
        for key in ("1", "2"):
            assert (await house.tell("mobile:+8613805740002", key)).state == "sent"
            house.now.passes(1)
        assert len(house.server.seen_by("ou_sun")) == 2
        assert house.server.calls["contact/v3/users/batch_get_id"] == 1
        assert (await house.tell("mobile:+8613900000000", "3")).state == "gone"

    asyncio.run(story())


@pytest.mark.parametrize(("name", "group"), [("ou_stranger", False), ("oc_elsewhere", True)])
def test_who_is_out_of_reach_is_gone(house: House, name: str, group: bool) -> None:
    assert asyncio.run(house.tell(name, group=group)).state == "gone"


def test_a_message_under_the_same_key_is_shown_once_within_the_hour(house: House) -> None:
    async def story() -> None:
        first = await house.tell("ou_sun")
        house.now.passes(3599)
        assert await house.tell("ou_sun") == first
        assert len(house.server.seen_by("ou_sun")) == 1
        assert len(uuid_of("1")) <= 50

    asyncio.run(story())


def test_a_sixth_message_within_a_second_waits(house: House) -> None:
    async def story() -> None:
        receipts = [await house.tell("ou_sun", str(number)) for number in range(6)]
        assert [receipt.state for receipt in receipts] == ["sent"] * 5 + ["later"]
        house.now.passes(1)
        assert (await house.tell("ou_sun", "5")).state == "sent"

    asyncio.run(story())


def test_feishu_says_how_long_to_wait(house: House) -> None:
    house.server.fault("429")
    receipt = asyncio.run(house.tell("ou_sun"))
    assert (receipt.state, receipt.after) == ("later", 7.0)


@pytest.mark.parametrize(
    ("code", "state", "after"),
    [
        (99991400, "later", 10.0),
        (230020, "later", 10.0),
        (230049, "later", 10.0),
        (1500, "later", 2.0),
        ("5xx", "later", 2.0),
        ("down", "later", 2.0),
        (230002, "gone", None),
        (230013, "gone", None),
        (230029, "gone", None),
        (230053, "gone", None),
        (232009, "gone", None),
        (230001, "refused", None),
        (230006, "refused", None),
        (230025, "refused", None),
        (230027, "refused", None),
        (230099, "refused", None),
        (424242, "refused", None),
        ("odd", "unknown", None),
        ("lost", "unknown", None),
    ],
)
def test_each_code_is_told_as_what_it_means(house: House, code: int | str, state: str, after: float | None) -> None:
    house.server.fault(code)
    receipt = asyncio.run(house.tell("ou_sun"))
    assert (receipt.state, receipt.after) == (state, after) and receipt.why


def test_a_token_that_is_refused_twice_is_a_refusal(house: House) -> None:
    house.server.fault(99991663, 99991663)
    assert asyncio.run(house.tell("ou_sun")).state == "refused"
    assert house.server.calls["auth/v3/tenant_access_token/internal"] == 2


def test_facts_beyond_what_a_card_holds_are_refused_and_not_sent(house: House) -> None:
    facts = tuple((f"第{number}行", "满" * 100) for number in range(100))
    receipt = asyncio.run(house.tell("ou_sun", say=Say("note", facts=facts)))
    assert receipt.state == "refused" and house.server.calls["im/v1/messages"] == 0


def test_processes_share_one_token(house: House) -> None:
    async def story() -> None:
        other = house.process(())
        await asyncio.gather(house.tell("ou_sun", "1"), other.post(house.room("ou_liu"), RED, "2"))
        house.server.forget_tokens()
        await asyncio.gather(house.tell("ou_sun", "3"), other.post(house.room("ou_liu"), RED, "4"))
        assert len(house.server.sent) == 4
        assert house.server.calls["auth/v3/tenant_access_token/internal"] == 2

    asyncio.run(story())


# ---------------------------------------------------------------- what a platform of cards can do


def test_a_card_is_shown_anew_in_its_place(house: House) -> None:
    async def story() -> None:
        ref = (await house.tell("ou_sun")).ref
        taken = replace(RED, text="孙立军已接手。", buttons=(), replaces=ref)
        assert await house.tell("ou_sun", "2", say=taken) == Receipt("sent", ref=ref)
        (card,) = house.server.seen_by("ou_sun")
        assert "孙立军已接手。" in card.text and [label for label, _ in card.buttons] == ["查看 · Open"]
        done = Say("card_update", text="已完成", replaces=ref)
        assert (await house.tell("ou_sun", "3", say=done)).state == "sent"
        assert [(card.ref, card.text, card.buttons) for card in house.server.sent] == [(ref, "已完成", ())]

    asyncio.run(story())


def test_what_is_no_card_or_is_gone_cannot_be_shown_anew(house: House) -> None:
    async def story() -> None:
        text = (await house.tell("ou_sun", say=Say("note", text="您好"))).ref
        for ref in (text, "om_none"):
            assert (await house.tell("ou_sun", "2", say=Say("card_update", text="新", replaces=ref))).state == "refused"
        assert [card.text for card in house.server.sent] == ["您好"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("name", "mime", "call"),
    [("报告.pdf", "application/pdf", "im/v1/files"), ("铭牌.png", "image/png", "im/v1/images")],
)
def test_a_file_follows_its_words(house: House, name: str, mime: str, call: str) -> None:
    async def story() -> None:
        say = Say("report_pdf", text="GD-1001 的服务报告", file=FileRef("pdf", name, mime, 15))
        receipt = await house.tell("ou_sun", say=say)
        words, file = house.server.seen_by("ou_sun")
        assert (receipt.ref, words.text) == (words.ref, "GD-1001 的服务报告")
        assert (file.file, file.name) == (b"%PDF-1.4 report", name) and house.server.calls[call] == 1
        assert await house.tell("ou_sun", say=say) == receipt and len(house.server.sent) == 2

    asyncio.run(story())


def test_people_are_called_by_their_ids_and_nobody_else(house: House) -> None:
    async def story() -> None:
        called = ("ou_liu", "ou_sun", '"><at id=all>')
        await house.tell("oc_tech", "1", group=True, say=replace(RED, mentions=called))
        await house.tell("oc_tech", "2", group=True, say=Say("note", text="<at id=all></at> 请看一下", mentions=called))
        card, text = house.server.seen_by("oc_tech")
        assert card.mentions == text.mentions == ("ou_liu", "ou_sun")
        assert text.text == "＜at id=all>＜/at> 请看一下"

    asyncio.run(story())


def test_an_answer_stands_under_its_question_or_alone_if_that_was_taken_back(house: House) -> None:
    async def story() -> None:
        question = await house.server.says("ou_liu", "GD-1001 到哪一步了", group="oc_tech")
        answer = Say("progress", text="等配件", reply=question)
        first = await house.tell("oc_tech", "1", group=True, say=answer)
        assert house.server.replied == {first.ref: question}
        await house.server.recalls("ou_liu", question)
        second = await house.tell("oc_tech", "2", group=True, say=answer)
        assert second.state == "sent" and second.ref not in house.server.replied
        assert [card.text for card in house.server.seen_by("oc_tech")] == ["等配件", "等配件"]

    asyncio.run(story())


def test_who_quotes_a_card_names_it_and_who_takes_a_message_back_names_that(house: House) -> None:
    async def story() -> None:
        ref = (await house.tell("ou_sun")).ref
        number = await house.server.says("ou_sun", "我来", about=ref)
        await house.server.recalls("ou_sun", number)
        said, recalled = house.inbox.messages.values()
        assert (said.about, recalled.kind, recalled.about) == (ref, "recall", number)

    asyncio.run(story())


def test_the_bot_is_put_into_a_group_and_out_of_it(house: House) -> None:
    async def story() -> None:
        await house.server.invites("ou_sun", "oc_new")
        await house.server.invites("ou_sun", "oc_new", out=True)
        rooms = [(message.kind, message.room) for message in house.inbox.messages.values()]
        assert rooms == [(kind, house.room("oc_new", group=True)) for kind in ("enter", "leave")]

    asyncio.run(story())


@pytest.mark.req("S5a")
def test_a_chat_record_that_is_passed_on_is_fetched_line_by_line(house: House) -> None:
    async def story() -> None:
        await house.server.forwards("ou_sun", "空压机不启动", "型号 GA37，报 E-07")
        (record,) = house.inbox.messages.values()
        assert (record.kind, record.text) == ("text", "空压机不启动\n型号 GA37，报 E-07") and record.forwarded

    asyncio.run(story())


@pytest.mark.parametrize("fault", [230027, "lost", "5xx", "down"])
def test_a_chat_record_that_cannot_be_fetched_is_kept_all_the_same(house: House, fault: int | str) -> None:
    async def story() -> None:
        house.server.fault(fault)
        await house.server.forwards("ou_sun", "空压机不启动")
        (record,) = house.inbox.messages.values()
        assert record.forwarded and record.text and house.server.answers == [200]

    asyncio.run(story())


def test_a_voice_message_is_fetched_as_it_is(house: House) -> None:
    async def story() -> None:
        await house.server.sends("ou_liu", b"OggS opus", "audio/ogg", "", group="oc_tech")
        (voice,) = house.inbox.messages.values()
        assert (voice.kind, voice.media[0].mime, voice.media[0].seconds) == ("voice", "audio/ogg", 2.0)
        assert await house.channel.fetch(voice.media[0]) == b"OggS opus"

    asyncio.run(story())


# ---------------------------------------------------------------- the gate


def test_the_address_can_be_saved_and_nobody_else_can_ask_for_it(house: House) -> None:
    async def story() -> None:
        assert await house.server.verify(lambda hook: house.channel.receive(hook, house.inbox.accept))
        plain = Hook("POST", {}, [], b'{"challenge":"x","token":"v","type":"url_verification"}')
        assert (await house.channel.receive(plain, house.inbox.accept)).status == 403

    asyncio.run(story())


def test_a_key_can_be_changed_without_a_gap(house: House) -> None:
    async def story() -> None:
        old, new = house.server.encrypt_key, "another-encrypt-key"
        rotating, changed = house.process((old, new)), house.process((new,))
        hook = house.server.sealed(house.server.event("im.message.message_read_v1", {}))
        assert (await rotating.receive(hook, house.inbox.accept)).status == 200
        assert (await changed.receive(hook, house.inbox.accept)).status == 403

    asyncio.run(story())


def test_a_signature_of_another_key_opens_nothing(house: House) -> None:
    stranger = FeishuServer(house.now)
    stranger.encrypt_key = "a stranger's key"
    ours, theirs = (server.sealed(server.event("x", {})) for server in (house.server, stranger))
    crossed = replace(ours, headers=theirs.headers)
    with pytest.raises(Shut, match="signature"):
        event_in(crossed, (house.server.encrypt_key,), house.now())


def test_without_a_key_there_is_no_door(house: House) -> None:
    hook = house.server.sealed(house.server.event("x", {}))
    assert asyncio.run(house.process(()).receive(hook, house.inbox.accept)).status == 404


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"encrypt": 1}', b'{"encrypt": "AAAA"}', b'{"encrypt": "\xe4\xb8\xad"}']
)
def test_what_is_not_sealed_is_turned_away(house: House, body: bytes) -> None:
    answer = asyncio.run(house.channel.receive(Hook("POST", {}, [], body), house.inbox.accept))
    assert (answer.status, answer.body) == (403, b"")


def test_the_documented_seal_opens() -> None:
    assert unseal("P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=", "test key") == b"hello world"


@pytest.mark.parametrize("path", sorted(RECORDED.glob("crypto/lark-*.json")) or [None], ids=str)
def test_recorded_seals_open(path: Path | None) -> None:
    if path is None:
        assert not RECORDED.exists()
        return
    vector = json.loads(path.read_text())
    assert unseal(vector["encrypt"], vector["encrypt_key"]).decode() == vector["expect_plaintext"]


def test_desk_read_opens_a_recorded_callback(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said: dict[str, Any] = {
        "sender": {"sender_id": {"open_id": "ou_sun"}, "sender_type": "user"},
        "message": {
            "message_id": "om_1",
            "create_time": "1772596800000",
            "chat_id": "oc_1",
            "chat_type": "p2p",
            "message_type": "text",
            "content": orjson.dumps({"text": "我来处理"}).decode(),
        },
    }
    body = house.server.sealed(house.server.event("im.message.receive_v1", said)).body
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))
    assert read_command(["feishu", "--set", f"encrypt_key={house.server.encrypt_key}"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == "我来处理"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))
    assert read_command(["feishu"]) == 1
    assert "encrypt_key" in capsys.readouterr().err
