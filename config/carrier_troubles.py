"""What is missing for SMS and calls, or cannot be reached: a part of `desk doctor`."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from importlib.util import find_spec
from urllib.parse import urlsplit

from pydantic import BaseModel

from config.settings import Settings
from config.troubles import Trouble

NEEDED = {
    ("aliyun", "sms"): ("key_id", "key_secret", "sign_name", "hook_secret"),
    ("aliyun", "voice"): ("key_id", "key_secret", "show_number", "thanks", "hook_secret"),
    ("tencent", "sms"): ("secret_id", "secret_key", "sms_app_id", "sign_name", "hook_secret"),
    ("tencent", "voice"): ("secret_id", "secret_key", "voice_app_id", "hook_secret"),
    ("twilio", "sms"): ("account_sid", "auth_token", "sender"),
    ("twilio", "voice"): ("account_sid", "auth_token", "caller"),
    ("smpp", "sms"): ("host",),
    ("sip", "voice"): (),
}
"""What a provider cannot do without, by what it carries."""
PUSHING = frozenset({"aliyun", "tencent", "twilio"})
"""Providers that tell what became of a message by calling us."""
PURPOSES = {"sms": ("p0_alert", "escalation", "assigned", "progress", "done"), "voice": ("escalation",)}
"""What providers that take approved templates only need a template for; one that is missing is never sent as free text."""
API = {
    ("aliyun", "sms"): "sms_api",
    ("aliyun", "voice"): "voice_api",
    ("tencent", "sms"): "sms_api",
    ("tencent", "voice"): "voice_api",
    ("twilio", "sms"): "api_base",
    ("twilio", "voice"): "api_base",
}
"""Setting that holds a provider's address."""
CONNECT_S = 2.0
"""Seconds that a provider has to take a connection."""


def in_use(settings: Settings) -> list[tuple[str, str]]:
    """Provider and what it carries, where it needs settings of its own."""
    chosen = ((settings.carriers.sms, "sms"), (settings.carriers.voice, "voice"))
    return [(provider, channel) for provider, channel in chosen if provider not in ("none", "desk")]


def providers_in_use(settings: Settings) -> list[tuple[str, BaseModel]]:
    """The groups of settings of those providers, each once."""
    names = dict.fromkeys(provider for provider, _ in in_use(settings))
    return [(name, getattr(settings.carriers, name)) for name in names]


def carriers_incomplete(settings: Settings) -> Iterator[Trouble]:
    """Carriers that are switched on and lack a setting, a template, the way back to us, or the library they need."""
    for provider, channel in in_use(settings):
        given, where = getattr(settings.carriers, provider), f"carriers.{provider}"
        missing = [name for name in NEEDED[provider, channel] if getattr(given, name) in (None, "")]
        if missing:
            yield Trouble("carrier_incomplete", values={"where": where, "missing": ", ".join(missing)})
        templates = getattr(given, f"{channel}_templates", None)
        lacking = set(PURPOSES[channel]) - {one.purpose for one in templates or ()} if templates is not None else ()
        if lacking:
            shown = {"where": f"{where}.{channel}_templates", "missing": ", ".join(sorted(lacking))}
            yield Trouble("carrier_templates", "warning", shown)
        if provider in PUSHING and settings.public_url is None:
            yield Trouble("carrier_unheard", "error" if provider == "twilio" else "warning", {"where": where})
        if provider == "sip" and find_spec("baresip") is None:
            yield Trouble("carrier_library", values={"where": where, "library": "baresip-python"})
        if not missing:
            yield from _wrong(settings, where)
    if "desk" in (settings.carriers.sms, settings.carriers.voice):
        yield Trouble("carrier_simulated", "warning")


def carriers_unreachable(settings: Settings) -> Iterator[Trouble]:
    """Providers that do not take a connection from here."""
    for provider, channel in in_use(settings):
        given = getattr(settings.carriers, provider)
        if provider == "smpp" and given.host:
            host, port = given.host, given.port
        elif (provider, channel) in API:
            address = urlsplit(getattr(given, API[provider, channel]))
            host, port = address.hostname or "", address.port or (443 if address.scheme == "https" else 80)
        else:
            continue
        try:
            socket.create_connection((host, port), CONNECT_S).close()
        except OSError as error:
            shown = {"where": f"carriers.{provider}", "host": f"{host}:{port}", "why": error}
            yield Trouble("carrier_unreachable", "warning", shown)


def _wrong(settings: Settings, where: str) -> Iterator[Trouble]:
    """Settings of which a carrier cannot be made."""
    from config.carriers import carriers
    from config.secret import CannotReveal

    try:
        carriers(settings)
    except (CannotReveal, ImportError):
        return
    except ValueError as error:
        yield Trouble("carrier_wrong", values={"where": where, "why": error})
