"""Fifty thousand customers: no quota, reasonable time, memory that does not grow with the table (S74)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from config.settings import PREFIX

LINES = 50_000
MOST_SECONDS = 300
"""Far above what it takes (half a minute alone on two cores), since other checks run beside it."""
MOST_MEGABYTES = 250
SCRIPT = """
import resource, sys
from config.importing import import_command
status = import_command(sys.argv[1:])
print("MB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
sys.exit(status)
"""


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.req("S74")
def test_fifty_thousand_customers(desk_url: str, tmp_path: Path) -> None:
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("客户")
    sheet.append(["客户编码", "客户名称（最终）", "联系人", "联系电话", "客户等级", "地址", "区域"])
    for n in range(LINES):
        sheet.append(
            [f"KH{n:06d}", f"宁波第{n}机械厂", "张三", f"139{n:08d}", "A级", f"宁波市鄞州区创业路{n}号", "鄞州区"]
        )
    book.save(tmp_path / "big.xlsx")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {
        f"{PREFIX}DATABASE_URL": desk_url.replace("postgresql+psycopg", "postgresql"),
        f"{PREFIX}DATA_DIR": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }

    def run() -> str:
        command = [sys.executable, "-c", SCRIPT, "customers", "big.xlsx", "--yes"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=MOST_SECONDS, check=True
        )
        found = re.search(r"MB (\d+)", done.stdout)
        assert found and int(found[1]) < MOST_MEGABYTES, done.stdout
        print(done.stdout)
        return done.stdout

    assert f"新增 {LINES} " in run()
    again = run()
    assert f"不变 {LINES} " in again and "没有要写的" in again
