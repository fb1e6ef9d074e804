"""A ticket's page: opened with a link of one's own, recorded, and showing each role what it may see (S6, S7, S18, S83)."""

from __future__ import annotations

import hashlib
import io
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from PIL import Image
from sqlalchemy import select

from core.people.model import Person, Role
from core.people.passes import issue_pass
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Attachment
from core.words import MINUTE, SECOND, Micros
from tests.photos.pictures import photo_of, png_head
from tests.web.site import PASS_KEY, Site, running

PHOTO = photo_of((400, 300), place=(31.94, 118.79))
WORDS = "二楼会议室投影仪打不开，我电话13800138021"


def now() -> Micros:
    return time.time_ns() // 1_000


class Story:
    """A customer has reported, with a photo; an engineer has the card."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.liu, self.wang = site.engineer("liu"), site.visitor("wang")
        self.wang.says(WORDS)
        self.number = "GD-1001"
        self.wang.waits_for(self.number)
        assert self.wang.sends(PHOTO, "image/jpeg").status_code == 200
        self.link: str = self.liu.waits_for(self.number, "投影仪")["link"]

    def opened_by(self) -> list[int | None]:
        """Who opened the page, each time."""
        return [event.by for event in self.events(Happened.OPENED)]

    def events(self, kind: Happened) -> list[Event]:
        found = self.site.act(lambda turn: turn.rows(Event, select(Event.table).order_by(Event.table.c.id)))
        return [event for event in found if event.kind == kind]

    def browser(self) -> httpx.Client:
        """Somebody's browser, with its own cookies."""
        return httpx.Client(base_url=self.site.url, timeout=10)

    def reader(self, person_id: int) -> httpx.Client:
        """A browser in which this person has opened the page."""
        browser = self.browser()
        given = issue_pass(PASS_KEY, person_id, f"t/{self.number}", now() + MINUTE)
        assert browser.get(f"/t/{self.number}", params={"p": given}).status_code == 200
        return browser

    def data(self, browser: httpx.Client) -> dict[str, Any]:
        return browser.get(f"/t/{self.number}/data").json()

    def waits_for_copies(self, count: int) -> None:
        """Until so many photos have a marked copy, or say why not."""
        for _ in range(200):
            rows = self.site.act(lambda turn: turn.rows(Attachment, select(Attachment.table)))
            if len([row for row in rows if row.marked or row.error]) == count:
                return
            time.sleep(0.05)
        raise AssertionError("the photo did not come")


@pytest.fixture
def story(site: Site) -> Iterator[Story]:
    yield Story(site)


@pytest.mark.req("S6", "S7", "S35", "S83")
def test_the_link_in_the_card_opens_the_page_and_each_opening_is_recorded(any_site: Site) -> None:
    story = Story(any_site)
    at, browser = urlsplit(story.link), story.browser()
    assert story.link.startswith(any_site.url) and at.path == f"/t/{story.number}"
    for times in (1, 2):
        answer = browser.get(story.link)
        assert answer.status_code == 200 and at.query[2:] not in answer.text
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert len(story.opened_by()) == times - 1, "a preview that a chat fetches opens nothing"
        for _ in range(2):
            assert browser.get(at.path).status_code == 200
        assert story.opened_by() == [story.liu.person_id] * times
    assert story.events(Happened.OPENED)[0].via == "web/page/here"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and f"Path={at.path};" in cookie
    [lasts] = [int(part.partition("=")[2]) for part in cookie.split("; ") if part.startswith("Max-Age")]
    assert 29 * 60 < lasts <= 30 * 60
    found = story.data(browser)
    assert found["number"] == story.number and found["column"] == "unassigned" and not found["overdue"]
    assert "13800138021" in str(found["facts"])
    [clock] = found["clock"]
    assert clock["verdict"].startswith("首响还没有超时：P2 要求 24 小时（自然时间）") and not clock["late"]
    assert clock["lines"][-1].startswith("一共计时")
    reported = next(step for step in found["story"] if step["what"] == "报修")
    assert reported["told"] == WORDS
    first = any_site.act(lambda turn: turn.ask(select(Event.table.c.kind).where(Event.table.c.kind == Happened.NOTED)))
    assert first == []


@pytest.mark.req("S18", "S83")
def test_a_customer_gets_no_link_and_his_pass_opens_nothing(story: Story) -> None:
    assert [line["link"] for line in story.wang.lines() if not line["mine"] and line["link"]] == []
    [customer] = story.site.act(
        lambda turn: turn.rows(Person, select(Person.table).where(Person.table.c.role == Role.CUSTOMER))
    )
    browser = story.reader(customer.id)
    assert browser.get(f"/t/{story.number}").status_code == 403
    assert browser.get(f"/t/{story.number}/data").status_code == 403
    assert story.opened_by() == []


