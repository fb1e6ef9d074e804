"""Group commit: what comes in together is written together, and one that fails takes nobody with him (S35)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.plain_mind import PlainMind
from bots.emulated.carrier import Carrier
from config.desk import build
from config.running import LiveRunner
from core.policies import Policies
from core.store.files import FileStore
from core.store.group import HEARD
from core.store.model import Inbox
from core.store.numbers import ID_BLOCK
from core.store.pump import GROUP
from core.store.turn import Turn
from core.words import Cursor
from tests.store.standing import NOON, Hurt, Watched, delivery, keep, keep_and_fail, message, stand

AT_ONCE = 64


def test_a_full_queue_is_one_transaction(desk_url: str) -> None:
    with stand(desk_url) as desk:
        for number in range(GROUP):
            desk.submit(delivery(message(number, room=f"customer {number}")))
        desk.cycle()
        assert desk.database.commits == 1
        assert len(desk.answers) == GROUP
        assert len(desk.column("SELECT id FROM inbox")) == GROUP


def test_who_speaks_at_once_shares_commits(desk_url: str, tmp_path: Path) -> None:
    """The live desk: 64 callers wait for their answer, and far fewer transactions serve them."""

    async def story() -> int:
        database = Watched(desk_url)
        carrier = Carrier("webchat", lambda: NOON)
        desk = build(
            database, Policies(), {"webchat": lambda *_: carrier}, FileStore(tmp_path), lambda: NOON, PlainMind()
        )
        runner = LiveRunner(desk)
        accept = desk.accept_for("webchat")
        speaking = [carrier.says(accept, f"customer {number}", None, "text", "在吗") for number in range(AT_ONCE)]
        tasks = [asyncio.create_task(speaks) for speaks in speaking]
        await asyncio.sleep(0)
        runner.start()
        await asyncio.gather(*tasks)
        commits = database.commits
        await runner.stop()
        await desk.close()
        return commits

    assert asyncio.run(story()) <= AT_ONCE // 8


def test_a_failed_turn_leaves_nothing_and_its_neighbours_everything(desk_url: str) -> None:
    with stand(desk_url) as desk:
        desk.submit(keep("before"))
        desk.submit(keep_and_fail("failed"))
        desk.submit(keep("after"))
        desk.cycle()
        first, failure, last = desk.answers
        assert (first, last) == ("before", "after") and isinstance(failure, Hurt)
        assert desk.column("SELECT name FROM shelf ORDER BY name") == ["after", "before"]


def test_a_turn_that_the_database_refuses_leaves_nothing(desk_url: str) -> None:
    with stand(desk_url) as desk:
        desk.submit(keep("taken"))
        desk.cycle()

        def twice(turn: Turn) -> None:
            keep("new")(turn)
            keep("taken")(turn)

        desk.submit(twice)
        desk.submit(keep("after"))
        while desk.pump.pending:
            desk.cycle()
        assert isinstance(desk.answers[1], Exception) and desk.answers[2] == "after"
        assert desk.column("SELECT name FROM shelf ORDER BY name") == ["after", "taken"]


def test_numbers_that_a_failed_turn_drew_are_drawn_again(desk_url: str) -> None:
    drawn: list[int] = []

    def draw(turn: Turn) -> None:
        drawn.append(turn.next_number("ticket", 1001))

    def draw_and_fail(turn: Turn) -> None:
        draw(turn)
        raise Hurt

    with stand(desk_url) as desk:
        for act in (draw, draw_and_fail, draw):
            desk.submit(act)
        desk.cycle()
    assert drawn == [1001, 1002, 1002]


def test_row_ids_are_never_given_twice(desk_url: str) -> None:
    """A turn that fails after it began a new block of ids gives the whole block back."""

    def use_up(turn: Turn) -> None:
        turn.guard()
        for _ in range(ID_BLOCK):
            turn.new_id()
        raise Hurt

    ids: list[int] = []
    with stand(desk_url) as desk:
        desk.submit(lambda turn: ids.append(turn.new_id()))
        desk.submit(use_up)
        desk.submit(lambda turn: ids.extend(turn.new_id() for _ in range(2 * ID_BLOCK)))
        desk.cycle()
    assert len(set(ids)) == len(ids) == 2 * ID_BLOCK + 1


def test_a_message_and_its_cursor_are_kept_together_or_not_at_all(desk_url: str) -> None:
    with stand(desk_url) as desk:
        desk.submit(delivery(message(1), message(1), message(2), cursor=Cursor("carried", "7")))
        desk.cycle()
        desk.submit(delivery(message(2), message(3), cursor=Cursor("carried", "8")))
        desk.cycle()
        assert desk.column("SELECT key FROM inbox ORDER BY id") == ["carried:1", "carried:2", "carried:3"]
        assert desk.column("SELECT value FROM shelf WHERE name = 'cursor:carried'") == ["8"]


@pytest.mark.parametrize("key", ["carried:\0", "carried:\ud800"])
def test_a_strange_key_holds_up_nobody(desk_url: str, key: str) -> None:
    with stand(desk_url) as desk:
        desk.submit(delivery(replace(message(1), key=key)))
        desk.submit(delivery(message(2)))
        desk.cycle()
        assert len(desk.column("SELECT key FROM inbox")) == 2


def test_messages_of_a_room_have_their_turns_in_order(desk_url: str) -> None:
    heard: list[str] = []

    def hear(turn: Turn, row: Inbox) -> str:
        heard.append(row.said["text"])
        return "heard"

    with stand(desk_url, hear) as desk:
        for number in range(20):
            desk.submit(delivery(message(number, text=str(number))))
        desk.cycle()
        desk.cycle()
    assert heard == [str(number) for number in range(20)]


def test_a_transaction_hears_so_many_messages_and_the_next_one_the_rest_in_order(desk_url: str) -> None:
    """However many wait, also in one room: whoever brings another one waits for the end of a short transaction."""
    with stand(desk_url) as desk:
        desk.submit(delivery(*(message(number, room="customer 1") for number in range(HEARD + 5))))
        seen = [0]
        for _ in range(3):
            desk.cycle()
            seen += desk.column("SELECT count(*) FROM inbox WHERE state = 'done'")
        assert max(after - before for before, after in pairwise(seen)) == HEARD
        assert seen[-1] == HEARD + 5
