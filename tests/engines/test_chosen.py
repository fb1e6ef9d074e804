"""An engine is chosen in the settings; doctor says what it lacks, /metrics how it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.doctor import examine
from config.engines import Trained, data_hash, remote_engine
from config.metrics import Metrics
from config.settings import Settings
from config.standing import Standing
from config.understanding_settings import LanguageModel, RasaServer, UnderstandingSettings
from config.understanding_troubles import training_folders
from core.clocks.calendar import Calendar
from core.pulse import Pulse
from dialogue.understanding.rasa import CAUTIOUS
from tests.engines.servers import parsed, rasa

NOBODY = "http://127.0.0.1:9"


def _said(chosen: UnderstandingSettings, folder: Path) -> str:
    """What doctor says of engines."""
    found = examine(Settings(data_dir=folder, understanding=chosen), "en")
    return "\n".join(one.what for one in found if "ngine" in one.what or "Rasa" in one.what or "model" in one.what)


def _trained(path: Path, data: str) -> Path:
    limits = {"accept": 0.6, "reject": 0.3, "margin": 0.1, "shadow": 0.1}
    told = {"thresholds": limits, "data": data, "pipeline": "logistic", "figures": {"accuracy": 0.8}}
    path.write_text(json.dumps(told), "utf-8")
    return path


@pytest.mark.usefixtures("elsewhere")
def test_doctor_says_what_the_engine_lacks(tmp_path: Path) -> None:
    assert _said(UnderstandingSettings(), tmp_path) == ""
    alone = RasaServer(url=NOBODY, thresholds=tmp_path / "none.json")
    said = _said(UnderstandingSettings(engine="rasa", rasa=alone), tmp_path)
    assert "cannot be reached" in said and "none.json" in said
    assert "understanding.llm.url, understanding.llm.model" in _said(UnderstandingSettings(engine="llm"), tmp_path)
    model = LanguageModel(url=NOBODY, model="m")
    assert "cannot be reached" in _said(UnderstandingSettings(engine="llm", llm=model), tmp_path)


@pytest.mark.usefixtures("elsewhere")
def test_doctor_says_that_rasa_learnt_other_lines(tmp_path: Path) -> None:
    with rasa(lambda text: parsed("greet")) as server:
        old = RasaServer(url=server.url, thresholds=_trained(tmp_path / "old.json", "other data"))
        assert _said(UnderstandingSettings(engine="rasa", rasa=old), tmp_path).startswith(
            "Rasa was trained from other data"
        )
        data = data_hash(training_folders(Settings(data_dir=tmp_path)))
        new = RasaServer(url=server.url, thresholds=_trained(tmp_path / "new.json", data))
        assert _said(UnderstandingSettings(engine="rasa", rasa=new), tmp_path) == ""


def test_rasa_has_the_thresholds_that_it_was_trained_with_or_cautious_ones(tmp_path: Path) -> None:
    for content, accept in ((None, CAUTIOUS.accept), ("{", CAUTIOUS.accept), ("[]", CAUTIOUS.accept)):
        path = tmp_path / "thresholds.json"
        if content is not None:
            path.write_text(content, "utf-8")
        engine = remote_engine(UnderstandingSettings(engine="rasa", rasa=RasaServer(thresholds=path)))
        assert engine is not None and engine.thresholds.accept == accept
    engine = remote_engine(UnderstandingSettings(engine="rasa", rasa=RasaServer(thresholds=_trained(path, "d"))))
    assert engine is not None and engine.thresholds.accept == 0.6 and engine.seconds == 0.8
    assert Trained.read(path) is not None
    assert (
        remote_engine(UnderstandingSettings()) is None and remote_engine(UnderstandingSettings(engine="embed")) is None
    )


def test_metrics_count_what_came_of_asking() -> None:
    pulse = Pulse(lambda: 0)
    for what in ("answered", "answered", "slow"):
        pulse.ranked(what)
    standing = Standing(store=None, disk_free=1, deaf=(), turning=True)
    text = Metrics(pulse, lambda: standing, lambda: 0, lambda: 0, Calendar()).text().decode()
    assert 'huiying_rankings_total{outcome="answered"} 2.0' in text
    assert 'huiying_rankings_total{outcome="slow"} 1.0' in text
