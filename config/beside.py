"""One turn of a command, beside a running desk or without one: the store keeps them apart, as it keeps processes apart."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable

from config.loading import Unusable, load
from config.policies import policies
from core.house import House
from core.refused import Refused
from core.store import migrate
from core.store.database import Database
from core.store.numbers import RowIds
from core.store.turn import Cause, Turn
from core.wording import Wording


def act_beside(act: Callable[[Turn], str], via: str | None = None) -> int:
    """Carry out one turn and print what it says; the exit status, 1 after printing why not. `via`: who gave the command."""
    try:
        settings = load()
    except Unusable as error:
        print(error, file=sys.stderr)
        return 1
    if migrate.state(settings.store_url()) != "current":
        print("先运行 desk migrate · run desk migrate first", file=sys.stderr)
        return 1
    rules, database = policies(settings), Database(settings.store_url())
    house = House(rules, lambda: secrets.token_hex(16), Wording.load())
    connection = database.connect()
    try:
        with connection.transaction():
            cause = Cause(f"cli:{secrets.token_hex(8)}", via=via)
            turn = Turn(connection, house, time.time_ns() // 1_000, cause, RowIds(), "")
            said = act(turn)
            turn.keep()
        print(said)
        return 0
    except Refused as refused:
        print(refused.key, file=sys.stderr)
        return 1
    finally:
        connection.close()
        database.close()
