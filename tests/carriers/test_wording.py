"""Numbers and parameters in the spelling of the providers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.words import Room
from notifier.carriers.numbers import domestic, e164, international, listed
from notifier.carriers.templates import BLANK, worded
from notifier.carriers.wire import Trouble

MOST = 12


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("13800000002", "+8613800000002"),
        ("8613800000002", "+8613800000002"),
        ("+8613800000002", "+8613800000002"),
        ("008613800000002", "+8613800000002"),
        ("057188880000", "+8657188880000"),
        ("85290000002", "+85290000002"),
    ],
)
def test_a_number_has_one_spelling(told: str, number: str) -> None:
    assert e164(told) == number
    room = Room("voice", "aliyun", number)
    assert Room.of(str(room)) == room


@pytest.mark.parametrize("told", ["", "1380000****", "abc", "0", "12", "+86 138", "1" * 16, "١٣٨٠٠٠٠٠٠٠٢"])
def test_what_is_no_number_is_not_taken_for_one(told: str) -> None:
    with pytest.raises(ValueError):
        e164(told)
    with pytest.raises(ValueError):
        international("86", told + "x")


@pytest.mark.parametrize(("number", "dialled"), [("+8613800000002", "13800000002"), ("+8657188880000", "057188880000")])
def test_a_number_is_dialled_as_at_home(number: str, dialled: str) -> None:
    assert domestic(number) == dialled and e164(dialled) == number == e164(
        listed(number) if dialled[0] == "1" else dialled
    )


@pytest.mark.parametrize("number", ["+85290000002", "+15005550006", "+8610", "+8612345678901"])
def test_nobody_abroad_is_called(number: str) -> None:
    with pytest.raises(Trouble) as refused:
        domestic(number)
    assert refused.value.state in ("refused", "gone") and number not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "goes"),
    [
        ("【催】停机", "[催]停机"),
        ("a\r\n b\tc", "a b c"),
        ("", BLANK),
        ("　 ", BLANK),
        ("http://a.b/c?d 停机", "链接 停机"),
        ("3.5 mm E-07", "3.5 mm E-07"),
        ("x" * MOST, "x" * MOST),
        ("x" * (MOST + 1), "x" * (MOST - 1) + "…"),
        ("半\ud83d个", "半个"),
    ],
)
def test_a_parameter_is_worded_as_providers_take_it(said: str, goes: str) -> None:
    assert worded(said, MOST) == goes


@given(st.text(max_size=60))
def test_any_parameter_can_be_sent(said: str) -> None:
    goes = worded(said, MOST)
    assert 1 <= len(goes) <= MOST and goes.encode() and "\n" not in goes and "://" not in goes and goes == goes.strip()
