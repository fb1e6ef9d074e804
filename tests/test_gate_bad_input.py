"""Bad input at WeCom's door: a clear no, never a fault of ours, never a lost message, never a secret in the log."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from bots.emulated.wecom import WeComServer
from bots.emulated.wecom_endpoints import App
from bots.emulated.wecom_seal import seal, seal_padded, sign
from bots.wecom_gate import MOST_BODY, Gate, Shut, xml_fields
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


def padded(pad: int, message: bytes = b"<xml/>", length: int | None = None, receiver: bytes = b"") -> str:
    """A sealed text with a last byte of our choice."""
    claimed = len(message) if length is None else length
    content = b"r" * 16 + claimed.to_bytes(4, "big") + message + (receiver or WeComServer.corp_id.encode())
    content += bytes(-len(content) % 32)
    return seal_padded(content[:-1] + bytes([pad]), KEY)


SEALS = {
    "pad 0": padded(0),
    "pad 33": padded(33),
    "pad 255": padded(255),
    "pad of unequal bytes": padded(5),
    "length beyond the end": seal_padded(b"r" * 16 + b"\xff\xff\xff\xff" + b"x" * 11 + b"\x01", KEY),
    "length of two gigabytes": padded(1, length=2**31),
    "nothing but padding": seal_padded(b"\x20" * 32, KEY),
    "one block": seal_padded(b"\x10" * 16, KEY),
    "half a block": base64.b64encode(b"x" * 24).decode(),
    "not Base64": "%%%%",
    "Base64 without its end": "QUJD" * 11 + "Q",
    "wrong receiver": seal(b"<xml/>", KEY, "ww-another", b"r" * 16),
    "no receiver": seal(b"<xml/>", KEY, "", b"r" * 16),
    "receiver and more": seal(b"<xml/>", KEY, WeComServer.corp_id + "x", b"r" * 16),
    "message not UTF-8": seal("接单".encode("gbk"), KEY, WeComServer.corp_id, b"r" * 16),
    "sealed with another key": seal(b"<xml/>", NEXT.aes_key, WeComServer.corp_id, b"r" * 16),
}


@pytest.mark.parametrize("name", SEALS)
def test_an_unsound_seal_is_turned_away_though_well_signed(name: str) -> None:
    assert shut(carrying(SEALS[name])) == 403


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
XML: dict[str, bytes] = {
    "empty": b"",
    "no XML": b"hello",
    "JSON": b'{"Encrypt": "x"}',
    "billion laughs": (LAUGHS + "]><xml><Encrypt>&i;</Encrypt></xml>").encode(),
    "quadratic": b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 50_000 + b'">]><xml>' + b"&a;" * 1000 + b"</xml>",
    "local file": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>',
    "remote entity": b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://169.254.169.254/">]><xml><Encrypt>&e;</Encrypt></xml>',
    "parameter entity": b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]><xml><Encrypt>x</Encrypt></xml>',
    "remote DTD": b'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd"><xml><Encrypt>x</Encrypt></xml>',
    "public DTD": b'<!DOCTYPE xml PUBLIC "-//W3C//DTD" "http://127.0.0.1/x"><xml><Encrypt>x</Encrypt></xml>',
    "bare DOCTYPE": b"<!DOCTYPE xml><xml><Encrypt>x</Encrypt></xml>",
    "undeclared entity": b"<xml><Encrypt>&nothing;</Encrypt></xml>",
    "inclusion": b'<xml xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///etc/passwd" parse="text"/></xml>',
    "stylesheet": b'<?xml-stylesheet href="file:///etc/passwd"?><xml></xml>',
    "other root": b"<html><Encrypt>x</Encrypt></html>",
    "two roots": b"<xml><Encrypt>x</Encrypt></xml><xml/>",
    "unclosed": b"<xml><Encrypt>x</Encrypt>",
    "NUL": b"<xml><Encrypt>\0</Encrypt></xml>",
    "GBK": "<xml><Encrypt>接单</Encrypt></xml>".encode("gbk"),
    "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADw-xml+AD4-+ADw-Encrypt+AD4-x+ADw-/Encrypt+AD4-+ADw-/xml+AD4-',
    "UTF-16": '<?xml version="1.0" encoding="UTF-16"?><xml><Encrypt>x</Encrypt></xml>'.encode("utf-16"),
    "UTF-32": "<xml><Encrypt>x</Encrypt></xml>".encode("utf-32"),
    "Encrypt twice": b"<xml><Encrypt>x</Encrypt><Encrypt>y</Encrypt></xml>",
    "Encrypt nested": b"<xml><a><Encrypt>x</Encrypt></a></xml>",
    "Encrypt as attribute": b'<xml Encrypt="x"></xml>',
    "Encrypt empty": b"<xml><Encrypt></Encrypt></xml>",
    "Encrypt with an element inside": b"<xml><Encrypt><b>x</b></Encrypt></xml>",
    "100,000 deep": b"<xml>" + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</xml>",
    "attribute of 200 KB": b'<xml a="' + b"x" * 200_000 + b'"></xml>',
    "9 MB": b"<xml><Encrypt>" + b"x" * 9_000_000 + b"</Encrypt></xml>",
    "one byte too many": b"<xml><Encrypt>" + b"x" * (MOST_BODY + 1 - 29) + b"</Encrypt></xml>",
}


@pytest.mark.parametrize("name", XML)
def test_hostile_xml_is_turned_away(name: str) -> None:
    async def story() -> None:
        rig = AppRig()
        answer = await rig.channel.receive(replace(rig.hook("接单"), body=XML[name]), rig.inbox.accept)
        assert 400 <= answer.status < 500 and answer.body == b"" and rig.inbox.calls == 0

    asyncio.run(story())


@pytest.mark.parametrize(
    "name", sorted(set(XML) - {"GBK", "UTF-16", "UTF-32", "attribute of 200 KB", "9 MB", "one byte too many"})
)
def test_hostile_xml_inside_a_good_seal_is_kept_and_acknowledged(name: str) -> None:
    async def story() -> None:
        rig = AppRig()
        answer = await rig.channel.receive(
            carrying(seal(XML[name], KEY, rig.server.corp_id, b"r" * 16)), rig.inbox.accept
        )
        assert answer.status == 200 and rig.inbox.quarantine == [XML[name]]
        hint = rig.server.callback(rig.server.kf, XML[name].decode())
        rig2 = KfRig()
        assert (await rig2.channel.receive(hint, rig2.inbox.accept)).status == 200

    asyncio.run(story())
