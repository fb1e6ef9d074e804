"""The same form on a page: the conditions live in a real browser, and looked at again by the server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from config.forms import forms_of
from core.forms.filling import answers_of
from core.people.model import Person, Role
from core.store.turn import Turn
from core.tickets.queries import by_number
from tests.web.site import Site, mind, running
from tests.web.test_in_browser import PHONE, browser

__all__ = ["browser"]


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A workshop's desk on the web."""
    mind()
    folder = tmp_path_factory.mktemp("workshop")
    shutil.copy(sqlite_template, folder / "desk.db")
    with running(f"sqlite:///{folder / 'desk.db'}", folder, forms=forms_of(["machinery"])) as found:
        yield found


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
    expect(pressure.locator("input")).to_have_value("16")
    phone.locator("[data-field=fault_symptom] textarea").fill("液压站掉压 <script>alert(1)</script>")
    phone.locator("[data-field=filter_changed] input").fill("2026-01-15")
    phone.get_by_text("机加工", exact=True).click()
    phone.locator("[data-field=impact] input[type=range]").press("ArrowRight")
    phone.get_by_role("button", name="提交").click()
    expect(phone.locator(".told")).to_contain_text("已提交")
    phone.screenshot(path="/tmp/forms_done.png", full_page=True)
    number = phone.locator("h1").inner_text()
    found = answers(site, number)
    assert found["oil_pressure"] == (16,) and found["filter_changed"] == ("2026-01-15",)
    assert found["line"] == ("machining",) and found["impact"] == (4,)


# ---- what is sent by hand


def form_cookie(site: Site, name: str) -> httpx.Client:
    """A browser of this visitor that has the form open."""
    http = httpx.Client(base_url=site.url, timeout=10)
    assert http.post("/form/enter", json={"token": site.chat.token(name)}).status_code == 200
    return http


def report(http: httpx.Client, **fields: str) -> httpx.Response:
    given = {"r.fault_symptom": "液压站掉压", "r.priority": "P2", "began": "1", **fields}
    return http.post("/form?kind=line_fault", data=given)


@pytest.mark.req("S78")
def test_the_server_looks_again_at_everything(site: Site) -> None:
    http = form_cookie(site, "hand")
    huge = report(
        http,
        **{"f.fault_kind": "hydraulic", "f.oil_pressure": "9" * 30, "f.filter_changed": "2026-02-31", "f.line": "moon"},
    )
    assert huge.status_code == 422
    for words in ("没看出是多少", "没看出是哪一天", "没看出是哪一种", "9" * 30):
        assert words in huge.text
    escaped = report(http, **{"r.fault_symptom": "<img src=x onerror=alert(1)>", "f.oil_pressure": "<b>"})
    assert escaped.status_code == 422 and "<img src=x" not in escaped.text and "&lt;img" in escaped.text
    sent = report(http, **{"f.fault_kind": "other", "f.line": "assembly", "f.oil_pressure": "16", "f.emotion": "5"})
    assert sent.status_code == 303
    number = parse_qs(urlsplit(sent.headers["location"]).query)["ticket"][0]
    assert answers(site, number) == {"fault_kind": ("other",), "line": ("assembly",)}
    page = http.get(sent.headers["location"])
    assert number in page.text and "情绪" not in page.text


