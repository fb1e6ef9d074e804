"""The same form on a page: the conditions live in a real browser, and looked at again by the server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.forms import forms_of
from core.forms.filling import answers_of
from core.store.turn import Turn
from core.tickets.queries import by_number
from tests import not_run
from tests.web.site import Site, mind, running

LAUNCH = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A workshop's desk on the web."""
    mind()
    folder = tmp_path_factory.mktemp("workshop")
    shutil.copy(sqlite_template, folder / "desk.db")
    with running(f"sqlite:///{folder / 'desk.db'}", folder, forms=forms_of(["machinery"])) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = not_run.needs("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=LAUNCH)
        yield started
        started.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A Chinese reader's phone, on which nothing may go wrong."""
    context = browser.new_context(locale="zh-CN", viewport=PHONE)  # type: ignore[arg-type]
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console", lambda line: wrong.append(line.text) if line.type == "error" and "422" not in line.text else None
    )
    yield page
    context.close()
    assert wrong == []


def answers(site: Site, number: str) -> dict[str, tuple[object, ...]]:
    """What the ticket's form holds."""

    def look(turn: Turn) -> dict[str, tuple[object, ...]]:
        ticket = by_number(turn, "main", number)
        assert ticket is not None
        return dict(answers_of(turn, ticket))

    return site.act(look)


@pytest.mark.req("S51", "S57", "S76", "S77", "S78", "S9")
def test_a_report_by_form_on_a_phone(site: Site, phone: Page, tmp_path: Path) -> None:
    phone.goto(f"{site.url}/form")
    phone.get_by_role("link", name="产线设备故障").click()
    pressure = phone.locator("[data-field=oil_pressure]")
    expect(pressure).to_be_hidden()
    phone.get_by_text("液压站异常").click()
    expect(pressure).to_be_visible()
    noise, photo = phone.locator("[data-field=pump_noise]"), phone.locator("[data-field=pump_photo]")
    expect(noise).to_be_hidden()
    pressure.locator("input").fill("6.5")
    expect(noise).to_be_visible()
    noise.get_by_text("是", exact=True).click()
    expect(photo).to_be_visible()
    pressure.locator("input").fill("16")
    expect(photo).to_be_hidden()
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("alert").first).to_contain_text("3 项")
    phone.screenshot(path="/tmp/forms_wrong.png", full_page=True)
    expect(pressure.locator("input")).to_have_value("16")
    phone.locator("[data-field=fault_symptom] textarea").fill("液压站掉压 <script>alert(1)</script>")
    phone.locator("[data-field=filter_changed] input").fill("2026-01-15")
    phone.get_by_text("机加工", exact=True).click()
    phone.locator("[data-field=impact] input[type=range]").press("ArrowRight")
    phone.screenshot(path="/tmp/forms_filled.png", full_page=True)
    phone.get_by_role("button", name="提交").click()
    expect(phone.locator(".told")).to_contain_text("已提交")
    phone.screenshot(path="/tmp/forms_done.png", full_page=True)
    number = phone.locator("h1").inner_text()
    found = answers(site, number)
    assert found["oil_pressure"] == (16,) and found["filter_changed"] == ("2026-01-15",)
    assert found["line"] == ("machining",) and found["impact"] == (4,)
