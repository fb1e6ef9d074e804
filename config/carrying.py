"""What backing up, restoring and moving a desk have in common: their words, and that nobody else works on it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from config.archive import Damaged
from config.doctor import spoken_here
from config.loading import Unusable, load
from config.secret import CannotReveal
from config.settings import Settings
from core.store import migrate
from core.store.database import AlreadyRunning, Database
from core.store.dump import NotDumped
from core.store.filling import Differs, NotEmpty, WrongSchema

WORDS = {
    "zh": {
        "empty": "{url} 里还没有服务台的表，没有可备份或搬走的东西。",
        "exists": "{path} 已经有了；换个名字，旧备份不会被覆盖。",
        "no_file": "没有 {path} 这个文件。",
        "no_folder": "没有 {path} 这个目录，先建好它。",
        "running": "数据库上有服务台正在运行（{who}）。先停掉它，再来一次。",
        "not_empty": "目标数据库里已经有数据，什么也没有动。确实要换掉它，加 --replace（PostgreSQL 上会删掉那里的全部数据）。",
        "move_not_empty": "目标数据库里已经有数据，什么也没有动。换一个空的数据库。",
        "schema": "表结构对不上（{what}），什么也没有动。备份来自更新的版本时，先升级程序；目标里有别的表时，换一个空的数据库。",
        "differs": "{table} 写进去再读出来不一样，全部撤回，什么也没有留下。",
        "damaged": "备份文件坏了（{where}），什么也没有动。换一份备份。",
        "key_differs": "数据目录里的 web.key 和备份里的不是同一把，什么也没有动。确实要换，加 --replace（旧的改名保留）。",
        "same": "目标就是现在用的这个数据库。",
        "url": "{url} 不是能用的数据库地址。写 postgresql://用户@主机/库名 或 sqlite:///路径，不写密码。",
        "secret": "拿不到密码或钥匙：{why}",
        "refused": "数据库不肯：{why}",
        "not_dumped": "有一张表带着服务台不认识的列（{why}），没法带走。",
        "done": "  {table:<24}{rows:>12} 行",
        "backed_up": "已备份到 {path}：{rows} 行，{files} 个文件，{size:.1f} MB，用时 {seconds:.0f} 秒。",
        "guard": "备份里有客户的话和电话，请像数据库一样保管。",
        "guard_key": "备份里有客户的话和电话，还有 web.key，请像数据库一样保管。",
        "without_key": "备份里没有 web_key：它由配置保管（{where}），请另外保存。",
        "restored": "已从 {made_at} 的备份恢复到 {url}：{rows} 行，{files} 个文件，每一行都读回来比对过。",
        "aside": "原来的数据在 {path}。",
        "again": "备份之后发出的消息服务台不记得了，可能会再发一次；备份之后收到的消息，平台还会再给的会重新处理。",
        "set_key": "备份里没有 web_key。请在配置里写上原来的那一把，否则看板链接和旧的签名都对不上。",
        "moved": "已搬到 {url}：{rows} 行，每一行都读回来比对过。",
        "now_set": "接下来：把 desk.toml 里的 database_url 改成 {url}，运行 desk doctor，再启动。文件和 web.key 还在 {data_dir}，要一起用。",
        "source_aside": "原来的数据库改名为 {path}，免得有人误启动它；不再需要时删掉。",
        "source_stays": "原来的数据库没有动；不要再启动用它的服务台。",
    },
    "en": {
        "empty": "{url} has no tables of a desk: there is nothing to carry.",
        "exists": "{path} is there already: choose another name, no backup is written over.",
        "no_file": "There is no file {path}.",
        "no_folder": "There is no folder {path}: make it first.",
        "running": "A desk works on the database ({who}). Stop it, and try again.",
        "not_empty": "The target has data already; nothing was touched. To put the backup in its place add --replace "
        "(on PostgreSQL all data there is deleted).",
        "move_not_empty": "The target has data already; nothing was touched. Name an empty database.",
        "schema": "The tables do not fit ({what}); nothing was touched. If the backup is of a newer version, upgrade the program; "
        "if the target has tables of its own, name an empty database.",
        "differs": "{table} does not read back as it was written: everything was rolled back.",
        "damaged": "The backup is damaged ({where}); nothing was touched. Take another one.",
        "key_differs": "The web.key in the data folder is not the one in the backup; nothing was touched. "
        "To put it in its place add --replace (the old one is kept under another name).",
        "same": "The target is the database that is in use.",
        "url": "{url} is no database that the desk can use. Write postgresql://user@host/name or sqlite:///PATH, without a password.",
        "secret": "A password or key cannot be had: {why}",
        "refused": "The database refuses: {why}",
        "not_dumped": "A table has a column that the desk does not know ({why}): it cannot be carried.",
        "done": "  {table:<24}{rows:>12} rows",
        "backed_up": "Backed up to {path}: {rows} rows, {files} files, {size:.1f} MB, {seconds:.0f} s.",
        "guard": "It holds customers' words and numbers: guard it like the database.",
        "guard_key": "It holds customers' words and numbers, and web.key: guard it like the database.",
        "without_key": "It does not hold web_key, which your settings keep elsewhere ({where}): save that too.",
        "restored": "Restored from the backup of {made_at} to {url}: {rows} rows, {files} files, every row read back and compared.",
        "aside": "What was there is now {path}.",
        "again": "What was sent after the backup the desk does not remember: it may be sent again. Messages received since are "
        "handled anew where the platform still delivers them.",
        "set_key": "The backup holds no web_key. Set the same one as before, or board links and former signatures no longer hold.",
        "moved": "Moved to {url}: {rows} rows, every one read back and compared.",
        "now_set": "Next: set database_url to {url} in desk.toml, run desk doctor, and start. Files and web.key stay in {data_dir} "
        "and are needed.",
        "source_aside": "The former database is now {path}, so that nobody starts it by mistake; delete it when it is no longer needed.",
        "source_stays": "The former database was not touched; start no desk on it any more.",
    },
}


class Stop(Exception):
    """Why nothing is done: a name in WORDS, and what fills its sentence."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def say(code: str, **values: Any) -> None:
    """A sentence on the terminal, in its language."""
    print(WORDS[spoken_here()][code].format(**values), flush=True)


