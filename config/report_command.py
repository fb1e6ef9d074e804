"""`desk report verify | sample`: is a report as it was issued; and what would ours look like (S66, S100)."""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from config.doctor import spoken_here
from config.loading import Unusable, load
from config.policies import policies
from config.report_press import FOLDER, press_of
from config.report_sample import COMPANY, sample, sample_hand
from config.secret import CannotReveal
from config.settings import Settings
from core.house import House
from core.reports.checking import Found, by_file
from core.reports.press import CannotPrint, Checked, Press
from core.store import migrate
from core.store.database import Database
from core.store.numbers import RowIds
from core.store.turn import Cause, Turn
from core.wording import Wording

STATUS = {"valid": 0, "replaced": 0, "altered": 1, "void": 1, "unlisted": 1, "unknown": 2}
"""Verdict → exit status; of several files the worst."""


def report_command(argv: list[str]) -> int:
    """Check files, or draw a sample."""
    parser = argparse.ArgumentParser(prog="desk report", description="service reports: check a file, see a sample")
    actions = parser.add_subparsers(dest="action", required=True)
    checking = actions.add_parser("verify", help="valid (0), altered or void (1), unknown (2)")
    checking.add_argument("files", nargs="+", type=Path, metavar="FILE")
    drawing = actions.add_parser("sample", help="a report of an invented job, with our seal")
    drawing.add_argument("out", type=Path, metavar="OUT.pdf")
    drawing.add_argument("--lang", choices=["zh", "en"], default="zh")
    drawing.add_argument("--signed", action="store_true", help="with the customer's signature")
    given = parser.parse_args(argv)
    return _verify(given.files) if given.action == "verify" else _sample(given.out, given.lang, given.signed)


def _verify(files: list[Path]) -> int:
    settings = _settings()
    if settings is None:
        return 2
    if not (settings.data_dir / FOLDER).is_dir():
        print(Wording.load().text(spoken_here(), "check.no_certificates", place=settings.data_dir), file=sys.stderr)
        return 2
    press, worst = _press(settings), 0
    if press is None:
        return 2
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            print(f"{file}: {error.strerror}", file=sys.stderr)
            worst = max(worst, 2)
            continue
        checked = press.check(content)
        found = _on_record(settings, hashlib.sha256(content).hexdigest(), checked)
        print("\n".join(_said(file, checked, found)))
        worst = max(worst, STATUS[found.verdict if found else checked.verdict])
    return worst


def _on_record(settings: Settings, digest: str, checked: Checked) -> Found | None:
    """What the desk knows of a file with this SHA-256; None where there is no desk yet."""
    with suppress(CannotReveal, OSError):
        url = settings.store_url()
        if migrate.state(url) != "current":
            return None
        database = Database(url)
        try:
            with database.reading() as connection:
                house = House(policies(settings), lambda: "", Wording.load())
                return by_file(Turn(connection, house, 0, Cause("look"), RowIds(), ""), digest, checked)
        finally:
            database.close()
    return None


def _said(file: Path, checked: Checked, found: Found | None) -> list[str]:
    words, lang = Wording.load(), spoken_here()
    verdict = found.verdict if found else checked.verdict
    why = f"_{found.why}" if found and found.why and verdict == "void" else ""
    head = f"{file}: {words.text(lang, f'check.{verdict}')}"
    lines = [head, f"  {words.text(lang, f'check.means_{verdict}{why}' if found else f'check.alone_{verdict}')}"]
    for name, value in (found.facts if found else {}).items():
        lines.append(f"  {words.text(lang, f'check.fact_{name}')} {value}")
    for one in checked.signatures:
        state = words.text(lang, "check.signature_holds" if one.intact and one.trusted else "check.signature_broken")
        stamp = words.text(lang, "check.signature_stamped") if one.stamped else ""
        lines.append(f"  {words.text(lang, f'check.signature_{one.by}')} {one.name}: {state}{stamp}")
    return lines


def _sample(out: Path, lang: str, signed: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="huiying-sample-") as folder:
        try:
            from notifier.reports.press import local_press

            press = local_press(Path(folder), COMPANY[lang])
            document, _ = press.make(*sample(lang))
            out.write_bytes(press.sign(document, sample_hand(document, lang)) if signed else document)
        except (CannotPrint, OSError) as error:
            print(f"{out}: {error}", file=sys.stderr)
            return 1
    print(out)
    return 0


def _settings() -> Settings | None:
    try:
        return load()
    except Unusable as unusable:
        for trouble in unusable.troubles:
            print(trouble.said(spoken_here()).what, file=sys.stderr)
        return None


def _press(settings: Settings) -> Press | None:
    """What knows our certificates; a company's own seal need not be at hand to check."""
    try:
        return press_of(settings)
    except (CannotReveal, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return None
