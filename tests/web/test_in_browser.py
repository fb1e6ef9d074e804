"""The demonstration as a stranger meets it: a real browser, the real page, the real command."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests import not_run

LAUNCH = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c6348f8711e0003"
    "e3022805b2d01e0000000049454e44ae426082"
)
"""A picture of one pixel."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = not_run.needs("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=LAUNCH)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a Chinese reader, on which nothing may go wrong."""
    yield from _page(browser, DESKTOP, "zh-CN")


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """The same on a phone."""
    yield from _page(browser, PHONE, "zh-CN")


@pytest.fixture
def english(browser: Browser) -> Iterator[Page]:
    """A page of an English reader."""
    yield from _page(browser, DESKTOP, "en-GB")


def _page(browser: Browser, size: dict[str, int], locale: str) -> Iterator[Page]:
    context = browser.new_context(locale=locale, viewport={"width": size["width"], "height": size["height"]})
    page, wrong = context.new_page(), []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "net::ERR_FAILED" not in message.text:
            wrong.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message) or dialog.dismiss())
    yield page
    context.close()
    assert wrong == []


def says(page: Page, pane: str, text: str) -> None:
    box = page.locator(f"{pane} .chat:visible textarea")
    box.fill(text)
    box.press("Enter")


@pytest.mark.req("S65", "S83", "S84", "S86", "S98")
def test_within_a_minute_a_stranger_has_seen_one_ticket_through(demo: str, page: Page) -> None:
    began = time.monotonic()
    page.goto(demo)
    expect(page.locator(".banner")).to_contain_text("演示")
    says(page, "#customer", "二楼会议室投影仪打不开")
    expect(page.locator("[data-column=unassigned]")).to_contain_text("GD-1001")
    offer = page.locator("#engineer .line", has_text="GD-1001")
    offer.get_by_role("button", name="接单").click()
    expect(page.locator("[data-column=accepted]")).to_contain_text("刘工")
    expect(page.locator("#customer .log")).to_contain_text("刘工已接您的单")
    page.locator("#engineer .chip", has_text="到了").click()
    expect(page.locator("[data-column=on_site]")).to_contain_text("GD-1001")
    page.locator("#engineer .chip", has_text="完成 1001").click()
    expect(page.locator("[data-column=over]")).to_contain_text("待确认")
    page.locator("#customer .chip", has_text="修好了吗").click()
    expect(page.locator("#customer .line.theirs:not(.dots)").last).to_contain_text("刘工")
    expect(page.locator(".guide li.past")).to_have_count(4)
    assert time.monotonic() - began < 60
    page.get_by_role("button", name="+3 天").click()
    expect(page.locator("[data-column=over] .badge")).to_have_text("已关闭")


def test_four_presses_of_the_guide_tell_the_same_story(demo: str, page: Page) -> None:
    page.goto(demo)
    for number in range(1, 5):
        page.locator(".guide .next button").click()
        expect(page.locator(f".guide li:nth-child({number})")).to_have_class("past", timeout=15_000)
    expect(page.locator("#engineer .chat:visible .log")).to_contain_text("GD-1001 已完成")


def test_the_story_can_be_told_in_english(demo: str, english: Page) -> None:
    english.goto(demo)
    expect(english.locator(".banner")).to_contain_text("Demonstration")
    for number in range(1, 5):
        english.locator(".guide .next button").click()
        expect(english.locator(f".guide li:nth-child({number})")).to_have_class("past", timeout=15_000)


HOSTILE = (
    "<script>document.title='x'</script>",
    "<img src=x onerror=\"document.title='x'\">",
    "{{7*7}} ${7*7} &lt;b&gt;",
    "[点我](javascript:alert(1)) <a href='javascript:alert(1)'>点我</a>",
    "\u202egnp.exe<svg/onload=alert(1)>",
)


@pytest.mark.req("S18")
def test_words_are_shown_as_words(shared: str, page: Page) -> None:
    page.goto(shared)
    for text in HOSTILE:
        says(page, "#customer", f"投影仪打不开 {text}")
        expect(page.locator("#customer .line.mine p").last).to_have_text(f"投影仪打不开 {text}")
    card = page.locator("#engineer .card").first
    for text in HOSTILE:
        expect(card).to_contain_text(text)
    assert "回应" in page.title()
    assert page.locator(".log script, .log img, .log svg, .board script, .log p a, .log dl a").count() == 0
    page.goto(card.locator("a.link").get_attribute("href") or "")
    for text in HOSTILE:
        expect(page.locator(".story")).to_contain_text(text)
    assert page.locator(".page script, .page img, .page svg, .page a").count() == 0


def test_a_customer_who_asks_for_a_person_lights_the_managers_tab(shared: str, page: Page) -> None:
    page.goto(shared)
    says(page, "#customer", "转人工")
    tab = page.get_by_role("tab", name=re.compile("孙经理"))
    expect(tab).to_have_class(re.compile("news"))
    tab.click()
    expect(tab).not_to_have_class(re.compile("news"))
    expect(page.locator("#engineer .chat:visible .log")).to_contain_text("王女士")


@pytest.mark.req("S51", "S65")
def test_a_customer_writes_from_a_phone_and_comes_back(shared: str, phone: Page) -> None:
    phone.goto(f"{shared}/chat")
    says(phone, "", "空调不制冷，一直滴水")
    expect(phone.locator(".line.theirs:not(.dots)").last).to_contain_text("GD-", timeout=15_000)
    phone.locator("input[type=file]").set_input_files({"name": "现场.png", "mimeType": "image/png", "buffer": PIXEL})
    picture = phone.locator(".line.mine .picture img")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 1)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = "[...document.querySelectorAll('button')].filter(b => b.offsetParent && b.offsetHeight < 32).length"
    assert phone.evaluate(small) == 0
    phone.locator("textarea").fill("还没写完")
    phone.reload()
    expect(phone.locator(".line.mine").first).to_contain_text("一直滴水")
    expect(phone.locator("textarea")).to_have_value("还没写完")


def test_a_message_that_did_not_go_can_be_sent_again(shared: str, phone: Page) -> None:
    phone.goto(f"{shared}/chat")
    phone.route("**/hook/webchat", lambda route: route.abort())
    says(phone, "", "空调漏水")
    retry = phone.locator(".retry")
    expect(retry).to_be_visible()
    phone.unroute("**/hook/webchat")
    retry.click()
    expect(retry).to_have_count(0)
    expect(phone.locator(".line.mine")).to_have_count(1)


@pytest.mark.req("S6", "S7", "S83")
def test_an_engineer_opens_the_ticket_from_his_card_on_a_phone(demo: str, page: Page, phone: Page) -> None:
    page.goto(demo)
    says(page, "#customer", "二楼会议室空压机漏油，很急")
    says(page, "#customer", "我姓王，电话13800138021")
    page.locator("#customer input[type=file]").first.set_input_files(
        {"name": "漏油处.png", "mimeType": "image/png", "buffer": PIXEL}
    )
    card = page.locator("#engineer .card", has_text="GD-1001").first
    link = card.locator("a").get_attribute("href")
    assert link is not None and link.startswith(f"{demo}/t/GD-1001?p=")
    phone.goto(link)
    phone.wait_for_url(f"{demo}/t/GD-1001")
    expect(phone.locator("h1")).to_contain_text("空压机")
    expect(phone.locator(".state .column")).to_have_text("待接单")
    expect(phone.locator(".files img")).not_to_have_js_property("naturalWidth", 0)
    assert phone.evaluate("document.querySelector('.files img').naturalWidth") > 1, "its marked copy"
    expect(phone.locator(".story")).to_contain_text("打开页面")
    page.locator("#engineer .line", has_text="GD-1001").get_by_role("button", name="接单").first.click()
    expect(phone.locator(".state .column")).to_have_text("已接单")
    hue = "getComputedStyle(document.querySelector('.state b'), '::before').backgroundColor"
    assert phone.evaluate(hue) == "rgb(36, 104, 216)"
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.go_back()
    assert "p=" not in phone.url


def test_a_link_that_is_over_says_so(shared: str, page: Page) -> None:
    page.goto(f"{shared}/")
    answer = page.request.get(f"{shared}/t/GD-1001?p=nothing")
    assert answer.status == 403 and "聊天里再要一个" in answer.text()
