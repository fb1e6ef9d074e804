"""Photos as evidence: what is sent to the bot gets name, staff number, time and place without a field to fill; the marked copy leaves, the
original stays (S37, S90)."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from config.media import mime_of
from core.people.model import Person
from core.store.model import Event, Job
from core.store.turn import Turn
from core.tickets import marking
from core.tickets.marking import copy_of, lines_of
from core.tickets.model import Attachment
from core.tickets.page import papers
from core.tickets.queries import by_number
from core.tickets.reporting import Told, supplement
from core.words import MINUTE, Media
from tests.photos.pictures import photo_of, png_head
from tests.scenario import Party, Story
from tests.scenarios.test_photos import accepted, files

AT = "2026:03:04 09:58:30"
"""What the camera's clock says: the story begins on that day at ten."""
SITE = (31.94, 118.79)


def sends(desk: Story, who: Party, content: bytes, folder: Path, name: str = "site.jpg") -> None:
    """Somebody sends a photo, and the desk has time for it."""
    (folder / name).write_bytes(content)
    who.says(kind="image", file=str(folder / name))
    desk.passes(seconds=30)
    desk.unheard.clear()


def lines(desk: Story, row: Attachment) -> list[str]:
    return desk.act(lambda turn: lines_of(turn, row))


def numbered(desk: Story, who: Party, number: str) -> None:
    def write(turn: Turn) -> None:
        person = turn.get(Person, who.person_id)
        assert person is not None
        person.staff_no = number

    desk.act(write)


def copy(desk: Story, row: Attachment) -> Image.Image:
    """The copy that may leave."""
    found = copy_of(row, "x")
    assert found is not None, row.error
    content = desk.run(desk.rehearsal.desk.files.read(found.hash))
    assert len(content) == found.size
    return Image.open(io.BytesIO(content))


@pytest.mark.req("S37", "S90")
def test_a_photo_sent_to_the_bot_gets_all_that_proves_it_and_asks_for_nothing(desk: Story, tmp_path: Path) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="dingtalk")
    numbered(desk, liu, "A-1024")
    number = accepted(desk, wang, liu, "打印机卡纸")
    original = photo_of((1200, 900), place=SITE, at=AT, orientation=6)
    (tmp_path / "site.jpg").write_bytes(original)
    liu.says(kind="image", file=str(tmp_path / "site.jpg"))
    liu.hears("action_done", number)
    desk.nobody_heard_anything_else()
    desk.passes(seconds=5)
    (row,) = files(desk, number)
    assert (row.place, row.place_from) == ("31.940000,118.790000", "exif")
    assert lines(desk, row) == ["刘工 工号 A-1024", "拍摄 2026-03-04 09:58", "相机定位 31.940000,118.790000"]
    shown = copy(desk, row)
    assert shown.size == (900, 1200) and not shown.getexif()
    assert row.hash is not None and desk.run(desk.rehearsal.desk.files.read(row.hash)) == original
    (order,) = orders(desk)
    assert order.data["lines"] == [], "no name stays behind in the job"
    desk.chains_are_whole()


def orders(desk: Story) -> list[Job]:
    jobs = desk.act(lambda turn: turn.rows(Job, select(Job.table).order_by(Job.table.c.id)))
    return [job for job in jobs if job.kind == marking.MARK]


@pytest.mark.req("S37", "S90")
def test_a_place_that_comes_later_is_put_on_the_photo_and_beats_the_cameras(desk: Story, tmp_path: Path) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="dingtalk")
    number = accepted(desk, wang, liu, "打印机卡纸")
    sends(desk, liu, photo_of((1200, 900), place=SITE), tmp_path)
    (before,) = files(desk, number)
    place = "31.941000,118.790500 江宁三号车间"
    liu.says(place, kind="place")
    desk.passes(seconds=5)
    (row,) = files(desk, number)
    assert (row.place, row.place_from) == (place, "platform") and row.marked != before.marked
    assert lines(desk, row)[-1] == f"定位 {place}" and row.hash == before.hash
    liu.says("30.000000,120.000000 别处", kind="place")
    desk.passes(seconds=5)
    assert files(desk, number)[0].place == place, "the first place that the platform told stays"


@pytest.mark.req("S37")
def test_photos_of_customers_are_marked_without_their_name_or_place(desk: Story, tmp_path: Path) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="dingtalk")
    number = accepted(desk, wang, liu, "打印机卡纸")
    sends(desk, wang, photo_of(place=SITE, at=AT), tmp_path)
    (row,) = files(desk, number)
    assert row.place is None and row.taken_at is None
    assert lines(desk, row) == ["客户上传", f"收到 {clock(row)}"]
    assert copy(desk, row).size == (640, 480)
    wang.says("Please speak English with me, the printer is still jammed")
    desk.act(lambda turn: speaks_english(turn, wang))
    assert lines(desk, row)[0] == "From customer"


def clock(row: Attachment) -> str:
    return f"{datetime.fromtimestamp(row.at // 1_000_000, UTC) + timedelta(hours=8):%Y-%m-%d %H:%M}"


def speaks_english(turn: Turn, who: Party) -> None:
    table = Person.table
    for person in turn.rows(Person, select(table).where(table.c.role == "customer")):
        person.lang = "en"


