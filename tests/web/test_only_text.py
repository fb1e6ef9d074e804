"""Whatever people write, call themselves or name their files: a page shows it as text, and is the same page without it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from core.people.passes import issue_pass
from core.tickets.model import Attachment
from tests.web.site import PASS_KEY, Site

WEB = Path(__file__).parents[2] / "web"
HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}\u202e" onmouseover="alert(3)'
AS_MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|\|\s*safe")
"""Ways in which a page could take words for markup."""


@pytest.mark.req("S84")
def test_no_page_of_ours_takes_words_for_markup() -> None:
    ours = (path for path in WEB.rglob("*") if "vendor" not in path.parts)
    files = [path for path in ours if path.suffix in (".js", ".html") and path.is_file()]
    assert len(files) > 5
    assert [path.name for path in files if AS_MARKUP.search(path.read_text("utf-8"))] == []


@pytest.mark.req("S84")
def test_hostile_words_are_on_no_page_but_in_its_data(trained: Path, site: Site) -> None:
    mallory, liu = site.visitor("mallory"), site.engineer("liu")
    mallory.says(f"空压机漏油 {HOSTILE}")
    mallory.waits_for("GD-1001")
    assert mallory.sends(b"\xff\xd8\xff\xe0 photo", "image/jpeg", name=f"{HOSTILE}.jpg").status_code == 200
    liu.waits_for("GD-1001")
    for _ in range(100):
        if [row for row in site.act(lambda turn: turn.rows(Attachment, select(Attachment.table))) if row.hash]:
            break
        time.sleep(0.05)
    assert liu.person_id is not None
    browser = httpx.Client(base_url=site.url, timeout=10)
    given = issue_pass(PASS_KEY, liu.person_id, "t/GD-1001", time.time_ns() // 1_000 + 60_000_000)
    assert browser.get("/t/GD-1001", params={"p": given}).status_code == 200
    page, data, board = browser.get("/t/GD-1001"), browser.get("/t/GD-1001/data"), browser.get("/board")
    for shown in (page, board):
        assert "alert(1)" not in shown.text and "onerror" not in shown.text and "49" not in shown.text
    assert data.headers["content-type"].startswith("application/json")
    assert data.headers["x-content-type-options"] == "nosniff"
    story = next(step["told"] for step in data.json()["story"] if "空压机" in step["told"])
    assert HOSTILE.replace("\u202e", "") in story.replace("\u202e", "")
