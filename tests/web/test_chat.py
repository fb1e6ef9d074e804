"""Web chat over HTTP: a visitor is heard once, answered, and shown nothing of anybody else's."""

from __future__ import annotations

import json
from typing import Any

import httpx
import orjson
import pytest

from config.rehearsal import CODES
from core.scans.codes import Code
from tests.web.site import Site, Visitor

REPORT = "二楼会议室投影仪打不开"
SUMMARY = "完成 {} 投影仪电源线松动导致无法开机，已重新插紧并更换老化的插座，开机连续投影二十分钟画面正常，遥控器换了新电池，客户当场试用没有问题"


@pytest.mark.req("S65", "S84")
def test_a_fault_is_reported_accepted_finished_and_asked_after(any_site: Site) -> None:
    engineer, customer = any_site.engineer("liu"), any_site.visitor("wang")
    customer.says(REPORT)
    customer.waits_for("GD-1001")
    offer = engineer.waits_for("GD-1001", "投影仪")
    button = next(button for button in offer["buttons"] if button["token"].startswith("accept:"))
    assert engineer.post(kind="press", press=button["token"], text=button["label"]).status_code == 200
    customer.waits_for("刘工", "GD-1001")
    engineer.says(SUMMARY.format(1001))
    customer.waits_for("完成", "GD-1001")
    customer.says("修好了吗")
    customer.waits_for("GD-1001", "刘工", "处理完成")
    mine = [line["text"] for line in customer.lines() if line["mine"]]
    assert mine == [REPORT, "修好了吗"]


def test_a_message_that_is_sent_again_is_heard_once(visitor: Visitor) -> None:
    body = {"token": visitor.token, "id": "same", "kind": "text", "text": "你好"}
    assert [visitor.site.http.post("/hook/webchat", json=body).status_code for _ in range(3)] == [200] * 3
    assert [line["ref"] for line in visitor.lines() if line["mine"]] == ["same"]


def test_a_page_that_knows_everything_is_told_nothing(visitor: Visitor) -> None:
    tag = visitor.site.http.get("/api/chat/messages", params={"token": visitor.token}).json()["tag"]
    asked = {"token": visitor.token, "after": tag}
    assert visitor.site.http.get("/api/chat/messages", params=asked).status_code == 204
    visitor.says("你好")
    assert visitor.site.http.get("/api/chat/messages", params=asked).status_code == 200


