"""What the house promises about personal data: who keeps it, for how long, what leaves the country, how soon requests are met."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from core.words import DAY, Micros

KEEP: Micros = 0
"""Kept as long as the desk stands."""


@dataclass(frozen=True)
class Terms:
    """How long each class of data is kept (PIPL Art. 19), µs; KEEP: no end.

    `raw`: deliveries as they came, and those that nobody could read; they are needed while an adapter may have to be put right.
    `codes`: one-time codes that went out by SMS. `messages`: what was said in chats, both ways. `words`: people's words beside
    events, and what a ticket says of its customer, counted from its end. `media`: photos, recordings and files, counted likewise.
    `reports`: service reports and signatures. `numbers`: which number was used when. `uploads`: files handed in on a page and
    never sent off. `exports`: copies that people asked for.
    """

    raw: Micros = 30 * DAY
    codes: Micros = DAY
    messages: Micros = 730 * DAY
    words: Micros = 1095 * DAY
    media: Micros = 1095 * DAY
    reports: Micros = KEEP
    numbers: Micros = 90 * DAY
    uploads: Micros = DAY
    exports: Micros = 7 * DAY

    @classmethod
    def of_days(cls, **days: int) -> Self:
        """The same, told in days."""
        return cls(**{name: count * DAY for name, count in days.items()})


@dataclass(frozen=True)
class PrivacyPolicy:
    """`house` names who keeps the data (None: this desk), `notice_url` leads to the full notice, `notice_since` is the instant from which
    its present text holds: whoever was informed earlier is informed again. `answer_within`: a request is met so soon.
    `guarded` are the channels whose vendor keeps data abroad and to which no personal data may go (PIPL Art. 38)."""

    house: str | None = None
    notice_url: str | None = None
    notice_since: Micros = 0
    answer_within: Micros = 15 * DAY
    terms: Terms = field(default_factory=Terms)
    guarded: frozenset[str] = frozenset()
