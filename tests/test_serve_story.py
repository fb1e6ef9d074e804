"""The story through the program itself: `desk serve` over HTTP, real encrypted callbacks, the platform on the other side."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from bots.emulated.wecom import WeComServer, over_http
from tests.program import answers, desk, environment, free_port, serving, until
from tests.wecom_story import served

PHOTO = b"\xff\xd8\xff\xe0 a leaking hose"
SUMMARY = "完成 更换水槽下软管一根并重新打密封胶，试水十分钟接头无渗漏，地面积水已清理，客户当场确认，建议每两年更换一次软管并检查接头"


@pytest.mark.req("S2", "S5b", "S65", "S81")
def test_from_a_wechat_message_to_done_over_http(tmp_path: Path) -> None:
    asyncio.run(_story(tmp_path))


async def _story(folder: Path) -> None:
    platform = WeComServer(lambda: time.time_ns() // 1_000)
    async with served(platform) as api:
        port, settings = free_port(), _settings(folder, platform, api)
        settings["HUIYING_LISTEN_PORT"] = str(port)
        assert "已升级" in desk(settings, "migrate")
        desk(settings, "staff", "add", "刘工", "--on-duty")
        code = re.findall(r"[2-9A-HJ-NP-Z]{8}", desk(settings, "link", "刘工"))[0]
        with serving(settings, folder) as process:
            url = f"http://127.0.0.1:{port}"
            await until(lambda: answers(url), process)
            platform.app_hook, platform.kf_hook = over_http(f"{url}/hook/wecom"), over_http(f"{url}/hook/wecom_kf")
            assert await platform.verify(platform.app, platform.app_hook)
            assert await platform.verify(platform.kf, platform.kf_hook)

            await platform.member_says("liugong", code)
            await _heard(platform, "liugong", "绑定成功", process)
            await platform.customer_says("wm_wang", "水槽下面软管漏得厉害")
            await platform.customer_sends("wm_wang", "image", PHOTO, "image/jpeg", "leak.jpg")
            number = re.findall(r"GD-\d+", await _heard(platform, "wm_wang", "单号", process))[0]
            await _heard(platform, "liugong", number, process)
            await platform.member_says("liugong", f"接单 {number}")
            await _heard(platform, "wm_wang", "刘工已接", process)
            await platform.member_says("liugong", "到了")
            await _heard(platform, "wm_wang", "已到现场", process)
            await platform.customer_says("wm_wang", "修好了吗")
            await _heard(platform, "wm_wang", "正在现场", process)
            await platform.member_says("liugong", SUMMARY)
            await _heard(platform, "wm_wang", "已处理完成", process)
            assert set(platform.answers) == {200}
        assert process.returncode == 0
    ticket, attachment = _rows(folder)
    assert ticket[:2] == (number, "done")
    stored = folder / "var" / "files" / attachment[0][:2] / attachment[0]
    assert stored.read_bytes() == PHOTO
    written = (folder / "log").read_text()
    assert platform.app.secret not in written and platform.kf.aes_key not in written and "accesstoken" not in written


def _settings(folder: Path, platform: WeComServer, api: str) -> dict[str, str]:
    common = {"ENABLED": "true", "CORP_ID": platform.corp_id, "API_BASE": api}
    given: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for name, app, more in (
        ("WECOM", platform.app, {"AGENT_ID": str(platform.agent_id)}),
        ("WECOM_KF", platform.kf, {"OPEN_KFIDS": platform.open_kfid}),
    ):
        secrets |= {f"{name}_SECRET": app.secret, f"{name}_TOKEN": app.token, f"{name}_AES": app.aes_key}
        places = {
            "SECRET": f"env:{name}_SECRET",
            "CALLBACK_TOKENS": f"env:{name}_TOKEN",
            "CALLBACK_AES_KEYS": f"env:{name}_AES",
        }
        given |= {f"CHANNELS__{name}__{key}": value for key, value in {**common, **places, **more}.items()}
    return environment(folder, given, secrets)


async def _heard(platform: WeComServer, who: str, words: str, process: subprocess.Popen[bytes]) -> str:
    """The first message with these words that has reached somebody."""

    def found() -> list[str]:
        return [sent.text for sent in platform.sent if sent.to == who and words in sent.text]

    await until(lambda: bool(found()), process, lambda: f"{who} should hear {words}: {platform.sent}")
    return found()[0]


def _rows(folder: Path) -> tuple[tuple[str, str], tuple[str]]:
    with sqlite3.connect(folder / "var" / "desk.db") as database:
        ticket = database.execute("SELECT number, status FROM ticket").fetchall()
        attachment = database.execute("SELECT hash FROM attachment").fetchall()
    assert len(ticket) == len(attachment) == 1
    return ticket[0], attachment[0]