@pytest.mark.req("S7")
def test_whoever_holds_a_link_reads_under_its_persons_name_until_its_time(story: Story) -> None:
    """What a stolen link can do, and what not: it reads one page for minutes, is recorded, and can do nothing there."""
    thief = story.browser()
    assert thief.get(story.link).status_code == 200 and thief.get(f"/t/{story.number}").status_code == 200
    assert story.opened_by() == [story.liu.person_id]
    for path in (f"/t/{story.number}", f"/t/{story.number}/data"):
        assert thief.post(path).status_code == 405
    assert thief.get("/board", params={"p": urlsplit(story.link).query[2:]}).status_code == 403


BAD = {
    "altered": lambda given: given[:-1] + ("A" if given[-1] != "A" else "B"),
    "cut": lambda given: given[:-4],
    "nothing": lambda given: "",
    "huge": lambda given: given + "A" * 60_000,
    "not base64": lambda given: "%00" + given[1:],
    "other letters": lambda given: "键" * len(given),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_pass_opens_nothing_and_leaves_no_cookie(story: Story, bad: str) -> None:
    given = BAD[bad](urlsplit(story.link).query[2:])
    _is_closed(story, f"/t/{story.number}", given)


@pytest.mark.parametrize(
    ("subject", "seconds", "key"),
    [
        ("t/GD-1001", 0, PASS_KEY),
        ("t/GD-1001", -1, PASS_KEY),
        ("t/GD-1001", 60, b"another key"),
        ("t/GD-1002", 60, PASS_KEY),
        ("board", 60, PASS_KEY),
        ("T/GD-1001", 60, PASS_KEY),
    ],
)
def test_a_pass_of_another_time_key_or_page_opens_nothing(story: Story, subject: str, seconds: int, key: bytes) -> None:
    given = issue_pass(key, story.liu.person_id, subject, now() + seconds * SECOND)
    _is_closed(story, f"/t/{story.number}", given)


def test_a_pass_to_a_ticket_that_is_not_there_opens_nothing(story: Story) -> None:
    given = issue_pass(PASS_KEY, story.liu.person_id, "t/GD-9", now() + MINUTE)
    browser = story.browser()
    browser.get("/t/GD-9", params={"p": given})
    assert browser.get("/t/GD-9").status_code == 403


def _is_closed(story: Story, path: str, given: str) -> None:
    browser = story.browser()
    answer = browser.get(path, params={"p": given})
    if answer.status_code != 403:
        assert answer.status_code in (400, 414, 431), "the server itself turns away what is too long"
    else:
        assert "聊天里再要一个" in answer.text and "set-cookie" not in answer.headers
    cookie = {"cookie": f"pass={quote(given[:3000])}"}
    for inside in ("", "/data", "/stream", "/files/1"):
        assert browser.get(path + inside, headers=cookie).status_code == 403
    assert story.opened_by() == []


@pytest.mark.req("S18", "S54")
def test_each_role_sees_its_own_and_purchasing_never_the_customer(story: Story) -> None:
    story.waits_for_copies(1)
    site = story.site
    sees = {}
    for role in (Role.ENGINEER, Role.MANAGER, Role.AGENT, Role.PROCUREMENT, Role.ADMIN):
        reader = site.staff(f"x{role}", role, f"某{role}")
        sees[role] = story.data(story.reader(reader.person_id))
    for role in (Role.ENGINEER, Role.MANAGER, Role.AGENT):
        assert "13800138021" in str(sees[role]) and len(sees[role]["files"]) == 1
    for role in (Role.PROCUREMENT, Role.ADMIN):
        told = str(sees[role])
        assert "投影仪" in told and "报修" in told
        assert "13800138021" not in told and "我电话" not in told and sees[role]["files"] == []


@pytest.mark.req("S8")
@pytest.mark.parametrize("fate", ["left", "customer"])
def test_whoever_has_left_or_lost_his_role_sees_nothing_more(story: Story, fate: str) -> None:
    browser = story.reader(story.liu.person_id)
    assert browser.get(f"/t/{story.number}/data").status_code == 200

    def change(turn: Turn) -> None:
        liu = turn.get(Person, story.liu.person_id)
        assert liu is not None
        liu.active, liu.role = (False, liu.role) if fate == "left" else (True, Role.CUSTOMER)

    story.site.act(change)
    for inside in ("", "/data", "/stream", "/files/1"):
        assert browser.get(f"/t/{story.number}{inside}").status_code == 403
    assert story.opened_by() == []


@pytest.mark.req("S18")
def test_a_photo_is_handed_out_to_the_holder_of_a_pass_only(story: Story) -> None:
    story.waits_for_copies(1)
    browser = story.reader(story.liu.person_id)
    [file] = story.data(browser)["files"]
    assert file["picture"] and "hash" not in file
    answer = browser.get(f"/t/{story.number}/files/{file['id']}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment")
    shown = Image.open(io.BytesIO(answer.content))
    assert shown.size == (400, 300) and not shown.getexif()
    assert shown.getpixel((10, 10)) != shown.getpixel((390, 295)), "its corner is marked"
    assert story.browser().get(f"/t/{story.number}/files/{file['id']}").status_code == 403
    for other in (file["id"] + 1, 0, 10**18, 10**30):
        assert browser.get(f"/t/{story.number}/files/{other}").status_code == 404
    buyer = story.site.staff("buyer", Role.PROCUREMENT, "采购小李")
    assert story.reader(buyer.person_id).get(f"/t/{story.number}/files/{file['id']}").status_code == 404


@pytest.mark.req("S37", "S35")
def test_the_original_is_for_managers_and_each_look_is_on_record(story: Story) -> None:
    story.waits_for_copies(1)
    engineer, manager = story.reader(story.liu.person_id), story.site.staff("sun", Role.MANAGER, "孙经理")
    [file] = story.data(engineer)["files"]
    path = f"/t/{story.number}/files/{file['id']}/original"
    assert not file["original"] and not file["proof"]
    assert (engineer.get(path).status_code, story.browser().get(path).status_code) == (404, 403)
    assert story.events(Happened.ORIGINAL_SEEN) == []
    browser = story.reader(manager.person_id)
    [file] = story.data(browser)["files"]
    assert file["original"] and hashlib.sha256(PHOTO).hexdigest() in file["proof"]
    for times in (1, 2):
        answer = browser.get(path)
        assert (answer.status_code, answer.content) == (200, PHOTO)
        assert answer.headers["content-type"] == "application/octet-stream", "never shown"
        assert answer.headers["cache-control"] == "no-store"
        seen = story.events(Happened.ORIGINAL_SEEN)
        assert [(event.by, event.via, event.data["file"]) for event in seen] == [
            (manager.person_id, "web/page/here", file["id"])
        ] * times
    assert browser.get(path.replace(str(file["id"]), str(file["id"] + 1))).status_code == 404
    assert "看原图" in [step["what"] for step in story.data(browser)["story"]]


@pytest.mark.req("S37")
def test_what_cannot_be_opened_says_so_and_does_not_leave(story: Story) -> None:
    story.waits_for_copies(1)
    bomb, page = png_head(50_000, 50_000), b"<html><script>alert(1)</script>"
    for content, mime in ((bomb, "image/png"), (photo_of((2000, 2000))[:-3000], "image/jpeg"), (page, "image/jpeg")):
        assert story.wang.sends(content, mime).status_code == 200
    story.waits_for_copies(4)
    browser = story.reader(story.liu.person_id)
    *bad, _ = story.data(browser)["files"]
    assert [file["picture"] for file in bad] == [False] * 3
    told = [file["note"] for file in bad]
    assert "不是能打开的图片" in told[0] and "损坏" in told[1] and "5000 万像素" in told[2]
    answers = [browser.get(f"/t/{story.number}/files/{file['id']}") for file in bad]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_the_page_follows_the_ticket(story: Story) -> None:
    browser = story.reader(story.liu.person_id)
    story.liu.says(f"接单 {story.number}")
    story.liu.waits_for("接单")
    for _ in range(100):
        found = story.data(browser)
        if found["column"] == "accepted":
            break
        time.sleep(0.05)
    assert (found["column"], found["story"][0]["what"], found["story"][0]["who"]) == ("accepted", "接单", "刘工")


def test_a_desk_without_a_public_address_sends_no_links_and_opens_to_no_pass(
    sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "desk.db")
    with running(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path, public=False) as site:
        liu = site.engineer("liu")
        site.visitor("wang").says(WORDS)
        assert liu.waits_for("GD-1001", "投影仪")["link"] is None
        given = issue_pass(PASS_KEY, liu.person_id, "t/GD-1001", now() + MINUTE)
        assert site.http.get("/t/GD-1001", params={"p": given}).status_code == 403
