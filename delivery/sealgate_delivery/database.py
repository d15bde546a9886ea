"""The connection to the store, one a thread: units of work, locks, and what every table begins with.

`database.atomic()` takes SQLite's write lock at once (IMMEDIATE): what it reads stays true until it commits, and two
writers wait for each other instead of failing. A unit of work runs inside `with session():`.

What can go wrong is raised as it is: `peewee.PeeweeException` (locked, read-only, full, damaged) and `OSError`.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from peewee import DatabaseProxy, Model, PostgresqlDatabase, SqliteDatabase

database = DatabaseProxy()


def now() -> int:
    """Return the present time in whole seconds since the epoch."""
    return int(time.time())


class Table(Model):  # type: ignore[misc]
    """Base of all tables."""

    class Meta:
        """Bind to the one database of the process."""

        database = database


class Sqlite(SqliteDatabase):  # type: ignore[misc]
    """SQLite that keeps the cause of a failed transaction.

    Where the disk is full, SQLite rolls back by itself; peewee's own roll-back would then fail and hide the cause.
    """

    def rollback(self) -> None:
        """Roll back, if SQLite has not done so."""
        if self.connection().in_transaction:
            super().rollback()

    def execute_sql(self, sql: str, params: Sequence[object] | None = None) -> object:
        """Run `sql`; pass over the end of a savepoint that SQLite has rolled back."""
        if sql.startswith("ROLLBACK TO SAVEPOINT") and not self.connection().in_transaction:
            return None
        return super().execute_sql(sql, params)


@contextmanager
def session() -> Iterator[None]:
    """Hold this thread's connection for one unit of work and give it back; inside another one it changes nothing."""
    opened = database.connect(reuse_if_open=True)
    try:
        yield
    finally:
        if opened:
            database.close()


def hold(name: str, shared: bool = False) -> None:
    """Hold the lock `name` until the transaction ends. On SQLite the transaction itself is the lock."""
    if isinstance(database.obj, PostgresqlDatabase):
        function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        database.execute_sql(f"SELECT {function}(hashtext(%s))", (f"sealgate/{name}",))
