"""`desk qr`: what it prints is read again by a camera's decoder, and leads where the channel's platform says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import av
import httpx
import orjson
import pytest
import zxingcpp
from playwright.sync_api import sync_playwright
from sqlalchemy import create_engine

from config.keys import web_key
from config.labels import Label, save, sheet
from config.loading import load
from config.qr import qr_command
from config.serving import codes_of
from core.people.model import Person, Role
from core.scans.codes import Code
from core.store import migrate
from tests import not_run
from tests.web.test_in_browser import LAUNCH

LINK = "https://t.me/acme_desk_bot?start=dR0EzNy0wODEyabcdefghijklmnop"


def read(picture: Path) -> set[str]:
    """What a camera reads of a picture."""
    with av.open(str(picture)) as opened:
        frame = next(opened.decode(video=0))
    return {found.text for found in zxingcpp.read_barcodes(frame.to_ndarray(format="gray"))}  # type: ignore[attr-defined]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command on a desk of its own; `more` are its settings."""
    monkeypatch.chdir(tmp_path)
    given = {"DATA_DIR": tmp_path / "var", "CHANNELS__TELEGRAM__BOT_NAME": "acme_desk_bot"}

    def run(*words: object, transport: httpx.AsyncBaseTransport | None = None, **more: str) -> int:
        for name, value in {**given, **more}.items():
            monkeypatch.setenv(f"HUIYING_{name}", str(value))
        return qr_command([str(word) for word in words], transport)

    return run


def named_by(link: str, parameter: str) -> Code | None:
    """What the token in a link names."""
    settings = load()
    [token] = parse_qs(urlsplit(link).query)[parameter]
    return codes_of(web_key(settings)).read(settings.entity, token)


@pytest.mark.req("S67", "S52")
def test_a_device_has_a_code_that_a_camera_reads(
    desk: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "device.png"
    assert desk("device", "GA37-0812", "--channel", "telegram", "--file", picture) == 0
    [link] = read(picture)
    assert link in capsys.readouterr().out and link.startswith("https://t.me/acme_desk_bot?start=")
    assert named_by(link, "start") == Code("device", "GA37-0812")


@pytest.mark.req("S58")
def test_a_sheet_of_labels_is_printed_with_every_code(desk: Callable[..., int], tmp_path: Path) -> None:
    path, picture = tmp_path / "labels.html", tmp_path / "labels.png"
    teams = ["夜班组", "日班一组", "日班二组", "<b>机修</b>"]
    assert desk("team", *teams, "--channel", "webchat", "--sheet", path, PUBLIC_URL="https://desk.example.com/") == 0
    assert "&lt;b&gt;机修&lt;/b&gt;" in path.read_text()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=not_run.needs("chromium"), args=LAUNCH)
        page = browser.new_page(viewport={"width": 794, "height": 1123}, device_scale_factor=2)
        page.goto(path.as_uri())
        page.screenshot(path=str(picture))
        browser.close()
    links = read(picture)
    assert all(link.startswith("https://desk.example.com/chat?scene=t") for link in links)
    assert {named_by(link, "scene") for link in links} == {Code("team", team) for team in teams}


def test_a_customer_is_named_by_his_phone_number(
    desk: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk("customer", "13800138022", "--channel", "telegram") == 1
    store = load().store_url()
    migrate.create(store)
    with create_engine(store).begin() as connection:
        for number, role in ((7, Role.CUSTOMER), (8, Role.ENGINEER)):
            person = Person(id=number, entity="main", role=role, name="陈", phone="13800138022")
            connection.execute(Person.table.insert().values(person.to_db()))
    capsys.readouterr()
    assert desk("customer", "138 0013 8022", "--channel", "telegram") == 0
    assert named_by(capsys.readouterr().out.split()[-1], "start") == Code("customer", "7")


def answering(seen: list[tuple[str, Any]], **answers: dict[str, Any]) -> httpx.MockTransport:
    """A platform that answers by the last part of the path."""

    async def answer(request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        name = request.url.path.rpartition("/")[2]
        seen.append((name, orjson.loads(body) if body else None))
        return httpx.Response(200, stream=httpx.ByteStream(orjson.dumps(answers[name])))

    return httpx.MockTransport(answer)


@pytest.mark.req("S67")
def test_in_wechat_a_code_opens_customer_service_or_the_official_account(
    desk: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", "secret-0001")
    seen: list[tuple[str, Any]] = []
    kf = {"CORP_ID": "ww1", "SECRET": "env:MINE", "OPEN_KFIDS": "wkAJ2", "ENABLED": "true"}
    url = "https://work.weixin.qq.com/kf/kfcbf8f8d?enc_scene=ENC"
    ready = {"errcode": 0, "access_token": "t", "expires_in": 7200}
    transport = answering(seen, gettoken=ready, add_contact_way={"errcode": 0, "url": url})
    assert (
        desk("device", "GA37-0812", transport=transport, **{f"CHANNELS__WECOM_KF__{k}": v for k, v in kf.items()}) == 0
    )
    link = capsys.readouterr().out.split()[-1]
    assert link.startswith(f"{url}&scene_param=") and named_by(link, "scene_param") == Code("device", "GA37-0812")
    assert seen[-1] == ("add_contact_way", {"open_kfid": "wkAJ2", "scene": "desk"})
    mp = {"APP_ID": "wx1", "APP_SECRET": "env:MINE"}
    transport = answering(seen, stable_token=ready, create={"url": "http://weixin.qq.com/q/02abc"})
    more = {f"CHANNELS__WECHAT_MP__{name}": value for name, value in mp.items()}
    assert desk("team", "夜班组", "--channel", "wechat_mp", transport=transport, **more) == 0
    assert capsys.readouterr().out.split()[-1] == "http://weixin.qq.com/q/02abc"
    scene = seen[-1][1]["action_info"]["scene"]["scene_str"]
    assert len(scene) <= 64 and named_by(f"https://x/?s={scene}", "s") == Code("team", "夜班组")
    refused = answering(seen, stable_token={"errcode": 40013, "errmsg": "invalid appid"})
    assert desk("team", "夜班组", "--channel", "wechat_mp", transport=refused) == 1
    assert "secret-0001" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("device", "x" * 36, "--channel", "telegram"), "1 to 35 bytes"),
        (("device", "GA37", "--channel", "webchat"), "public_url"),
        (("device", "GA37", "--channel", "wecom_kf"), "channels.wecom_kf.open_kfids"),
    ],
)
def test_what_cannot_be_made_is_said(
    desk: Callable[..., int], capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert desk(*words) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_code_is_saved_in_every_form_that_printers_take(tmp_path: Path, ending: str) -> None:
    save(LINK, tmp_path / f"code.{ending}")
    content = (tmp_path / f"code.{ending}").read_bytes()
    assert content.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending])
    assert sheet([Label("SN 1", LINK)]).count("<svg") == 1