def tell(table: str, rows: int) -> None:
    """A table has been carried over."""
    if rows:
        say("done", table=table, rows=rows)


def carry_out(act: Callable[[Settings], int]) -> int:
    """Do it with the desk's settings; the exit status, 1 after saying why not."""
    try:
        return act(load())
    except Unusable as unusable:
        for trouble in unusable.troubles:
            print(trouble.said(spoken_here()).what, file=sys.stderr)
        return 1
    except Exception as error:
        stop = _in_words(error)
        if stop is None:
            raise
        print(WORDS[spoken_here()][stop.code].format(**stop.values), file=sys.stderr)
        return 1


def must_have_tables(url: str, shown: str) -> None:
    """Raises Stop."""
    database = Database(url)
    if (database.kind == "sqlite" and not database.path.exists()) or migrate.state(url) == "empty":
        raise Stop("empty", url=shown)


def must_stand_still(database: Database, now: int) -> None:
    """No desk works on it; on SQLite none can until this process ends. Raises Stop."""
    try:
        database.own()
    except AlreadyRunning as error:
        raise Stop("running", who=error) from None
    if database.kind == "postgresql":
        connection = database.connect(read_only=True)
        try:
            there = connection.raw.execute("SELECT to_regclass('process') IS NOT NULL").fetchone()
            asked = "SELECT holder FROM process WHERE until > %s ORDER BY holder"
            living = connection.raw.execute(asked, (now,)).fetchall() if there[0] else []
        finally:
            connection.close()
        if living:
            raise Stop("running", who=", ".join(row[0] for row in living))


def now() -> int:
    """The present instant in microseconds."""
    return time.time_ns() // 1_000


def _in_words(error: Exception) -> Stop | None:
    match error:
        case Stop():
            return error
        case NotEmpty():
            return Stop("not_empty")
        case WrongSchema():
            return Stop("schema", what=error)
        case Differs():
            return Stop("differs", table=error)
        case Damaged():
            return Stop("damaged", where=error)
        case NotDumped():
            return Stop("not_dumped", why=error)
        case CannotReveal():
            return Stop("secret", why=error)
        case SQLAlchemyError():
            return Stop("refused", why=str(getattr(error, "orig", error)).partition("\n")[0])
    return None