@pytest.mark.req("S18", "S77")
def test_files_are_what_their_field_asks_for_and_their_owners_alone(site: Site) -> None:
    mine, other = form_cookie(site, "owner"), form_cookie(site, "thief")
    query = {"kind": "line_fault", "field": "f.g_code", "name": "O1.nc"}
    assert mine.post("/form/files", params=query | {"name": "O1.exe"}, content=b"MZ").status_code == 422
    assert mine.post("/form/files", params=query, content=b"MZ\0\0").status_code == 422
    assert mine.post("/form/files", params=query | {"field": "f.oil_pressure"}, content=b"G0").status_code == 400
    photo = query | {"field": "f.pump_photo", "name": "p.jpg"}
    jpeg = {"content-type": "image/jpeg"}
    assert mine.post("/form/files", params=photo, content=b"<svg/>", headers=jpeg).status_code == 422
    kept = mine.post("/form/files", params=query, content=b"G0 X1\nM30").json()["id"]
    told = {"f.fault_kind": "cnc", "f.line": "machining", "f.g_code": kept}
    assert report(other, **told).status_code == 422
    sent = report(mine, **told)
    assert sent.status_code == 303
    number = parse_qs(urlsplit(sent.headers["location"]).query)["ticket"][0]
    assert len(answers(site, number)["g_code"]) == 1
    assert report(mine, **told).status_code == 422
    assert other.get(f"/form?ticket={number}").status_code == 404
    assert other.post(f"/form?ticket={number}", data={"f.line": "casting"}).status_code == 404
    page = mine.get(f"/form?ticket={number}")
    assert "O1.nc" in page.text


def test_who_has_not_been_told_reads_under_the_form_what_is_kept_of_him(site: Site) -> None:
    http = form_cookie(site, "told")
    assert "为处理报修保存" in http.get("/form?kind=line_fault").text
    assert report(http, **{"f.fault_kind": "cnc", "f.line": "machining"}).status_code == 422
    visitor = site.visitor("told")
    visitor.says("注塑机漏油")
    visitor.waits_for("GD-")
    assert "为处理报修保存" not in http.get("/form?kind=line_fault").text


def test_nobody_comes_in_without_a_token_or_from_another_site(site: Site) -> None:
    http = httpx.Client(base_url=site.url)
    assert "form-enter" in http.get("/form").text
    assert http.post("/form?kind=line_fault", data={"r.fault_symptom": "x"}).status_code == 403
    assert http.post("/form/enter", json={"token": "forged.1.2"}).status_code == 403
    known = form_cookie(site, "cross")
    foreign = {"sec-fetch-site": "cross-site"}
    assert known.post("/form?kind=line_fault", data={"r.fault_symptom": "x"}, headers=foreign).status_code == 403
    assert known.post("/form?kind=line_fault", content=b"a" * 300_000).status_code == 413
    assert http.get("/t/GD-1001/form").status_code == 403


@pytest.mark.req("S57", "S83")
def test_an_engineer_fills_in_the_form_on_the_ticket_page(site: Site, phone: Page) -> None:
    liu = site.staff("fliu", Role.ENGINEER, "刘工")
    sent = report(
        form_cookie(site, "fwang"),
        **{"f.fault_kind": "hydraulic", "f.oil_pressure": "6", "f.filter_changed": "2026-01-01", "f.line": "casting"},
    )
    number = parse_qs(urlsplit(sent.headers["location"]).query)["ticket"][0]

    def link(turn: Turn) -> str:
        person, pages = turn.get(Person, liu.person_id), turn.house.pages
        assert person is not None and pages is not None
        return pages.link(turn, person, f"t/{number}") or ""

    phone.goto(site.act(link))
    phone.get_by_role("link", name="填写表单").click()
    phone.locator("[data-field=pressure_after] input").fill("15,5")
    phone.locator("[data-field=pressure_after] input").fill("15.5")
    phone.locator("[data-field=emotion] input[type=range]").press("ArrowLeft")
    phone.locator("input[type=file][data-name='f.temperature_curve']").set_input_files(
        {"name": "曲线.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n0000"}
    )
    expect(phone.locator("[data-field=temperature_curve] .given")).to_contain_text("删除")
    phone.screenshot(path="/tmp/forms_staff.png", full_page=True)
    phone.get_by_role("button", name="保存").click()
    expect(phone.locator(".told")).to_contain_text("已保存")
    found = answers(site, number)
    assert (found["pressure_after"], found["emotion"], len(found["temperature_curve"])) == ((15.5,), (2,), 1)
    phone.get_by_role("link", name="返回工单").click()
    expect(phone.locator(".facts")).to_contain_text("修后油压15.5 MPa")
    expect(phone.locator(".facts")).to_contain_text("客户情绪等级2/5")
    phone.screenshot(path="/tmp/forms_ticket.png", full_page=True)
