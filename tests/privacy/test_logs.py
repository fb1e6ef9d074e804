"""No log line of a whole story leads to anybody: not in what the desk logs, and not where somebody logs a row by mistake."""

from __future__ import annotations

import logging

from config.logging import JsonLines
from tests.privacy.story import ADDRESS, AGAIN, NAME, PHONE, SAID, asks_to_be_erased, repaired
from tests.scenario import Story


class Kept(logging.Handler):
    """Every line as it would stand in the log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def test_no_line_of_a_story_leads_to_her(desk: Story) -> None:
    kept, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    logging.getLogger("huiying").debug("a story begins")
    try:
        customer, _, manager, _ = repaired(desk)
        customer.says("导出我的信息")
        manager.says(f"确认抹除 P-{asks_to_be_erased(desk, customer)}")
        desk.passes(minutes=5)
    finally:
        root.removeHandler(kept)
        root.setLevel(level)
    assert kept.lines
    said = "\n".join(kept.lines)
    traces = (NAME, PHONE, "139 1111 2222", ADDRESS, SAID, AGAIN, customer.address)
    assert [trace for trace in traces if trace in said] == []
