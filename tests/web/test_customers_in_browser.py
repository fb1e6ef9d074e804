"""A customer's phone, a real browser: from the link in the chat to the page that goes on by itself (S97, S99)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.site import Site
from tests.web.test_in_browser import PHONE, browser, phone

__all__ = ["browser", "phone"]

WAIT = 15_000
"""Milliseconds; the page asks every five seconds."""
SMALL = (
    "[...document.querySelectorAll('main a')].filter(a => a.getBoundingClientRect().height < 44).map(a => a.outerHTML)"
)
"""What is to be tapped and is too small for a finger."""
WIDE = "document.documentElement.scrollWidth"


@pytest.mark.req("S97", "S99")
def test_from_the_chat_to_a_page_that_goes_on_by_itself(site: Site, phone: Page) -> None:
    liu, wang = site.engineer("liu"), site.visitor("wang")
    wang.says("二楼会议室投影仪打不开，我电话13800138021")
    wang.waits_for("GD-1001")
    liu.says("接单 1001")
    wang.waits_for("刘工已接您的单")
    wang.says("修好了吗")
    phone.goto(wang.waits_for("工程师已接单")["link"])
    expect(phone.locator(".status")).to_have_text("已接单")
    assert "?p=" not in phone.url and phone.url.endswith("/c/GD-1001")
    liu.says("到了")
    expect(phone.locator(".status")).to_have_text("现场处理中", timeout=WAIT)
    expect(phone.locator(".story li").first).to_contain_text("刘工已到现场")
    expect(phone.locator("#said")).to_contain_text("正在现场处理")
    expect(phone.locator("[aria-current=step]")).to_have_text("上门处理")
    expect(phone.locator("main")).not_to_contain_text("13800138021")
    _fits(phone)
    phone.route("**/now", lambda route: route.abort())
    expect(phone.locator(".offline")).to_be_visible(timeout=WAIT)
    phone.unroute("**/now")
    expect(phone.locator(".offline")).to_be_hidden(timeout=WAIT)

    wang.says("我的工单")
    phone.goto(wang.waits_for("您的工单")["link"])
    _fits(phone)
    phone.get_by_role("link", name=re.compile("GD-1001")).first.click()
    expect(phone).to_have_url(re.compile("/my/tickets/GD-1001$"))
    phone.go_back()
    expect(phone.get_by_role("heading", level=1)).to_have_text("我的设备和工单")


def _fits(page: Page) -> None:
    """Nothing is cut off or too small to be tapped, also in letters of double size."""
    assert page.evaluate(SMALL) == []
    assert page.evaluate(WIDE) <= PHONE["width"]
    page.evaluate("document.documentElement.style.fontSize = '187.5%'")
    assert page.evaluate(WIDE) <= PHONE["width"]
    page.evaluate("document.documentElement.style.fontSize = ''")