@pytest.mark.req("S37", "S5a")
def test_what_was_passed_on_says_by_whom(desk: Story) -> None:
    wang, sun = desk.customer("王女士"), desk.manager("孙经理", channel="feishu")
    wang.says("打印机卡纸")
    number = wang.hears("ack_created").ticket

    def passes_on(turn: Turn) -> None:
        ticket, person = by_number(turn, "main", number), turn.get(Person, sun.person_id)
        assert ticket is not None and person is not None
        told = Told(media=(Media("gone"),), kind="image", passed_on_by=person.id)
        supplement(turn, ticket, person, told)

    desk.act(passes_on)
    (row,) = files(desk, number)
    assert lines(desk, row)[0] == "转发 孙经理"


@pytest.mark.req("S37")
def test_long_names_and_letters_that_turn_others_round_stay_within_bounds(desk: Story, tmp_path: Path) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="dingtalk")
    number = accepted(desk, wang, liu, "打印机卡纸")
    sends(desk, liu, photo_of(), tmp_path)
    (row,) = files(desk, number)

    def rename(turn: Turn) -> None:
        person = turn.get(Person, liu.person_id)
        assert person is not None
        person.name, person.staff_no = "阿卜杜热依木\u202e江\n·买买提\u200b艾力克孜勒苏" + "尔" * 40, "7\x07"

    desk.act(rename)
    name, number_said = lines(desk, row)[0].split(" 工号 ")
    assert len(name) == marking.LONGEST_NAME and name.endswith("…") and number_said == "7"
    assert all(character.isprintable() for character in name)


@pytest.mark.req("S37")
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (png_head(50_000, 50_000), "too_many_pixels"),
        (photo_of((2000, 1500))[:-3000], "damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "no_picture"),
        (b"%PDF-1.4\n" + photo_of(), "no_picture"),
    ],
)
def test_what_cannot_be_opened_is_kept_says_why_and_never_leaves(
    desk: Story, tmp_path: Path, content: bytes, why: str
) -> None:
    wang, liu, sun = (
        desk.customer("王女士", channel="webchat"),
        desk.engineer("刘工", channel="dingtalk"),
        desk.manager("孙经理"),
    )
    number = accepted(desk, wang, liu, "打印机卡纸")
    sends(desk, liu, content, tmp_path)
    (row,) = files(desk, number)
    assert (row.error, row.marked) == (why, None) and row.hash is not None
    assert desk.run(desk.rehearsal.desk.files.read(row.hash)) == content
    for reader, original in ((liu, None), (sun, row.hash)):
        paper = seen(desk, number, reader)
        assert not paper.picture and paper.note and paper.original == original
        assert paper.hash is None or (mime_of(content) == "application/pdf" and paper.mime == "application/pdf")


def seen(desk: Story, number: str, reader: Party) -> Any:
    def look(turn: Turn) -> Any:
        ticket, person = by_number(turn, "main", number), turn.get(Person, reader.person_id)
        assert ticket is not None and person is not None
        (paper,) = papers(turn, ticket, person)
        return paper

    return desk.act(look)


@pytest.mark.req("S37")
def test_while_the_copy_is_being_made_the_page_says_so_and_shows_nothing(desk: Story, tmp_path: Path) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="dingtalk")
    number = accepted(desk, wang, liu, "打印机卡纸")
    sends(desk, liu, photo_of(), tmp_path)

    def unmark(turn: Turn) -> None:
        for row in turn.rows(Attachment, select(Attachment.table)):
            row.marked = row.marked_size = None

    desk.act(unmark)
    paper = seen(desk, number, liu)
    assert (paper.hash, paper.picture) == (None, False) and "水印" in paper.note


@pytest.mark.req("S37")
def test_photos_from_before_get_their_copies_when_the_desk_begins(desk: Story, tmp_path: Path) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="dingtalk")
    number = accepted(desk, wang, liu, "打印机卡纸")
    for count in range(3):
        sends(desk, liu, photo_of((300 + count, 200)), tmp_path)

    def as_before(turn: Turn) -> None:
        for row in turn.rows(Attachment, select(Attachment.table)):
            row.marked = row.marked_size = None
        for job in turn.rows(Job, select(Job.table)):
            job.key = f"old:{job.id}"

    desk.act(as_before)
    desk.act(marking.begin)
    desk.passes(seconds=90)
    assert all(row.marked for row in files(desk, number))
    assert len(orders(desk)) == 6


@pytest.mark.req("S37")
def test_no_event_tells_a_name_or_a_place(desk: Story, tmp_path: Path) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="dingtalk")
    number = accepted(desk, wang, liu, "打印机卡纸")
    sends(desk, liu, photo_of(place=SITE, at=AT), tmp_path)
    stream = desk.ticket(number).stream
    events = desk.act(lambda turn: turn.rows(Event, select(Event.table).where(Event.table.c.stream == stream)))
    assert not any("31.94" in str(event.data) or "刘工" in str(event.data) for event in events)


def test_the_time_on_a_photo_is_the_cameras_only_where_it_can_be_believed(desk: Story, tmp_path: Path) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="dingtalk")
    number = accepted(desk, wang, liu, "打印机卡纸")
    for at in ("2020:01:01 00:00:00", "2027:01:01 00:00:00"):
        sends(desk, liu, photo_of(at=at), tmp_path)
    desk.passes(minutes=2)
    for row in files(desk, number):
        assert row.taken_at is None and lines(desk, row)[1] == f"收到 {clock(row)}"
        assert abs(row.at - desk.now) < 20 * MINUTE
