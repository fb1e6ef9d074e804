"""The page on which anybody sees whether a report counts, over HTTP: valid, altered, unknown, and whatever people hand in (S100)."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.scenario import press
from tests.web.signing import Customer
from tests.web.site import Site, running
from web.checking import LOOKS, MOST_FILE

VERDICTS = ("valid", "replaced", "making", "void", "altered", "unlisted", "unknown")
PRIVATE = ("王女士", "13800138021", "138****8021", "五栋201", "投影仪")
"""What stands in the report and is nobody's business."""


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A desk that makes reports."""
    folder = tmp_path_factory.mktemp("checks")
    shutil.copy(sqlite_template, folder / "desk.db")
    with running(f"sqlite:///{folder / 'desk.db'}", folder, press=press()) as found:
        yield found


@pytest.fixture(scope="module")
def wang(site: Site) -> Customer:
    """Somebody whose report is sealed, and not signed."""
    return Customer(site, "wang", site.engineer("liu"))


@pytest.fixture(scope="module")
def sealed(wang: Customer) -> bytes:
    return wang.site.desk.files.get(str(wang.report.hash))


def verdict(answer: httpx.Response) -> str:
    assert answer.status_code in (200, 404), answer
    found = [one for one in VERDICTS if f'class="verdict {one}"' in answer.text]
    assert len(found) == 1, answer.text
    assert not any(private in answer.text for private in PRIVATE)
    return found[0]


_addresses = iter(f"198.51.100.{number}" for number in range(1, 255))


def looked_at(site: Site, content: bytes, **headers: str) -> httpx.Response:
    """Somebody hands in a file, from an address of his own."""
    told = {"content-type": "application/pdf", "x-forwarded-for": next(_addresses), **headers}
    return site.http.post("/check", content=content, headers=told)


@pytest.mark.req("S100")
def test_the_code_on_a_report_leads_to_what_it_is(wang: Customer) -> None:
    page = wang.site.http.get(f"/check/{wang.report.token}")
    assert (page.status_code, verdict(page)) == (200, "valid")
    assert wang.report.number in page.text and "有效" in page.text and "Valid" in page.text
    unknown = wang.site.http.get(f"/check/{'0' * 32}")
    assert (unknown.status_code, verdict(unknown)) == (404, "unknown")
    assert "verdict" not in wang.site.http.get("/check").text


@pytest.mark.req("S100")
def test_the_report_itself_is_valid_and_one_byte_makes_it_altered(wang: Customer, sealed: bytes) -> None:
    assert verdict(looked_at(wang.site, sealed)) == "valid"
    for place in range(1_000, len(sealed), len(sealed) // 6):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert verdict(looked_at(wang.site, changed)) == "altered", place
    assert verdict(looked_at(wang.site, sealed + b"\n%something more\n")) in ("altered", "unlisted")
    assert verdict(looked_at(wang.site, sealed[:-20_000])) in ("altered", "unknown")


def polyglots(sealed: bytes) -> dict[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("report.pdf", sealed)
    return {
        "nothing": b"",
        "words": "不是报告".encode(),
        "only a header": b"%PDF-1.7\n%%EOF",
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "a program": b"MZ" + bytes(500),
        "a page": b"<html><script>alert(1)</script>%PDF-1.7</html>",
        "a report in an archive": packed.getvalue(),
        "zeros": bytes(100_000),
    }


def test_what_is_no_report_is_unknown(site: Site, sealed: bytes) -> None:
    for what, content in polyglots(sealed).items():
        assert verdict(looked_at(site, content)) == "unknown", what


@pytest.mark.parametrize(
    "before", [b"\x89PNG\r\n\x1a\n", b"GIF89a", b"MZ\x90\x00", b"<html><script>alert(1)</script>", b"PK\x03\x04"]
)
def test_a_report_inside_another_file_never_counts(site: Site, sealed: bytes, before: bytes) -> None:
    answer = looked_at(site, before + sealed)
    assert verdict(answer) in ("altered", "unknown") and "script>alert" not in answer.text


def test_a_file_may_have_ten_megabytes(site: Site) -> None:
    assert verdict(looked_at(site, bytes(MOST_FILE))) == "unknown"
    assert looked_at(site, bytes(MOST_FILE + 1)).status_code == 413


def test_no_other_site_has_files_looked_at(site: Site, sealed: bytes) -> None:
    assert looked_at(site, sealed, **{"sec-fetch-site": "cross-site"}).status_code == 403


def test_nobody_has_files_looked_at_without_end(site: Site) -> None:
    here = {"x-forwarded-for": "203.0.113.77"}
    ends = [looked_at(site, b"x", **here).status_code for _ in range(LOOKS.most + 3)]
    assert set(ends[: LOOKS.most]) == {200} and 429 in ends[LOOKS.most :]
    assert verdict(looked_at(site, b"x")) == "unknown"


@pytest.mark.req("S100")
def test_signed_since_and_void(site: Site, wang: Customer, sealed: bytes) -> None:
    assert wang.signs().status_code == 200
    signed = site.desk.files.get(str(wang.waits_until_signed().signed_hash))
    assert [verdict(looked_at(site, one)) for one in (sealed, signed)] == ["replaced", "valid"]
    altered = signed[:-3_000] + bytes([signed[-3_000] ^ 1]) + signed[-2_999:]
    assert verdict(looked_at(site, altered)) == "altered"
    wang.chat.waits_for("已有您的签字")
    wang.chat.says("没修好，还是打不开")
    wang.chat.waits_for(wang.report.number, "作废")
    assert verdict(site.http.get(f"/check/{wang.report.token}")) == "void"
    assert [verdict(looked_at(site, one)) for one in (sealed, signed)] == ["void", "void"]
