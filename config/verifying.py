"""`desk audit`: whether every event is as it was written and none is gone, proved to whoever asks (审计, S8, S35)."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from config.auditing import AuditKey, files, holds, kept
from config.doctor import spoken_here
from config.keys import KEY_FILE, web_key
from config.loading import Unusable, load
from config.secret import CannotReveal
from config.settings import Settings
from config.troubles import Language
from config.verifying_files import verify_files
from core.store import chain, checkpoints, migrate
from core.store.checkpoints import Breach, Checkpoint
from core.store.database import Connection, Database
from core.store.streaming import snapshot

MOST_SAID = 100
"""Faults that are listed; more are only counted."""
SAID = {
    "zh": {
        "chain": "{stream} 第 {seq} 条事件接不上链：它或它前面的事件被改过、删过，或者插进来过。",
        "private": "{stream} 第 {seq} 条事件旁边的原话被改过。",
        "gap": "检查点 {number} 不见了。",
        "prev": "检查点 {number} 接不上前一个检查点。",
        "digest": "检查点 {number} 的内容被改过。",
        "key": "检查点 {number} 不是用本台的钥匙签的。如果换过 web_key，用 --trust 写上当时的公钥。",
        "signature": "检查点 {number} 的签名不对。",
        "gone": "{stream} 第 {seq} 条事件不见了；检查点 {number} 证明它存在过。",
        "changed": "{stream} 第 {seq} 条事件不再是检查点 {number} 时的那一条。",
        "lost": "检查点 {number} 另存过（{place}），数据库里没有它。",
        "forged": "检查点 {number} 与另存的（{place}）不一样。",
        "kept": "另存的检查点 {number}（{place}）本身被改过，或者不是用本台的钥匙签的。",
        "more": "……另外还有 {count} 处。",
        "whole": "完好：{events} 条事件，{made} 个检查点，{kept} 个另存的检查点，用时 {seconds:.1f} 秒。",
        "broken": "有 {count} 处问题（{events} 条事件，{made} 个检查点，{kept} 个另存的检查点，用时 {seconds:.1f} 秒）。",
        "open": "还有 {open} 条事件在最后一个检查点之后：它们的链是好的，但被整段删掉时看不出来。",
        "no_database": "数据库还不能用：先运行 desk doctor。",
        "no_place": "没有 {place}。",
        "no_key": "没有钥匙（{why}）：签名只能对着 --trust 给的公钥核对。",
    },
    "en": {
        "chain": "{stream}: event {seq} does not continue the chain: it or one before it was changed, deleted or put in.",
        "private": "{stream}: the words beside event {seq} were changed.",
        "gap": "Checkpoint {number} is gone.",
        "prev": "Checkpoint {number} does not continue the one before it.",
        "digest": "Checkpoint {number} was changed.",
        "key": "Checkpoint {number} was not signed with this desk's key. If web_key was changed, name the old public key with --trust.",
        "signature": "The signature of checkpoint {number} is wrong.",
        "gone": "{stream}: event {seq} is gone; checkpoint {number} proves that it was there.",
        "changed": "{stream}: event {seq} is not the one that it was at checkpoint {number}.",
        "lost": "Checkpoint {number} was kept elsewhere ({place}); the database has it no more.",
        "forged": "Checkpoint {number} is not the one that was kept elsewhere ({place}).",
        "kept": "Checkpoint {number} that was kept elsewhere ({place}) was itself changed, or not signed with this desk's key.",
        "more": "… and {count} more.",
        "whole": "Whole: {events} events, {made} checkpoints, {kept} checkpoints kept elsewhere, {seconds:.1f} s.",
        "broken": "Faults: {count} ({events} events, {made} checkpoints, {kept} checkpoints kept elsewhere, {seconds:.1f} s).",
        "open": "Events after the last checkpoint: {open}. Their chains hold; were they cut off whole, nobody could tell.",
        "no_database": "The database cannot be used yet: run desk doctor first.",
        "no_place": "There is no {place}.",
        "no_key": "There is no key ({why}): signatures can only be checked against the public keys named with --trust.",
    },
}


@dataclass
class Report:
    """What was looked at, and each fault in plain words."""

    lang: Language
    faults: list[str] = field(default_factory=list)
    count: int = 0
    events: int = 0
    made: int = 0
    kept: int = 0
    open: int = 0
    seconds: float = 0.0
    told: set[tuple[str, str, int]] = field(default_factory=set)
    """Events of which was said already what is wrong: several checkpoints may swear to one."""

    def fault(self, code: str, **values: object) -> None:
        self.count += 1
        if self.count <= MOST_SAID:
            self.faults.append(SAID[self.lang][code].format(**values))

    def lines(self) -> Iterator[str]:
        """The whole report."""
        said = SAID[self.lang]
        yield from self.faults
        if self.count > len(self.faults):
            yield said["more"].format(count=self.count - len(self.faults))
        if self.open:
            yield said["open"].format(open=self.open)
        yield said["broken" if self.count else "whole"].format(**vars(self))


def audit_command(argv: list[str]) -> int:
    """`desk audit verify | files | key`; the exit status is 1 if anything is not as it was written."""
    parser = argparse.ArgumentParser(prog="desk audit", description="proves that no event was changed or removed")
    actions = parser.add_subparsers(dest="action", required=True)
    verifying = actions.add_parser("verify", help="check all events and checkpoints; the desk may run")
    verifying.add_argument("--kept", type=Path, action="append", help="checkpoints kept elsewhere: a file or a folder")
    verifying.add_argument(
        "--trust", action="append", default=[], help="a public key that may have signed, hexadecimal"
    )
    verifying.add_argument("--lang", choices=["zh", "en"], default=spoken_here())
    shown = actions.add_parser("key", help="the public key with which anybody can check the signatures")
    shown.add_argument("--hex", action="store_true", help="as --trust and the checkpoints name it")
    looked = actions.add_parser(
        "files", help="check every stored file (photos, reports) against its hash; the desk may run"
    )
    looked.add_argument("--lang", choices=["zh", "en"], default=spoken_here())
    given = parser.parse_args(argv)
    try:
        settings = load()
    except Unusable as unusable:
        print(*(trouble.said(spoken_here()).what for trouble in unusable.troubles), sep="\n", file=sys.stderr)
        return 1
    if given.action == "files":
        return verify_files(settings, given.lang)
    return _show(settings, given.hex) if given.action == "key" else _verify(settings, given)


def verify(database: Database, trusted: Iterable[str], places: Iterable[Path], lang: Language) -> Report:
    """Look at every event, every checkpoint, and those kept elsewhere; nothing is changed."""
    report, started, keys = Report(lang), time.monotonic(), frozenset(trusted)
    with snapshot(database) as connection:
        for broken in chain.breaks(connection, _counting(report, "events")):
            code = "private" if broken.private else "chain"
            report.fault(code, stream=broken.stream, seq=broken.seq)
        for breach in checkpoints.breaches(connection, keys, holds, _counting(report, "made")):
            _say(report, breach)
        for place in places:
            for path in files(place):
                for checkpoint in kept(path):
                    report.kept += 1
                    _compare(connection, checkpoint, keys, path, report)
        report.open = checkpoints.uncovered(connection)
    report.seconds = time.monotonic() - started
    return report


def _compare(connection: Connection, kept: Checkpoint, keys: frozenset[str], place: Path, report: Report) -> None:
    """Hold what the database says against a checkpoint that was kept elsewhere."""
    if any(checkpoints.unsound(kept, keys, holds)):
        report.fault("kept", number=kept.number, place=place)
        return
    here = next(checkpoints.after(connection, kept.number - 1), None)
    if here is None or here.number != kept.number:
        report.fault("lost", number=kept.number, place=place)
        for breach in checkpoints.missing(connection, kept):
            _say(report, breach)
    elif here.digest != kept.digest:
        report.fault("forged", number=kept.number, place=place)


def _say(report: Report, breach: Breach) -> None:
    place = (breach.why, breach.stream, breach.seq)
    if breach.stream:
        if place in report.told:
            return
        report.told.add(place)
    report.fault(breach.why, number=breach.number, stream=breach.stream, seq=breach.seq)


def _counting(report: Report, name: str) -> Callable[[], None]:
    def count() -> None:
        setattr(report, name, getattr(report, name) + 1)

    return count


def _verify(settings: Settings, given: argparse.Namespace) -> int:
    said, url = SAID[given.lang], settings.store_url()
    if migrate.state(url) != "current":
        print(said["no_database"], file=sys.stderr)
        return 1
    if given.kept and (absent := [place for place in given.kept if not place.exists()]):
        print(said["no_place"].format(place=absent[0]), file=sys.stderr)
        return 2
    trusted = list(given.trust)
    try:
        trusted.append(_key(settings).public)
    except (CannotReveal, OSError) as why:
        print(said["no_key"].format(why=why), file=sys.stderr)
    own = settings.checkpoint_folder
    places = given.kept if given.kept is not None else [own] if own.is_dir() else []
    database = Database(url)
    try:
        report = verify(database, trusted, places, given.lang)
    finally:
        database.close()
    print(*report.lines(), sep="\n")
    return 1 if report.count else 0


def _show(settings: Settings, digits: bool) -> int:
    try:
        key = _key(settings)
    except (CannotReveal, OSError) as why:
        print(SAID[spoken_here()]["no_key"].format(why=why), file=sys.stderr)
        return 1
    print(key.public if digits else key.pem(), end="\n" if digits else "")
    return 0


def _key(settings: Settings) -> AuditKey:
    """Raises CannotReveal, and OSError where no key was ever made: looking must not make one."""
    if settings.web_key is None:
        (settings.data_dir / KEY_FILE).stat()
    return AuditKey(web_key(settings))