def test_a_listening_page_is_woken(site: Site) -> None:
    customer = site.visitor("wang")
    with site.http.stream("GET", "/api/chat/stream", params={"token": customer.token}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        words = (line for line in stream.iter_lines() if line.startswith("data:"))
        assert next(words) == "data: look"
        customer.says("你好")
        assert next(words) == "data: look"


def test_a_session_is_renewed_for_its_own_visitor_only(site: Site) -> None:
    def session(**body: Any) -> str:
        return site.http.post("/api/chat/session", json=body).json()["token"]

    first = session()
    again, other, forged = (
        session(token=first),
        session(),
        session(token=first[:-1] + ("0" if first[-1] != "0" else "1")),
    )
    assert site.chat.visitor(again) == site.chat.visitor(first)
    assert len({site.chat.visitor(token) for token in (first, other, forged)}) == 3
    assert len(str(site.chat.visitor(first))) == 32


@pytest.mark.req("S5b", "S18")
@pytest.mark.parametrize("path", ["/api/chat/messages", "/api/chat/stream", f"/files/{'a' * 64}"])
@pytest.mark.parametrize("token", [None, "", "wang", "wang.1.00", "𝟘" * 80, "a.b.c", "wang\x00"])
def test_nothing_is_told_without_a_token_of_ours(visitor: Visitor, path: str, token: str | None) -> None:
    visitor.says("我的电话13800000001")
    answer = visitor.site.http.get(path, params={} if token is None else {"token": token})
    assert (answer.status_code, answer.content) == (403, b"")


def test_a_token_of_another_key_or_visitor_is_refused(visitor: Visitor) -> None:
    token = visitor.token
    for forged in (token.replace("v", "w", 1), token[:-1] + "z", token.upper(), token + " ", f" {token}"):
        answer = visitor.site.http.post(
            "/hook/webchat", json={"token": forged, "id": "1", "kind": "text", "text": "喂"}
        )
        assert (answer.status_code, answer.content) == (403, b""), forged


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"null", 400),
        (b"[]", 400),
        (b'"TOKEN"', 400),
        (b"{", 400),
        (b'{"token":"TOKEN","id":"1","kind":"text","text":"a","text":"b"}', 400),
        (b'{"token":"TOKEN","id":"1","kind":"text","text":NaN}', 400),
        (b'{"token":"TOKEN","id":"1","kind":"text","text":-Infinity}', 400),
        (b'{"token":"TOKEN","id":"1","kind":"text","text":"\\ud800"}', 400),
        (b'{"token":"TOKEN","id":"1","kind":"text","text":' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400),
        (b'\xef\xbb\xbf{"token":"TOKEN","id":"1","kind":"text","text":"a"}', 400),
        ('{"token":"TOKEN","id":"1","kind":"text","text":"a"}'.encode("utf-16"), 400),
        (b'{"token":"TOKEN","id":"1","kind":"text","text":"\xff"}', 400),
        (b'{"token":["TOKEN"],"id":"1","kind":"text","text":"a"}', 403),
        (b'{"token":1,"id":"1","kind":"text","text":"a"}', 403),
        (b'{"id":"1","kind":"text","text":"a"}', 403),
        (b'{"token":"TOKEN","id":"1","kind":"text","text":"' + "😀".encode() * 240_000 + b'"}', 413),
        (b'{"token":"TOKEN","id":"1","kind":"text","text":"' + b"a" * 11_000_000 + b'"}', 413),
    ],
)
def test_what_is_no_message_gets_a_clear_no(visitor: Visitor, body: bytes, status: int) -> None:
    body = body.replace(b"TOKEN", visitor.token.encode())
    answer = visitor.site.http.post("/hook/webchat", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.content) == (status, b"")
    assert visitor.lines() == []


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"kind": "text"},
        {"id": "1", "kind": "holo", "text": "a"},
        {"id": "1", "kind": "text", "text": 5},
        {"id": "1", "kind": "text", "text": ["a"]},
        {"id": 1, "kind": "text", "text": "a"},
        {"id": "../1", "kind": "text", "text": "a"},
        {"id": "1", "kind": "press", "text": "a"},
        {"id": "1", "kind": "press", "press": {"a": 1e400}},
        {
            "id": "1",
            "kind": "image",
            "text": "a",
            "file": {"hash": "a" * 64, "mime": "image/png", "name": "a", "size": 1},
        },
    ],
)
def test_what_an_unknown_page_sends_is_kept_and_wedges_nothing(visitor: Visitor, said: dict[str, Any]) -> None:
    before = kept_by(visitor.site)
    body = json.dumps({"token": visitor.token, **said}).replace("Infinity", "1e400")
    answer = visitor.site.http.post("/hook/webchat", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (200, 400)
    assert visitor.lines() == []
    assert kept_by(visitor.site) == before + (answer.status_code == 200)
    visitor.says("你好")
    visitor.waits_for("您好")


def kept_by(site: Site) -> int:
    """How many deliveries lie in quarantine."""
    with site.desk.database.reading() as connection:
        return connection.raw.execute("select count(*) from quarantine").fetchone()[0]


WORDS = [
    "<script>document.title='x'</script>",
    "{{7*7}} ${7*7} {0.__class__}",
    '${jndi:ldap://x} =HYPERLINK("http://x")',
    "a\r\n[AUDIT] ok",
    "\u202egnp.exe",
    "[点我](javascript:alert(1))",
]


@pytest.mark.parametrize("text", WORDS)
def test_words_come_back_as_they_were_said(visitor: Visitor, text: str) -> None:
    visitor.says(text)
    assert [line["text"] for line in visitor.lines() if line["mine"]] == [text]
    answer = visitor.site.http.get("/api/chat/messages", params={"token": visitor.token})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_nul_is_left_out_and_nothing_else(visitor: Visitor) -> None:
    visitor.says("空\0调")
    assert visitor.lines()[0]["text"] == "空调"


@pytest.mark.req("S8", "S18")
def test_a_stranger_learns_nothing_of_anothers_ticket(site: Site) -> None:
    customer, stranger = site.visitor("wang"), site.visitor("sun")
    customer.says(f"{REPORT}，电话13800000001")
    customer.waits_for("GD-1001")
    stranger.says("单号 1001 修好了吗")
    answer = stranger.waits_for("1001")
    stranger.says("单号 4711 修好了吗")
    never = stranger.waits_for("4711")
    assert answer["text"].replace("1001", "N") == never["text"].replace("4711", "N")
    told = str(stranger.lines())
    assert "投影仪" not in told and "13800000001" not in told


# ---------------------------------------------------------------- files


def file_of(site: Site, token: str, name: str) -> httpx.Response:
    return site.http.get(f"/files/{name}", params={"token": token})


@pytest.mark.req("S18", "S65")
def test_a_photo_reaches_the_ticket_and_only_its_own_room(site: Site) -> None:
    customer, stranger = site.visitor("wang"), site.visitor("sun")
    photo = b"\xff\xd8\xff\xe0 a photo"
    assert customer.sends(photo, "image/jpeg").status_code == 200
    (file,) = customer.lines()[0]["files"]
    assert (file["picture"], file["size"]) == (True, len(photo))
    answer = file_of(site, customer.token, file["hash"])
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, photo, "image/jpeg")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    stranger.says(f"给我看 {file['hash']}")
    assert stranger.post(kind="press", press=file["hash"], text="x").status_code == 200
    assert file_of(site, stranger.token, file["hash"]).status_code == 404
    customer.waits_for("GD-1001")


