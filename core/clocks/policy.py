"""Service levels: how soon somebody must really respond (S9, S12)."""

from __future__ import annotations

from dataclasses import dataclass

from core.words import HOUR, MINUTE, SECOND, Micros


@dataclass(frozen=True)
class ServiceLevel:
    """First response due after a ticket was made (首响时限), and the first alarm of a P0 (S10)."""

    p0_first_response: Micros = 60 * MINUTE
    p1_first_response: Micros = 2 * HOUR
    p2_first_response: Micros = 24 * HOUR
    p0_alert: Micros = 15 * SECOND

    def first_response(self, priority: str) -> Micros:
        return {"P0": self.p0_first_response, "P1": self.p1_first_response}.get(priority, self.p2_first_response)
