"""`desk serve` with carriers of SMS and calls: it starts with each, and hears its provider at its own address."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.learning import knows

SECRET = "a-secret-of-more-than-32-characters!"
PUSHED = {"CARRIERS__ALIYUN__HOOK_SECRET": "env:HOOK", "CARRIERS__TENCENT__HOOK_SECRET": "env:HOOK"}
ALIYUN = {
    "CARRIERS__ALIYUN__KEY_ID": "k",
    "CARRIERS__ALIYUN__KEY_SECRET": "env:HOOK",
    "CARRIERS__ALIYUN__SIGN_NAME": "回应工单",
    "CARRIERS__ALIYUN__SMS_API": "http://127.0.0.1:9",
}
TENCENT = {
    "CARRIERS__TENCENT__SECRET_ID": "k",
    "CARRIERS__TENCENT__SECRET_KEY": "env:HOOK",
    "CARRIERS__TENCENT__VOICE_APP_ID": "1400",
    "CARRIERS__TENCENT__VOICE_API": "http://127.0.0.1:9",
}
TWILIO = {
    "CARRIERS__TWILIO__ACCOUNT_SID": "AC1",
    "CARRIERS__TWILIO__AUTH_TOKEN": "env:HOOK",
    "CARRIERS__TWILIO__SENDER": "+15550100",
    "CARRIERS__TWILIO__CALLER": "+15550100",
    "CARRIERS__TWILIO__API_BASE": "http://127.0.0.1:9",
}


@pytest.mark.req("S10", "S11")
@pytest.mark.parametrize(
    ("sms", "voice", "given", "hears"),
    [
        ("aliyun", "tencent", ALIYUN | TENCENT, {"sms": 200, "voice": 200}),
        ("twilio", "twilio", TWILIO | {"PRIVACY__ABROAD": "twilio"}, {"sms": 403, "voice": 403}),
        ("smpp", "sip", {"CARRIERS__SMPP__HOST": "127.0.0.1", "CARRIERS__SMPP__PORT": "9"}, {"sms": 404, "voice": 404}),
        ("desk", "desk", {}, {"sms": 404, "voice": 404}),
    ],
)
def test_it_starts_and_hears_its_provider(
    tmp_path: Path, sms: str, voice: str, given: dict[str, str], hears: dict[str, int]
) -> None:
    more = {"CARRIERS__SMS": sms, "CARRIERS__VOICE": voice, "PUBLIC_URL": "https://desk.example.com", **PUSHED, **given}
    with serving(tmp_path, more) as url:
        for channel, status in hears.items():
            pushed = httpx.post(f"{url}/hook/{channel}?secret={SECRET}", content=b"[]", trust_env=False)
            assert pushed.status_code == status, (channel, pushed.text)
            guessed = httpx.post(f"{url}/hook/{channel}?secret=guessed", content=b"[]", trust_env=False)
            assert guessed.status_code == (403 if status == 200 else status)


@contextmanager
def serving(folder: Path, more: dict[str, str]) -> Iterator[str]:
    """The address of a desk that runs with these settings, on an empty database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUIYING_")}
    env |= {"HUIYING_DATA_DIR": str(knows(folder / "var")), "HUIYING_LISTEN_PORT": str(port), "HOOK": SECRET}
    env |= {f"HUIYING_{name}": value for name, value in more.items()}
    command = (sys.executable, "-m", "config.cli")
    subprocess.run([*command, "migrate"], env=env, check=True, capture_output=True, timeout=60)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, "serve"], env=env, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _until_it_answers(url, process, folder / "log")
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
    assert process.returncode == 0, (folder / "log").read_text()


def _until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while True:
        assert process.poll() is None and time.monotonic() < until, log.read_text()
        try:
            if httpx.get(f"{url}/healthz", timeout=1, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
