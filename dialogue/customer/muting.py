"""A customer does without a kind of notice (不用通知我到场), until he wants them all again (恢复通知)."""

from __future__ import annotations

from dialogue.heard import Heard
from dialogue.vocabulary import says, sort_of


def asked(heard: Heard) -> str | None:
    """Mute or unmute; None if he asks for neither."""
    if says(heard.text, "unmute"):
        _keep(heard, [])
        heard.answer("confirm_change", "customer.unmuted")
        return "unmuted"
    if not says(heard.text, "mute"):
        return None
    kind = sort_of(heard.text, "kinds")
    if kind is None:
        heard.answer("clarify", "customer.mute_which")
        return "asked what to mute"
    _keep(heard, sorted({*heard.person.muted, kind}))
    heard.answer("confirm_change", "customer.muted", kind=heard.say(f"notice.{kind}"))
    return f"muted {kind}"


def _keep(heard: Heard, kinds: list[str]) -> None:
    person = heard.person
    person.muted = kinds
    heard.turn.record(
        "person.muted", entity=person.entity, stream=f"person:{person.id}", by=person.id, data={"kinds": kinds}
    )
