"""SIP without a call: what is dialled, what final answers mean, which settings cannot be followed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.words import CallEnd, Unreadable
from notifier.carriers.sip import Sip, SipConfig
from notifier.carriers.sip_worker import end_of

TRUNK = SipConfig(domain="pbx.example:5070")


@pytest.mark.parametrize(
    ("config", "number", "address"),
    [
        (TRUNK, "+8613800000001", "sip:+8613800000001@pbx.example:5070"),
        (replace(TRUNK, numbers="sip:9{national}@{domain}"), "+8613800000001", "sip:913800000001@pbx.example:5070"),
        (replace(TRUNK, numbers="sip:00{digits}@{domain}"), "+4930123456", "sip:004930123456@pbx.example:5070"),
        (TRUNK, "8001", "sip:8001@pbx.example:5070"),
        (TRUNK, "sip:eng@192.168.1.20", "sip:eng@192.168.1.20"),
        (SipConfig(), "sip:eng@[fd00::1]:5062", "sip:eng@[fd00::1]:5062"),
        (SipConfig(), "+8613800000001", None),
        (TRUNK, "", None),
        (TRUNK, "+86 138", None),
        (TRUNK, "13800000001@elsewhere.example", None),
        (TRUNK, "sip:eng@192.168.1.20\nX-Header: 1", None),
        (TRUNK, "sip:eng@192.168.1.20;transport=tcp", None),
        (TRUNK, "sip:eng 2@192.168.1.20", None),
    ],
)
def test_what_is_dialled(config: SipConfig, number: str, address: str | None) -> None:
    assert config.address(number) == address


@pytest.mark.parametrize("wrong", [{"keys": "1a"}, {"transport": "pigeon"}, {"plays": 0}, {"ring": 0}, {"lines": 0}])
def test_settings_that_no_telephone_could_follow(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(TRUNK, **wrong)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="numbers"):
        replace(TRUNK, numbers="sip:{nonsense}@{domain}")
    assert "secret" not in repr(SipConfig(password="secret"))


def test_what_is_not_its_own_is_unreadable() -> None:
    for raw in (
        b"",
        b"[]",
        b'{"provider":"sip"}',
        b'{"provider":"sim","room":"voice/a/b","call":"c","at":1,"end":"busy"}',
    ):
        with pytest.raises(Unreadable):
            Sip.read(raw)


@pytest.mark.parametrize(
    ("reason", "rang", "end"),
    [
        ("600 Busy Everywhere", True, CallEnd.BUSY),
        ("607 Unwanted", True, CallEnd.DECLINED),
        ("484 Address Incomplete", False, CallEnd.INVALID),
        ("480 Temporarily Unavailable", False, CallEnd.UNREACHABLE),
        ("480 Temporarily Unavailable", True, CallEnd.NO_ANSWER),
        ("408 Request Timeout", True, CallEnd.NO_ANSWER),
        ("403 Forbidden", False, CallEnd.FAILED),
        ("488 Not Acceptable Here", False, CallEnd.FAILED),
        ("429 Provide Referrer Identity", False, CallEnd.THROTTLED),
        ("Connection refused [111]", False, CallEnd.UNREACHABLE),
        ("", False, CallEnd.UNREACHABLE),
        (None, True, CallEnd.UNREACHABLE),
    ],
)
def test_what_final_answers_mean(reason: str | None, rang: bool, end: CallEnd) -> None:
    assert end_of(reason, rang) is end
