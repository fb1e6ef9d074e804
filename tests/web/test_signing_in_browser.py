"""A telephone opens the link from the chat, its owner signs with a finger, and the signed report is in the chat (S66, S100)."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests import not_run
from tests.scenario import press
from tests.web.signing import Customer
from tests.web.site import Site, running
from tests.web.test_in_browser import LAUNCH

WITHIN = 3.0
"""Seconds from the tap on the button until the signed report is in the chat."""
UPRIGHT: ViewportSize = {"width": 390, "height": 844}
SIDEWAYS: ViewportSize = {"width": 844, "height": 390}
STEP = 0.012
"""Seconds between two points of a finger."""
REST = 0.12
"""Seconds for which it rests before it is lifted: one that is flung away makes the browser take the next tap for a stop."""

Line = list[tuple[float, float]]


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A desk that makes reports."""
    folder = tmp_path_factory.mktemp("signed")
    shutil.copy(sqlite_template, folder / "desk.db")
    with running(f"sqlite:///{folder / 'desk.db'}", folder, press=press()) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = not_run.needs("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=LAUNCH)
        yield started
        started.close()


class Phone:
    """A telephone with a finger on it; nothing may go wrong on its page."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self._finger = context.new_cdp_session(self.page)

    def draws(self, *lines: Line) -> None:
        """Lines in parts of the width and height of the field."""
        box = self.page.locator("#pad canvas").bounding_box()
        assert box is not None
        for line in lines:
            points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in line]
            self._touch("touchStart", points[0])
            for point in points[1:]:
                self._touch("touchMove", point)
                time.sleep(STEP)
            time.sleep(REST)
            self._touch("touchEnd")

    def ink(self) -> int:
        """How many pixels of the field are not white."""
        count = "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
        return self.page.locator("#pad canvas").evaluate(
            f"{count} for (let i = 3; i < d.length; i += 4) n += d[i] > 60; return n; }}"
        )

    def _touch(self, kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y} for x, y in points]
        self._finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})


@pytest.fixture
def phone(browser: Browser) -> Iterator[Phone]:
    context = browser.new_context(
        locale="zh-CN",
        viewport=UPRIGHT,
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
    )
    found = Phone(context)
    yield found
    context.close()
    assert found.wrong == []


def line(start: tuple[float, float], end: tuple[float, float], points: int = 12) -> Line:
    (x, y), (across, down) = start, (end[0] - start[0], end[1] - start[1])
    return [(x + across * place / points, y + down * place / points) for place in range(points + 1)]


WANG = (
    line((0.3, 0.2), (0.7, 0.2)),
    line((0.32, 0.45), (0.68, 0.45)),
    line((0.5, 0.2), (0.5, 0.75)),
    line((0.25, 0.75), (0.75, 0.75)),
)


@pytest.mark.req("S66", "S100")
def test_a_finger_signs_and_the_report_is_in_the_chat_within_three_seconds(
    site: Site, phone: Phone, tmp_path: Path, record_property: pytest.FixtureRequest
) -> None:
    wang, page = Customer(site, "wang", site.engineer("liu"), called="王𬭎"), phone.page
    page.goto(wang.link)
    page.wait_for_url(f"{site.url}{wang.path}")
    assert "p=" not in page.url
    expect(page.locator(".document img").first).to_have_js_property("complete", True)
    assert page.locator(".document img").first.evaluate("image => image.naturalWidth") > 600
    expect(page.locator("#name")).to_have_value("王𬭎")
    assert page.evaluate("document.documentElement.scrollWidth") <= UPRIGHT["width"]
    page.locator("#send").tap()
    expect(page.locator("#wrong")).to_have_text("还没有签名，请先签名再提交。")
    page.locator("#pad").scroll_into_view_if_needed()
    phone.draws(*WANG)
    expect(page.locator("#wrong")).to_be_hidden()
    began = time.monotonic()
    page.locator("#send").tap()
    told = wang.chat.waits_for(wang.number, "已有您的签字")
    took = time.monotonic() - began
    record_property("seconds", round(took, 2))  # type: ignore[operator]
    assert took < WITHIN
    expect(page.locator(".told")).to_contain_text("王𬭎已在")
    [file] = told["files"]
    document = site.desk.files.get(file["hash"])
    found = press().check(document)
    assert found.verdict == "valid" and [one.by for one in found.signatures] == ["company", "customer"]
    assert found.signatures[1].name.startswith("王")
    assert_pdfsig_agrees(document, tmp_path / "signed.pdf")


def assert_pdfsig_agrees(document: bytes, path: Path) -> None:
    """A reader that knows nothing of us finds two signatures, and both hold."""
    path.write_bytes(document)
    said = subprocess.run([not_run.needs("pdfsig"), str(path)], capture_output=True, text=True, timeout=30).stdout
    assert said.count("Signature is Valid") == 2, said


def test_what_was_drawn_outlives_a_turn_of_the_phone(site: Site, phone: Phone) -> None:
    wang, page = Customer(site, "turning", site.engineer("zhao")), phone.page
    page.goto(wang.link)
    page.locator("#pad").scroll_into_view_if_needed()
    phone.draws(*WANG)
    drawn = phone.ink()
    page.locator("#undo").tap()
    assert 0 < phone.ink() < drawn
    phone.draws(WANG[-1])
    page.set_viewport_size(SIDEWAYS)
    page.wait_for_timeout(200)
    assert phone.ink() > drawn / 2
    page.set_viewport_size(UPRIGHT)
    page.locator("#wide").tap()
    page.wait_for_timeout(200)
    assert page.locator("#pad").bounding_box() == {"x": 0, "y": 0, **UPRIGHT}
    assert phone.ink() > drawn / 2
    page.locator("#anew").tap()
    assert phone.ink() == 0
    phone.draws(line((0.7, 0.2), (0.7, 0.8)), line((0.3, 0.2), (0.3, 0.8)))
    page.locator("#narrow").tap()
    page.locator("#send").tap()
    wang.chat.waits_for(wang.number, "已有您的签字")
    signature = wang.signature
    assert signature is not None and signature.strokes is not None
    for stroke in signature.strokes:
        (left, top), (right, low) = stroke[0], stroke[-1]
        assert right - left > 300 and abs(low - top) < 60, "what was written sideways stands upright"
    assert signature.strokes[0][0][1] < signature.strokes[1][0][1]


@pytest.mark.req("S100")
def test_a_telephone_looks_into_a_report(site: Site, phone: Phone) -> None:
    wang, page = Customer(site, "checking", site.engineer("qian")), phone.page
    document = site.desk.files.get(str(wang.report.hash))
    page.goto(f"{site.url}/check/{wang.report.token}")
    expect(page.locator(".verdict.valid h2")).to_contain_text("有效")
    middle = len(document) // 2
    altered = document[:middle] + bytes([document[middle] ^ 1]) + document[middle + 1 :]
    for content, verdict, words in (
        (document, "valid", "完全一致"),
        (altered, "altered", "被改动过"),
        (b"x", "unknown", "无法确认"),
    ):
        page.set_input_files("#file", {"name": "报告.pdf", "mimeType": "application/pdf", "buffer": content})
        expect(page.locator(f"#found .verdict.{verdict}")).to_contain_text(words)
    assert page.evaluate("document.documentElement.scrollWidth") <= UPRIGHT["width"]
