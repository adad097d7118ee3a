"""A private PostgreSQL with PostGIS for the tests: made from the system's binaries in a temporary folder, then gone."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

PASSWORD = "s3cret@%/:"  # noqa: S105 - of a server that lives as long as a test, with every sign that is awkward in an address


@dataclass(frozen=True)
class PrivateServer:
    """A running server that listens on this machine only."""

    port: int

    def url(self, database: str = "city", *, user: str = "postgres", password: str = PASSWORD, **asked: str) -> str:
        """Return an address with a table or a query."""
        account = f"{user}:{quote(password, safe='')}"
        return f"postgresql://{account}@127.0.0.1:{self.port}/{quote(database)}?{urlencode(asked)}"

    def run(self, *statements: str, database: str = "city") -> None:
        """Run statements as the owner."""
        with self._connect(database) as owner:
            for statement in statements:
                owner.execute(statement.encode())

    def fill(self, table: str, rows: Iterable[Sequence[object]]) -> None:
        """Insert rows into a table of the city; a shape is its WKB in hexadecimal."""
        insert = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
        with self._connect("city") as owner, owner.cursor() as cursor, cursor.copy(insert) as copy:
            for row in rows:
                copy.write_row(row)

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", password=PASSWORD, dbname=database, autocommit=True
        )


def find_binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL that has PostGIS."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bins: -int(bins.parent.name)):
        if (Path("/usr/share/postgresql") / folder.parent.name / "extension/postgis.control").exists():
            return folder
    return None


@contextmanager
def private_server(binaries: Path) -> Iterator[PrivateServer]:
    """Make a cluster, start it, and make the database ``city`` with PostGIS in it."""
    folder = Path(tempfile.mkdtemp(prefix="pingan-postgis-"))
    data, secret = folder / "data", folder / "secret"
    secret.write_text(PASSWORD)
    as_owner = _unprivileged(folder, secret)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    make = ["initdb", "-D", str(data), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256"]
    settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=20"
    try:
        _run([*as_owner, binaries / make[0], *make[1:], f"--pwfile={secret}"], folder)
        start = ["-D", data, "-l", folder / "log", "-o", settings, "-w", "-t", "60", "start"]
        _run([*as_owner, binaries / "pg_ctl", *start], folder)
        try:
            server = PrivateServer(port)
            server.run("CREATE DATABASE city", "CREATE DATABASE plain", database="postgres")
            server.run("CREATE EXTENSION postgis")
            yield server
        finally:
            _run([*as_owner, binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], folder)
    finally:
        shutil.rmtree(folder)


def _unprivileged(*owned: Path) -> list[str]:
    """Return what to put before a command: PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    for path in owned:
        os.chown(path, user.pw_uid, user.pw_gid)
    return ["runuser", "-u", "postgres", "--"]


def _run(command: list[str | Path], folder: Path) -> None:
    with (folder / "said").open("w+") as said:  # not a pipe: the server would keep it open
        done = subprocess.run(list(map(str, command)), stdout=said, stderr=subprocess.STDOUT, cwd=folder, check=False)
        said.seek(0)
        assert done.returncode == 0, said.read()
