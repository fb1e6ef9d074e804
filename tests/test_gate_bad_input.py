"""Bad input at WeCom's door: a clear no, never a fault of ours, never a lost message, never a secret in the log."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from bots.doors import Shut
from bots.emulated.wecom import WeComServer
from bots.emulated.wecom_endpoints import App
from bots.emulated.wecom_seal import seal, seal_padded, sign
from bots.wecom_gate import MOST_BODY, Gate, Seal, xml_fields
from core.words import SECOND, Hook
from tests.contract.rig import NOON, Now
from tests.contract.wecom_cases import AppRig, KfRig, app_message

NEXT = App("s", "nextToken", "0123456789ABCDEFGabcdefghijklmnopqrstuvwxyz")
KEY = WeComServer.app.aes_key
MESSAGE = app_message("text", Content="接单").decode()


def gate(*apps: App) -> Gate:
    return Gate([(app.token, app.aes_key) for app in apps or (WeComServer.app,)], WeComServer.corp_id)


def hook(message: str = MESSAGE, app: App = WeComServer.app) -> Hook:
    return WeComServer(Now()).callback(app, message)


def asked(changed: Hook, **query: str) -> Hook:
    return replace(changed, query=[(name, query.get(name, value)) for name, value in changed.query])


def resigned(timestamp: str) -> Hook:
    """A callback that is well signed for any timestamp."""
    whole = hook()
    sealed = xml_fields(whole.body)["Encrypt"]
    nonce = dict(whole.query)["nonce"]
    signed = sign(WeComServer.app.token, timestamp, nonce, sealed)
    return replace(whole, query=[("msg_signature", signed), ("timestamp", timestamp), ("nonce", nonce)])


def carrying(sealed: str) -> Hook:
    """A callback that is well signed for any sealed text."""
    timestamp = str(NOON // SECOND)
    signed = sign(WeComServer.app.token, timestamp, "n", sealed)
    query = [("msg_signature", signed), ("timestamp", timestamp), ("nonce", "n")]
    return Hook("POST", {}, query, f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode())


def shut(bad: Hook, keeper: Gate | None = None) -> int:
    with pytest.raises(Shut) as refusal:
        (keeper or gate()).open(bad, NOON)
    assert 400 <= refusal.value.status < 500
    return refusal.value.status


def signature_of(whole: Hook) -> str:
    return dict(whole.query)["msg_signature"]


SIGNATURES: dict[str, Callable[[], Hook]] = {
    "missing": lambda: replace(hook(), query=hook().query[1:]),
    "empty": lambda: asked(hook(), msg_signature=""),
    "wrong": lambda: asked(hook(), msg_signature="0" * 40),
    "of another app": lambda: asked(hook(), msg_signature=signature_of(hook(app=WeComServer.kf))),
    "in upper case": lambda: asked(hook(), msg_signature=signature_of(hook()).upper()),
    "trailing space": lambda: asked(hook(), msg_signature=signature_of(hook()) + " "),
    "not ASCII": lambda: asked(hook(), msg_signature="签" * 40),
    "lone surrogate": lambda: asked(hook(), msg_signature="\ud800" * 40),
    "doubled": lambda: replace(hook(), query=[*hook().query, ("msg_signature", signature_of(hook()))]),
    "doubled nonce": lambda: replace(hook(), query=[*hook().query, ("nonce", "x")]),
    "doubled timestamp": lambda: replace(hook(), query=[*hook().query, ("timestamp", "1")]),
    "without nonce": lambda: replace(hook(), query=hook().query[:2]),
    "nonce of another": lambda: asked(hook(), nonce="other"),
}


@pytest.mark.req("S8")
@pytest.mark.parametrize("name", SIGNATURES)
def test_a_bad_signature_is_turned_away(name: str) -> None:
    assert gate().open(hook(), NOON) == MESSAGE.encode()
    shut(SIGNATURES[name]())


@pytest.mark.parametrize(
    "timestamp",
    [
        str(NOON // SECOND + 600),
        str(NOON // SECOND - 600),
        str(NOON // SECOND + 301),
        "NaN",
        "-1772596800",
        "1772596800000000000",
        "1772596800.0",
        " 1772596800",
        "１７７２５９６８００",
        "",
        "0x69a7b100",
        "9" * 5000,
    ],
)
def test_a_stale_or_odd_timestamp_is_turned_away(timestamp: str) -> None:
    shut(resigned(timestamp))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_either_way_are_fresh(seconds: int) -> None:
    assert gate().open(resigned(str(NOON // SECOND + seconds)), NOON) == MESSAGE.encode()


def test_the_same_callback_twice_makes_one_message() -> None:
    async def story() -> None:
        rig = AppRig()
        repeated = rig.hook("接单")
        for _ in range(3):
            assert (await rig.channel.receive(repeated, rig.inbox.accept)).status == 200
        assert rig.inbox.texts == ["接单"]

    asyncio.run(story())


def test_an_echo_of_another_corporation_is_turned_away() -> None:
    timestamp, sealed = str(NOON // SECOND), seal(b"123", KEY, "ww-another", b"r" * 16)
    signed = sign(WeComServer.app.token, timestamp, "n", sealed)
    query = [("msg_signature", signed), ("timestamp", timestamp), ("nonce", "n"), ("echostr", sealed)]
    assert shut(Hook("GET", {}, query, b"")) == 403
    assert shut(Hook("GET", {}, [*query, ("echostr", sealed)], b"")) == 400
    assert shut(Hook("GET", {}, query[:3], b"")) == 400


def test_while_secrets_are_rotated_both_are_good_and_a_third_is_not() -> None:
    both = gate(WeComServer.app, NEXT)
    for app in (WeComServer.app, NEXT):
        assert both.open(hook(app=app), NOON) == MESSAGE.encode()
    shut(hook(app=WeComServer.kf), both)
    shut(hook(app=WeComServer.app), gate(NEXT))
    with pytest.raises(ValueError, match="pairs"):
        gate(WeComServer.app, NEXT, WeComServer.kf)
    with pytest.raises(ValueError, match="pairs"):
        Gate([], "ww")


def laid_out(message: bytes, length: int, ending: bytes, receiver: str = WeComServer.corp_id) -> str:
    """A sealed text of which every part is ours to choose."""
    return seal_padded(b"r" * 16 + length.to_bytes(4, "big") + message + receiver.encode() + ending, KEY)


def of(size: int) -> bytes:
    """A message with which random bytes, length, message and receiver fill `size` bytes."""
    return b"m" * (size - 16 - 4 - len(WeComServer.corp_id))


SOUND = laid_out(of(59), len(of(59)), b"\5" * 5)
SEALS = {
    "pad 0": laid_out(of(63), len(of(63)), b"\0"),
    "pad 33": laid_out(of(63), len(of(63)), b"\x21" * 33),
    "pad 255": laid_out(of(65), len(of(65)), b"\xff" * 255),
    "pad of unequal bytes": laid_out(of(59), len(of(59)), b"\1\2\3\4\5"),
    "length beyond the end": laid_out(of(59), 1000, b"\5" * 5),
    "length of two gigabytes": laid_out(of(59), 2**31, b"\5" * 5),
    "nothing but padding": seal_padded(b"\x20" * 32, KEY),
    "one block": seal_padded(b"\x10" * 16, KEY),
    "half a block": base64.b64encode(b"x" * 24).decode(),
    "nothing": "",
    "not Base64": "%%%%",
    "Base64 without its end": "QUJD" * 11 + "Q",
    "message not UTF-8": seal("接单".encode("gbk"), KEY, WeComServer.corp_id, b"r" * 16),
    "receiver not UTF-8": seal_padded(b"r" * 16 + (0).to_bytes(4, "big") + b"\xff" * 11 + b"\1", KEY),
}
STRANGERS = {
    "wrong receiver": seal(b"<xml/>", KEY, "ww-another", b"r" * 16),
    "no receiver": seal(b"<xml/>", KEY, "", b"r" * 16),
    "receiver and more": seal(b"<xml/>", KEY, WeComServer.corp_id + "x", b"r" * 16),
    "sealed with another key": seal(b"<xml/>", NEXT.aes_key, WeComServer.corp_id, b"r" * 16),
}


@pytest.mark.parametrize("name", SEALS)
def test_an_unsound_seal_is_turned_away_though_well_signed(name: str) -> None:
    assert gate().open(carrying(SOUND), NOON) == of(59)
    assert shut(carrying(SEALS[name])) == 403
    with pytest.raises(ValueError):
        Seal(KEY).open(SEALS[name])


@pytest.mark.parametrize("name", STRANGERS)
def test_what_was_sealed_for_somebody_else_is_turned_away_though_well_signed(name: str) -> None:
    assert shut(carrying(STRANGERS[name])) == 403


def larger(by: int) -> Hook:
    """A good callback, with spaces at its end to make it just as large as allowed, and `by` bytes more."""
    good = hook()
    return replace(good, body=good.body + b" " * (MOST_BODY - len(good.body) + by))


def test_a_body_may_be_as_large_as_allowed_and_no_larger() -> None:
    assert gate().open(larger(by=0), NOON) == MESSAGE.encode()
    assert shut(larger(by=1)) == 400


LAUGHS = '<!DOCTYPE xml [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
XML: dict[str, bytes] = {
    "billion laughs": (LAUGHS + "]><xml>SLOT<Extra>&i;</Extra></xml>").encode(),
    "quadratic": b'<!DOCTYPE xml [<!ENTITY a "'
    + b"a" * 50_000
    + b'">]><xml>SLOT<Extra>'
    + b"&a;" * 999
    + b"</Extra></xml>",
    "unused entity": b'<!DOCTYPE xml [<!ENTITY a "a">]><xml>SLOT</xml>',
    "local file": b'<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml>SLOT<Extra>&e;</Extra></xml>',
    "remote entity": b'<!DOCTYPE xml [<!ENTITY e SYSTEM "http://169.254.169.254/">]><xml>SLOT<Extra>&e;</Extra></xml>',
    "parameter entity": b'<!DOCTYPE xml [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]><xml>SLOT</xml>',
    "remote DTD": b'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd"><xml>SLOT</xml>',
    "public DTD": b'<!DOCTYPE xml PUBLIC "-//W3C//DTD" "http://127.0.0.1/x"><xml>SLOT</xml>',
    "bare DOCTYPE": b"<!DOCTYPE xml><xml>SLOT</xml>",
    "undeclared entity": b"<xml>SLOT<Extra>&nothing;</Extra></xml>",
    "other root": b"<html>SLOT</html>",
    "root with a namespace": b'<xml xmlns="http://evil.example">SLOT</xml>',
    "two roots": b"<xml>SLOT</xml><xml/>",
    "unclosed": b"<xml>SLOT",
    "crossed": b"<xml>SLOT<a><b></a></b></xml>",
    "one more level": b"<wrap><xml>SLOT</xml></wrap>",
    "nested": b"<xml><wrap>SLOT</wrap></xml>",
    "NUL": b"<xml>SLOT<Extra>\0</Extra></xml>",
    "control character": b"<xml>SLOT<Extra>\x08</Extra></xml>",
    "GBK": b"<xml>SLOT<Extra>" + "接单".encode("gbk") + b"</Extra></xml>",
    "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADw-xml+AD4-SLOT+ADw-/xml+AD4-',
    "an element twice": b"<xml>SLOTSLOT</xml>",
    "17 deep": b"<xml>SLOT" + b"<a>" * 16 + b"</a>" * 16 + b"</xml>",
    "20,000 deep": b"<xml>SLOT" + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</xml>",
    "no content": b"",
    "no XML": b"hello",
    "JSON": b'{"Encrypt": "x", "msgtype": "x"}',
    "nothing inside": b"<xml></xml>",
}
"""SLOT stands for what would otherwise be a good message."""
INNER = MESSAGE.removeprefix("<xml>").removesuffix("</xml>").encode()


@pytest.mark.parametrize("name", XML)
def test_hostile_xml_is_turned_away_though_what_it_holds_is_well_signed(name: str) -> None:
    good = hook()
    outer = b"<Encrypt>" + xml_fields(good.body)["Encrypt"].encode() + b"</Encrypt>"
    assert gate().open(replace(good, body=b"<xml>" + outer + b"</xml>"), NOON) == MESSAGE.encode()
    assert shut(replace(good, body=XML[name].replace(b"SLOT", outer))) == 403


@pytest.mark.parametrize("name", sorted(set(XML) - {"GBK", "20,000 deep"}))
def test_hostile_xml_inside_a_good_seal_is_kept_and_acknowledged(name: str) -> None:
    async def story() -> None:
        staff, customers = AppRig(), KfRig()
        inner = XML[name].replace(b"SLOT", INNER)
        answer = await staff.channel.receive(
            carrying(seal(inner, KEY, WeComServer.corp_id, b"r" * 16)), staff.inbox.accept
        )
        assert answer.status == 200 and staff.inbox.quarantine == [inner] and not staff.inbox.messages
        hint = customers.server.callback(customers.server.kf, inner.decode())
        assert (await customers.channel.receive(hint, customers.inbox.accept)).status == 200

    asyncio.run(story())


HARMLESS: dict[str, bytes] = {
    "stylesheet": b'<?xml-stylesheet href="file:///etc/passwd"?><xml>SLOT</xml>',
    "inclusion": b'<xml xmlns:i="http://www.w3.org/2001/XInclude">SLOT<i:include href="file:///etc/passwd"/></xml>',
    "16 deep": b"<xml>SLOT" + b"<a>" * 15 + b"</a>" * 15 + b"</xml>",
    "attribute of 100 KB": b'<xml a="' + b"x" * 100_000 + b'">SLOT</xml>',
    "another encoding declared": b'<?xml version="1.0" encoding="ISO-8859-1"?><xml>SLOT</xml>',
    "UTF-16 declared": b'<?xml version="1.0" encoding="UTF-16"?><xml>SLOT</xml>',
}


@pytest.mark.parametrize("name", HARMLESS)
def test_odd_but_harmless_xml_says_what_it_says(name: str) -> None:
    (message,) = AppRig().channel.read(HARMLESS[name].replace(b"SLOT", INNER))
    assert message.text == "接单"


def test_wide_encodings_are_turned_away() -> None:
    good = hook()
    for encoding in ("utf-16", "utf-32", "utf-16-be"):
        assert shut(replace(good, body=good.body.decode().encode(encoding))) == 403
