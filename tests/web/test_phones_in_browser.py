"""The telephones of the demonstration, in a real browser: a P0 on which nobody moves, told by whose telephone rings."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.web.test_in_browser import DESKTOP, PHONE, browser, english, page, phone, says

__all__ = ["browser", "english", "page", "phone"]

P0 = "整条生产线停了，注塑机冒烟"
SIMULATED = "模拟电话 – no carrier"
WAIT = 20_000
"""Milliseconds for whatever the desk does of its own accord."""


def telephone(page: Page, key: str):
    return page.locator(f"[data-phone={key}]")


def sixty_minutes(page: Page, label: str = "+60 分") -> None:
    button = page.get_by_role("button", name=label)
    button.click()
    expect(button).to_be_enabled(timeout=WAIT)


def until(page: Page, condition: str) -> None:
    """The page forbids what would evaluate a condition within it."""
    give_up = time.monotonic() + WAIT / 1000
    while not page.evaluate(condition):
        assert time.monotonic() < give_up, condition
        page.wait_for_timeout(50)


def reported(page: Page, address: str, words: str = P0) -> None:
    """A P0 is on the board, and the engineer has his SMS."""
    page.goto(address)
    says(page, "#customer", words)
    expect(page.locator("[data-column=unassigned] .ticket.P0")).to_contain_text("GD-1001", timeout=WAIT)
    expect(telephone(page, "engineer").locator("em")).not_to_be_empty(timeout=WAIT)


@pytest.mark.req("S10", "S11")
def test_nobody_moves_on_a_p0_and_telephones_ring_one_level_after_another(demo: str, page: Page) -> None:
    reported(page, demo)
    device = page.locator(".device")
    telephone(page, "engineer").click()
    expect(device.locator(".sms")).to_contain_text("GD-1001")
    expect(device.locator(".simulated")).to_have_text(SIMULATED)
    sixty_minutes(page)
    expect(telephone(page, "manager")).to_have_class(re.compile("ringing"), timeout=WAIT)
    expect(page.locator(".stopped")).to_be_visible()
    expect(device).to_contain_text("孙经理")
    expect(device.locator(".simulated")).to_have_text(SIMULATED)
    device.get_by_role("button", name="接听").click()
    expect(device.locator(".prompt")).to_contain_text(re.compile("GD-1001.*60分钟无人处理.*请按1"))
    expect(page.locator(".stopped")).to_be_hidden()
    device.locator("[data-key='1']").click()
    expect(device.locator(".keys")).to_have_text("1")
    expect(page.locator("#engineer .chat:visible .log")).to_contain_text("孙经理已接手 GD-1001", timeout=WAIT)
    device.get_by_role("button", name="挂断").click()
    expect(device.locator(".log-call")).to_contain_text("接听，按了 1")
    page.get_by_role("tab", name=re.compile("孙经理")).click()
    expect(page.locator("#engineer .chat:visible .log")).to_contain_text("已由你接手 GD-1001")
    sixty_minutes(page)
    expect(telephone(page, "director")).to_have_class(re.compile("ringing"), timeout=WAIT)
    expect(telephone(page, "manager")).not_to_have_class(re.compile("ringing"))
    expect(device).to_contain_text("李总监")
    device.get_by_role("button", name="接听").click()
    expect(device.locator(".prompt")).to_contain_text("120分钟无人处理")


@pytest.mark.req("S11")
def test_a_call_that_is_declined_acknowledges_nothing(demo: str, page: Page) -> None:
    reported(page, demo)
    sixty_minutes(page)
    device = page.locator(".device")
    device.get_by_role("button", name="拒接").click(timeout=WAIT)
    expect(telephone(page, "director")).to_have_class(re.compile("ringing"), timeout=WAIT)
    telephone(page, "manager").click()
    expect(device.locator(".log-call")).to_contain_text("拒接", timeout=WAIT)
    expect(page.locator("#engineer .chat:visible .log")).not_to_contain_text("已接手")


def test_an_sms_is_answered_from_the_inbox(demo: str, page: Page) -> None:
    reported(page, demo)
    telephone(page, "engineer").click()
    device = page.locator(".device")
    device.locator(".reply input").fill("1")
    device.locator(".reply input").press("Enter")
    expect(device.locator(".sms.mine")).to_have_text(re.compile("^1"))
    expect(device.locator(".reply input")).to_have_value("")
    expect(page.locator("#engineer .chat:visible .log")).to_contain_text("GD-1001 的告警", timeout=WAIT)


def test_a_call_can_be_let_ring_until_it_ends(demo: str, page: Page) -> None:
    reported(page, demo)
    sixty_minutes(page)
    expect(telephone(page, "manager")).to_have_class(re.compile("ringing"), timeout=WAIT)
    page.locator(".device .close").click()
    expect(page.locator(".device")).to_be_hidden()
    page.get_by_role("button", name="+10 分").click()
    expect(telephone(page, "manager")).not_to_have_class(re.compile("ringing"), timeout=WAIT)
    expect(telephone(page, "manager").locator("em")).to_contain_text("未接 1")
    telephone(page, "manager").click()
    expect(telephone(page, "manager").locator("em")).to_be_empty()
    expect(page.locator(".device .log-call").first).to_contain_text("未接来电")


@pytest.mark.req("S11")
def test_it_rings_aloud_and_reads_the_prompt_only_when_asked_to(demo: str, english: Page) -> None:
    english.add_init_script(
        "window.heard = []; window.tones = 0;"
        "speechSynthesis.speak = (said) => heard.push([said.lang, said.text]);"
        "const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (...when) { tones += 1; return start.apply(this, when); };"
    )
    reported(english, demo, "The whole production line has stopped, the machine is smoking")
    sixty_minutes(english, "+60 min")
    expect(telephone(english, "manager")).to_have_class(re.compile("ringing"), timeout=WAIT)
    assert english.evaluate("[heard.length, tones]") == [0, 0]
    english.get_by_role("button", name="Sound off").click()
    until(english, "tones > 0")
    english.get_by_role("button", name="Answer").click()
    until(english, "heard.length === 1")
    ((spoken, words),) = english.evaluate("heard")
    assert spoken == "en-GB" and "GD-1001" in words and "press 1" in words
    english.keyboard.press("1")
    expect(english.locator("#engineer .chat:visible .log")).to_contain_text("Sun has taken the alarm", timeout=WAIT)


def test_it_rings_on_a_narrow_screen_too(demo: str, phone: Page) -> None:
    reported(phone, demo)
    sixty_minutes(phone)
    device = phone.locator(".device")
    expect(device.get_by_role("button", name="接听")).to_be_in_viewport(timeout=WAIT)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] < DESKTOP["width"]
    small = "[...document.querySelectorAll('.device button')].filter(b => b.offsetParent && b.offsetHeight < 32).length"
    device.get_by_role("button", name="接听").click()
    expect(device.locator(".pad button")).to_have_count(12)
    assert phone.evaluate(small) == 0
    device.get_by_role("button", name="挂断").click()
    expect(device).to_be_hidden()
