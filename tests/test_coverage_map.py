"""docs/coverage.md tells the truth about which tests show which requirement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.coverage_map import TESTS, marked, page, requirements
from tests.not_run import shared


def test_the_page_is_up_to_date() -> None:
    written = (TESTS.parent / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert written == page(requirements(), marked()), "run: make coverage"


def test_marks_are_found_wherever_they_stand(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_a.py").write_text(
        "import pytest\n"
        "pytestmark = [pytest.mark.slow, pytest.mark.req('S1')]\n"
        "@pytest.mark.req('S2', 'S5b')\ndef test_one(): ...\n"
        "@pytest.mark.req('S3')\nclass TestTwo:\n    def test_three(self): ...\n"
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.req('S4'))])\ndef test_four(x): ...\n"
        "def helper(): ...\n",
        encoding="utf-8",
    )
    assert marked(folder) == {
        "S1": ["tests/test_a.py::test_one", "tests/test_a.py::TestTwo::test_three", "tests/test_a.py::test_four"],
        "S2": ["tests/test_a.py::test_one"],
        "S5b": ["tests/test_a.py::test_one"],
        "S3": ["tests/test_a.py::TestTwo::test_three"],
        "S4": ["tests/test_a.py::test_four"],
    }


def test_a_requirement_without_a_test_is_not_yet_covered() -> None:
    text = page({"S1": "", "S2": "", "S60": "not applicable (commercial)"}, {"S1": ["tests/test_a.py::test_one"]})
    assert "| S1 | `tests/test_a.py::test_one` |\n| S2 | not yet |\n| S60 | not applicable (commercial) |" in text
    assert "1 of 2 requirements have a test;" in text


def test_an_id_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="S999"):
        page({"S1": ""}, {"S999": ["tests/test_a.py::test_one"]})


def test_the_ids_are_those_of_the_checklist() -> None:
    named = re.findall(r"^\| (S\d+[abc]?) ", shared("requirements.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(requirements()) == sorted(named)
