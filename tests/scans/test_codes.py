"""Tokens of QR codes: they fit every platform, come back as they were, and cannot be made by others."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scans.codes import LONGEST, MOST_TARGET, Code, CodeKind, Codes, looks_like_token

CODES = Codes(b"key of one desk")
KINDS: tuple[CodeKind, ...] = ("device", "customer", "team")
codes = st.builds(
    Code, st.sampled_from(KINDS), st.text(min_size=1, max_size=MOST_TARGET).filter(lambda text: _fits(text))
)


def _fits(text: str) -> bool:
    try:
        return 0 < len(text.encode()) <= MOST_TARGET
    except UnicodeEncodeError:
        return False


@given(codes)
@pytest.mark.req("S67")
def test_a_token_comes_back_as_it_was_and_fits_every_platform(code: Code) -> None:
    token = CODES.token("main", code)
    assert CODES.read("main", token) == code
    assert len(token) <= LONGEST == 64 and re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert looks_like_token(token)


@given(codes, st.data())
def test_a_token_of_which_one_character_is_another_is_none(code: Code, data: st.DataObject) -> None:
    token = CODES.token("main", code)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"))
    altered = token[:at] + other + token[at + 1 :]
    assert altered == token or CODES.read("main", altered) is None


@given(codes)
def test_a_token_of_another_desk_or_entity_is_none(code: Code) -> None:
    token = CODES.token("main", code)
    assert Codes(b"another key").read("main", token) is None
    assert CODES.read("branch", token) is None


@given(st.text(max_size=200))
def test_any_other_text_is_no_token(text: str) -> None:
    assert CODES.read("main", text) is None


@pytest.mark.parametrize("target", ["", "x" * (MOST_TARGET + 1), "夜班组" * 4])
def test_what_does_not_fit_is_said_when_the_code_is_made(target: str) -> None:
    with pytest.raises(ValueError, match="1 to 35 bytes"):
        CODES.token("main", Code("team", target))


def test_a_code_keeps_its_key_to_itself() -> None:
    assert "key of" not in repr(CODES)
