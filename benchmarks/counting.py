"""A database that counts the commits that changed something: on SQLite with synchronous=FULL each is one fdatasync."""

from __future__ import annotations

from core.store.database import Connection, Database


class CountingConnection(Connection):
    """Counts into the database that opened it."""

    database: CountingDatabase
    changes_so_far: int

    def say(self, sql: str) -> None:
        super().say(sql)
        if sql == "COMMIT":
            changes = self.raw.total_changes
            self.database.commits += changes != self.changes_so_far
            self.changes_so_far = changes


class CountingDatabase(Database):
    """`commits` that reached the disk so far, over all connections."""

    def __init__(self, url: str):
        super().__init__(url)
        self.commits = 0

    def connect(self, *, read_only: bool = False) -> Connection:
        connection = super().connect(read_only=read_only)
        connection.__class__ = CountingConnection
        assert isinstance(connection, CountingConnection)
        connection.database, connection.changes_so_far = self, 0
        return connection
