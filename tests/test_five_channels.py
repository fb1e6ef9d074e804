"""One story on five channels at once, through the program itself: real HTTP, real sockets, each platform on the other side.

A customer in WeChat (callbacks in, pulls out), an engineer on DingTalk (the vendor's stream client in a process of its own), one on
Slack (Socket Mode), the supervisor on Feishu (sealed callbacks and cards), a manager on Telegram (polling).
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bots.emulated.dingtalk import DingTalkServer
from bots.emulated.feishu import FeishuServer
from bots.emulated.slack import SlackServer
from bots.emulated.telegram import TelegramServer
from bots.emulated.wecom import WeComServer, over_http
from tests.program import answers, desk, environment, free_port, serving, until
from tests.wecom_story import served

WANG, ZHANG, LIU, SUN, DONG = "wm_wang", "zhang01", "U0LIU", "ou_sun", "50031"
PHOTO = b"\xff\xd8\xff\xe0 a broken hose"
SUMMARY = "完成 更换液压站出口软管一根并重新紧固两处接头，补充液压油八升，试压三十分钟无渗漏，整线恢复运行，客户班长当场确认签字"
CODE = re.compile(r"[2-9A-HJ-NP-Z]{8}")


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.req("S1", "S8", "S10", "S83", "S87")
def test_one_story_on_five_channels(tmp_path: Path) -> None:
    asyncio.run(_story(tmp_path))


def now() -> int:
    return time.time_ns() // 1_000


@dataclass
class Town:
    """The five platforms, and where each listens."""

    wecom: WeComServer = field(default_factory=lambda: WeComServer(now))
    dingtalk: DingTalkServer = field(default_factory=lambda: DingTalkServer(now))
    slack: SlackServer = field(default_factory=lambda: SlackServer(now))
    feishu: FeishuServer = field(default_factory=lambda: FeishuServer(now))
    telegram: TelegramServer = field(default_factory=lambda: TelegramServer(now))
    bases: dict[str, str] = field(default_factory=dict)

    async def open(self, stack: AsyncExitStack) -> None:
        for name in ("wecom", "dingtalk", "slack", "feishu", "telegram"):
            self.bases[name] = await stack.enter_async_context(served(getattr(self, name)))
        self.slack.base = self.slack.files_base = self.bases["slack"]
        self.dingtalk.member(ZHANG, "张工")
        self.slack.person(LIU, "刘工")
        self.feishu.person(SUN, "孙经理")
        self.telegram.person(DONG, "董总")

    def secrets(self) -> dict[str, str]:
        kf = self.wecom.kf
        return {
            **{"KF_SECRET": kf.secret, "KF_TOKEN": kf.token, "KF_AES": kf.aes_key},
            "DINGTALK_SECRET": self.dingtalk.app_secret,
            **{"SLACK_BOT": self.slack.bot_token, "SLACK_APP": self.slack.app_token},
            **{"FEISHU_SECRET": self.feishu.app_secret, "FEISHU_KEY": self.feishu.encrypt_key},
            "TELEGRAM_TOKEN": self.telegram.token,
        }

    def settings(self, port: int) -> dict[str, str]:
        """What stands in the settings of the desk."""
        given: dict[str, dict[str, str]] = {
            "WECOM_KF": {
                "CORP_ID": self.wecom.corp_id,
                "OPEN_KFIDS": self.wecom.open_kfid,
                "SECRET": "env:KF_SECRET",
                "CALLBACK_TOKENS": "env:KF_TOKEN",
                "CALLBACK_AES_KEYS": "env:KF_AES",
                "API_BASE": self.bases["wecom"],
            },
            "DINGTALK": {
                "CLIENT_ID": self.dingtalk.app_key,
                "CLIENT_SECRET": "env:DINGTALK_SECRET",
                "ROBOT_CODE": self.dingtalk.robot_code,
                "CARD_TEMPLATE": self.dingtalk.template,
                "API_BASE": self.bases["dingtalk"],
                "OAPI_BASE": self.bases["dingtalk"],
            },
            "SLACK": {
                "APP_ID": self.slack.app_id,
                "BOT_TOKEN": "env:SLACK_BOT",
                "APP_TOKEN": "env:SLACK_APP",
                "API_BASE": f"{self.bases['slack']}/api",
                "FILES_BASE": self.bases["slack"],
            },
            "FEISHU": {
                "APP_ID": self.feishu.app_id,
                "APP_SECRET": "env:FEISHU_SECRET",
                "ENCRYPT_KEYS": "env:FEISHU_KEY",
                "API_BASE": self.bases["feishu"],
            },
            "TELEGRAM": {
                "TOKEN": "env:TELEGRAM_TOKEN",
                "BOT_NAME": self.telegram.name,
                "API_BASE": self.bases["telegram"],
            },
        }
        named = {
            f"CHANNELS__{channel}__{name}": value
            for channel, values in given.items()
            for name, value in {"ENABLED": "true", **values}.items()
        }
        return {**named, "LISTEN_PORT": str(port), "CHANNELS__WEBCHAT__ENABLED": "false"}


@dataclass
class Ears:
    """Waits until somebody has heard something on his platform."""

    town: Town
    process: subprocess.Popen[bytes]

    async def hears(self, platform: str, who: str, *words: str, after: int = 0) -> Any:
        """The newest message to him, after so many, that holds all these words."""
        return await self._found(
            platform, who, lambda seen: all(word in shown(seen) for word in words), f"{words}", after
        )

    async def _found(self, platform: str, who: str, right: Callable[[Any], bool], what: str, after: int) -> Any:
        sent = getattr(self.town, platform).sent

        def found() -> list[Any]:
            return [seen for seen in sent if seen.to == who and right(seen)][after:]

        await until(lambda: bool(found()), self.process, lambda: f"{who} should hear {what} on {platform}: {sent}")
        return found()[-1]


def shown(seen: Any) -> str:
    """A message with the labels of its buttons."""
    return "\n".join([seen.text, *(label for label, _ in seen.buttons)])


async def _story(folder: Path) -> None:
    town = Town()
    async with AsyncExitStack() as stack:
        await town.open(stack)
        port = free_port()
        settings = environment(folder, town.settings(port), town.secrets())
        codes = _people(settings)
        with serving(settings, folder) as process:
            url = f"http://127.0.0.1:{port}"
            await until(lambda: answers(url), process)
            town.wecom.kf_hook, town.feishu.hook = over_http(f"{url}/hook/wecom_kf"), over_http(f"{url}/hook/feishu")
            ears = Ears(town, process)
            await _everybody_comes(town, ears, codes)
            number = await _a_standstill(town, ears)
            await _work(town, ears, number)
            await _asked_and_answered(town, ears, number)
            doctor = desk(settings, "doctor")
        assert process.returncode == 0
    assert all(f"渠道 {name} 正常" in doctor for name in ("wecom_kf", "dingtalk", "slack", "feishu", "telegram"))
    _afterwards(folder, town, number)


def _people(settings: dict[str, str]) -> dict[str, str]:
    """The staff, and the one-time code of each."""
    assert "已升级" in desk(settings, "migrate")
    desk(settings, "staff", "add", "张工", "--on-duty")
    desk(settings, "staff", "add", "刘工", "--on-duty")
    desk(settings, "staff", "add", "董总", "--role", "manager")
    desk(settings, "staff", "add", "孙经理", "--role", "manager", "--on-duty")
    desk(settings, "staff", "reach", "孙经理", "--superior", "董总")
    return {name: CODE.findall(desk(settings, "link", name))[0] for name in ("张工", "刘工", "孙经理", "董总")}


async def _everybody_comes(town: Town, ears: Ears, codes: dict[str, str]) -> None:
    """Each binds his chat with his code."""
    places = (
        ("dingtalk", town.dingtalk, ZHANG, "张工"),
        ("slack", town.slack, LIU, "刘工"),
        ("feishu", town.feishu, SUN, "孙经理"),
        ("telegram", town.telegram, DONG, "董总"),
    )
    for name, platform, who, called in places:
        await platform.says(who, codes[called])
        await ears.hears(name, who, "绑定成功", called)


async def _a_standstill(town: Town, ears: Ears) -> str:
    """A customer reports a P0: both engineers and the supervisor are told at once, each where he is."""
    await town.wecom.customer_says(WANG, "二号线整条生产线停了，液压站软管爆了一直喷油")
    number = re.findall(r"GD-\d+", (await ears.hears("wecom", WANG, "单号")).text)[0]
    for name, who in (("dingtalk", ZHANG), ("slack", LIU), ("feishu", SUN)):
        await ears.hears(name, who, number, "P0")
    return number


async def _work(town: Town, ears: Ears, number: str) -> None:
    """One engineer takes it by its button, the other is a moment later; work goes on by words, a voice and a photo."""
    card = await ears.hears("dingtalk", ZHANG, number, "接单")
    await town.dingtalk.presses(ZHANG, card.ref, next(label for label, _ in card.buttons if "接单" in label))
    await ears.hears("wecom", WANG, "张工已接")
    await town.slack.says(LIU, f"接单 {number}")
    await ears.hears("slack", LIU, "张工", number)
    await town.dingtalk.sends(ZHANG, b"#!AMR\nspoken", "audio/amr", "v.amr", words="到现场了，出口软管爆裂")
    await ears.hears("wecom", WANG, "已到现场")
    await town.dingtalk.sends(ZHANG, PHOTO, "image/jpeg", "hose.jpg")
    await ears.hears("dingtalk", ZHANG, number, "1 个附件")
    await town.wecom.customer_says(WANG, "修好了吗")
    await ears.hears("wecom", WANG, "现场")


async def _asked_and_answered(town: Town, ears: Ears, number: str) -> None:
    """The supervisor and the manager ask who has it; then it is done."""
    await town.feishu.says(SUN, f"查 {number}")
    await ears.hears("feishu", SUN, number, "张工")
    await town.telegram.says(DONG, f"{number} 到底谁在管")
    await ears.hears("telegram", DONG, number, "张工")
    await town.dingtalk.says(ZHANG, SUMMARY)
    await ears.hears("wecom", WANG, "已处理完成")
    await town.telegram.says(DONG, "看板")
    await ears.hears("telegram", DONG, "待确认")


def _afterwards(folder: Path, town: Town, number: str) -> None:
    with sqlite3.connect(folder / "var" / "desk.db") as database:
        assert database.execute("SELECT number, status FROM ticket").fetchall() == [(number, "done")]
        kept = [row[0] for row in database.execute("SELECT hash FROM attachment WHERE hash IS NOT NULL")]
    assert PHOTO in [(folder / "var" / "files" / name[:2] / name).read_bytes() for name in kept]
    written = (folder / "log").read_text()
    assert not [name for name, secret in town.secrets().items() if secret in written]
    assert set(town.wecom.answers) | set(town.feishu.answers) == {200}