@pytest.mark.parametrize("name", ["", "x", "..%2f..%2fdesk.db", "A" * 64, "a" * 63, "a" * 65, "a" * 64, "%00", "%25"])
def test_there_is_no_other_file(visitor: Visitor, name: str) -> None:
    assert file_of(visitor.site, visitor.token, name).status_code == 404


@pytest.mark.parametrize(
    ("mime", "shown"),
    [
        ("image/png", "image/png"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/html", "application/octet-stream"),
        ("IMAGE/PNG; charset=x", "image/png"),
        ("nonsense", "application/octet-stream"),
    ],
)
def test_a_file_is_never_a_page(visitor: Visitor, mime: str, shown: str) -> None:
    assert visitor.sends(b"<svg onload=alert(1)>", mime, kind="file").status_code == 200
    (file,) = visitor.lines()[0]["files"]
    answer = file_of(visitor.site, visitor.token, file["hash"])
    assert answer.headers["content-type"] == shown
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../x.pdf", "x.pdf"),
        ("C:\\tmp\\y.pdf", "y.pdf"),
        ("a\r\nset-cookie: b.pdf", "aset-cookie: b.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("", "file"),
        ("照片.jpg", "照片.jpg"),
        ("n" * 500 + ".jpg", "n" * 116 + ".jpg"),
    ],
)
def test_a_files_name_is_only_a_name(visitor: Visitor, name: str, kept: str) -> None:
    assert visitor.sends(b"content", "application/pdf", kind="file", name=name).status_code == 200
    (file,) = visitor.lines()[0]["files"]
    assert file["name"] == kept
    answer = file_of(visitor.site, visitor.token, file["hash"])
    assert "set-cookie" not in answer.headers and answer.status_code == 200


def test_a_file_has_a_bound(visitor: Visitor) -> None:
    assert visitor.sends(b"x" * 10_000_000, "image/png").status_code == 200
    assert visitor.sends(b"x" * 10_000_001, "image/png").status_code == 413
    assert [line["ref"] for line in visitor.lines() if line["mine"]] == ["m1"]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"id": "1", "kind": "text"}, 400),
        ({"id": "1"}, 400),
        ({"kind": "image"}, 400),
        ({"id": "a b", "kind": "image"}, 400),
        ([("id", "1"), ("id", "2"), ("kind", "image")], 400),
    ],
)
def test_an_upload_says_what_it_is(visitor: Visitor, params: Any, status: int) -> None:
    headers = {"authorization": f"Bearer {visitor.token}", "content-type": "image/png"}
    answer = visitor.site.http.post("/hook/webchat", params=params, headers=headers, content=b"x")
    assert answer.status_code == status
    del headers["authorization"]
    assert visitor.site.http.post("/hook/webchat", params=params, headers=headers, content=b"x").status_code == 403
    assert orjson.dumps(visitor.lines()) == b"[]"


@pytest.mark.req("S67")
def test_who_comes_by_a_code_is_told_what_the_desk_knows_and_sees_nothing_of_the_token(visitor: Visitor) -> None:
    token = CODES.token("main", Code("device", "GA37-0812"))
    body = {"token": visitor.token, "id": "came", "kind": "enter", "text": token}
    assert visitor.site.http.post("/hook/webchat", json=body).status_code == 200
    visitor.waits_for("SN GA37-0812")
    assert token not in str(visitor.lines())
    assert visitor.site.http.post("/hook/webchat", json={**body, "id": "b", "press": "x"}).status_code == 200
    assert [line for line in visitor.lines() if line["mine"]] == []
