"""The last line of defence: what leads to a person or opens a door is not written into logs."""

from __future__ import annotations

import json
import logging

import pytest

from config.logging import HIDDEN, JsonLines, redact


@pytest.mark.req("S18")
@pytest.mark.parametrize(
    "secret",
    [
        "13800000001",
        "+8613800000001",
        "0086 138 0000 0001",
        "138-0000-0001",
        "１３８０００００００１",
        "幺三八零零零零零零零一",
        "一三八〇〇〇〇〇〇〇一",
        "0574-87654321",
        "021 6543210",
        "330203199001011234",
        "33020319900101123X",
        "wmAbCdEfGhIjKlMnOpQrStUvWxYz1234",
        "wang@example.com",
        "139.1111.2222",
        "(021) 6666 7777",
        "0755－23456789",
        "幺 三 九 一 一 一 一 二 二 二 二",
        "+44 20 7946 0958",
        "330203 19900101 1234",
    ],
)
def test_numbers_that_lead_to_a_person_are_hidden(secret: str) -> None:
    for text in (secret, f"客户电话{secret}，速回", f"({secret})", f'"phone": "{secret}"'):
        assert secret not in redact(text) and HIDDEN in redact(text), text


@pytest.mark.parametrize(
    "text",
    [
        "https://api/x?access_token=SECRET&agentid=1",
        "corpsecret=SECRET",
        "GET /board?key=SECRET HTTP/1.1",
        '{"token": "SECRET"}',
        "{'password': 'SECRET'}",
        "Authorization: Bearer SECRET",
        "msg_signature=SECRET&timestamp=1",
        "GET /t/GD-1001?p=SECRET HTTP/1.1",
        "https://desk.example/s/SECRET?p=SECRET",
        "/d/SECRET",
    ],
)
def test_what_a_name_calls_secret_is_hidden(text: str) -> None:
    assert "SECRET" not in redact(text)


@pytest.mark.parametrize(
    "text", ["outbox 1234567", "GD-10012", "1772596800000000", "cause inbox:12", "23800000001", "2026-03-04T12:00:00"]
)
def test_ids_and_instants_stay(text: str) -> None:
    assert redact(text) == text


def line_of(record: logging.LogRecord) -> dict[str, object]:
    written = JsonLines().format(record)
    assert "\n" not in written
    return json.loads(written)


def test_a_record_is_one_line_with_its_ids_and_nothing_unlisted() -> None:
    record = logging.makeLogRecord(
        {
            "name": "huiying.x",
            "levelname": "INFO",
            "msg": "a\r\n%s",
            "args": ('{"level":"ok"}',),
            "outbox": 7,
            "phone": "1",
            "room": "13800000001",
        }
    )
    line = line_of(record)
    assert line["message"] == 'a\r\n{"level":"ok"}' and line["outbox"] == 7
    assert line["room"] == HIDDEN and "phone" not in line


def test_an_error_is_told_without_the_data_in_it() -> None:
    try:
        raise ValueError("no such customer: 13800000001")
    except ValueError:
        import sys

        record = logging.makeLogRecord({"msg": "failed", "levelname": "ERROR", "exc_info": sys.exc_info()})
    error = str(line_of(record)["error"])
    assert "ValueError" in error and "test_logging.py" in error and "13800000001" not in error
