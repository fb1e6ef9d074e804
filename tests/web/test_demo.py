"""The demonstration is for this machine only, and its clock takes no nonsense."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.demonstration import demo
from tests.web.site import Site

EVERYWHERE = ("/", "/chat", "/board", "/api/board", "/healthz", "/hook/webchat")


@pytest.mark.parametrize("seconds", [0, -1, 1.5, "10", None, True, 259_201, 10**30, [], {}])
def test_the_clock_takes_whole_seconds_up_to_three_days(shared: str, seconds: Any) -> None:
    before = httpx.post(f"{shared}/api/demo", json={"lang": "zh"}).json()["now"]
    assert httpx.post(f"{shared}/api/demo/clock", json={"seconds": seconds}).status_code == 400
    after = httpx.post(f"{shared}/api/demo", json={"lang": "zh"}).json()["now"]
    assert 0 <= after - before < 10_000_000


def test_the_clock_moves(shared: str) -> None:
    before = httpx.post(f"{shared}/api/demo", json={"lang": "zh"}).json()["now"]
    after = httpx.post(f"{shared}/api/demo/clock", json={"seconds": 3600}, timeout=20).json()["now"]
    assert 3600 <= (after - before) / 1_000_000 < 3620


@pytest.mark.parametrize("lang", ["fr", "", None, 1, ["zh"]])
def test_the_players_speak_what_the_page_speaks(shared: str, lang: Any) -> None:
    assert httpx.post(f"{shared}/api/demo", json={"lang": lang}).status_code == 400
    english = httpx.post(f"{shared}/api/demo", json={"lang": "en"}).json()["players"]
    assert [player["name"] for player in english] == ["Director Li", "Sun", "Liu", "Ms Wang"]


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::2]:80"])
def test_a_page_of_another_name_gets_nothing(shared: str, path: str, host: str) -> None:
    answer = httpx.get(shared + path, headers={"host": host})
    assert (answer.status_code, answer.content) == (421, b"")


def test_a_page_of_another_site_cannot_press_its_buttons(shared: str) -> None:
    for path in ("/api/demo", "/api/demo/clock"):
        assert (
            httpx.post(shared + path, content=b'{"seconds":10}', headers={"content-type": "text/plain"}).status_code
            == 415
        )
        assert httpx.get(shared + path).status_code == 405


def test_it_listens_on_the_loopback_address_only(shared: str) -> None:
    """A server that listened everywhere would answer on another address of the loopback network too."""
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", int(shared.rpartition(":")[2])), timeout=2).close()


def test_a_port_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = demo(tmp_path, "--port", str(port))
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert str(port) in said and "--port" in said and "Traceback" not in said


def test_a_port_that_is_none_is_named(tmp_path: Path) -> None:
    process = demo(tmp_path, "--port", "70000")
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1 and re.search("70000", said) and "Traceback" not in said


@pytest.mark.req("S11")
def test_its_telephones_are_those_of_its_staff(shared: str) -> None:
    phones = httpx.get(f"{shared}/api/demo/phones").json()["phones"]
    assert {key: phone["number"] for key, phone in phones.items()} == {
        "engineer": "+8613800000002",
        "manager": "+8613800000003",
        "director": "+8613800000004",
    }


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"act": "answer", "ref": "sim:nothing"}, 409),
        ({"act": "press", "ref": "sim:nothing", "digit": "1"}, 409),
        ({"act": "press", "ref": "sim:nothing", "digit": "x"}, 400),
        ({"act": "press", "ref": "sim:nothing"}, 400),
        ({"act": "dial", "ref": "sim:nothing"}, 400),
        ({"act": "answer", "ref": 1}, 400),
        ({}, 400),
    ],
)
def test_nobody_answers_a_call_that_is_not(shared: str, asked: dict[str, Any], status: int) -> None:
    assert httpx.post(f"{shared}/api/demo/phones/call", json=asked).status_code == status


@pytest.mark.parametrize(
    "asked", [{}, {"key": "customer", "text": "1"}, {"key": "manager", "text": ""}, {"key": "manager", "text": 1}]
)
def test_an_sms_comes_from_one_of_its_telephones_and_says_something(shared: str, asked: dict[str, Any]) -> None:
    assert httpx.post(f"{shared}/api/demo/phones/text", json=asked).status_code == 400


def test_an_sms_that_was_written_stands_in_its_inbox(shared: str) -> None:
    assert httpx.post(f"{shared}/api/demo/phones/text", json={"key": "manager", "text": "收到"}).status_code == 204
    texts = httpx.get(f"{shared}/api/demo/phones").json()["phones"]["manager"]["texts"]
    assert [(text["ours"], text["text"]) for text in texts][-1] == (False, "收到")


def test_real_desks_have_no_such_telephones(common: Site) -> None:
    for path in ("/api/demo/phones", "/api/demo/stream"):
        assert common.http.get(path).status_code == 404
