"""Thresholds of satisfaction: what is a low score, how long a repair has to hold, when customers are asked to recommend."""

from __future__ import annotations

from dataclasses import dataclass

from core.words import DAY, Micros


@dataclass(frozen=True)
class SatisfactionPolicy:
    """`low`: up to so many stars a person takes over the conversation. `first_time`: a repair that is reopened, or whose fault is
    reported again, so soon after its first completion was no first-time fix (一次修好, S32). `surveys`: customers are asked once a
    quarter how likely they are to recommend the house (NPS, S84); whoever gave a low score is asked `survey_later` after it."""

    low: int = 2
    first_time: Micros = 30 * DAY
    surveys: bool = True
    survey_later: Micros = DAY
