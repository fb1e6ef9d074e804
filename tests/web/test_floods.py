"""Nobody floods the page that faces the internet: buckets with a fake clock, and the real page over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.words import SECOND
from tests.web.site import Site
from web.addresses import address_of
from web.floods import ADDRESS, MOST_BUCKETS, NEWCOMERS, VISITOR, Buckets, Rate

RATE = Rate(3, 2 * SECOND)


class HandClock:
    def __init__(self) -> None:
        self.now = 1_000 * SECOND

    def __call__(self) -> int:
        return self.now


def test_so_many_at_once_then_one_each_time() -> None:
    clock = HandClock()
    buckets = Buckets(RATE, clock)
    assert [buckets.take("wang") for _ in range(5)] == [0, 0, 0, 2, 2]
    assert buckets.take("li") == 0
    clock.now += 2 * SECOND - 1
    assert buckets.take("wang") == 1
    clock.now += 1
    assert [buckets.take("wang") for _ in range(2)] == [0, 2]
    clock.now += 100 * SECOND
    assert [buckets.take("wang") for _ in range(4)] == [0, 0, 0, 2]


def test_a_clock_that_was_set_back_shuts_nobody_out() -> None:
    clock = HandClock()
    buckets = Buckets(RATE, clock)
    assert buckets.take("wang") == 0
    clock.now -= 500 * SECOND
    assert buckets.take("wang") <= 2


@given(st.lists(st.integers(0, 10 * SECOND), max_size=60))
def test_never_more_than_the_rate_allows(pauses: list[int]) -> None:
    clock = HandClock()
    buckets, began, through = Buckets(RATE, clock), clock.now, 0
    for pause in pauses:
        clock.now += pause
        through += buckets.take("wang") == 0
    assert through <= RATE.most + (clock.now - began) // RATE.every


def test_memory_is_bounded() -> None:
    buckets = Buckets(RATE, HandClock())
    for number in range(MOST_BUCKETS + 10):
        buckets.take(str(number))
    assert len(buckets) == MOST_BUCKETS


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", None, None),
        ("::1", None, None),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "10.0.0.9, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "127.0.0.1", None),
        ("127.0.0.1", "nonsense\x00", None),
        ("::ffff:203.0.113.7", None, "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", None, "2001:db8:1:2::/64"),
        ("", None, None),
    ],
)
def test_from_where_a_request_comes(peer: str, forwarded: str | None, address: str | None) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded is not None else []
    assert address_of({"client": (peer, 1), "headers": headers}) == address


def test_a_visitor_who_does_not_stop_is_told_to_wait(site: Site) -> None:
    wang, li = site.visitor("wang"), site.visitor("li")
    found = [wang.post(kind="text", text=f"打不开 {number}").status_code for number in range(VISITOR.most)]
    assert set(found) == {200}
    refused = _first_refused(lambda: wang.sends(b"\x89PNG", "image/png"))
    assert 1 <= int(refused.headers["retry-after"]) <= 2
    assert li.post(kind="text", text="空调漏水").status_code == 200


def test_an_address_that_does_not_stop_is_told_to_wait_whoever_it_says_it_is(site: Site) -> None:
    through = {"x-forwarded-for": "198.51.100.1"}
    found = [site.http.post("/hook/webchat", headers=through, content=b"").status_code for _ in range(ADDRESS.most)]
    assert set(found) == {403}
    assert _first_refused(lambda: site.http.post("/hook/webchat", headers=through)).headers["retry-after"] == "1"
    pretended = {"x-forwarded-for": "10.1.2.3, 198.51.100.1"}
    _first_refused(lambda: site.http.post("/hook/webchat", headers=pretended), most=20)
    other = {"x-forwarded-for": "198.51.100.2"}
    assert site.http.post("/hook/webchat", headers=other).status_code == 403


def test_new_visitors_are_counted_by_address_and_known_ones_not(site: Site) -> None:
    through = {"x-forwarded-for": "198.51.100.3"}
    known = site.http.post("/api/chat/session", headers=through, json={}).json()
    for _ in range(NEWCOMERS.most - 1):
        assert site.http.post("/api/chat/session", headers=through, json={}).status_code == 200
    refused = _first_refused(lambda: site.http.post("/api/chat/session", headers=through, json={}))
    assert 1 <= int(refused.headers["retry-after"]) <= 5
    assert site.http.post("/api/chat/session", headers=through, json=known).status_code == 200


def _first_refused(ask: Callable[[], httpx.Response], most: int = 200) -> httpx.Response:
    """The first answer that says wait, however slowly this machine asks."""
    for _ in range(most):
        answer = ask()
        if answer.status_code == 429:
            return answer
    raise AssertionError("never told to wait")
