"""The sign page over HTTP: what it shows and takes, and every bad input that it does not (S66, S100)."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.people.model import Person
from core.reports.model import ReportState
from core.words import SECOND
from tests.scenario import press
from tests.web.signing import WANG, Customer, opened
from tests.web.site import Site, Visitor, running
from web.signing import MOST_BODY, TRIES

MEGABYTE = 1024 * 1024
_names = itertools.count(1)


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A desk that makes reports."""
    folder = tmp_path_factory.mktemp("reports")
    shutil.copy(sqlite_template, folder / "desk.db")
    with running(f"sqlite:///{folder / 'desk.db'}", folder, press=press()) as found:
        yield found


@pytest.fixture(scope="module")
def liu(site: Site) -> Visitor:
    return site.engineer("liu")


@pytest.fixture
def wang(site: Site, liu: Visitor) -> Customer:
    """Somebody with a report to sign."""
    return Customer(site, f"wang{next(_names)}", liu)


@pytest.fixture(scope="module")
def unsigned(site: Site, liu: Visitor) -> Customer:
    """The same for tests that leave it unsigned."""
    return Customer(site, "unsigned", liu, called="王𬭎<script>alert(1)</script>")


@pytest.fixture(scope="module")
def chen(site: Site, liu: Visitor) -> Customer:
    """Somebody else with a report of his own."""
    return Customer(site, "chen", liu, called="陈先生")


# ---- what it shows


@pytest.mark.req("S66", "S100")
def test_it_shows_the_very_document(unsigned: Customer) -> None:
    page = unsigned.page.get(unsigned.path)
    assert page.status_code == 200 and str(unsigned.report.hash) in page.text
    assert "双方认可" in page.text and 'value="王𬭎&lt;script&gt;' in page.text and "<script>alert" not in page.text
    for place in range(1, (unsigned.report.pages or 0) + 1):
        assert f"{unsigned.path}/pages/{place}.png" in page.text
        picture = unsigned.page.get(f"{unsigned.path}/pages/{place}.png")
        assert picture.headers["content-type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    for place in (0, (unsigned.report.pages or 0) + 1, 10**20):
        assert unsigned.page.get(f"{unsigned.path}/pages/{place}.png").status_code == 404
    file = unsigned.page.get(f"{unsigned.path}/file")
    assert file.headers["content-type"] == "application/pdf" and file.content == unsigned.site.desk.files.get(
        str(unsigned.report.hash)
    )
    assert "attachment" in file.headers["content-disposition"]


@pytest.mark.req("S66", "S100")
def test_signed_it_says_so_and_hands_out_the_signed_document(wang: Customer) -> None:
    first = wang.page.get(f"{wang.path}/file")
    answer = wang.signs()
    assert (answer.status_code, "谢谢" in answer.json()["said"]) == (200, True)
    report = wang.waits_until_signed()
    line = wang.chat.waits_for(wang.number, "已有您的签字")
    assert [file["hash"] for file in line["files"]] == [report.signed_hash]
    page, file = wang.page.get(wang.path), wang.page.get(f"{wang.path}/file")
    assert "已在" in page.text and 'id="signing"' not in page.text
    assert file.content.startswith(first.content) and file.content == wang.site.desk.files.get(str(report.signed_hash))
    assert file.headers["content-disposition"] != first.headers["content-disposition"]
    assert wang.page.get(f"{wang.path}/state").json() == {"state": "signed"}
    signature = wang.signature
    assert signature is not None and (signature.name, signature.document) == ("王女士", report.hash)
    assert signature.agent and signature.agent.startswith("python-httpx") and signature.address == "here"


def test_a_replayed_signature_changes_nothing(wang: Customer) -> None:
    assert wang.signs().status_code == 200
    first = vars(wang.signature)
    again = wang.signs(name="别人")
    assert again.status_code == 409 and "已由王女士" in again.json()["said"]
    assert opened(wang.site, wang.link).get(wang.path).status_code == 200
    assert vars(wang.signature) == first


def test_a_void_report_says_so(wang: Customer) -> None:
    document = wang.report.hash
    wang.chat.says("没修好，还是打不开")
    wang.chat.waits_for(wang.report.number, "作废")
    page = wang.page.get(wang.path)
    assert "已作废" in page.text and 'id="signing"' not in page.text
    answer = wang.signs(document=document)
    assert answer.status_code == 409 and "已作废" in answer.json()["said"]
    assert wang.signature is None


# ---- who


@pytest.mark.parametrize("place", ["", "/state", "/pages/1.png", "/file", "/qr.svg"])
def test_without_a_pass_there_is_nothing(unsigned: Customer, place: str) -> None:
    with httpx.Client(base_url=unsigned.site.url) as stranger:
        assert stranger.get(unsigned.path + place).status_code == 403


def test_nobody_signs_without_a_pass(unsigned: Customer) -> None:
    with httpx.Client(base_url=unsigned.site.url) as stranger:
        assert unsigned.signs(stranger).status_code == 403
        assert stranger.post(f"{unsigned.path}/code", json={}).status_code == 403
    assert unsigned.signature is None


def test_links_that_do_not_open(unsigned: Customer, chen: Customer) -> None:
    mine = unsigned.person_id
    right = unsigned.pass_for(mine)
    wrong = {
        "expired": unsigned.pass_for(mine, lasts=-SECOND),
        "altered": f"{right[:-1]}{'A' if right[-1] != 'A' else 'B'}",
        "of another page": unsigned.pass_for(mine, "c/" + unsigned.number),
        "of another report": unsigned.pass_for(mine, chen.path.lstrip("/")),
        "of another customer": unsigned.pass_for(chen.person_id),
        "of nobody": unsigned.pass_for(999_999),
        "no pass": f"{unsigned.site.url}{unsigned.path}?p=x",
    }
    for what, link in wrong.items():
        browser = opened(unsigned.site, link)
        assert browser.get(unsigned.path).status_code == 403, what
        assert unsigned.signs(browser).status_code == 403, what
    assert opened(unsigned.site, right).get(unsigned.path).status_code == 200
    assert unsigned.signature is None


def test_a_pass_of_ones_own_opens_no_other_report(unsigned: Customer, chen: Customer) -> None:
    cookie = next(iter(chen.page.cookies.jar))
    assert cookie.path == chen.path
    with httpx.Client(base_url=unsigned.site.url, headers={"cookie": f"{cookie.name}={cookie.value}"}) as thief:
        assert unsigned.signs(thief).status_code == 403
        assert thief.get(f"{unsigned.path}/file").status_code == 403
    assert unsigned.signature is None


def test_who_has_left_signs_no_more(wang: Customer) -> None:
    def leave(turn: Any) -> None:
        person = turn.get(Person, wang.person_id)
        person.active = False

    wang.site.act(leave)
    assert wang.page.get(wang.path).status_code == 403 and wang.signs().status_code == 403


def test_an_engineer_on_site_hands_it_over(wang: Customer) -> None:
    wang.liu.says(f"请客户签字 {wang.number}")
    link = wang.liu.waits_for(wang.report.number, "客户签字")["link"]
    his = opened(wang.site, link)
    page = his.get(wang.path)
    assert "刘工请您当面签收" in page.text and "/qr.svg" in page.text
    assert his.get(f"{wang.path}/qr.svg").headers["content-type"].startswith("image/svg+xml")
    assert wang.page.get(f"{wang.path}/qr.svg").status_code == 404
    assert wang.signs(his).status_code == 200
    signature = wang.signature
    assert signature is not None and (signature.person_id, signature.through) == (wang.person_id, wang.liu.person_id)


# ---- what is handed in


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"strokes": []}, 409, "还没有签名"),
        ({"strokes": [[], []]}, 409, "还没有签名"),
        ({"strokes": [[[500, 300]] * 9]}, 409, "太小"),
        ({"strokes": [[[x % 1000, 1] for x in range(4_001)]]}, 409, "笔画太多"),
        ({"name": "   "}, 409, "姓名"),
        ({"name": "王" * 31}, 409, "姓名"),
        ({"name": "\u202e王"}, 409, "姓名"),
        ({"document": "0" * 64}, 409, ""),
        ({"strokes": None}, 400, ""),
        ({"strokes": "M0 0 L9 9"}, 400, ""),
        ({"strokes": [[[0.5, 1]]]}, 400, ""),
        ({"strokes": [[[1, 2, 3]]]}, 400, ""),
        ({"strokes": [[[1, 1001]]]}, 400, ""),
        ({"strokes": {"0": [[1, 2]]}}, 400, ""),
        ({"name": 7}, 400, ""),
        ({"name": None}, 400, ""),
        ({"document": ["x"]}, 400, ""),
        ({"code": 123456}, 400, ""),
        ({"code": "123456"}, 409, "验证码不对"),
    ],
)
def test_what_is_no_signature(chen: Customer, changed: dict[str, Any], status: int, said: str) -> None:
    answer = chen.signs(**changed)
    assert answer.status_code == status
    assert said in (answer.json()["said"] if said else "")
    assert chen.signature is None and chen.report.state == ReportState.SEALED


