"""Pages load nothing but what is ours, and what is ours is kept by its content."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.web.site import Site

HOME = Path(__file__).parent.parent.parent / "web"


@pytest.mark.parametrize(
    "path", ["/", "/chat", "/board", "/api/board", "/healthz", "/none", "/files/x", "/static/x/y.js"]
)
def test_every_answer_is_guarded(common: Site, path: str) -> None:
    headers = common.http.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/chat", "/board", "/"])
def test_a_page_names_only_assets_that_are_there(common: Site, path: str) -> None:
    page = common.http.get(path).text
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert named and "{static}" not in page
    for asset in named:
        answer = common.http.get(asset)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        for other in re.findall(r'from "\./([^"]+)"', answer.text):
            assert common.http.get(asset.rpartition("/")[0] + f"/{other}").status_code == 200


def test_an_old_version_is_not_kept(common: Site) -> None:
    answer = common.http.get("/static/0123456789abcdef/chat.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path", ["/static/x/none.js", "/static/x/..%2fapp.py", "/static/x/", "/static/../app.py", "/static/x/chat.html"]
)
def test_nothing_else_is_an_asset(common: Site, path: str) -> None:
    assert common.http.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", sorted((HOME / "pages").glob("*.html")) + sorted((HOME / "static").glob("*.js")), ids=lambda path: path.name
)
def test_pages_have_no_inline_code_and_no_markup_from_data(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|\.srcdoc", text)
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=\"|style=\"|https?://(?!www\.w3\.org)", text)


def test_the_desk_says_whether_it_is_well(site: Site) -> None:
    answer = site.http.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_a_body_of_another_site_is_refused(common: Site) -> None:
    for mime in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = common.http.post("/api/chat/session", content=b"{}", headers={"content-type": mime})
        assert answer.status_code == 415
    for body, status in ((b"x" * 5_000, 413), (b"{", 400), (b"[]", 400), (b'{"token":{}}', 200)):
        answer = common.http.post("/api/chat/session", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == status
