"""A check that lacks something on this machine says NOT RUN; it never passes. With HUIYING_STRICT=1 it fails."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

SAYING = "NOT RUN: "
PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "pdftoppm": ("pdftoppm",),
    "pdfsig": ("pdfsig",),
    "pdftotext": ("pdftotext",),
    "qpdf": ("qpdf",),
    "certutil": ("certutil",),
    "softhsm2-util": ("softhsm2-util",),
    "curl": ("curl",),
    "openssl": ("openssl",),
    "sipp": ("sipp",),
    "systemd-analyze": ("systemd-analyze",),
}
"""System programs that checks may need, under all the names that they go by; `make system` installs them."""
SHARED = Path(__file__).parent.parent.parent / "shared"
"""Checklists and recorded deliveries that may lie beside this clone."""


def not_run(why: str) -> NoReturn:
    """End this check because something outside the project is missing."""
    if os.environ.get("HUIYING_STRICT"):
        pytest.fail(SAYING + why, pytrace=False)
    pytest.skip(SAYING + why)


def needs(program: str) -> str:
    """The path of a system program, or the end of this check."""
    for name in PROGRAMS[program]:
        if path := shutil.which(name):
            return path
    not_run(f"{program} is missing (make system)")


def shared(name: str) -> Path:
    """A file or folder that lies beside the clone where the project is developed; elsewhere the check is left out."""
    if not (SHARED / name).exists():
        pytest.skip(f"{SAYING}{name} does not lie beside this clone")
    return SHARED / name
