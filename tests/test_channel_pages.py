"""Whoever connects a channel finds its page: what to do, in which settings, and that nobody has run it against the real service."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.channels import PLUGS

PAGES = Path(__file__).parent.parent / "docs" / "channels"
OURS = frozenset({"webchat", "webhook"})
"""Channels without a vendor's platform behind them."""


def page_of(channel: str) -> str:
    return f"{channel.replace('_', '-')}.md"


@pytest.mark.parametrize("channel", PLUGS)
def test_a_channel_has_its_page(channel: str) -> None:
    page = (PAGES / page_of(channel)).read_text()
    assert f"[channels.{channel}]" in page
    assert all(name in page for name in PLUGS[channel].needed)
    assert channel in OURS or "从未" in page


def test_the_overview_names_every_channel() -> None:
    overview = (PAGES / "README.md").read_text()
    assert all(f"({page_of(channel)}) `{channel}`" in overview for channel in PLUGS)
    assert len([line for line in overview.splitlines() if line.startswith("| [")]) == len(PLUGS)