@pytest.mark.parametrize("size", [MOST_BODY + 1, MEGABYTE])
def test_a_signature_of_a_megabyte(unsigned: Customer, size: int) -> None:
    body = b'{"name":"%s"}' % (b"x" * (size - len(b'{"name":""}')))
    assert len(body) == size
    answer = unsigned.page.post(unsigned.path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert unsigned.signature is None


def test_the_largest_body_is_read(unsigned: Customer) -> None:
    body = b'{"name":"%s"}' % (b"x" * (MOST_BODY - len(b'{"name":""}')))
    answer = unsigned.page.post(unsigned.path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("content", "mime", "status"),
    [
        (b"name=x&strokes=y", "application/x-www-form-urlencoded", 415),
        (b"\x89PNG\r\n\x1a\n", "image/png", 415),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"x"', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 5_000, "application/json", 400),
    ],
)
def test_what_is_no_json(unsigned: Customer, content: bytes, mime: str, status: int) -> None:
    answer = unsigned.page.post(unsigned.path, content=content, headers={"content-type": mime})
    assert answer.status_code == status


@pytest.mark.parametrize("came_from", ["cross-site", "same-site", "none"])
def test_no_other_site_signs(unsigned: Customer, came_from: str) -> None:
    said = {"name": "王女士", "strokes": WANG, "document": unsigned.report.hash}
    answer = unsigned.page.post(unsigned.path, json=said, headers={"sec-fetch-site": came_from})
    assert answer.status_code == 403 and unsigned.signature is None


def test_nobody_tries_without_end(wang: Customer) -> None:
    ends = [wang.signs(strokes=[]).status_code for _ in range(TRIES.most + 5)]
    assert set(ends[: TRIES.most]) == {409} and 429 in ends[TRIES.most :]
