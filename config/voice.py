"""Who listens to voice messages, from settings. What is not there is said by `desk doctor`, and nothing is ever downloaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from config.secret import Secret
from config.settings import Settings
from config.troubles import Trouble
from config.voice_settings import FOLDER, Voice
from core.words import Clock
from dialogue.transcribing.listening import Listening
from dialogue.transcribing.models import LIBRARY, Kind, NoModel, kind_of
from dialogue.transcribing.words import Transcriber
from dialogue.understanding.lexicon import Lexicon

DECODERS = ("av", "pysilk")
"""Libraries without which no recording can be decoded."""
CLOUD_NEEDS = {"tencent": ("secret_id", "secret_key"), "aliyun": ("key_id", "key_secret", "app_key")}
"""What an engine of a cloud cannot do without."""
MOST_TOLD = 60
"""Words of the trade that an engine is told beforehand: its memory is short, and those of the desk come first."""


def listening_to_voices(settings: Settings, lexicons: Sequence[Path], clock: Clock) -> Listening | None:
    """The engines in their order; None if there are none. Raises NoModel, ModuleNotFoundError, CannotReveal."""
    engines = [engine for name in settings.voice.engines if (engine := _engine(settings, name, clock))]
    return Listening(engines, words_of(settings, lexicons)) if engines else None


def listening_if_installed(lexicons: Sequence[Path]) -> Listening | None:
    """What a desk without settings hears with: the model that `make voice` has put where every desk looks; None if there is none."""
    settings = Settings.model_construct(data_dir=Path("var").absolute(), voice=Voice())
    if model_folder(settings) is None or any(trouble.level == "error" for trouble in troubles(settings)):
        return None
    return listening_to_voices(settings, lexicons, lambda: 0)


def model_folder(settings: Settings) -> Path | None:
    """Where the local model lies; None if none was named and none installed."""
    installed = settings.data_dir / FOLDER
    return settings.voice.model_dir or (installed if installed.is_dir() else None)


def words_of(settings: Settings, lexicons: Sequence[Path]) -> tuple[str, ...]:
    """The desk's own words, then those of its packs and of the trade."""
    lexicon = Lexicon.load(*lexicons)
    known = [name for sort in ("devices", "symptoms") for name in lexicon.words(sort)[: MOST_TOLD // 2]]
    return tuple(dict.fromkeys((*settings.voice.words, *(name for name in known if isinstance(name, str)))))[:MOST_TOLD]


def troubles(settings: Settings) -> Iterator[Trouble]:
    """What keeps voice messages from being heard: a part of `desk doctor`."""
    given = settings.voice
    folder = model_folder(settings) if "local" in given.engines else None
    clouds = [name for name in given.engines if name in CLOUD_NEEDS]
    if folder is not None:
        yield from _model_troubles(folder, _kind(settings))
    for name in clouds:
        missing = [field for field in CLOUD_NEEDS[name] if getattr(getattr(given, name), field) in (None, "")]
        if missing:
            yield Trouble("voice_incomplete", values={"engine": name, "missing": ", ".join(missing)})
    wanted = [*([f"local ({folder})"] if folder else []), *clouds]
    if wanted and (lacking := [name for name in DECODERS if find_spec(name) is None]):
        yield Trouble("voice_decoder", values={"missing": ", ".join(lacking)})
    if wanted:
        yield Trouble("voice_engines", "ok", {"engines": ", ".join(wanted)})


def _model_troubles(folder: Path, kind: Kind | None) -> Iterator[Trouble]:
    try:
        library = LIBRARY[kind_of(folder, kind)]
    except NoModel as none:
        yield Trouble("voice_model", values={"path": folder, "missing": ", ".join(none.missing)})
        return
    if find_spec(library) is None:
        yield Trouble("voice_library", values={"library": library, "path": folder})


def _engine(settings: Settings, name: str, clock: Clock) -> Transcriber | None:
    given = settings.voice
    if name == "local":
        from dialogue.transcribing.local import Local

        folder = model_folder(settings)
        return Local(folder, _kind(settings), given.threads) if folder else None
    if name == "tencent":
        from dialogue.transcribing.tencent import TencentConfig, TencentEar
        from notifier.carriers.signing_tc3 import signed

        account = given.tencent
        config = TencentConfig(account.secret_id, _revealed(account.secret_key), account.region, account.api_base)
        return TencentEar(config, signed, clock)
    from dialogue.transcribing.aliyun import AliyunConfig, AliyunEar

    account = given.aliyun
    key = _revealed(account.key_secret)
    return AliyunEar(AliyunConfig(account.key_id, key, account.app_key, account.api_base, account.token_base), clock)


def _kind(settings: Settings) -> Kind | None:
    return None if settings.voice.model == "auto" else settings.voice.model


def _revealed(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""
